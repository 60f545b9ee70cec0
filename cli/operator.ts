// `climatebatch operator`: the operator outside the cluster, for development. Loaded when asked for, as submit.
import type { Argv } from "yargs";
import { clusterOptions } from "./clusterOptions.ts";
import type { ArgumentsOf, CommandContext, CommandOf } from "./command.ts";
import { text } from "./optionKinds.ts";

function buildOptions(yargs: Argv) {
  return yargs
    .options({
      database: {
        ...text,
        describe: "postgres://user:password@host:port/name [default: DATABASE_*]; one that pods reach too",
      },
      "job-database": {
        ...text,
        describe: "the same database as pods name it [default: --database, unless JOB_DATABASE_* says]",
      },
      "job-image": { ...text, describe: "image of the shard program [default: JOB_IMAGE]" },
      installation: {
        ...text,
        describe: "a name that no other operator on the database has [default: CLIMATEBATCH_INSTALLATION, else yours]",
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

export type OperatorArguments = ArgumentsOf<typeof buildOptions>;

export function makeOperatorCommand({ signal }: CommandContext): CommandOf<typeof buildOptions> {
  return {
    command: "operator",
    describe: "run the operator here, against a cluster: for development",
    builder: buildOptions,
    handler: async (argv) => (await import("./operator/runOperator.ts")).runOperator(argv, signal),
  };
}
