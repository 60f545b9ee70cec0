// When a yearly schedule fires: its instants before and after a moment, in the schedule's own zone whatever the machine's is.
import { Cron } from "croner";
import { isZone } from "../model/yearlyRequests.ts";

export interface YearlySchedule {
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  /** IANA name. */
  readonly zone: string;
}

/** What keeps the schedule from ever firing; null: nothing. `setting`: the variable to correct, when it is not the day. */
export function findScheduleProblem(schedule: YearlySchedule): { setting?: string; message: string } | null {
  const { zone, day, month } = schedule;
  if (!isZone(zone)) {
    const message = `expected a time zone by its IANA name, such as Asia/Seoul; found "${zone}"`;
    return { setting: "SCHEDULE_TIME_ZONE", message };
  }
  if (makeCron(schedule).nextRun() !== null) return null;
  return { message: `expected a day that month ${month} has; found "${day}"` };
}

/** The first instant after the moment. */
export function nextFiring(schedule: YearlySchedule, after: Date): Date {
  return makeCron(schedule).nextRun(after)!;
}

/** The last instant that is not after the moment. */
export function lastFiring(schedule: YearlySchedule, upTo: Date): Date {
  // What is given is left out.
  return makeCron(schedule).previousRuns(1, new Date(upTo.getTime() + 1))[0]!;
}

/** Never started: only queried. */
function makeCron({ minute, hour, day, month, zone }: YearlySchedule): Cron {
  return new Cron(`0 ${minute} ${hour} ${day} ${month} *`, { timezone: zone, paused: true });
}
