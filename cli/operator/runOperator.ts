// The operator against the cluster of a KUBECONFIG. Whatever no option says comes from the variables that its pod reads
// (docs/operator.md).
import { randomUUID } from "node:crypto";
import { hostname, userInfo } from "node:os";
import { systemClock } from "../../model/clock.ts";
import { readOperatorConfig } from "../../operator/config.ts";
import { startOperator } from "../../operator/start.ts";
import { makeLog } from "../../telemetry/log.ts";
import type { OperatorArguments } from "../operator.ts";
import { findKubeconfig } from "../withCluster.ts";

export async function runOperator(argv: OperatorArguments, signal: AbortSignal): Promise<void> {
  const { env } = process;
  const saysWherePodsFindIt = env.JOB_DATABASE_SECRET !== undefined || env.JOB_DATABASE_URL !== undefined;
  const jobDatabase = argv.jobDatabase ?? (saysWherePodsFindIt ? undefined : argv.database);
  const config = readOperatorConfig(
    {
      CLIMATEBATCH_INSTALLATION: `${userInfo().username}@${hostname()}`,
      PROBE_PORT: "0",
      ...env,
      KUBECONFIG: findKubeconfig(argv),
      ...given("DATABASE_URL", argv.database),
      ...given("JOB_DATABASE_URL", jobDatabase),
      ...given("JOB_IMAGE", argv.jobImage),
      ...given("CLIMATEBATCH_INSTALLATION", argv.installation),
      ...given("CLIMATEBATCH_NAMESPACE", argv.namespace),
    },
    `${hostname()}-${randomUUID().slice(0, 8)}`,
  );
  const log = makeLog({ isTerminal: process.stdout.isTTY });
  log.level = config.logLevel;
  await startOperator(config, { clock: systemClock, random: Math.random, log }, signal);
}

function given(variable: string, value: string | undefined): Readonly<Record<string, string>> {
  return value === undefined ? {} : { [variable]: value };
}
