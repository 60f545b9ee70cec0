// docs/tutorial.md, block by block, in an empty folder: every command succeeds, and eight risks have results.
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { RISKS } from "../../model/risks.ts";
import { listShellBlocks, ROOT } from "../support/pages.ts";

const run = promisify(execFile);

test("every command of the tutorial succeeds from an empty folder", { timeout: 600_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), "climatebatch-tutorial-"));
  try {
    const env = { HOME: folder, PATH: [ROOT, process.env.PATH].join(delimiter) };
    let output = "";
    for (const block of listShellBlocks("docs/tutorial.md")) {
      const { stdout } = await run("bash", ["-euo", "pipefail", "-c", block], { cwd: folder, env, maxBuffer: 1 << 28 });
      output += stdout;
    }
    expect(output).toMatch(/Batch 1 is published\.[\s\S]*Batch 1 is published\./);
    const rows = (await readFile(join(folder, "hazard.csv"), "utf8")).split("\n").slice(1);
    const computed = RISKS.filter((risk) =>
      rows.some((row) => new RegExp(`,${risk},observed,[^,]*,[^,]*,[^,]*,\\d`).test(row)),
    );
    expect(RISKS.filter((risk) => !computed.includes(risk))).toEqual(["typhoon"]);
    expect((await readFile(join(folder, "report.html"), "utf8")).length).toBeGreaterThan(100_000);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
