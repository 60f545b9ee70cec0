// Where a command's --output goes: standard output, or a file that appears whole or not at all.
// What is written is the commands' own.
import { open, rename, rm } from "node:fs/promises";
import { PassThrough, type Writable } from "node:stream";
import { RejectedError } from "../model/errors.ts";

/** Writes to the sink that it is given and ends it. */
export type WriteTo = (sink: Writable) => Promise<void>;

export const STANDARD_OUTPUT = "-";

export async function writeOutput(output: string, write: WriteTo): Promise<void> {
  if (output === STANDARD_OUTPUT) await writeToStandardOutput(write);
  else await writeWhole(output, write);
}

/** A reader that has seen enough, such as `head`, is no error. */
async function writeToStandardOutput(write: WriteTo): Promise<void> {
  const output = new PassThrough();
  let readerLeft = false;
  process.stdout.on("error", () => {
    readerLeft = true;
    output.destroy();
  });
  output.pipe(process.stdout);
  await write(output).catch((error) => {
    if (!readerLeft) throw error;
  });
}

/** The file appears when it is complete, or not at all. */
async function writeWhole(output: string, write: WriteTo): Promise<void> {
  const unfinished = `${output}.${process.pid}.part`;
  try {
    const file = await open(unfinished, "wx");
    await write(file.createWriteStream());
    await rename(unfinished, output);
  } catch (cause) {
    await rm(unfinished, { force: true });
    const { code } = cause as { code?: string };
    if (code === "ENOENT" || code === "EACCES" || code === "EISDIR" || code === "ENOTDIR") {
      throw new RejectedError(
        "CannotWrite",
        `--output "${output}" cannot be written: ${(cause as Error).message}. Give a file in a folder that exists and is yours.`,
        { cause },
      );
    }
    throw cause;
  }
}
