// docs/adding-a-format.md, applied as it is printed to a copy of the sources: a file of the new format becomes stored numbers.
import { execFile, execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { readStored } from "../support/ingest.ts";
import { listFiles, ROOT } from "../support/pages.ts";

const page = readFileSync(join(ROOT, "docs/adding-a-format.md"), "utf8");
const [, newFile, code] = /`(ingest\/formats\/\w+\.ts)`:\n\n```ts\n(.*?)```/s.exec(page)!;
const patch = /```diff\n(.*?)```/s.exec(page)![1]!;

let database: TestDatabase;
let copy: string;
beforeAll(async () => {
  database = await createTestDatabase();
  copy = mkdtempSync(join(tmpdir(), "climatebatch-format-"));
  for (const file of listFiles()) {
    if (/^(test\/|bench\/|charts\/|node_modules)/.test(file)) continue;
    mkdirSync(dirname(join(copy, file)), { recursive: true });
    cpSync(join(ROOT, file), join(copy, file));
  }
  symlinkSync(join(ROOT, "node_modules"), join(copy, "node_modules"));
});
afterAll(async () => {
  rmSync(copy, { recursive: true, force: true });
  await database.drop();
});

test("a new format touches three places and is read by the command as any other", async () => {
  const changed = [...patch.matchAll(/^\+\+\+ b\/(.+)$/gm)].map(([, file]) => file!);
  expect(changed).toEqual(["ingest/formats/formats.ts", "docs/load.md"]);
  const load = (file: string) =>
    promisify(execFile)(
      process.execPath,
      [
        join(copy, "cli/main.ts"),
        "load",
        "climate",
        join(copy, file),
        "--scenario",
        "lines",
        "--database",
        database.url,
      ],
      { cwd: copy, env: { PATH: process.env.PATH } },
    );
  const rows = [1, 2, 3].map((day) => ({ date: `2001-01-0${day}`, lat: 36, lon: 127, tasmax: day + 0.5 }));
  writeFileSync(join(copy, "days.jsonl"), rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  writeFileSync(join(copy, "broken.jsonl"), `${JSON.stringify(rows[0])}\n{"date":\n`);
  await expect(load("days.jsonl")).rejects.toMatchObject({ code: 2 });

  writeFileSync(join(copy, newFile!), code!);
  execFileSync("git", ["apply", "-"], { cwd: copy, input: patch, stdio: ["pipe", "ignore", "inherit"] });
  const { stderr } = await load("days.jsonl");
  expect(stderr).toContain("3 rows");
  const stored = await readStored(database.client);
  expect([...stored.get("lines tasmax 36 127 2001")!.slice(0, 4)]).toEqual([1.5, 2.5, 3.5, Number.NaN]);
  await expect(load("broken.jsonl")).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringContaining("broken.jsonl: line 2 cannot be read"),
  });
  execFileSync(join(ROOT, "node_modules/.bin/tsc"), ["--ignoreConfig", "--noEmit", ...typeOptions(), newFile!], {
    cwd: copy,
    stdio: "inherit",
  });
});

function typeOptions(): string[] {
  return ["--strict", "--module", "nodenext", "--target", "es2024", "--allowImportingTsExtensions", "--skipLibCheck"];
}
