// docs/tutorial-regional.md, block by block, in an empty folder: every command succeeds, and each cell of the model has results.
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { listShellBlocks, ROOT } from "../support/pages.ts";

const run = promisify(execFile);
const CELLS = 12;

test("every command of the page succeeds from an empty folder", { timeout: 600_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), "climatebatch-regional-"));
  try {
    const env = { HOME: folder, PATH: [ROOT, process.env.PATH].join(delimiter) };
    const shell = (text: string) =>
      run("bash", ["-euo", "pipefail", "-c", text], { cwd: folder, env, maxBuffer: 1 << 28 });
    let output = "";
    for (const block of listShellBlocks("docs/tutorial-regional.md")) output += (await shell(block)).stdout;
    expect(output).toMatch(/12 cells.*calendar noleap[\s\S]*Batch 1 is published\./);
    expect((await readFile(join(folder, "map.html"), "utf8")).length).toBeGreaterThan(100_000);
    const { stdout } = await shell("climatebatch export hazard --output -");
    const rows = stdout.split("\n").filter((row) => /,high_temperature,regional,/.test(row));
    expect(new Set(rows.map((row) => row.split(",").slice(0, 3).join()))).toHaveLength(CELLS);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
