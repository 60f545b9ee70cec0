// Events of an object, as events.k8s.io/v1: repeated ones count up in a series, floods are cut off.
// An event may be lost, a reconcile must not be disturbed: nothing here throws or blocks.
import { randomUUID } from "node:crypto";
import type { Logger } from "pino";
import { backoffMs, type Clock, rest } from "../../model/clock.ts";
import { coerceApiError, isNotFound, isRetryable } from "./apiError.ts";
import type { KubeApi, MergePatch, NewEvent } from "./client.ts";
import { TokenBucket } from "./tokenBucket.ts";
import { type KubeObject, microTime } from "./wireFormat.ts";

const EVENT_LIMITS = {
  /** Per object: a batch's life has fewer transitions than the burst, a failure loop of an hour writes 16. */
  burst: 10,
  qps: 1 / 600,
  /** A series is written at its second event, then at most so often. */
  seriesWriteMs: 300_000,
  /** After so long without a repetition the next one is a new event. client-go: 6 minutes. */
  seriesIdleMs: 360_000,
  /** Writes that wait for the API server. */
  pending: 1_000,
  tries: 4,
  backoff: { minMs: 1_000, maxMs: 10_000, jitter: 0.5 },
};
export type EventLimits = typeof EVENT_LIMITS;

export interface EventWords {
  readonly type: "Normal" | "Warning";
  /** One CamelCase word: why. */
  readonly reason: string;
  /** One CamelCase word: what the operator did or tried. */
  readonly action: string;
  readonly note: string;
}

export interface Reporter {
  /** A qualified name, "climate.aiops.dev/operator". */
  readonly controller: string;
  /** The pod. */
  readonly instance: string;
}

export interface EventRecorderOptions {
  readonly events: KubeApi["events"];
  readonly reporter: Reporter;
  readonly limits?: Partial<EventLimits>;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Pick<Logger, "warn">;
  /** Counted by metrics. */
  readonly onDropped?: (why: "flood" | "queueFull" | "refused") => void;
}

/** A recent event, and how often it occurred. */
interface RecentEvent {
  readonly event: NewEvent;
  count: number;
  lastAt: Date;
  lastAtMs: number;
  writtenCount: number;
  writtenAtMs: number;
  cancelWrite: (() => void) | undefined;
}

export class EventRecorder {
  readonly #options: EventRecorderOptions;
  readonly #limits: EventLimits;
  readonly #recent = new Map<string, RecentEvent>();
  readonly #buckets = new Map<string, TokenBucket>();
  readonly #stop = new AbortController();
  /** One write after the other, so that a series is never patched before its event is created. */
  #writes: Promise<void> = Promise.resolve();
  #pending = 0;

  constructor(options: EventRecorderOptions) {
    this.#options = options;
    this.#limits = { ...EVENT_LIMITS, ...options.limits };
  }

  /** Returns at once. `regarding` must say its kind, as objects of a reflector do. */
  record(regarding: KubeObject, words: EventWords): void {
    const { clock, reporter } = this.#options;
    this.#forgetIdle();
    const key = seriesKey(regarding, words);
    const recent = this.#recent.get(key);
    const lastAt = clock.now();
    const lastAtMs = clock.monotonicMs();
    if (recent !== undefined) {
      Object.assign(recent, { count: recent.count + 1, lastAt, lastAtMs });
      this.#scheduleSeries(recent);
    } else if (this.#bucketOf(regarding.metadata.uid).tryTake()) {
      const event = buildEvent(regarding, words, reporter, lastAt);
      const fresh = {
        event,
        count: 1,
        lastAt,
        lastAtMs,
        writtenCount: 1,
        writtenAtMs: -Infinity,
        cancelWrite: undefined,
      };
      this.#recent.set(key, fresh);
      this.#write((signal) => this.#options.events.create(event, signal));
    } else {
      this.#options.onDropped?.("flood");
    }
  }

