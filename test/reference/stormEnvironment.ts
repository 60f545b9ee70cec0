// CLIMADA in an environment of its own: it is GPL and so only an oracle, and it wants GDAL's bindings that no wheel brings, so its
// requirements are listed without them and installed as they are.
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { preparePython, runProgram } from "./pythonEnvironment.ts";

const HERE = import.meta.dirname;

/** Runs stormReference.py on a folder; returns CLIMADA's version. */
export function runStormReference(folder: string): string {
  const python = preparePython(join(HERE, ".venv-climada"), join(HERE, "requirements-climada.txt"), ["--no-deps"]);
  // CLIMADA writes a folder of its own into the home of who imports it.
  const home = join(folder, "home");
  mkdirSync(home);
  runProgram(python, [join(HERE, "stormReference.py"), folder], { HOME: home });
  const { climada } = JSON.parse(readFileSync(join(folder, "stormVersions.json"), "utf8")) as { climada: string };
  return climada;
}
