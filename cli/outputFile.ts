// Where a command's --output goes: standard output, or a file or folder that appears whole or not at all.
import { constants } from "node:fs";
import { access, mkdir, open, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { PassThrough, type Writable } from "node:stream";
import { RejectedError } from "../model/errors.ts";

/** Writes to the sink that it is given and ends it. */
export type WriteTo = (sink: Writable) => Promise<void>;

export const STANDARD_OUTPUT = "-";

export async function writeOutput(output: string, write: WriteTo): Promise<void> {
  if (output === STANDARD_OUTPUT) await writeToStandardOutput(write);
  else await writeWhole(output, write);
}

/** A reader that has seen enough, such as `head`, is no error; a full disk behind standard output is. */
async function writeToStandardOutput(write: WriteTo): Promise<void> {
  const output = new PassThrough();
  let failure: NodeJS.ErrnoException | undefined;
  process.stdout.on("error", (error) => {
    failure = error;
    output.destroy();
  });
  output.pipe(process.stdout);
  await write(output).catch((error) => {
    if (failure === undefined) throw error;
  });
  // What is buffered may fail as well.
  await new Promise((resolve) => process.stdout.write("", resolve));
  if (failure !== undefined && failure.code !== "EPIPE") throw explainOutput(STANDARD_OUTPUT, failure);
}

/** The file appears when it is complete, or not at all. */
async function writeWhole(output: string, write: WriteTo): Promise<void> {
  await checkOutput(output);
  const unfinished = `${output}.${process.pid}.part`;
  try {
    const file = await open(unfinished, "wx");
    await write(file.createWriteStream());
    await rename(unfinished, output);
  } catch (cause) {
    await rm(unfinished, { force: true });
    throw explainOutput(output, cause);
  }
}

/** A new folder with what `write` puts in it appears when it is complete, or not at all. */
export async function writeFolder(output: string, write: (folder: string) => Promise<void>): Promise<void> {
  await checkFolder(output);
  const unfinished = `${output}.${process.pid}.part`;
  try {
    await mkdir(unfinished);
    await write(unfinished);
    await rename(unfinished, output);
  } catch (cause) {
    await rm(unfinished, { recursive: true, force: true });
    throw explainOutput(output, cause);
  }
}

/** Refuses a folder that cannot be made, or is there already, before anything is computed. */
export async function checkFolder(output: string): Promise<void> {
  if (output === STANDARD_OUTPUT) throw cannotWrite(output, "several files need a folder");
  if ((await stat(output).catch(() => null)) !== null) throw cannotWrite(output, "it exists already");
  await checkOutput(output);
}

/** Refuses what cannot be written, before anything is computed. */
export async function checkOutput(output: string): Promise<void> {
  if (output === STANDARD_OUTPUT) return;
  const folder = dirname(output);
  try {
    if (!(await stat(folder)).isDirectory()) throw cannotWrite(output, TROUBLES.ENOTDIR!);
    await access(folder, constants.W_OK);
  } catch (cause) {
    throw explainOutput(output, cause);
  }
  const found = await stat(output).catch(() => null);
  if (found?.isDirectory()) throw cannotWrite(output, TROUBLES.EISDIR!);
}

function explainOutput(output: string, cause: unknown): unknown {
  const problem = describeFileTrouble(cause);
  return problem === null ? cause : cannotWrite(output, problem, cause, remedyOf(cause));
}

const OTHER_FOLDER = "Give a file in a folder that exists and is yours.";

function cannotWrite(output: string, problem: string, cause?: unknown, remedy = OTHER_FOLDER): RejectedError {
  return new RejectedError("CannotWrite", `--output "${output}" cannot be written: ${problem}. ${remedy}`, { cause });
}

function remedyOf(cause: unknown): string {
  const { code } = cause as NodeJS.ErrnoException;
  return code === "ENOSPC" || code === "EDQUOT" ? "Free some of it, or give a file on another disk." : OTHER_FOLDER;
}

const TROUBLES: Readonly<Record<string, string>> = {
  ENOENT: "there is no such folder",
  ENOTDIR: "a part of its path is no folder",
  EISDIR: "it is a folder",
  EACCES: "permission denied",
  EPERM: "permission denied",
  EROFS: "the file system is read-only",
  ENOSPC: "the disk is full",
  EDQUOT: "the quota of the disk is used up",
  EFBIG: "the file would be larger than is allowed",
  ENAMETOOLONG: "its name is too long",
};

/** What the file system refuses, in words; null: the error is another one. */
export function describeFileTrouble(error: unknown): string | null {
  const { code } = error as { code?: unknown };
  return typeof code === "string" && Object.hasOwn(TROUBLES, code) ? TROUBLES[code]! : null;
}
