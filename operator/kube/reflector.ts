// Keeps a store equal to the API server: list, then watch, and again after every failure.
// Only stop() ends it, or a handler that throws, which is a bug.
import type { Logger } from "pino";
import { backoffMs, type Clock, pause } from "../../model/clock.ts";
import { ApiError, coerceApiError, isGone, NO_ANSWER } from "./apiError.ts";
import { dropManagedFields, type Listing, listAll } from "./listAll.ts";
import { ObjectStore, type OnChange, type StoreView } from "./objectStore.ts";
import { type ListReason, REFLECTOR_LIMITS, type ReflectorLimits, type ReflectorMetrics } from "./reflectorLimits.ts";
import { withController } from "./signals.ts";
import type { KubeObject, ListWatch, WatchEvent } from "./wireFormat.ts";

export interface ReflectorOptions<T> {
  /** For logs. */
  readonly name: string;
  readonly source: ListWatch<T>;
  readonly labelSelector?: string;
  /** The part of an object that is kept; by default all but managedFields. */
  readonly transform?: (object: T) => T;
  /** Called in the order of events. A deletion brings the last state as `old`. */
  readonly onChange: OnChange<T>;
  readonly metrics?: ReflectorMetrics;
  readonly limits?: Partial<ReflectorLimits>;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Pick<Logger, "info" | "warn">;
}

export interface Reflector<T> {
  readonly store: StoreView<T>;
  /** True when the store holds the first list, false when it was stopped before. */
  readonly synced: Promise<boolean>;
  /** Resolves after stop(); rejects with what a handler threw. */
  readonly stopped: Promise<void>;
  /** On the clock's monotonic scale: when the API server last answered. */
  lastHeardMs(): number;
  /** The same for the last answer or the last attempt: for the liveness probe. */
  lastTurnMs(): number;
  stop(): Promise<void>;
}

export function startReflector<T extends KubeObject>(options: ReflectorOptions<T>): Reflector<T> {
  const loop = new ReflectorLoop(options);
  const controller = new AbortController();
  const stopped = loop.run(controller.signal);
  return {
    store: loop.store,
    synced: loop.synced.promise,
    stopped,
    lastHeardMs: () => loop.heardAtMs,
    lastTurnMs: () => Math.max(loop.heardAtMs, loop.triedAtMs),
    async stop() {
      controller.abort();
      // `stopped` reports a handler's failure.
      await stopped.catch(() => undefined);
    },
  };
}

class HandlerFailure extends Error {}

class ReflectorLoop<T extends KubeObject> {
  readonly store: ObjectStore<T>;
  readonly synced = Promise.withResolvers<boolean>();
  heardAtMs: number;
  triedAtMs: number;
  readonly #options: ReflectorOptions<T>;
  readonly #limits: ReflectorLimits;
  readonly #transform: (object: T) => T;
  /** Where the watch continues; undefined when a list must come first. */
  #position: string | undefined;
  #listReason: ListReason = "first";
  /** In a row; a watch that delivered something, or lasted, resets it. */
  #failures = 0;
  #watching: AbortController | undefined;
  /** Uids that the watch has delivered since an audit began; undefined when there is none, or when a list overtook it. */
  #touched: Set<string> | undefined;

  constructor(options: ReflectorOptions<T>) {
    this.#options = options;
    this.#limits = { ...REFLECTOR_LIMITS, ...options.limits };
    this.#transform = options.transform ?? dropManagedFields;
    this.heardAtMs = this.triedAtMs = options.clock.monotonicMs();
    this.store = new ObjectStore((object, old) => {
      try {
        options.onChange(object, old);
      } catch (cause) {
        throw new HandlerFailure("a handler threw", { cause });
      }
    });
  }

