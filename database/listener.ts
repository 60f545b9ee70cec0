// Hears NOTIFYs for as long as the process lives: one dedicated session, opened again after any loss, and a poll beside it.
// A notification only nudges; after every LISTEN and at every poll the caller looks at what really is there.
import type { Logger } from "pino";
import { type BackoffLimits, backoffMs, type Clock, pause, rest } from "../model/clock.ts";
import { coerceError, RejectedError } from "../model/errors.ts";
import { isChannelName, ListenSession, type SessionLimits } from "./listenSession.ts";

export interface ListenerLimits extends SessionLimits {
  readonly heartbeatMs: number;
  /** Between the loss of a session and the next try. */
  readonly backoff: BackoffLimits;
}

/** A half-open connection is noticed after at most heartbeatMs + answerTimeoutMs. Delays between tries: 0.25, 0.5, 1 … 30 s, each up to half shorter. */
export const LISTENER_LIMITS: ListenerLimits = {
  heartbeatMs: 10_000,
  answerTimeoutMs: 5_000,
  probeTimeoutMs: 2_000,
  connectTimeoutMs: 10_000,
  backoff: { minMs: 250, maxMs: 30_000, jitter: 0.5 },
};

/** degraded: the session is open, but notifications do not come through; requests are found by polling. */
export type ListenerState = "connected" | "degraded" | "disconnected";

export interface ListenerStatus {
  readonly state: ListenerState;
  /** Of this state. */
  readonly since: Date;
  /** null when connected. */
  readonly reason: string | null;
  /** Sessions after the first. */
  readonly reconnects: number;
  /** When the last notification came, on any of the channels. */
  readonly lastHeardAt: Date | null;
}

export interface ListenerOptions {
  /** Of this replica; pg_stat_activity shows it. */
  readonly name?: string | undefined;
  readonly channels: readonly string[];
  /** Read at every connect: credentials rotate. */
  readonly readUrl: () => string | Promise<string>;
  /** Catches up with what no listener heard. Never twice at once; what it throws is logged, and it is called again at the next poll. */
  readonly onConnected: (why: "connected" | "poll" | "nudge") => void | Promise<void>;
  readonly onNotification: (channel: string, payload: string) => void;
  readonly onStatus?: ((status: ListenerStatus) => void) | undefined;
  readonly pollIntervalMs: number;
  readonly limits?: Partial<ListenerLimits> | undefined;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Pick<Logger, "info" | "warn" | "error">;
  /** Aborted: the same as `stop`. */
  readonly signal: AbortSignal;
}

export class Listener implements AsyncDisposable {
  readonly #options: ListenerOptions;
  readonly #limits: ListenerLimits;
  readonly #stop = new AbortController();
  readonly #onAbort = () => this.#stop.abort();
  readonly #loops: Promise<unknown>;
  #session: ListenSession | null = null;
  #sessions = 0;
  #status: ListenerStatus;
  #catchingUp: Promise<void> | null = null;
  #catchUpAgain: "connected" | "poll" | "nudge" | null = null;

