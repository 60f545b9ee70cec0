// The database, one check after the other, as far as what is found allows.
import type { Client } from "pg";
import { hidePassword, type ReadReplicas } from "../../database/address.ts";
import { connect } from "../../database/connect.ts";
import { type Clock, systemClock } from "../../model/clock.ts";
import { coerceError } from "../../model/errors.ts";
import { type Check, type CheckReport, fine, look, notLookedAt, problem } from "./finding.ts";

export interface Session {
  readonly databaseUrl: string;
  readonly replicas: ReadReplicas;
  readonly client: Client;
  readonly clock: Clock;
  readonly random: () => number;
}

export interface DatabaseCheckContext extends Session {
  readonly triggerChannel: string;
}

export interface DatabaseCheck<CheckContext extends DatabaseCheckContext = DatabaseCheckContext>
  extends Check<CheckContext> {
  /** schema: only in a database that is ours and current. */
  readonly needs: "connection" | "schema";
}

/** The check that connects; without it no other is looked at. */
export const CONNECTION = "connection";
/** The check after which those that need the schema are looked at, or not. */
export const SCHEMA = "schema";

export async function examineDatabase<CheckContext extends DatabaseCheckContext>(
  { url: databaseUrl, replicas }: { readonly url: string; readonly replicas: ReadReplicas },
  checks: readonly DatabaseCheck<CheckContext>[],
  admit: (session: Session) => CheckContext,
): Promise<CheckReport[]> {
  const shown = hidePassword(databaseUrl);
  let client: Client;
  try {
    client = await connect(databaseUrl, { purpose: "doctor", patienceMs: 0 });
  } catch (thrown) {
    const found = `no connection to ${shown}: ${coerceError(thrown).message || "refused"}`;
    const advice =
      "Is PostgreSQL running? Check DATABASE_HOST, DATABASE_PORT, DATABASE_NAME, DATABASE_USER and DATABASE_PASSWORD (in .env, or in the Secret), and pg_hba.conf of the server.";
    return [
      { check: CONNECTION, findings: [problem(found, advice)] },
      ...checks.map(notLookedAt("there is no connection")),
    ];
  }
  const reports: CheckReport[] = [{ check: CONNECTION, findings: [fine(`connected to ${shown}`)] }];
  try {
    const patient = admit({ databaseUrl, replicas, client, clock: systemClock, random: Math.random });
    let isOurs = true;
    for (const check of checks) {
      if (check.needs === "schema" && !isOurs) {
        reports.push(notLookedAt("the schema is not this version's")(check));
        continue;
      }
      const advice = "See the findings above; may the user read the schema climatebatch (docs/roles.md)?";
      const report = await look(check, patient, advice);
      if (check.name === SCHEMA) isOurs = report.findings.every(({ level }) => level === "ok");
      reports.push(report);
    }
  } finally {
    await client.end().catch(() => undefined);
  }
  return reports;
}
