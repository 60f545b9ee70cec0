// What `npm pack` publishes: the programs compiled to dist/, because Node strips no types under node_modules, and the files
// that they read at run time.
import { execFileSync } from "node:child_process";
import { cpSync, readdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";

const ROOT = join(dirname(import.meta.filename), "..");
const DIST = join(ROOT, "dist");
const ROOMS = ["model", "database", "telemetry", "job", "operator", "ingest", "serve", "report", "cli", "crds"];

rmSync(DIST, { recursive: true, force: true });
execFileSync(join(ROOT, "node_modules/.bin/tsc"), ["--project", join(ROOT, "scripts/tsconfig.package.json")], {
  stdio: "inherit",
});
for (const room of ROOMS) {
  for (const name of readdirSync(join(ROOT, room), { recursive: true, encoding: "utf8" })) {
    if (/\.(sql|json|wasm|yaml|css|html|nc)$/.test(name) && !name.endsWith("tsconfig.json"))
      cpSync(join(ROOT, room, name), join(DIST, room, name));
  }
}
cpSync(join(ROOT, "package.json"), join(DIST, "package.json"));
