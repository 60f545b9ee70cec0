// A user's own bins, rates and anchors: the option that names their file.
import { readMethodsFile } from "../database/methodsFile.ts";
import type { MethodSet } from "../model/methodSet.ts";
import { text } from "./options.ts";

export const methodsFileOption = {
  "methods-file": {
    ...text,
    value: "FILE",
    rare: true,
    describe: "JSON with your own bins, rates and anchors of some risks; results name it beside the method set",
  },
} as const;

export async function readGivenMethods(argv: {
  readonly methodsFile: string | undefined;
}): Promise<MethodSet | undefined> {
  return argv.methodsFile === undefined ? undefined : readMethodsFile(argv.methodsFile, "--methods-file");
}
