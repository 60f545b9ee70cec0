// Every command by its name, its file loaded only when it is asked for: a start is quicker, and a program that stays does not
// carry what it never does.
import type { Argv, CommandModule } from "yargs";
import type { CommandContext } from "./command.ts";

/** Adds the command to the parser. */
type LoadCommand = (context: CommandContext) => Promise<(parser: Argv) => Argv>;

function command<Module, Options>(
  load: () => Promise<Module>,
  make: (module: Module, context: CommandContext) => CommandModule<object, Options>,
): LoadCommand {
  return async (context) => {
    const made = make(await load(), context);
    return (parser) => parser.command(made) as Argv;
  };
}

/** In the order in which help lists them. */
export const COMMANDS: Readonly<Record<string, LoadCommand>> = {
  start: command(
    () => import("./start.ts"),
    ({ makeStartCommand }, context) => makeStartCommand(context),
  ),
  migrate: command(
    () => import("./migrate.ts"),
    ({ migrateCommand }) => migrateCommand,
  ),
  sample: command(
    () => import("./sample.ts"),
    ({ makeSampleCommand }, context) => makeSampleCommand(context),
  ),
  ingest: command(
    () => import("./ingest.ts"),
    ({ makeIngestCommand }, context) => makeIngestCommand(context),
  ),
  attributes: command(
    () => import("./attributes.ts"),
    ({ makeAttributesCommand }, context) => makeAttributesCommand(context),
  ),
  "sea-levels": command(
    () => import("./seaLevels.ts"),
    ({ makeSeaLevelsCommand }, context) => makeSeaLevelsCommand(context),
  ),
  "sea-level-rise": command(
    () => import("./seaLevels.ts"),
    ({ makeSeaLevelRiseCommand }, context) => makeSeaLevelRiseCommand(context),
  ),
  connectivity: command(
    () => import("./connectivity.ts"),
    ({ connectivityCommand }) => connectivityCommand,
  ),
  "ingest-storms": command(
    () => import("./ingestStorms.ts"),
    ({ makeIngestStormsCommand }, context) => makeIngestStormsCommand(context),
  ),
  scenario: command(
    () => import("./scenario.ts"),
    ({ scenarioCommand }) => scenarioCommand,
  ),
  basins: command(
    () => import("./basins.ts"),
    ({ makeBasinsCommand }, context) => makeBasinsCommand(context),
  ),
  link: command(
    () => import("./link.ts"),
    ({ makeLinkCommand }, context) => makeLinkCommand(context),
  ),
  data: command(
    () => import("./data.ts"),
    ({ dataCommand }) => dataCommand,
  ),
  "import-predecessor": command(
    () => import("./importPredecessor.ts"),
    ({ makeImportPredecessorCommand }, context) => makeImportPredecessorCommand(context),
  ),
  run: command(
    () => import("./run.ts"),
    ({ makeRunCommand }, context) => makeRunCommand(context),
  ),
  retry: command(
    () => import("./retry.ts"),
    ({ makeRetryCommand }, context) => makeRetryCommand(context),
  ),
  publish: command(
    () => import("./retry.ts"),
    ({ makePublishCommand }, context) => makePublishCommand(context),
  ),
  status: command(
    () => import("./status.ts"),
    ({ statusCommand }) => statusCommand,
  ),
  logs: command(
    () => import("./status.ts"),
    ({ logsCommand }) => logsCommand,
  ),
  explain: command(
    () => import("./explain.ts"),
    ({ explainCommand }) => explainCommand,
  ),
  export: command(
    () => import("./export.ts"),
    ({ exportCommand }) => exportCommand,
  ),
  report: command(
    () => import("./report.ts"),
    ({ reportCommand }) => reportCommand,
  ),
  index: command(
    () => import("./climateIndex.ts"),
    ({ makeIndexCommand }, context) => makeIndexCommand(context),
  ),
  wind: command(
    () => import("./wind.ts"),
    ({ makeWindCommand }, context) => makeWindCommand(context),
  ),
  serve: command(
    () => import("./serve.ts"),
    ({ makeServeCommand }, context) => makeServeCommand(context),
  ),
  doctor: command(
    () => import("./doctor.ts"),
    ({ makeDoctorCommand }, context) => makeDoctorCommand(context),
  ),
  submit: command(
    () => import("./submit.ts"),
    ({ makeSubmitCommand }, context) => makeSubmitCommand(context),
  ),
  operator: command(
    () => import("./operator.ts"),
    ({ makeOperatorCommand }, context) => makeOperatorCommand(context),
  ),
};

/** The command that the word names; all of them when it names none. */
export function loadCommands(word: string, context: CommandContext): Promise<((parser: Argv) => Argv)[]> {
  const asked = Object.hasOwn(COMMANDS, word) ? [COMMANDS[word]!] : Object.values(COMMANDS);
  return Promise.all(asked.map((load) => load(context)));
}
