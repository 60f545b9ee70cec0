// `climatebatch operator`: the operator outside the cluster, for development. Settings without an option come from the
// variables that its pod reads (docs/operator.md).
import { randomUUID } from "node:crypto";
import { hostname, userInfo } from "node:os";
import { defineCommand } from "./command.ts";
import { clusterOptions, databaseOption, text } from "./options.ts";

export const operatorCommand = defineCommand(
  {
    options: {
      database: {
        ...databaseOption.database,
        describe: "postgres://user:password@host:port/name [default: DATABASE_*]; one that pods reach too",
      },
      "job-database": {
        ...text,
        value: "ADDRESS",
        describe: "the same database as pods reach it [default: --database, unless JOB_DATABASE_* is set]",
      },
      "job-image": { ...text, describe: "image of the shard program [default: JOB_IMAGE]" },
      installation: {
        ...text,
        value: "NAME",
        describe:
          "name that no other operator on the database has [default: CLIMATEBATCH_INSTALLATION, else USER@HOST]",
      },
      ...clusterOptions,
    },
    examples: [
      [
        "operator -n dev --database postgres://me@10.0.0.5/climate --job-image climatebatch-job:dev",
        "against a cluster that has the image",
      ],
    ],
    notes:
      "The cluster must have the definition (kubectl apply -f crds/climatebatches.yaml) and the database must be migrated. Ctrl-C stops it and releases the lease; Jobs continue.",
  },
  async (argv, { signal }) => {
    const [{ systemClock }, { readOperatorConfig }, { startOperator }, { makeLog }, { findKubeconfig }] =
      await Promise.all([
        import("../model/clock.ts"),
        import("../operator/config.ts"),
        import("../operator/start.ts"),
        import("../telemetry/log.ts"),
        import("./withCluster.ts"),
      ]);
    const { env } = process;
    const hasJobAddress = env.JOB_DATABASE_SECRET !== undefined || env.JOB_DATABASE_URL !== undefined;
    const jobDatabase = argv.jobDatabase ?? (hasJobAddress ? undefined : argv.database);
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
  },
);

function given(variable: string, value: string | undefined): Readonly<Record<string, string>> {
  return value === undefined ? {} : { [variable]: value };
}
