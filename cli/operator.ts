// `climatebatch operator`: the operator outside the cluster, for development, against the cluster of a KUBECONFIG. Whatever
// no option says comes from the variables that its pod reads (docs/operator.md).
import { randomUUID } from "node:crypto";
import { hostname, userInfo } from "node:os";
import type { Argv, CommandModule } from "yargs";
import { systemClock } from "../model/clock.ts";
import { makeLog } from "../model/log.ts";
import { readOperatorConfig } from "../operator/config.ts";
import { startOperator } from "../operator/start.ts";
import { clusterOptions, findKubeconfig } from "./cluster.ts";
import type { CommandContext, OptionsOf } from "./command.ts";

function buildOptions(yargs: Argv) {
  return yargs
    .options({
      database: {
        type: "string",
        describe: "postgres://user:password@host:port/name [default: DATABASE_*]; one that pods reach too",
        requiresArg: true,
      },
      "job-database": {
        type: "string",
        describe: "the same database as pods name it [default: --database, unless JOB_DATABASE_* says]",
        requiresArg: true,
      },
      "job-image": { type: "string", describe: "image of the shard program [default: JOB_IMAGE]", requiresArg: true },
      installation: {
        type: "string",
        describe: "a name that no other operator on the database has [default: CLIMATEBATCH_INSTALLATION, else yours]",
        requiresArg: true,
      },
      ...clusterOptions,
    })
    .example(
      "$0 operator -n dev --database postgres://me@10.0.0.5/climate --job-image climatebatch-job:dev",
      "beside a cluster that has the image",
    )
    .epilogue(
      "The cluster must know ClimateBatches (kubectl apply -f crds/climatebatches.yaml) and the database must be migrated. Ctrl-C stops it and gives the lease back; Jobs go on.",
    );
}

export function makeOperatorCommand({ signal }: CommandContext): CommandModule<object, OptionsOf<typeof buildOptions>> {
  return {
    command: "operator",
    describe: "run the operator here, against a cluster: for development",
    builder: buildOptions,
    handler: async (argv) => {
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
    },
  };
}

function given(variable: string, value: string | undefined): Readonly<Record<string, string>> {
  return value === undefined ? {} : { [variable]: value };
}
