// Schedule not running? In which zone it is kept, when it fires next, and what became of the last firing.
import { findByKey } from "../../database/requests.ts";
import { readFirstMigration } from "../../database/serveRequests.ts";
import { CALCULATIONS } from "../../model/calculations.ts";
import { formatIn, yearlyRequestKey } from "../../model/yearlyRequests.ts";
import type { ServeConfig } from "../../serve/config.ts";
import { lastFiring, nextFiring } from "../../serve/yearlySchedule.ts";
import type { DatabaseCheck, DatabaseCheckContext } from "./examineDatabase.ts";
import { type Finding, fine, problem, warn } from "./finding.ts";

export interface MachineCheckContext extends DatabaseCheckContext {
  /** The settings that serve would have; the defaults where they are wrong. */
  readonly config: ServeConfig;
}

export const zoneCheck: DatabaseCheck<MachineCheckContext> = {
  name: "time zone",
  needs: "connection",
  async look({ client, config }) {
    const { rows } = await client.query("SELECT current_setting('TimeZone') AS zone");
    const machine = new Intl.DateTimeFormat().resolvedOptions().timeZone;
    const { zone } = config.schedules.probability;
    return [
      fine(
        `schedules are kept in ${zone}; this machine is in ${machine}, the server in ${rows[0].zone}: neither matters`,
      ),
    ];
  },
};

export const nextFiringsCheck: DatabaseCheck<MachineCheckContext> = {
  name: "next firings",
  needs: "connection",
  async look({ clock, config }) {
    return CALCULATIONS.map((calculation) => {
      const schedule = config.schedules[calculation];
      const next = nextFiring(schedule, clock.now());
      return fine(
        `${calculation}: ${formatIn(schedule.zone, next)}, that is ${next.toISOString().slice(0, 16).replace("T", " ")} UTC`,
      );
    });
  },
};

export const lastFiringsCheck: DatabaseCheck<MachineCheckContext> = {
  name: "last firings",
  needs: "schema",
  async look({ client, clock, config }) {
    const installed = await readFirstMigration(client);
    const findings: Finding[] = [];
    for (const calculation of CALCULATIONS) {
      const schedule = config.schedules[calculation];
      const last = lastFiring(schedule, clock.now());
      const key = yearlyRequestKey(calculation, last, schedule.zone);
      const request = await findByKey(client, key);
      const what = `${calculation} of ${formatIn(schedule.zone, last)} (${key})`;
      const again = `SELECT climatebatch.request_batch('${calculation}')`;
      if (request === null && last < installed) findings.push(fine(`${what}: before this database was climatebatch's`));
      else if (request === null && clock.now().getTime() - last.getTime() <= config.lateWindowMs)
        findings.push(
          problem(`${what} was not requested`, "Start climatebatch serve: a missed firing is made up for."),
        );
      else if (request === null)
        findings.push(problem(`${what} was missed, longer ago than SCHEDULE_LATE_HOURS`, `Ask for it: ${again}`));
      else if (request.outcome === "batch" || request.outcome === null)
        findings.push(fine(`${what}: ${request.batchId === null ? request.state : `batch ${request.batchId}`}`));
      else
        findings.push(
          warn(
            `${what} ${request.outcome}: ${request.message ?? request.reason ?? "withdrawn"}`,
            `When the cause is gone: ${again}`,
          ),
        );
    }
    return findings;
  },
};