  constructor(options: ListenerOptions) {
    for (const channel of options.channels) checkChannel(channel);
    this.#options = options;
    this.#limits = { ...LISTENER_LIMITS, ...options.limits };
    const since = options.clock.now();
    this.#status = { state: "disconnected", since, reason: "not connected yet", reconnects: 0, lastHeardAt: null };
    if (options.signal.aborted) this.#stop.abort();
    options.signal.addEventListener("abort", this.#onAbort, { once: true });
    this.#loops = Promise.all([this.#keepListening(), this.#keepPolling()]);
  }

  get status(): ListenerStatus {
    return this.#status;
  }

  /** Whether all notifications that were sent before this call have been heard: a NOTIFY of our own, sent now, came. */
  async probe(): Promise<boolean> {
    return this.#session !== null && (await this.#session.probe()) === null;
  }

  /** Calls `onConnected` soon; once more afterwards when it is being called now. */
  nudge(): void {
    this.#catchUp("nudge");
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    this.#options.signal.removeEventListener("abort", this.#onAbort);
    await this.#loops;
    await this.#catchingUp;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #keepListening(): Promise<void> {
    const { clock, log, random } = this.#options;
    let failures = 0;
    while (!this.#stop.signal.aborted) {
      const reason = await this.#listenOnce(() => {
        failures = 0;
      });
      this.#report("disconnected", this.#stop.signal.aborted ? "stopped" : reason.message);
      if (this.#stop.signal.aborted) return;
      const delayMs = backoffMs(failures++, this.#limits.backoff, random);
      log.warn({ event: "listenerDisconnected", message: reason.message, retryInMs: Math.round(delayMs) });
      await rest(clock, delayMs, this.#stop.signal);
    }
  }

  /** One session from its opening to its loss, and why it was lost. */
  async #listenOnce(onListening: () => void): Promise<Error> {
    const { channels, clock, name: owner = "", onNotification, random, readUrl } = this.#options;
    let session: ListenSession | null = null;
    try {
      const heard = (channel: string, payload: string) => {
        this.#status = { ...this.#status, lastHeardAt: clock.now() };
        onNotification(channel, payload);
      };
      const [url, limits, { signal }] = [await readUrl(), this.#limits, this.#stop];
      session = await ListenSession.open({
        url,
        owner,
        channels,
        onNotification: heard,
        limits,
        clock,
        random,
        signal,
      });
      onListening();
      this.#sessions++;
      this.#session = session;
      this.#catchUp("connected");
      await this.#prove(session);
      return await this.#watch(session);
    } catch (thrown) {
      return session?.signal.aborted ? coerceError(session.signal.reason) : coerceError(thrown);
    } finally {
      this.#session = null;
      await session?.close();
    }
  }

  async #prove(session: ListenSession): Promise<void> {
    const trouble = await session.probe();
    session.signal.throwIfAborted();
    if (trouble === null) await session.keepAliveFromServer();
    if (trouble === null) this.#report("connected", null);
    else this.#report("degraded", trouble);
  }

  async #watch(session: ListenSession): Promise<Error> {
    for (;;) {
      await pause(this.#options.clock, this.#limits.heartbeatMs, session.signal);
      const missing = await session.beat();
      const isDegraded = this.#status.state === "degraded";
      if (missing.length > 0 && !isDegraded) {
        return new Error(`the session no longer listens to ${missing.join(", ")}: it was reset or replaced`);
      }
      if (isDegraded) await this.#prove(session);
    }
  }

  async #keepPolling(): Promise<void> {
    const { clock, pollIntervalMs, random } = this.#options;
    while (!this.#stop.signal.aborted) {
      // Replicas started together do not stay together.
      const delayMs = pollIntervalMs * (0.9 + 0.2 * random());
      await pause(clock, delayMs, this.#stop.signal).then(
        () => this.#catchUp("poll"),
        () => undefined,
      );
    }
  }

  #catchUp(why: "connected" | "poll" | "nudge"): void {
    if (this.#stop.signal.aborted) return;
    if (this.#catchingUp !== null) this.#catchUpAgain = why;
    else this.#catchingUp = this.#catchUpNow(why);
  }

  async #catchUpNow(first: "connected" | "poll" | "nudge"): Promise<void> {
    for (
      let why: typeof first | null = first;
      why !== null;
      why = this.#stop.signal.aborted ? null : this.#catchUpAgain
    ) {
      this.#catchUpAgain = null;
      try {
        await this.#options.onConnected(why);
      } catch (thrown) {
        const error = coerceError(thrown);
        this.#options.log.warn({ event: "catchUpFailed", why, err: error, message: error.message });
      }
    }
    this.#catchingUp = null;
  }

  #report(state: ListenerState, reason: string | null): void {
    const { clock, log, onStatus } = this.#options;
    const reconnects = Math.max(0, this.#sessions - 1);
    const isNews = state !== this.#status.state || reason !== this.#status.reason;
    const since = state === this.#status.state ? this.#status.since : clock.now();
    this.#status = { ...this.#status, state, since, reason, reconnects };
    if (!isNews) return;
    if (state === "connected") log.info({ event: "listenerConnected", reconnects });
    if (state === "degraded") log.warn({ event: "listenerDegraded", message: reason });
    onStatus?.(this.#status);
  }
}

function checkChannel(channel: string): void {
  if (isChannelName(channel)) return;
  throw new RejectedError(
    "InvalidChannel",
    `A channel expects a name of 1 to 63 bytes, but got "${channel.slice(0, 100)}". Set NOTIFY_CHANNEL to the one that NOTIFY names.`,
  );
}
