// The yearly schedules: each firing is requested once, by a permanently unique key. One that was missed is made up for
// within a window. The database knows past requests; here they are only remembered to avoid another query.
import type { ClientBase } from "pg";
import type { Logger } from "pino";
import { recordRequest } from "../database/requests.ts";
import { readFirstMigration } from "../database/serveRequests.ts";
import { CALCULATIONS, type Calculation } from "../model/calculations.ts";
import { type Clock, rest } from "../model/clock.ts";
import { coerceError } from "../model/errors.ts";
import { formatIn, yearlyRequestKey } from "../model/yearlyRequests.ts";
import { lastFiring, nextFiring, type YearlySchedule } from "./yearlySchedule.ts";

/** Timers do not see a machine that was suspended or a clock that was set: so often the date is looked at. */
const LONGEST_SLEEP_MS = 30_000;
/** After a firing that could not be written down, and while another process leads. */
const RETRY_MS = 2_000;
/** Later than this a firing counts as missed. */
const PUNCTUAL_MS = 60_000;

export interface SchedulerOptions {
  readonly schedules: Readonly<Record<Calculation, YearlySchedule>>;
  readonly lateWindowMs: number;
  readonly isLeader: () => boolean;
  readonly withClient: <T>(work: (client: ClientBase) => Promise<T>) => Promise<T>;
  /** A request was recorded. */
  readonly onFired: (calculation: Calculation, isLate: boolean) => void;
  readonly clock: Clock;
  readonly log: Pick<Logger, "info" | "warn">;
}

export class Scheduler {
  readonly #options: SchedulerOptions;
  /** Instants that are done with, per calculation [ms since 1970]. */
  readonly #settled = new Map<Calculation, number>();
  /** Since when each due firing could not be written down. */
  readonly #unwritten = new Map<Calculation, Date>();
  /** The firings around now, computed only when one has passed or the clock was set back. */
  readonly #around = new Map<Calculation, { readonly last: Date; readonly next: Date }>();

  constructor(options: SchedulerOptions) {
    this.#options = options;
  }

  /** Firings that are due and not written down, in words; empty when all is well. */
  get troubles(): string[] {
    return [...this.#unwritten].map(
      ([calculation, since]) =>
        `the firing of ${calculation} that was due at ${since.toISOString()} is not written down`,
    );
  }

  /** Until the signal; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, schedules } = this.#options;
    for (const calculation of CALCULATIONS)
      this.#options.log.info({ event: "scheduled", calculation, ...describe(schedules[calculation], clock.now()) });
    while (!signal.aborted) {
      const now = clock.now();
      const isSettled = await this.#fireDue(now);
      const nextMs = Math.min(...CALCULATIONS.map((one) => this.#firingsAround(one, now).next.getTime()));
      const sleepMs = isSettled ? Math.min(nextMs - clock.now().getTime(), LONGEST_SLEEP_MS) : RETRY_MS;
      await rest(clock, Math.max(sleepMs, 0), signal);
    }
  }

  /** Whether nothing is left to be done now. */
  async #fireDue(now: Date): Promise<boolean> {
    const { isLeader, log } = this.#options;
    let isSettled = true;
    for (const calculation of CALCULATIONS) {
      const scheduled = this.#firingsAround(calculation, now).last;
      if (this.#settled.get(calculation) === scheduled.getTime()) continue;
      if (!isLeader()) {
        isSettled = false;
        continue;
      }
      try {
        await this.#fire(calculation, scheduled, now);
        this.#settled.set(calculation, scheduled.getTime());
        this.#unwritten.delete(calculation);
      } catch (thrown) {
        const error = coerceError(thrown);
        log.warn({ event: "scheduleNotWritten", calculation, scheduled, err: error, message: error.message });
        this.#unwritten.set(calculation, scheduled);
        isSettled = false;
      }
    }
    return isSettled;
  }

  #firingsAround(calculation: Calculation, now: Date): { readonly last: Date; readonly next: Date } {
    const known = this.#around.get(calculation);
    if (known !== undefined && known.last <= now && now < known.next) return known;
    const schedule = this.#options.schedules[calculation];
    const around = { last: lastFiring(schedule, now), next: nextFiring(schedule, now) };
    this.#around.set(calculation, around);
    return around;
  }

  async #fire(calculation: Calculation, scheduled: Date, now: Date): Promise<void> {
    const { withClient, schedules, lateWindowMs, onFired, log } = this.#options;
    const lateMs = now.getTime() - scheduled.getTime();
    const isLate = lateMs > PUNCTUAL_MS;
    if (isLate && lateMs > lateWindowMs) return;
    const requestKey = yearlyRequestKey(calculation, scheduled, schedules[calculation].zone);
    const facts = { calculation, scheduled, requestKey, ...(isLate && { lateSeconds: Math.round(lateMs / 1000) }) };
    const recorded = await withClient(async (client) => {
      // Nothing was missed by an installation that did not exist yet.
      if (isLate && scheduled < (await readFirstMigration(client))) return null;
      return recordRequest(client, { calculation, source: "schedule", requestKey });
    });
    if (recorded === null) return log.info({ event: "scheduleBeforeInstallation", ...facts });
    if (recorded.how === "known") return;
    const { requestId, how } = recorded;
    if (isLate)
      log.warn({
        event: "scheduleFiredLate",
        ...facts,
        requestId,
        how,
        message: "missed while no process ran",
      });
    else log.info({ event: "scheduleFired", ...facts, requestId, how });
    onFired(calculation, isLate);
  }
}

function describe(schedule: YearlySchedule, now: Date): { next: string; nextLocal: string } {
  const next = nextFiring(schedule, now);
  return { next: next.toISOString(), nextLocal: formatIn(schedule.zone, next) };
}
