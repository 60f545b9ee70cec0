// A user's own bins, rates and anchors, from a file: the option that names it, and its reading.
// What may stand in it is checked in model/methodSet.ts; `climatebatch explain RISK --json` prints an entry to start from.
import { readFile } from "node:fs/promises";
import { checkOverrides } from "../job/risks/registry.ts";
import { coerceError, RejectedError } from "../model/errors.ts";
import { type MethodSet, parseMethodSet } from "../model/methodSet.ts";
import { text } from "./optionKinds.ts";

export const methodsFileOption = {
  "methods-file": {
    ...text,
    describe: "JSON with your own bins, rates and anchors of some risks; results name it beside the method set",
  },
} as const;

export async function readMethodsFile(file: string | undefined): Promise<MethodSet | undefined> {
  if (file === undefined) return undefined;
  const text = await readFile(file, "utf8").catch((thrown) => {
    const { message } = coerceError(thrown);
    throw new RejectedError("NoFile", `--methods-file ${file} cannot be read: ${message}`, { cause: thrown });
  });
  const overrides = parseMethodSet(text, file);
  checkOverrides(overrides);
  return overrides;
}
