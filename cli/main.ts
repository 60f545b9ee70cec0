// The commands people type, wired; errors told, exit codes set. What a command does stands in its own file.
import yargs from "yargs";
import { isPassing } from "../database/troubles.ts";
import { coerceError, RejectedError, TransientError } from "../model/errors.ts";
import { COMMAND_EXIT_CODES, type CommandContext, checkOccurrences } from "./command.ts";
import { COMMANDS, loadCommands } from "./commands.ts";

const interruption = new AbortController();
for (const name of ["SIGINT", "SIGTERM"] as const) {
  process.on(name, () => {
    // The first asks; the second does not wait for an answer.
    if (interruption.signal.aborted) process.exit(COMMAND_EXIT_CODES.interrupted);
    interruption.abort();
  });
}

const context: CommandContext = {
  signal: interruption.signal,
  setExitCode: (code) => {
    process.exitCode = code;
  },
};

const both = (words: string) => ({ one: words, other: words });
/** What yargs says by itself is short on what to do. */
const COMPLAINTS = {
  "Did you mean %s?": "Did you mean: climatebatch %s?",
  "Unknown argument: %s": both("Not understood: %s. It is no option or value of this command."),
  "Missing required argument: %s": both("An option must be given: --%s"),
  "Not enough non-option arguments: got %s, need at least %s": both(
    "A value is missing: got %s before the options, expected %s. Options of several values, such as --scenario, take all words that follow: put them last.",
  ),
  "Not enough arguments following: %s": "--%s expects a value, but none follows.",
  "Invalid values:": "A value that cannot be:",
  "Argument: %s, Given: %s, Choices: %s": "%s was given as %s; expected one of %s",
};

const parser = yargs(process.argv.slice(2))
  .scriptName("climatebatch")
  .usage("$0 <command>\n\nClimate risks for every cell of a grid: how likely, and how bad.");
for (const add of await loadCommands(process.argv[2] ?? "", context)) add(parser);
parser
  .demandCommand(1, "Say what to do: climatebatch <command>. Try: climatebatch --help")
  .strict()
  .check((argv, known) => checkOccurrences(argv, known as unknown as Parameters<typeof checkOccurrences>[1]), true)
  .updateStrings(COMPLAINTS as unknown as Record<string, string>)
  .recommendCommands()
  .wrap(Math.min(120, process.stdout.columns ?? 120))
  .parserConfiguration({ "greedy-arrays": true })
  .epilogue(
    "Exit codes: 0 done · 1 failed · 2 what was asked or given is wrong · 3 computed, not published · 4 no database · 130 interrupted.\n" +
      "Help on a command: climatebatch <command> --help",
  )
  .exitProcess(false)
  .fail(false);

try {
  await parser.parseAsync();
} catch (thrown) {
  const error = coerceError(thrown);
  if (error instanceof RejectedError) fail(error.message, COMMAND_EXIT_CODES.rejected);
  else if (interruption.signal.aborted) fail("Stopped; run the same command to go on.", COMMAND_EXIT_CODES.interrupted);
  else if (isComplaint(error)) fail(describeComplaint(error), COMMAND_EXIT_CODES.rejected);
  else if (isPassing(error))
    fail(`${describeTransient(error)} The same command may work later.`, COMMAND_EXIT_CODES.unavailable);
  else
    fail(
      `This is a bug in climatebatch: ${error.stack}${error.cause === undefined ? "" : `\ncaused by ${coerceError(error.cause).stack}`}`,
      COMMAND_EXIT_CODES.failed,
    );
}

/** yargs throws its complaints as plain errors, from its own code; a command's own error may pass through it on the way. */
function isComplaint(error: Error): boolean {
  const thrownIn = error.stack?.split("\n").find((line) => /^\s+at /.test(line));
  return error.name === "YError" || (error.name === "Error" && /\/node_modules\/yargs/.test(thrownIn ?? ""));
}

function describeComplaint({ message }: Error): string {
  const word = process.argv[2] ?? "";
  if (Object.hasOwn(COMMANDS, word)) return `${message}\nHelp: climatebatch ${word} --help`;
  if (word === "" || word.startsWith("-")) return `${message}\nHelp: climatebatch --help`;
  const hint = message.startsWith("Did you mean") ? ` ${message}` : "";
  return `There is no command "${word}".${hint}\nHelp: climatebatch --help`;
}

function describeTransient(error: Error): string {
  return error instanceof TransientError ? error.message : `The database is away: ${messageOf(error)}.`;
}

function messageOf(error: Error): string {
  return error instanceof AggregateError ? error.errors.map((one) => one.message).join(", ") : error.message;
}

function fail(message: string, code: number): void {
  process.stderr.write(`${message}\n`);
  process.exitCode = code;
}
