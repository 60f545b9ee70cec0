// Leader election on a Lease, as client-go does it: at most one leader as long as clocks run at about the same speed.
// Unlike client-go it ends the leader's work before it releases the lease, and losing the lease does not end the process.
import type { Logger } from "pino";
import { type Clock, rest } from "../../model/clock.ts";
import { ApiError, coerceApiError, isAlreadyExists, isConflict, isNotFound, NO_ANSWER } from "./apiError.ts";
import type { KubeApi, Lease } from "./client.ts";
import { buildLease, LeaseObservation, released, renewed, takeOver } from "./leaseRecord.ts";
import { withDeadline } from "./signals.ts";

/** client-go's and controller-runtime's defaults. */
export const LEASE_TIMES = {
  /** How long others wait before they take over from a silent leader. */
  leaseDurationMs: 15_000,
  /** The leader stops when it could not renew for this long; the rest of the duration lets work in progress end. */
  renewDeadlineMs: 10_000,
  /** How often leaders renew and candidates look. */
  retryPeriodMs: 2_000,
  /** A renewal that hangs is given up in time to be tried on another socket. */
  callTimeoutMs: 4_000,
};
export type LeaseTimes = typeof LEASE_TIMES;

/** client-go waits up to 2.2 periods; a tenth is enough to separate candidates, and a released lease is taken within 3 s. */
const RETRY_JITTER = 0.1;

export interface LeaderElectorOptions {
  /** An API of its own, so that renewing never queues behind reconciles. */
  readonly leases: KubeApi["leases"];
  readonly name: string;
  readonly namespace: string;
  /** Unique for each process: a host name and a random part. */
  readonly identity: string;
  readonly times?: LeaseTimes;
  /** Runs while this process leads and must end soon after the signal: until then the lease is kept. */
  readonly onStartedLeading: (signal: AbortSignal) => Promise<void>;
  /** After the work has ended. */
  readonly onStoppedLeading: () => void;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Pick<Logger, "info" | "warn">;
}

export class LeaderElector {
  readonly #options: LeaderElectorOptions;
  readonly #times: LeaseTimes;
  readonly #observation = new LeaseObservation();
  #triedAtMs: number;
  #written: Lease | null = null;
  /** Leading is over at this time, noticed or not. */
  #deadlineMs = Number.NEGATIVE_INFINITY;

  constructor(options: LeaderElectorOptions) {
    this.#options = options;
    this.#times = options.times ?? LEASE_TIMES;
    this.#triedAtMs = options.clock.monotonicMs();
  }

  /** On the clock's monotonic scale: when it last tried to get, keep or read the lease. */
  lastTurnMs(): number {
    return this.#triedAtMs;
  }

  /** As this process wrote it last; null: it never led. */
  get written(): Lease | null {
    return this.#written;
  }

  /** By the clock, not a flag: also correct when the event loop was blocked past the deadline. */
  isLeader(): boolean {
    return this.#options.clock.monotonicMs() < this.#deadlineMs;
  }