  async run(stop: AbortSignal): Promise<void> {
    try {
      await withController(stop, async (controller) => {
        const loops = [this.#follow(controller.signal), this.#auditAgainAndAgain(controller.signal)];
        try {
          await Promise.race(loops);
        } finally {
          controller.abort();
          await Promise.allSettled(loops);
        }
      });
    } catch (thrown) {
      if (thrown instanceof HandlerFailure) throw thrown.cause;
      if (!stop.aborted) throw thrown;
    } finally {
      this.synced.resolve(false);
    }
  }

  /** Lists and watches until the signal. */
  async #follow(signal: AbortSignal): Promise<never> {
    const { clock, random, log, name, metrics } = this.#options;
    for (;;) {
      this.triedAtMs = clock.monotonicMs();
      try {
        if (this.#position === undefined) await this.#replace(signal);
        await this.#watch(signal);
      } catch (thrown) {
        signal.throwIfAborted();
        if (thrown instanceof HandlerFailure) throw thrown;
        const error = coerceApiError(thrown, name);
        const delayMs = Math.max(backoffMs(this.#failures++, this.#limits.backoff, random), error.retryAfterMs ?? 0);
        this.#forgetPosition(error);
        metrics?.failed(error);
        log.warn({
          event: "watchLost",
          reflector: name,
          status: error.status,
          reason: error.reason,
          delayMs,
          message: error.message,
        });
        await pause(clock, delayMs, signal);
      }
    }
  }

  #forgetPosition(error: ApiError): void {
    const isWorthless = this.#failures >= this.#limits.fruitlessWatches;
    if (this.#position === undefined || !(isGone(error) || isWorthless)) return;
    this.#listReason = isGone(error) ? "gone" : "fruitless";
    this.#position = undefined;
  }

  async #replace(signal: AbortSignal): Promise<void> {
    const { objects, resourceVersion } = await this.#list(signal);
    this.#touched = undefined;
    this.store.replace(objects);
    this.#position = resourceVersion;
    this.#options.metrics?.listed(this.#listReason);
    this.synced.resolve(true);
  }

  async #list(signal: AbortSignal): Promise<Listing<T>> {
    const { source, labelSelector } = this.#options;
    const { pageSize } = this.#limits;
    const listing = await listAll(source, { labelSelector, pageSize, transform: this.#transform }, signal);
    this.heardAtMs = this.#options.clock.monotonicMs();
    return listing;
  }

  /** Returns when the server ends the watch cleanly. */
  async #watch(signal: AbortSignal): Promise<void> {
    const { source, labelSelector, clock, random, name } = this.#options;
    const { watchTimeoutSeconds, watchTimeoutJitter, inactivityMs, shortWatchMs, backoff } = this.#limits;
    const timeoutSeconds = Math.round(watchTimeoutSeconds * (1 + watchTimeoutJitter * random()));
    await withController(signal, async (controller) => {
      this.#watching = controller;
      const resourceVersion = this.#position!;
      const events = await source.watch(
        { labelSelector, resourceVersion, timeoutSeconds, inactivityMs },
        controller.signal,
      );
      const openedAtMs = (this.heardAtMs = clock.monotonicMs());
      const livedMs = () => clock.monotonicMs() - openedAtMs;
      let isFruitless = true;
      try {
        for await (const event of events) {
          isFruitless = false;
          this.#take(event);
        }
      } finally {
        if (!isFruitless || livedMs() >= backoff.maxMs) this.#failures = 0;
      }
      if (isFruitless && livedMs() < shortWatchMs) {
        throw new ApiError(0, NO_ANSWER.shortWatch, `${name}: the watch ended at once and delivered nothing`);
      }
    });
  }

  #take({ type, object }: WatchEvent<T>): void {
    this.heardAtMs = this.#options.clock.monotonicMs();
    const { uid, resourceVersion } = object.metadata;
    if (type !== "BOOKMARK") {
      this.#touched?.add(uid);
      const kept = this.#transform(object);
      if (type === "DELETED") this.store.delete(kept);
      else this.store.put(kept);
    }
    this.#position = resourceVersion;
  }

  async #auditAgainAndAgain(signal: AbortSignal): Promise<never> {
    const { clock, random, log, name, metrics } = this.#options;
    for (;;) {
      await pause(clock, this.#limits.auditMs * (1 - this.#limits.auditJitter * random()), signal);
      // Between a failure and the next list there is nothing to compare.
      if (this.#position === undefined) continue;
      try {
        const missed = await this.#audit(signal);
        if (missed === 0) continue;
        metrics?.missed(missed);
        log.warn({
          event: "changesMissed",
          reflector: name,
          missed,
          message: "a list showed changes that the watch had not delivered",
        });
      } catch (thrown) {
        signal.throwIfAborted();
        if (thrown instanceof HandlerFailure) throw thrown;
        log.warn({ event: "auditFailed", reflector: name, message: coerceApiError(thrown, name).message });
      }
    }
  }

  /**
   * Lists beside the running watch, gives the watch time to deliver the same, and takes over what it has not. So an event that
   * was merely on its way is not called missed.
   */
  async #audit(signal: AbortSignal): Promise<number> {
    const touched = (this.#touched = new Set());
    const positionBefore = this.#position;
    const { objects, resourceVersion } = await this.#list(signal);
    await pause(this.#options.clock, this.#limits.settleMs, signal);
    if (this.#touched !== touched) return 0;
    this.#touched = undefined;
    const listed = new Set(objects.map(({ metadata }) => metadata.uid));
    const gone = [...this.store.values()].filter(({ metadata: { uid } }) => !listed.has(uid) && !touched.has(uid));
    const changed = objects.filter(
      ({ metadata }) =>
        !touched.has(metadata.uid) &&
        this.store.getByUid(metadata.uid)?.metadata.resourceVersion !== metadata.resourceVersion,
    );
    for (const object of gone) this.store.delete(object);
    for (const object of changed) this.store.put(object);
    const missed = gone.length + changed.length;
    if (missed > 0) {
      // A watch that keeps silent is replaced. It may wait at a version that the server never had: after etcd was restored
      // from a backup resourceVersions are lower, and a watch from the future delivers nothing.
      if (this.#position === positionBefore) this.#position = resourceVersion;
      this.#watching?.abort(new ApiError(0, NO_ANSWER.missed, `${this.#options.name}: the watch has missed changes`));
    }
    return missed;
  }
}
