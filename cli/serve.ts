// `climatebatch serve`: one machine, always on; the predecessor's drop-in. What it does stands in serve/, loaded when asked for.
import type { Argv } from "yargs";
import type { ArgumentsOf, CommandContext, CommandOf } from "./command.ts";
import { databaseOption } from "./database.ts";

function buildOptions(yargs: Argv) {
  return yargs
    .options({ ...databaseOption })
    .example("$0 serve", "with the settings of the environment and of .env in the working folder")
    .epilogue(
      "Settings: DATABASE_*, NOTIFY_CHANNEL, PARALLEL_WORKERS, BATCH_SIZE, PROBABILITY_SCHEDULE_* and HAZARD_SCHEDULE_* as the predecessor had them, " +
        "and SCHEDULE_TIME_ZONE, SCHEDULE_LATE_HOURS, CLIMATEBATCH_INSTALLATION, POLL_SECONDS, PROBE_PORT, LOG_LEVEL; see .env.example. " +
        "Ctrl-C or SIGTERM stops it; a batch that runs goes on at the next start. Is all well? climatebatch doctor",
    );
}

export type ServeArguments = ArgumentsOf<typeof buildOptions>;

export function makeServeCommand({ signal }: CommandContext): CommandOf<typeof buildOptions> {
  return {
    command: "serve",
    describe: "stay: keep the yearly schedules, listen to NOTIFY, run batches on this machine",
    builder: buildOptions,
    handler: async (argv) => (await import("./serve/runServe.ts")).runServe(argv, signal),
  };
}
