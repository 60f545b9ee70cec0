// The command line as people run it: a process of its own in a folder of its own.
import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const MAIN = join(import.meta.dirname, "../../cli/main.ts");

export interface Outcome {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Names of the files in the folder afterwards. */
  readonly names: readonly string[];
  /** The file of that name in the folder. */
  readonly read: (name: string) => string;
}

/** Runs `climatebatch` with these words in a folder that holds these files. */
export async function climatebatch(
  files: Readonly<Record<string, string | Buffer>>,
  ...words: string[]
): Promise<Outcome> {
  const folder = await mkdtemp(join(tmpdir(), "climatebatch-command-"));
  try {
    for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
    const options = { cwd: folder, maxBuffer: 1 << 28 };
    const result = await run(process.execPath, [MAIN, ...words], options).then(
      ({ stdout, stderr }) => ({ exitCode: 0, stdout, stderr }),
      ({ code, stdout, stderr }) => ({ exitCode: Number(code), stdout: String(stdout), stderr: String(stderr) }),
    );
    const names = (await readdir(folder)).sort();
    const contents = new Map<string, string>();
    for (const name of names) contents.set(name, await readFile(join(folder, name), "utf8"));
    return {
      ...result,
      names,
      read: (name) => {
        const content = contents.get(name);
        if (content === undefined) throw new Error(`${name} was not written; ${result.stderr}`);
        return content;
      },
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
