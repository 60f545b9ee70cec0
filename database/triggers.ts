// From what is heard to what is written down: NOTIFYs become request rows, request rows are looked at. The same in every
// replica of the operator and in `serve`; the leader writes at once, the others only what no replica has written.
import type { ClientBase } from "pg";
import { coerceError } from "../model/errors.ts";
import {
  DEFAULT_TRIGGER_CHANNEL,
  describePayload,
  HeardTriggers,
  parseRequestPayload,
  parseTriggerPayload,
  REQUEST_CHANNEL,
  type UnwrittenTrigger,
} from "../model/requests.ts";
import { Listener, type ListenerOptions, type ListenerStatus } from "./listener.ts";
import { answersNotify, countNotify, recordNotify } from "./requests.ts";

export interface TriggerOptions
  extends Pick<
    ListenerOptions,
    "name" | "readUrl" | "onStatus" | "pollIntervalMs" | "limits" | "clock" | "random" | "log" | "signal"
  > {
  readonly triggerChannel?: string | undefined;
  /** Runs a few statements, each in a transaction of its own, on a session of the caller's that is not the listener's. */
  readonly withClient: <T>(work: (client: ClientBase) => Promise<T>) => Promise<T>;
  readonly isLeader: () => boolean;
  /** Something may wait in batch_requests. Never twice at once; on every (re)connect, poll and new request, leading or not. */
  readonly onRequests: () => Promise<void>;
  /** Shortened and quoted. */
  readonly onUnknownPayload: (payload: string) => void;
  readonly graceMs?: number;
}

/** A standby writes what has no request after so long: the leader is gone, or was not listening at that moment. */
const STANDBY_GRACE_MS = 5_000;
type DescribedRequest = NonNullable<ReturnType<typeof parseRequestPayload>>;
const WRITE_RETRY_MS = 1_000;
/** A request notified after a NOTIFY may have been claimed, elsewhere, so long before that NOTIFY was heard here. */
const DELIVERY_DELAY_MAX_MS = 5_000;

export class Triggers implements AsyncDisposable {
  readonly #options: TriggerOptions;
  readonly #graceMs: number;
  readonly #heard = new HeardTriggers();
  readonly #listener: Listener;
  /** Writing and checking, one after another: so nothing is counted twice. */
  #work: Promise<void> = Promise.resolve();
  #cancelTimer = () => {};
  #isStopped = false;

  constructor(options: TriggerOptions) {
    const { triggerChannel = DEFAULT_TRIGGER_CHANNEL, graceMs = STANDBY_GRACE_MS, onRequests } = options;
    this.#options = options;
    this.#graceMs = graceMs;
    this.#listener = new Listener({
      ...options,
      channels: [triggerChannel, REQUEST_CHANNEL],
      onConnected: onRequests,
      onNotification: (channel, payload) =>
        channel === triggerChannel ? this.#hearTrigger(payload) : this.#hearRequest(payload),
    });
  }

  get status(): ListenerStatus {
    return this.#listener.status;
  }

  /** To be called on becoming the leader: writes at once what the leader before has left, and looks at the requests. */
  async takeOver(): Promise<void> {
    // What the leader before wrote last may still be on its way to us; when this came, that has come too.
    if (this.status.state === "connected") await this.#listener.probe();
    await this.#write();
    this.#listener.nudge();
  }

  /** Calls `onRequests` soon: a batch has ended, and the next request may start. */
  nudge(): void {
    this.#listener.nudge();
  }

  /** Writes down first what is not: its successor may have begun to listen only after it was sent. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancelTimer();
    await this.#listener.stop();
    await this.#write();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  #hearTrigger(payload: string): void {
    const calculation = parseTriggerPayload(payload);
    if (calculation === null) {
      this.#options.onUnknownPayload(describePayload(payload));
    } else {
      this.#heard.hear(calculation, this.#options.clock.monotonicMs());
      this.#writeSoon(0);
    }
  }

  #hearRequest(payload: string): void {
    this.#listener.nudge();
    const notified = parseRequestPayload(payload);
    if (notified === null) return;
    const upTo = this.#heard.unwrittenOf(notified.calculation)?.upTo;
    if (upTo !== undefined) void this.#inOrder(() => this.#settleIfAnswered(notified, upTo));
  }

  /** What was heard before a request was notified, up to `upTo`, is answered by it. The leader counts it there. */
  async #settleIfAnswered({ calculation, requestId }: DescribedRequest, upTo: number): Promise<void> {
    const { clock, isLeader, withClient } = this.#options;
    const unwritten = this.#heard.unwrittenOf(calculation, upTo);
    if (unwritten === null) return;
    const claimedWithinMs = clock.monotonicMs() - unwritten.lastHeardMs + DELIVERY_DELAY_MAX_MS;
    const notified = { requestId, calculation, claimedWithinMs };
    const isCounting = isLeader();
    const isAnswered = await withClient((client) =>
      isCounting ? countNotify(client, notified, unwritten.times) : answersNotify(client, notified),
    );
    if (isAnswered) this.#heard.settle(unwritten);
    if (isCounting) this.#listener.nudge();
  }

  /** Looks again after the delay, or when the first unwritten one is due, whichever is later. */
  #writeSoon(delayMs: number): void {
    this.#cancelTimer();
    if (this.#isStopped) return;
    const { clock, isLeader } = this.#options;
    const firstMs = Math.min(...this.#heard.unwritten().map(({ firstHeardMs }) => firstHeardMs));
    if (firstMs === Number.POSITIVE_INFINITY) return;
    const dueMs = isLeader() ? 0 : firstMs + this.#graceMs - clock.monotonicMs();
    this.#cancelTimer = clock.after(Math.max(delayMs, dueMs, 0), () => void this.#write());
  }

  #write(): Promise<void> {
    return this.#inOrder(() => this.#writeDue());
  }

  #inOrder(work: () => Promise<void>): Promise<void> {
    this.#work = this.#work.then(work).catch((thrown) => {
      const error = coerceError(thrown);
      // What is not known to be answered is written once more, and coalesces.
      this.#options.log.warn({ event: "notifyNotChecked", err: error, message: error.message });
    });
    return this.#work;
  }

  async #writeDue(): Promise<void> {
    const { clock, isLeader, log } = this.#options;
    const isDue = ({ firstHeardMs }: UnwrittenTrigger) =>
      isLeader() || this.#isStopped || clock.monotonicMs() - firstHeardMs >= this.#graceMs;
    let retryMs = 0;
    for (const unwritten of this.#heard.unwritten().filter(isDue)) {
      try {
        await this.#writeDown(unwritten);
      } catch (thrown) {
        const error = coerceError(thrown);
        const { calculation } = unwritten;
        log.warn({ event: "notifyNotWritten", calculation, err: error, message: error.message });
        retryMs = WRITE_RETRY_MS;
      }
    }
    this.#writeSoon(retryMs);
  }

  async #writeDown(unwritten: UnwrittenTrigger): Promise<void> {
    const { clock, isLeader, log, withClient } = this.#options;
    const { calculation, times, lastHeardMs } = unwritten;
    const heardMsAgo = clock.monotonicMs() - lastHeardMs;
    const { requestId, how } = await withClient((client) => recordNotify(client, calculation, { times, heardMsAgo }));
    this.#heard.settle(unwritten);
    log.info({ event: "notifyWritten", calculation, times, requestId, how, isLeader: isLeader() });
    this.#listener.nudge();
  }
}