  /** Writes the open series; gives up on the signal. */
  async flush(signal: AbortSignal): Promise<void> {
    for (const recent of this.#recent.values()) this.#writeSeries(recent);
    const giveUp = () => this.#stop.abort(signal.reason);
    if (signal.aborted) giveUp();
    signal.addEventListener("abort", giveUp, { once: true });
    await this.#writes;
    signal.removeEventListener("abort", giveUp);
  }

  #scheduleSeries(recent: RecentEvent): void {
    if (recent.cancelWrite !== undefined) return;
    const { clock } = this.#options;
    const delayMs = recent.writtenAtMs + this.#limits.seriesWriteMs - clock.monotonicMs();
    if (delayMs > 0) recent.cancelWrite = clock.after(delayMs, () => this.#writeSeries(recent));
    else this.#writeSeries(recent);
  }

  #writeSeries(recent: RecentEvent): void {
    recent.cancelWrite?.();
    recent.cancelWrite = undefined;
    if (recent.count === recent.writtenCount) return;
    const { events, clock } = this.#options;
    const { event, count, lastAt } = recent;
    recent.writtenCount = count;
    recent.writtenAtMs = clock.monotonicMs();
    this.#write(async (signal) => {
      try {
        return await events.patch(event.metadata!.name!, buildSeriesPatch(count, lastAt), signal);
      } catch (error) {
        // The API server forgets events after an hour (--event-ttl); the series goes on in a new one.
        if (!isNotFound(error)) throw error;
        return events.create({ ...event, series: series(count, lastAt) }, signal);
      }
    });
  }

  #write(work: (signal: AbortSignal) => Promise<unknown>): void {
    if (this.#pending >= this.#limits.pending) {
      this.#options.onDropped?.("queueFull");
      return;
    }
    this.#pending++;
    this.#writes = this.#writes.then(() => this.#tryToWrite(work)).finally(() => void this.#pending--);
  }

  async #tryToWrite(work: (signal: AbortSignal) => Promise<unknown>): Promise<void> {
    const { clock, random, log, onDropped } = this.#options;
    const { tries, backoff } = this.#limits;
    for (let failures = 0; ; failures++) {
      try {
        await work(this.#stop.signal);
        return;
      } catch (thrown) {
        const error = coerceApiError(thrown, "event");
        const isHopeless = this.#stop.signal.aborted || !isRetryable(error) || failures + 1 >= tries;
        if (isHopeless) {
          onDropped?.("refused");
          log.warn({ event: "eventNotWritten", status: error.status, reason: error.reason, message: error.message });
          return;
        }
        const delayMs = Math.max(backoffMs(failures, backoff, random), error.retryAfterMs ?? 0);
        await rest(clock, delayMs, this.#stop.signal);
      }
    }
  }

  #bucketOf(uid: string): TokenBucket {
    const known = this.#buckets.get(uid);
    if (known !== undefined) return known;
    const { burst, qps } = this.#limits;
    const made = new TokenBucket({ burst, qps, clock: this.#options.clock });
    this.#buckets.set(uid, made);
    return made;
  }

  /** Keeps memory in proportion to recent events. */
  #forgetIdle(): void {
    const idleSinceMs = this.#options.clock.monotonicMs() - this.#limits.seriesIdleMs;
    for (const [key, recent] of this.#recent) {
      if (recent.lastAtMs > idleSinceMs) continue;
      this.#writeSeries(recent);
      this.#recent.delete(key);
    }
    for (const [uid, bucket] of this.#buckets) if (bucket.isFull()) this.#buckets.delete(uid);
  }
}

/** The API server refuses longer notes (validation/events.go, NoteLengthLimit). */
const LONGEST_NOTE_BYTES = 1024;

/**
 * The note is part of it, unlike in client-go: a stored note cannot be changed, so a second one would be counted under the
 * note of the first.
 */
function seriesKey(regarding: KubeObject, { type, reason, action, note }: EventWords): string {
  return [regarding.metadata.uid, type, reason, action, note].join("\u0000");
}

function buildEvent(regarding: KubeObject, words: EventWords, reporter: Reporter, instant: Date): NewEvent {
  const { apiVersion, kind, metadata } = regarding;
  const { name, namespace, uid, resourceVersion } = metadata;
  return {
    apiVersion: "events.k8s.io/v1",
    kind: "Event",
    // A name is at most 253 characters long, ours at most 40; the rest keeps events of one object apart.
    metadata: { name: `${name}.${randomUUID().replaceAll("-", "").slice(0, 16)}`, namespace },
    eventTime: microTime(instant),
    reportingController: reporter.controller,
    reportingInstance: reporter.instance,
    regarding: { apiVersion: apiVersion!, kind: kind!, name, namespace, uid, resourceVersion },
    type: words.type,
    reason: words.reason,
    action: words.action,
    note: shorten(words.note),
  };
}

/** `count` is at least 2: a series of one is refused. */
function series(count: number, lastObserved: Date) {
  return { count, lastObservedTime: microTime(lastObserved) };
}

function buildSeriesPatch(count: number, lastObserved: Date): MergePatch {
  return { series: series(count, lastObserved) };
}

function shorten(note: string): string {
  if (Buffer.byteLength(note) <= LONGEST_NOTE_BYTES) return note;
  const bytes = Buffer.from(note).subarray(0, LONGEST_NOTE_BYTES - Buffer.byteLength("…"));
  // A character cut in two decodes to U+FFFD.
  return `${bytes.toString("utf8").replace(/\uFFFD$/, "")}…`;
}
