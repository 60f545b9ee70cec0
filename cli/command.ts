// What every command is: what it takes, what it does, the context that it runs in, and the meaning of exit codes.
import type { ArgumentsOf, Usage } from "./options.ts";

export const COMMAND_EXIT_CODES = {
  done: 0,
  /** A batch failed, or the program has a bug. */
  failed: 1,
  /** The request or an input is wrong; nothing was changed. */
  rejected: 2,
  /** Computed, but readers still see the results before. */
  notPublished: 3,
  /** The database cannot be reached or was lost; the same command may work later. */
  unavailable: 4,
  /** Ctrl-C or SIGTERM; the same command resumes. */
  interrupted: 130,
} as const;

export interface CommandContext {
  /** Aborted by Ctrl-C and SIGTERM. */
  readonly signal: AbortSignal;
  setExitCode(code: number): void;
}

export interface Command {
  readonly usage: Usage;
  readonly run: (argv: unknown, context: CommandContext) => unknown;
}

export function defineCommand<const U extends Usage>(
  usage: U,
  run: (argv: ArgumentsOf<U>, context: CommandContext) => unknown,
): Command {
  return { usage, run: run as Command["run"] };
}
