// One machine, where serve runs: its settings, the database, and the schedules that serve keeps itself.
import type { Environment, ReadReplicas } from "../../database/address.ts";
import { RejectedError } from "../../model/errors.ts";
import { type ReadConfig, readServeConfig } from "../../serve/config.ts";
import { batchesCheck } from "./batchesCheck.ts";
import { MACHINE_RIGHTS, makePermissionsCheck, schemaCheck, serverCheck } from "./connectionChecks.ts";
import { coverageCheck } from "./coverageCheck.ts";
import { type DatabaseCheck, examineDatabase, type Session } from "./examineDatabase.ts";
import { type CheckReport, fine, problem, warn } from "./finding.ts";
import { channelCheck, listenersCheck, requestsCheck } from "./listeningChecks.ts";
import { replicasCheck } from "./replicasCheck.ts";
import { lastFiringsCheck, type MachineCheckContext, nextFiringsCheck, zoneCheck } from "./scheduleChecks.ts";

/** In the order in which trouble follows from trouble. */
export const MACHINE_CHECKS: readonly DatabaseCheck<MachineCheckContext>[] = [
  serverCheck,
  schemaCheck,
  makePermissionsCheck(MACHINE_RIGHTS, "climatebatch_operator, climatebatch_job"),
  replicasCheck,
  channelCheck,
  listenersCheck,
  requestsCheck,
  zoneCheck,
  nextFiringsCheck,
  lastFiringsCheck,
  coverageCheck,
  batchesCheck,
];

/** `file`: what the `.env` says; `environment` wins over it. */
export async function examineMachine(
  database: { readonly url: string; readonly replicas: ReadReplicas },
  file: Environment,
  environment: Environment,
): Promise<CheckReport[]> {
  const { config, report } = examineSettings(() => readServeConfig(file, environment));
  const { triggerChannel } = config;
  const admit = (session: Session) => ({ ...session, config, triggerChannel });
  return [report, ...(await examineDatabase(database, MACHINE_CHECKS, admit))];
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