  /** Competes, leads, loses, competes again, until the signal; then the lease is released. Rejects with what the work threw. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const lease = await this.#acquire(signal);
      if (lease === undefined) return;
      if (signal.aborted) return this.#release(lease);
      await this.#lead(lease, signal);
      // Having stepped down, it lets others go first.
      await rest(this.#options.clock, this.#times.retryPeriodMs, signal);
    }
  }

  async #acquire(signal: AbortSignal): Promise<Lease | undefined> {
    const { clock, random, log } = this.#options;
    const { retryPeriodMs } = this.#times;
    while (!signal.aborted) {
      let waitMs = retryPeriodMs * (1 + RETRY_JITTER * random());
      try {
        const attempt = await this.#try(signal);
        if (typeof attempt !== "number") return attempt;
        waitMs = Math.min(waitMs, attempt);
      } catch (thrown) {
        if (signal.aborted) return undefined;
        const { reason, message } = coerceApiError(thrown, "leader election");
        log.warn({ event: "notCompeting", reason, message });
      }
      await rest(clock, waitMs, signal);
    }
    return undefined;
  }

  /** The lease, now ours; or for how long [ms] another replica holds it at least. */
  async #try(signal: AbortSignal): Promise<Lease | number> {
    const { leases, name, namespace, identity, clock } = this.#options;
    const found = await this.#call(signal, (one) => leases.get(name, one)).catch(ignore(isNotFound));
    const nowMs = clock.monotonicMs();
    // Writes are not broken off by the signal: one that arrived all the same would block others for a whole duration.
    if (found === undefined) {
      const wanted = buildLease(name, namespace, this.#claim());
      const created = await this.#call(undefined, (one) => leases.create(wanted, one)).catch(ignore(isAlreadyExists));
      return created === undefined ? this.#times.retryPeriodMs : this.#won(created, nowMs);
    }
    const expiryMs = this.#observation.expiryMs(found, nowMs);
    const isOthers = expiryMs !== undefined && found.spec?.holderIdentity !== identity;
    if (isOthers && nowMs < expiryMs) return expiryMs - nowMs;
    const taken = await this.#call(undefined, (one) => leases.update(takeOver(found, this.#claim()), one)).catch(
      ignore(isConflict),
    );
    return taken === undefined ? this.#times.retryPeriodMs : this.#won(taken, nowMs);
  }

  /** `sentAtMs` is before the write: others cannot have begun to wait earlier. */
  #won(lease: Lease, sentAtMs: number): Lease {
    this.#deadlineMs = sentAtMs + this.#times.renewDeadlineMs;
    this.#written = lease;
    return lease;
  }

  async #lead(lease: Lease, signal: AbortSignal): Promise<void> {
    const { onStartedLeading, onStoppedLeading, log, name } = this.#options;
    log.info({ event: "startedLeading", lease: name });
    const leading = new AbortController();
    const end = () => leading.abort(signal.reason);
    signal.addEventListener("abort", end, { once: true });
    if (signal.aborted) end();
    const workEnd = new AbortController();
    const work = (async () => onStartedLeading(leading.signal))().finally(() => workEnd.abort());
    const outcome = work.catch((thrown) => ({ thrown }));
    const held = await this.#keepRenewing(lease, workEnd.signal);
    leading.abort(new Error(`the lease ${name} is lost`));
    const ended = await outcome;
    signal.removeEventListener("abort", end);
    this.#deadlineMs = Number.NEGATIVE_INFINITY;
    onStoppedLeading();
    log.info({ event: "stoppedLeading", lease: name, released: held !== undefined });
    if (held !== undefined) await this.#release(held);
    if (ended && !isAbort(ended.thrown, leading.signal)) throw ended.thrown;
  }

  /** Until the work has ended, also during shutdown: no other replica may begin before. Undefined when lost. */
  async #keepRenewing(lease: Lease, workEnd: AbortSignal): Promise<Lease | undefined> {
    const { clock } = this.#options;
    let held: Lease | undefined = lease;
    while (held !== undefined && !workEnd.aborted) {
      const leftMs = this.#deadlineMs - clock.monotonicMs();
      if (leftMs <= 0) return undefined;
      await rest(clock, Math.min(this.#times.retryPeriodMs, leftMs), workEnd);
      if (!workEnd.aborted && this.isLeader()) held = await this.#renew(held);
    }
    return held;
  }

  /** The lease as renewed; unchanged when that failed and may be tried again; undefined when another replica holds it. */
  async #renew(held: Lease): Promise<Lease | undefined> {
    const { leases, name, identity, clock, log } = this.#options;
    const nowMs = clock.monotonicMs();
    const late = () => new ApiError(0, NO_ANSWER.timeout, "not renewed before the deadline");
    try {
      // One deadline over all the calls that it may take.
      const deadline = { clock, delayMs: this.#deadlineMs - nowMs, makeReason: late };
      const stored = await withDeadline(deadline, undefined, async (inTime) => {
        const update = (lease: Lease) =>
          this.#call(inTime, (signal) => leases.update(renewed(lease, this.#claim()), signal));
        return update(held).catch(async (thrown) => {
          if (!isConflict(thrown)) throw thrown;
          // Perhaps an earlier renewal of ours whose answer was lost.
          const found = await this.#call(inTime, (signal) => leases.get(name, signal));
          return found.spec?.holderIdentity === identity ? update(found) : undefined;
        });
      });
      return stored && this.#won(stored, nowMs);
    } catch (thrown) {
      // Deleted: another replica may lead already.
      if (isNotFound(thrown)) return undefined;
      const { reason, message } = coerceApiError(thrown, "leader election");
      log.warn({ event: "leaseNotRenewed", lease: name, reason, message });
      return held;
    }
  }

  async #release(held: Lease): Promise<void> {
    const { leases, clock, log, name } = this.#options;
    try {
      await this.#call(undefined, (signal) => leases.update(released(held, clock.now()), signal));
    } catch (thrown) {
      const { reason, message } = coerceApiError(thrown, "leader election");
      log.warn({
        event: "leaseNotReleased",
        lease: name,
        reason,
        message: `the next leader waits until it expires: ${message}`,
      });
    }
  }

  #claim() {
    const { identity, clock } = this.#options;
    return { identity, leaseDurationMs: this.#times.leaseDurationMs, now: clock.now() };
  }

  #call<T>(signal: AbortSignal | undefined, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    this.#triedAtMs = this.#options.clock.monotonicMs();
    const { callTimeoutMs: delayMs } = this.#times;
    const makeReason = () => new ApiError(0, NO_ANSWER.timeout, `no answer within ${delayMs} ms`);
    return withDeadline({ clock: this.#options.clock, delayMs, makeReason }, signal, work);
  }
}

function ignore(isExpected: (error: unknown) => boolean): (thrown: unknown) => undefined {
  return (thrown) => {
    if (!isExpected(thrown)) throw thrown;
  };
}

/** The work ended on its signal. */
function isAbort(thrown: unknown, signal: AbortSignal): boolean {
  return signal.aborted && (thrown === signal.reason || (thrown instanceof Error && thrown.name === "AbortError"));
}
