// The commands that people type: the words are parsed, the command runs, errors are printed and the exit code is set.
import { coerceError, RejectedError, TransientError } from "../model/errors.ts";
import { COMMAND_EXIT_CODES, type CommandContext } from "./command.ts";
import { ALIASES, COMMANDS, LOADABLE } from "./commands.ts";
import { interrupt, interruption, takeInterruption } from "./interruption.ts";
import { parseWords, WRONG_WORDS } from "./parse.ts";
import { asTyped, print, resumingCommand } from "./printing.ts";

for (const name of ["SIGINT", "SIGTERM"] as const) {
  process.on(name, () => {
    // The first asks the command to stop; the second does not wait.
    if (interruption.aborted) process.exit(COMMAND_EXIT_CODES.interrupted);
    interrupt();
  });
}

/** Reported when it came; the write that met it may throw it again. */
let outputError: Error | undefined;
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  // A reader that has seen enough, such as head, closes the pipe. The command goes on: it may be a batch.
  if (error.code === "EPIPE" || outputError !== undefined) return;
  outputError = error;
  void report(error, name ?? "");
});

const context: CommandContext = {
  get signal() {
    return takeInterruption();
  },
  setExitCode: (code) => {
    process.exitCode = code;
  },
};

const words = process.argv.slice(2);
const isHelp = words.some((word) => word === "--help" || word === "-h");
const { name, rest } = findCommand(words);

if (isHelp) await printHelp();
else if (words[0] === "--version") print((await import("../package.json", { with: { type: "json" } })).default.version);
else if (name === null) complain(describeUnknown(words));
else await runCommand(name, rest);

/** The command that the first words name, by its name of today. */
function findCommand([first = "", second = "", ...others]: readonly string[]) {
  const two = `${first} ${second}`;
  if (Object.hasOwn(COMMANDS, two)) return { name: two, rest: others };
  const rest = words.slice(1);
  if (Object.hasOwn(ALIASES, first)) return { name: ALIASES[first]!, rest };
  return { name: Object.hasOwn(COMMANDS, first) ? first : null, rest };
}

async function printHelp(): Promise<void> {
  const { describeCommand, describeLoad, describeProgram, helpWidth } = await import("./help.ts");
  const width = helpWidth(process.stdout.columns);
  if (name !== null) {
    const { usage } = await COMMANDS[name]!.load();
    return print(describeCommand(name, usage, rest.includes("--all"), width));
  }
  if (words[0] === "load") return print(describeLoad(width));
  if (words[0]!.startsWith("-")) return print(describeProgram(width));
  complain(describeUnknown(words));
}

function describeUnknown([first, second]: readonly string[]): string {
  if (first === "load") {
    const got = second === undefined || second.startsWith("-") ? "" : `, but got "${second}"`;
    return `load expects one of ${LOADABLE.join(", ")}${got}.\nHelp: climatebatch load --help`;
  }
  const listed = Object.entries(COMMANDS).filter(([one, { hidden }]) => !hidden && !one.startsWith("load "));
  const names = [...listed.map(([one]) => one), "load"].sort().join(", ");
  const problem = first === undefined || first.startsWith("-") ? "Missing COMMAND." : `There is no command "${first}".`;
  return `${problem} Commands: ${names}\nHelp: climatebatch --help`;
}

async function runCommand(name: string, words: readonly string[]): Promise<void> {
  const { usage, run } = await COMMANDS[name]!.load();
  try {
    await run(parseWords(usage, words), context);
  } catch (thrown) {
    if (thrown !== outputError) await report(coerceError(thrown), name);
  }
}

async function report(error: Error, name: string): Promise<void> {
  // Closing what was open failed as well, and may have found the reason.
  if (error instanceof SuppressedError) {
    const { suppressed, error: later } = error;
    return report(coerceError(later instanceof TransientError ? later : suppressed), name);
  }
  if (error instanceof RejectedError) {
    const help = error.reason === WRONG_WORDS ? `\nHelp: climatebatch ${name} --help` : "";
    return fail(`${error.message}${help}`, "rejected", error.reason);
  }
  if (interruption.aborted) return fail(`Stopped. Resume: ${resumingCommand()}`, "interrupted");
  const { describeTrouble, findTrouble, isMissingRight, isPassing } = await import("../database/troubles.ts");
  if (isPassing(error)) {
    const message = error instanceof AggregateError ? error.errors.map((one) => one.message).join(", ") : error.message;
    const isAnswer = "severity" in error;
    const problem = isAnswer ? describeTrouble(findTrouble(error)!, error) : `Cannot reach the database: ${message}`;
    const said = error instanceof TransientError ? message : `${problem}.`;
    return fail(`${said} The same command may work later.`, "unavailable");
  }
  if (isMissingRight(error)) {
    const advice = "What is missing: climatebatch doctor; who needs which right: docs/roles.md.";
    return fail(`The database user lacks a right: ${error.message}. ${advice}`, "rejected", "MissingGrant");
  }
  const { describeFileTrouble } = await import("./outputFile.ts");
  const trouble = describeFileTrouble(error);
  if (trouble !== null) {
    const { path, dest = path } = error as NodeJS.ErrnoException & { readonly dest?: string };
    return fail(`${dest ?? "A file"} cannot be used: ${trouble} (${error.message}).`, "rejected", "FileTrouble");
  }
  const cause = error.cause === undefined ? "" : `\ncaused by ${coerceError(error.cause).stack}`;
  fail(`This is a bug in climatebatch: ${error.stack}${cause}`, "failed", "Bug");
}

function complain(message: string): void {
  fail(message, "rejected", WRONG_WORDS);
}

type Failure = Exclude<keyof typeof COMMAND_EXIT_CODES, "done" | "notPublished">;

/** With --json the error is JSON too, on standard error. */
function fail(message: string, outcome: Failure, reason: string = outcome): void {
  const exitCode = COMMAND_EXIT_CODES[outcome];
  const text = asTyped(message);
  const shown = words.includes("--json") ? JSON.stringify({ error: { reason, message: text, exitCode } }) : text;
  process.stderr.write(`${shown}\n`);
  process.exitCode = exitCode;
}
