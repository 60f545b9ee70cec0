// `npm run python`: the environment in which exports are opened by the tools that people use; made once, in a cache folder.
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { preparePython } from "../reference/pythonEnvironment.ts";

const FOLDER = join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "climatebatch", "report-python");

/** null until `npm run python` has made it. */
export const PYTHON = existsSync(join(FOLDER, "installed.txt")) ? join(FOLDER, "bin", "python") : null;

if (import.meta.main) preparePython(FOLDER, join(import.meta.dirname, "requirements.txt"));
