// `climatebatch sql`: psql on the database in use, or one statement, the embedded database included.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { text as readAll } from "node:stream/consumers";
import type { Client } from "pg";
import { RejectedError } from "../model/errors.ts";
import { COMMAND_EXIT_CODES, type CommandContext, defineCommand } from "./command.ts";
import { type OpenDatabase, withDatabase } from "./database.ts";
import { databaseOption, jsonOption, text } from "./options.ts";
import { WRONG_WORDS } from "./parse.ts";
import { formatTable, printFacts } from "./printing.ts";

export const sqlCommand = defineCommand(
  {
    arguments: {
      statement: { ...text, describe: "SQL to run [default: psql on a terminal, else standard input]" },
    },
    options: { ...jsonOption, ...databaseOption },
    examples: [
      ["sql", "psql, which must be installed"],
      ['sql "SELECT * FROM hazard_results LIMIT 5"', "a table of the rows"],
    ],
    notes: "All statements given at once are one transaction.",
  },
  (argv, context) =>
    withDatabase(argv, "sql", async (database) => {
      if (argv.statement === undefined && process.stdin.isTTY) return runPsql(database, context);
      const statement = argv.statement ?? (await readAll(process.stdin));
      printFacts(argv, await runStatements(database.client, statement), (results) => {
        return results.map(describeResult).join("\n\n");
      });
    }),
);

async function runPsql({ url }: OpenDatabase, { setExitCode }: CommandContext): Promise<void> {
  const { password, ...address } = splitPassword(url);
  const env = { ...process.env, ...(password !== undefined && { PGPASSWORD: password }) };
  const child = spawn("psql", [address.url], { stdio: "inherit", env });
  // Ctrl-C is psql's: it cancels a statement.
  process.removeAllListeners("SIGINT").on("SIGINT", () => undefined);
  const end = await Promise.race([once(child, "close"), once(child, "error").then(([error]) => error as Error)]);
  if (end instanceof Error)
    throw new RejectedError(
      "NoPsql",
      'psql cannot be started. Install it, or give a statement: climatebatch sql "SELECT …"',
      { cause: end },
    );
  if (end[0] !== 0) setExitCode(COMMAND_EXIT_CODES.failed);
}

/** Arguments of a process are seen by others; its environment is not. */
function splitPassword(address: string): { readonly url: string; readonly password: string | undefined } {
  const url = new URL(address);
  const password = url.password === "" ? undefined : decodeURIComponent(url.password);
  url.password = "";
  return { url: url.href, password };
}

interface StatementResult {
  readonly command: string;
  readonly rowCount: number | null;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly unknown[])[];
}

async function runStatements(client: Client, statements: string): Promise<StatementResult[]> {
  if (statements.trim() === "") {
    throw new RejectedError(WRONG_WORDS, 'Missing STATEMENT: give one, such as "SELECT 1", or some on standard input.');
  }
  // Names are found as psql finds them, those of the predecessor's views too.
  await client.query("RESET search_path");
  const found = await client.query({ text: statements, rowMode: "array" }).catch((cause: Error) => {
    throw new RejectedError("InvalidStatement", `PostgreSQL refuses the statement: ${cause.message}`, { cause });
  });
  return [found].flat().map(({ command, fields, rowCount, rows }) => ({
    command,
    rowCount,
    columns: fields.map(({ name }) => name),
    rows,
  }));
}

function describeResult({ command, columns, rowCount, rows }: StatementResult): string {
  if (columns.length === 0) return `${command} ${rowCount ?? ""}`.trim();
  return formatTable(
    columns,
    rows.map((row) => row.map(shown)),
  );
}

function shown(value: unknown): string | number | null {
  if (value === null || typeof value === "number") return value;
  if (value instanceof Date) return value.toISOString();
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
