// The identity of what a yearly schedule asks for: the year of the scheduled instant in the schedule's zone. At 02:00 on
// 1 January in Seoul it is still December in UTC, and a retry may come days after the instant.
import type { CalculationRequest } from "./calculations.ts";
import { RejectedError } from "./errors.ts";

const MINUTE_MS = 60_000;
/** Eight digits count minutes from 1989 to 2160; and a schedule that fires yearly is never later than this. */
const SCHEDULED_JOB = /-(\d{8})$/;
const LATEST_FIRING_MS = 366 * 24 * 60 * MINUTE_MS;

/** The key of the one batch that a year's firing leads to, such as yearly/probability/2028. `zone`: an IANA name. */
export function yearlyRequestKey(calculation: CalculationRequest, scheduled: Date, zone: string): string {
  return `yearly/${calculation}/${yearIn(zone, scheduled)}`;
}

/**
 * When a CronJob was due that made the Job of this name, `<CronJob>-<minutes since 1970>`; a Job that a person made of it
 * (kubectl create job --from) has another name and is due now.
 */
export function readScheduledInstant(jobName: string, now: Date): Date {
  const minutes = SCHEDULED_JOB.exec(jobName)?.[1];
  if (minutes === undefined) return now;
  const scheduled = new Date(Number(minutes) * MINUTE_MS);
  const ageMs = now.getTime() - scheduled.getTime();
  return ageMs > -MINUTE_MS && ageMs < LATEST_FIRING_MS ? scheduled : now;
}

/** Whether a word is the IANA name of a time zone. */
export function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}

/** "2028-01-01 02:00 Asia/Seoul" */
export function formatIn(zone: string, instant: Date): string {
  const options = { timeZone: zone, dateStyle: "short", timeStyle: "short" } as const;
  return `${new Intl.DateTimeFormat("sv-SE", options).format(instant)} ${zone}`;
}

function yearIn(zone: string, instant: Date): number {
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat("en", {
      timeZone: zone,
      year: "numeric",
      calendar: "gregory",
      numberingSystem: "latn",
    });
  } catch (cause) {
    throw new RejectedError(
      "InvalidZone",
      `A time zone is expected by its IANA name, such as Asia/Seoul, but got "${zone}".`,
      { cause },
    );
  }
  return Number(format.format(instant));
}
