// `npm run site`: docs/ as a site in dist/site. VitePress and its 100 MB are packages of site/ alone, installed on demand.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "..");
const SITE = join(ROOT, "site");
const STAMP = join(SITE, "node_modules/.installed-from");
/** Pages resolve their imports from where they are, so they are built inside the folder with the packages. */
const COPY = join(SITE, "copy");

function run(program: string, ...words: string[]): void {
  const { status } = spawnSync(program, words, { cwd: SITE, stdio: ["ignore", "inherit", "inherit"] });
  if (status !== 0) process.exit(status ?? 1);
}

const lock = createHash("sha256")
  .update(readFileSync(join(SITE, "package-lock.json")))
  .digest("hex");
if (!existsSync(STAMP) || readFileSync(STAMP, "utf8") !== lock) {
  run("npm", "ci", "--no-audit", "--no-fund", "--loglevel=error");
  writeFileSync(STAMP, lock);
}
rmSync(COPY, { recursive: true, force: true });
cpSync(join(ROOT, "docs"), COPY, { recursive: true });
run("node_modules/.bin/vitepress", "build", ".");
rmSync(COPY, { recursive: true });
