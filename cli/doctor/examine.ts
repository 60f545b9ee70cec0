// One check after the other, as far as what is found allows; then the findings as a person reads them.
import { connect } from "../../database/connect.ts";
import { systemClock } from "../../model/clock.ts";
import { coerceError, RejectedError } from "../../model/errors.ts";
import { hidePassword } from "../database.ts";
import { type ReadConfig, readServeConfig } from "../serve/config.ts";
import { CHECKS } from "./checks.ts";
import { type Check, type Finding, fine, type Level, type Patient, problem, warn } from "./finding.ts";

export interface CheckReport {
  readonly check: string;
  readonly findings: readonly Finding[];
}

export interface Settings {
  readonly file: Readonly<Record<string, string | undefined>>;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export async function examine(databaseUrl: string, { file, environment }: Settings): Promise<CheckReport[]> {
  const { config, report } = examineSettings(() => readServeConfig(file, environment));
  const shown = hidePassword(databaseUrl);
  let client: Patient["client"];
  try {
    client = await connect(databaseUrl, { purpose: "doctor", patienceMs: 0 });
  } catch (thrown) {
    const found = `no connection to ${shown}: ${coerceError(thrown).message || "refused"}`;
    const advice =
      "Is PostgreSQL running? Check DATABASE_HOST, DATABASE_PORT, DATABASE_NAME, DATABASE_USER and DATABASE_PASSWORD in .env, and pg_hba.conf of the server.";
    return [
      report,
      { check: "connection", findings: [problem(found, advice)] },
      ...CHECKS.map(notLookedAt("there is no connection")),
    ];
  }
  const reports = [report, { check: "connection", findings: [fine(`connected to ${shown}`)] }];
  try {
    const patient: Patient = { config, databaseUrl, client, clock: systemClock, random: Math.random };
    let isOurs = true;
    for (const check of CHECKS) {
      if (check.needs === "schema" && !isOurs) {
        reports.push(notLookedAt("the schema is not this version's")(check));
        continue;
      }
      const findings = await look(check, patient);
      if (check.name === "schema") isOurs = findings.every(({ level }) => level === "ok");
      reports.push({ check: check.name, findings });
    }
  } finally {
    await client.end().catch(() => undefined);
  }
  return reports;
}

/** A check that fails is a finding, and keeps no other back. */
async function look(check: Check, patient: Patient): Promise<readonly Finding[]> {
  try {
    return await check.look(patient);
  } catch (thrown) {
    const { message } = coerceError(thrown);
    return [
      problem(
        `this could not be looked at: ${message}`,
        "See the findings above; may the user read the schema climatebatch (docs/roles.md)?",
      ),
    ];
  }
}

function notLookedAt(why: string): (check: Check) => CheckReport {
  return ({ name }) => ({
    check: name,
    findings: [{ level: "unknown", found: `not looked at: ${why}`, advice: null }],
  });
}

function examineSettings(read: () => ReadConfig): { config: ReadConfig["config"]; report: CheckReport } {
  const check = "settings";
  try {
    const { config, ignored } = read();
    const { workers, cellsPerShard, installation } = config;
    const findings = [
      fine(`${workers} shard processes at a time, ${cellsPerShard} cells each, installation ${installation}`),
    ];
    if (ignored.length > 0)
      findings.push(
        warn(`nothing reads ${ignored.join(", ")} of .env`, "Known settings and their meaning are in .env.example."),
      );
    return { config, report: { check, findings } };
  } catch (error) {
    if (!(error instanceof RejectedError)) throw error;
    const findings = [problem(error.message, "Correct them; below, the defaults are taken instead.")];
    return { config: readServeConfig({}, {}).config, report: { check, findings } };
  }
}

const MARKS: Readonly<Record<Level, string>> = {
  ok: "ok     ",
  warning: "warning",
  problem: "PROBLEM",
  unknown: "-      ",
};

export function tellReports(reports: readonly CheckReport[]): string {
  const lines = reports.flatMap(({ check, findings }) =>
    findings.flatMap(({ level, found, advice }) => {
      const indented = found.split("\n").join(`\n${" ".repeat(24)}`);
      const told = `${MARKS[level]}  ${check.padEnd(13)} ${indented}`;
      return advice === null ? [told] : [told, `${" ".repeat(23)}→ ${advice}`];
    }),
  );
  const count = (wanted: Level) =>
    reports.flatMap(({ findings }) => findings).filter(({ level }) => level === wanted).length;
  return [...lines, "", `${count("problem")} problems, ${count("warning")} warnings.`].join("\n");
}
