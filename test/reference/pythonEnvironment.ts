// The Python environment with the reference packages: made once in a cache folder, again when the list of packages
// changes.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const INSTALLED = "installed.txt";

/** The interpreter of an environment in `folder` that holds what `requirements` lists; `options` are pip's. */
export function preparePython(folder: string, requirements: string, options: readonly string[] = []): string {
  const python = join(folder, "bin", "python");
  const wanted = readFileSync(requirements, "utf8");
  const installed = join(folder, INSTALLED);
  if (existsSync(installed) && readFileSync(installed, "utf8") === wanted) return python;
  process.stdout.write(`Installing the reference packages in ${folder} (once)\n`);
  rmSync(folder, { recursive: true, force: true });
  runProgram("python3", ["-m", "venv", folder]);
  runProgram(python, [
    "-m",
    "pip",
    "install",
    "--quiet",
    "--disable-pip-version-check",
    ...options,
    "-r",
    requirements,
  ]);
  writeFileSync(installed, wanted);
  return python;
}

/** Runs a program to its end, its output on ours, `environment` over ours; throws when it fails. */
export function runProgram(
  program: string,
  parameters: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): void {
  const env = { ...process.env, ...environment };
  const { error, status, signal } = spawnSync(program, parameters, { stdio: "inherit", env });
  if (error !== undefined) throw new Error(`cannot run ${program}: is it installed?`, { cause: error });
  if (status !== 0) throw new Error(`${program} ${parameters.join(" ")} ended with ${signal ?? `exit code ${status}`}`);
}
