// `climatebatch doctor`: what is well, what is not, and what to do. The checks stand in doctor/, loaded when asked for.
import type { Argv, CommandModule } from "yargs";
import { COMMAND_EXIT_CODES, type CommandContext, jsonOption, type OptionsOf, print, printJson } from "./command.ts";
import { databaseOption, openAddress, readEnvironmentFile } from "./database.ts";

function buildOptions(yargs: Argv) {
  return yargs
    .options({ ...jsonOption, ...databaseOption })
    .epilogue(
      "Nothing is changed. Run it where serve runs, with the same .env. Exit codes: 0 no problem (warnings there may be) · 1 problems · 4 no connection to the database.",
    );
}

export function makeDoctorCommand({
  setExitCode,
}: CommandContext): CommandModule<object, OptionsOf<typeof buildOptions>> {
  return {
    command: "doctor",
    describe: "is all well? connection, NOTIFY, rights, schedules, data, batches; and what to do about what is not",
    builder: buildOptions,
    handler: async (argv) => {
      const { examine, tellReports } = await import("./doctor/examine.ts");
      const server = await openAddress(argv);
      try {
        const reports = await examine(server.url, { file: await readEnvironmentFile(), environment: process.env });
        if (argv.json) printJson(reports);
        else print(tellReports(reports));
        const problems = reports.filter(({ findings }) => findings.some(({ level }) => level === "problem"));
        if (problems.some(({ check }) => check === "connection")) setExitCode(COMMAND_EXIT_CODES.unavailable);
        else if (problems.length > 0) setExitCode(COMMAND_EXIT_CODES.failed);
      } finally {
        await server.release();
      }
    },
  };
}
