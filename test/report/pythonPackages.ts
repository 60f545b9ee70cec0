// `npm run python`: the environment in which exports are opened by the tools that people use and the read API is fuzzed; made once,
// in a cache folder.
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { preparePython } from "../reference/pythonEnvironment.ts";

const FOLDER = join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "climatebatch", "report-python");

const REQUIREMENTS = join(import.meta.dirname, "requirements.txt");
const INSTALLED = join(FOLDER, "installed.txt");

/** null until `npm run python` has made it of the packages listed now. */
export const PYTHON =
  existsSync(INSTALLED) && readFileSync(INSTALLED, "utf8") === readFileSync(REQUIREMENTS, "utf8")
    ? join(FOLDER, "bin", "python")
    : null;

if (import.meta.main) preparePython(FOLDER, REQUIREMENTS);
