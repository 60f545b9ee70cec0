// A user's own bins, rates and anchors, read from a file.
import { readFile } from "node:fs/promises";
import { coerceError, RejectedError } from "../model/errors.ts";
import { type MethodSet, parseMethodSet } from "../model/methodSet.ts";

/** `setting`: the option or variable that names the file. */
export async function readMethodsFile(file: string, setting: string): Promise<MethodSet> {
  const text = await readFile(file, "utf8").catch((thrown) => {
    const { message } = coerceError(thrown);
    throw new RejectedError("InvalidMethodSet", `${setting} ${file} cannot be read: ${message}`, { cause: thrown });
  });
  return parseMethodSet(text, `${setting} ${file}`);
}
