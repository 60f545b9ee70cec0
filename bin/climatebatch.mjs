#!/usr/bin/env node
// Runs the command line: of an installed package its compiled programs, of a clone the sources, with the Node that the clone
// pins. Says what to do when nothing is installed.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import * as module from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const NEEDED_NODE = 24;
const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const isClone = existsSync(at("cli/main.ts"));

if (isClone && !existsSync(at("node_modules"))) {
  console.error(`climatebatch is not installed in ${at("")}: run npm install there, or npm start, which installs it.`);
  process.exit(2);
}
if (Number(process.versions.node.split(".")[0]) >= NEEDED_NODE) {
  // Halves the time to start: what was compiled once is kept. Not in the folder for temporary files, where Node keeps it: another
  // user may make that folder first, and what lies in it is run.
  if (process.env.HOME) module.enableCompileCache(join(homedir(), ".cache", "climatebatch", "compiled"));
  await import(isClone ? "../cli/main.ts" : "../dist/cli/main.js");
} else if (existsSync(at("node_modules/node/bin/node"))) {
  const child = spawn(at("node_modules/node/bin/node"), [at("bin/climatebatch.mjs"), ...process.argv.slice(2)], {
    stdio: "inherit",
  });
  for (const name of ["SIGINT", "SIGTERM"]) process.on(name, () => child.kill(name));
  child.on("close", (code, signal) => (signal === null ? process.exit(code) : process.kill(process.pid, signal)));
} else {
  const remedy = isClone ? "Run npm install, which installs it, or use a newer Node." : "Use a newer Node.";
  console.error(`climatebatch needs Node ${NEEDED_NODE} or newer; this is ${process.version}. ${remedy}`);
  process.exit(2);
}
