// `climatebatch import-predecessor`: the climate of the predecessor's database, into our tables.

import { hidePassword, isPostgresUrl } from "../database/address.ts";
import { connect } from "../database/connect.ts";
import { migrate } from "../database/migrate.ts";
import { grantRoles } from "../database/roles.ts";
import { giveBack, takeOver } from "../database/takeOver.ts";
import type { ImportReport } from "../ingest/predecessor/report.ts";
import { runImport } from "../ingest/predecessor/runImport.ts";
import { RejectedError } from "../model/errors.ts";
import { COMMAND_EXIT_CODES, type CommandContext, defineCommand } from "./command.ts";
import { type OpenDatabase, withDatabase, withServer } from "./database.ts";
import {
  type ArgumentsOf,
  databaseOption,
  failBatchesOption,
  flag,
  gridOption,
  jsonOption,
  text,
  type Usage,
} from "./options.ts";
import { formatTable, printFacts } from "./printing.ts";

const usage = {
  options: {
    from: { ...text, value: "ADDRESS", describe: "postgres://… of the predecessor's database, which is only read" },
    "take-over": {
      ...flag,
      describe:
        "the predecessor's tables are in our own database: move its result tables to the schema predecessor, migrate, and import",
    },
    "give-back": {
      ...flag,
      describe: "undo --take-over: its result tables return to public, our views wait; nothing is lost",
    },
    grid: { ...gridOption, default: "predecessor", describe: "target grid for its places" },
    "long-scenario": {
      ...text,
      value: "SCENARIO",
      default: "unnamed",
      describe: "scenario for the long climate_data, which names none",
    },
    "dry-run": { ...flag, describe: "only report what would be imported as what" },
    again: {
      ...flag,
      describe: "import everything again and replace what is stored [default: resume where an import stopped]",
    },
    ...failBatchesOption("that use the input"),
    ...jsonOption,
    ...databaseOption,
  },
  examples: [
    ["import-predecessor --take-over", "in the database of the predecessor's .env"],
    ["import-predecessor --from postgres://me@old/climate_risk_db", "into a database of our own"],
  ],
  notes:
    "Interrupted, the same command resumes. Exit codes: 0 done · 1 a table failed, the others are imported · 2 refused. See docs/migrate.md.",
} as const satisfies Usage;

type ImportArguments = ArgumentsOf<typeof usage>;

export const importPredecessorCommand = defineCommand(usage, async (argv, context) => {
  const ways = [argv.from !== undefined, argv.takeOver, argv.giveBack].filter(Boolean);
  if (ways.length !== 1) {
    throw new RejectedError(
      "InvalidOption",
      "Give one of: --from postgres://… (its database is another one), --take-over (it is our own), --give-back (undo that).",
    );
  }
  if (argv.giveBack) return undoTakeOver(argv);
  if (argv.takeOver) return withServer(argv, "import", (database) => importHere(database, argv, context), "create");
  return withDatabase(argv, "import", (database) => importFrom(database, argv.from!, argv, context), "create");
});

/** The database that is imported into. */
type Target = Pick<OpenDatabase, "url" | "client">;

async function undoTakeOver(argv: ImportArguments): Promise<void> {
  const tablesMoved = await withServer(argv, "import", ({ client }) => giveBack(client), "use");
  const given = `Given back: ${tablesMoved.join(", ")} are in public again. Our data stay in the schema climatebatch.`;
  printFacts(argv, { tablesMoved }, () => given);
}

async function importHere({ url, client }: Target, argv: ImportArguments, context: CommandContext) {
  const tablesMoved = argv.dryRun ? [] : await takeOver(client);
  if (!argv.dryRun) {
    await migrate(client);
    await grantRoles(client);
  }
  await importInto({ url, client }, url, tablesMoved, argv, context);
}

async function importFrom(database: Target, from: string, argv: ImportArguments, context: CommandContext) {
  if (!isPostgresUrl(from)) {
    throw new RejectedError(
      "InvalidDatabase",
      `--from expects postgres://user:password@host:port/name, but got "${hidePassword(from)}".`,
    );
  }
  await importInto(database, from, [], argv, context);
}

async function importInto(
  { client }: Target,
  from: string,
  tablesMoved: readonly string[],
  argv: ImportArguments,
  { signal, setExitCode }: CommandContext,
): Promise<void> {
  const { grid, longScenario, dryRun, again, failRunningBatches } = argv;
  const source = await connect(from, { purpose: "import of the predecessor", signal });
  try {
    await source.query("SET default_transaction_read_only = on");
    const { host, pathname } = new URL(from);
    const report = await runImport(source, client, {
      source: `${host}${pathname}`,
      grid,
      longScenario,
      dryRun,
      again,
      failRunningBatches,
      signal,
      onNotice: (line) => void process.stderr.write(`${line}\n`),
    });
    printFacts(argv, { ...report, tablesMoved }, describeReport);
    if (report.tables.some(({ end }) => end === "failed")) setExitCode(COMMAND_EXIT_CODES.failed);
  } finally {
    await source.end().catch(() => undefined);
  }
}

function describeReport({ source, grid, tablesMoved, tables }: ImportReport): string {
  const parts = [`Imported from ${source} into the grid "${grid}".`];
  if (tablesMoved.length > 0) {
    const names = tablesMoved.join(", ");
    parts.push(`Moved to the schema predecessor: ${names}. To undo this: climatebatch import-predecessor --give-back`);
  }
  const header = ["table", "outcome", "years", "places", "rows", "as before"];
  const rows = tables.map((one) => [
    one.relation,
    one.end === "before" ? "imported before" : one.end,
    one.years,
    one.places,
    one.rowsWritten,
    one.rowsUnchanged,
  ]);
  parts.push(formatTable(header, rows));
  for (const { relation, mapped, notes } of tables) {
    const lines = [...mapped, ...notes];
    if (lines.length > 0) parts.push([`${relation}:`, ...lines.map((line) => `  ${line}`)].join("\n"));
  }
  return parts.join("\n\n");
}
