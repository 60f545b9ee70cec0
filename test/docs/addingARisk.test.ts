// The blocks of docs/adding-a-risk.md, applied to a copy of the sources, are a risk that the programs compute and publish.
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";

const ROOT = join(import.meta.dirname, "../..");
const COPIED = ["bin", "charts", "cli", "crds", "database", "docs", "ingest", "job", "model", "operator", "scripts"];
const MORE = ["report", "serve", "telemetry", "package.json", "tsconfig.json"];
/** Scripts that drive tests are not copied: they import what is in test/. */
const isOfProduct = (path: string) => !/scripts\/(releaseCheck|testFaults)\.ts$/.test(path);
const MOST_PLACES = 9;
const MOST_LINES = 250;
const YEARS = { first: 1981, last: 2020 };

/** Code of one place: a new file, or lines before an anchor. */
interface Block {
  readonly path: string;
  readonly before: string | null;
  readonly code: string;
}

function readBlocks(page: string): Block[] {
  return page.split(/^### \d+\. /m).flatMap((step, at) => {
    if (at === 0) return [];
    const path = /^`(.+)`/.exec(step)![1]!;
    const blocks = step.matchAll(/(?:Before `(.+)`:\n\n)?```\w+\n([\s\S]*?)```/g);
    return [...blocks].map(([, before, code]) => ({ path, before: before ?? null, code: code! }));
  });
}

const blocks = readBlocks(readFileSync(join(ROOT, "docs/adding-a-risk.md"), "utf8"));
let copy: string;
let database: TestDatabase;

beforeAll(async () => {
  copy = mkdtempSync(join(tmpdir(), "climatebatch-tenth-risk-"));
  for (const name of [...COPIED, ...MORE])
    cpSync(join(ROOT, name), join(copy, name), { recursive: true, filter: isOfProduct });
  symlinkSync(join(ROOT, "node_modules"), join(copy, "node_modules"));
  const migrations = readdirSync(join(ROOT, "database/migrations")).length;
  for (const { path, before, code } of blocks) {
    const file = join(copy, path.replace("NNNN", String(migrations + 1).padStart(4, "0")));
    if (before === null) {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, code);
      continue;
    }
    const text = readFileSync(file, "utf8");
    expect(text).toContain(before);
    writeFileSync(
      file,
      text.replace(before, () => code + before),
    );
  }
  database = await createTestDatabase();
});
afterAll(async () => {
  await database.drop();
  rmSync(copy, { recursive: true });
});

function node(...words: string[]): string {
  const options = { cwd: copy, encoding: "utf8", env: { PATH: process.env.PATH } } as const;
  const { status, stdout, stderr } = spawnSync(process.execPath, words, options);
  expect({ words, status, stderr: status === 0 ? "" : stderr + stdout }).toEqual({ words, status: 0, stderr: "" });
  return stdout;
}

const climatebatch = (...words: string[]) => node("cli/main.ts", ...words, "--database", database.url);

/** Snow depth of one place: a fall of a known depth on 15 January of each year, melted a week later. */
function snowDepth(): string {
  const lines = ["time,latitude,longitude,snd"];
  for (let day = new Date(`${YEARS.first}-01-01`); day.getUTCFullYear() <= YEARS.last; ) {
    const year = day.getUTCFullYear();
    const lies = day.getUTCMonth() === 0 && day.getUTCDate() >= 15 && day.getUTCDate() < 22;
    const depth = lies ? newSnow(year) / 100 : 0;
    lines.push(`${day.toISOString().slice(0, 10)},37.5,127,${depth}`);
    day = new Date(day.getTime() + 86_400_000);
  }
  return `${lines.join("\n")}\n`;
}

/** [cm], from 3 to 30. */
const newSnow = (year: number) => 3 + ((year * 7) % 28);

test("a tenth risk needs few places and few lines", () => {
  expect(new Set(blocks.map(({ path }) => path)).size).toBeLessThanOrEqual(MOST_PLACES);
  expect(blocks.reduce((sum, { code }) => sum + code.split("\n").length - 1, 0)).toBeLessThanOrEqual(MOST_LINES);
});

test("its sources are well typed, and what is generated follows", () => {
  node(join(ROOT, "node_modules/typescript/bin/tsc"), "--project", "tsconfig.json");
  for (const script of ["generateCrd", "generateApiDocs", "generateChartDocs"]) node(`scripts/${script}.ts`);
  expect(readFileSync(join(copy, "charts/climatebatch/files/climatebatches.yaml"), "utf8")).toContain("- HeavySnow");
  expect(readFileSync(join(copy, "docs/api.md"), "utf8")).toContain("HeavySnow");
});

test("the programs load its input, compute it and publish it", async () => {
  climatebatch("migrate");
  const file = join(copy, "snow.csv");
  writeFileSync(file, snowDepth());
  climatebatch("ingest", file, "--scenario", "observed");
  climatebatch("run", "all", "--risk", "heavy_snow", "--base-period", "1981-2010", "--period", "1991-2020");
  const { rows } = await database.client.query(
    `SELECT h.value, h.hazard_score, h.input, p.years_used, jsonb_array_length(p.bin_data::jsonb) AS bins, p.return_levels
     FROM climatebatch.hazard_results AS h JOIN climatebatch.probability_results AS p USING (risk_type, first_year)
     WHERE risk_type = 'heavy_snow' AND first_year = 1991`,
  );
  const falls = Array.from({ length: 29 }, (_, at) => newSnow(1992 + at));
  const mean = falls.reduce((sum, cm) => sum + cm, 0) / falls.length;
  expect(rows).toHaveLength(1);
  expect(rows[0].input).toBe("snd daily");
  expect(rows[0].years_used).toBe(29);
  expect(rows[0].value).toBeCloseTo(mean, 3);
  expect(node("cli/main.ts", "explain", "heavy_snow")).toContain("SNx1day");
  expect(climatebatch("data", "--base-period", "1981-2010")).toMatch(/heavy_snow +yes +snd daily/);
});
