// docs/migrate.md, command by command, on a database in the predecessor's layout: 2021-2100, four scenarios.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { RISKS } from "../../model/risks.ts";
import { eventually } from "../support/cli.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { createPredecessorTables, PREDECESSOR_ENV } from "../support/predecessorDatabase.ts";
import { isLong } from "../support/random.ts";
import { freePort, type Serving, startServe } from "../support/serve.ts";

const PLACES = isLong ? 200 : 30;
const CLI = fileURLToPath(new URL("../../cli/main.ts", import.meta.url));
const PAGE = new URL("../../docs/migrate.md", import.meta.url);

const hasPsql =
  (
    await once(
      spawn("psql", ["--version"], { stdio: "ignore" }).on("error", () => undefined),
      "exit",
    ).catch(() => [1])
  )[0] === 0;

/** Commands of the page's ```sh blocks, in order; a backslash continues a line. */
async function readCommands(): Promise<string[]> {
  const page = await readFile(PAGE, "utf8");
  return [...page.matchAll(/^```sh\n(.*?)^```$/gms)].flatMap(([, block]) =>
    block!
      .replaceAll(/\\\n\s*/g, "")
      .trim()
      .split("\n"),
  );
}

let database: TestDatabase;
let folder: string;
beforeAll(async () => {
  if (!hasPsql) return;
  database = await createTestDatabase({ from: "empty" });
  await createPredecessorTables(database.client, { places: PLACES, firstYear: 2021, lastYear: 2100 });
  folder = await mkdtemp(join(tmpdir(), "climatebatch-migrate-"));
  const url = new URL(database.url);
  const env = {
    ...PREDECESSOR_ENV,
    DATABASE_HOST: url.hostname,
    DATABASE_PORT: url.port,
    DATABASE_NAME: url.pathname.slice(1),
    DATABASE_USER: url.username,
    DATABASE_PASSWORD: url.password,
  };
  await writeFile(
    join(folder, ".env"),
    Object.entries(env)
      .map(([name, value]) => `${name}=${value}\n`)
      .join(""),
  );
  await writeFile(join(folder, "climatebatch"), `#!/bin/sh\nexec "${process.execPath}" "${CLI}" "$@"\n`);
  await chmod(join(folder, "climatebatch"), 0o755);
});
afterAll(async () => {
  await database?.drop();
  if (folder !== undefined) await rm(folder, { recursive: true });
});

test.skipIf(!hasPsql)(
  "every command of docs/migrate.md does what the page says, and the predecessor's query gives 9 risks × all places",
  async () => {
    const exports: string[] = [];
    const outputs = new Map<string, { code: number; output: string }>();
    let serve: Serving | null = null;
    const run = async (command: string) => {
      const bash = spawn("bash", ["-c", [...exports, command].join("\n")], {
        cwd: folder,
        env: { PATH: `${folder}:${process.env.PATH}`, HOME: folder },
      });
      const [out, errors, [code]] = await Promise.all([text(bash.stdout), text(bash.stderr), once(bash, "close")]);
      outputs.set(command, { code, output: out + errors });
    };
    try {
      for (const command of await readCommands()) {
        if (/^(set -a|export )/.test(command)) exports.push(command);
        else if (command === "climatebatch serve") {
          serve = await startServe("", { PROBE_PORT: String(await freePort()) }, folder);
          await Promise.all([serve.logged("leading"), serve.logged("listenerConnected")]);
        } else {
          await run(command);
          const { code, output } = outputs.get(command)!;
          // Before the first batch nothing is published, which is a warning.
          expect(code, `${command}\n${output}`).toBe(0);
          if (command.includes("NOTIFY"))
            await serve!.logged("batchPublished").catch((cause) => {
              throw new Error(serve!.written(), { cause });
            });
        }
      }
    } finally {
      serve?.kill("SIGTERM");
      await serve?.ended;
    }
    const output = (start: string) => [...outputs].find(([command]) => command.startsWith(start))![1].output;

    expect(output("climatebatch import-predecessor --take-over --dry-run")).toMatch(/^public\.ta_data +found/m);
    const imported = output("climatebatch import-predecessor --take-over");
    expect(imported).toMatch(/^public\.ta_data +(found|imported)/m);
    expect(output('psql -c "SELECT latitude')).toContain(`(${RISKS.length * PLACES} rows)`);
    expect(output('psql -c "SELECT * FROM batch_job_logs')).toContain("completed");
    expect(output("climatebatch show")).toMatch(/^probability +\d+ +ssp585 +2041-2060/m);
    expect(output("climatebatch run probability --methods predecessor")).toContain("not published (AsRequested)");
    expect(output("climatebatch import-predecessor --give-back")).toContain("Given back");
    const { rows } = await database.client.query("SELECT count(*)::int AS n FROM public.probability_results");
    expect(rows).toEqual([{ n: PLACES }]);
    await eventually("serve has ended", () => serve?.child.exitCode !== null || undefined);
  },
  600_000,
);
