// Fields of KMA's 1-km grid as text, as the portal packs them: what is stored, and what is refused in which words.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { linkGrids } from "../../ingest/link/linkGrids.ts";
import { makeNetcdf } from "../support/arrayFiles.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { ingest, ingestPaths, readStored, refusalOf } from "../support/ingest.ts";

const [COLUMNS, ROWS] = [751, 601];
/** Cells of land in these files: row from the south, column from the west, and what is added to each value there. */
const LAND = [
  { row: 0, column: 0, more: 0, place: "33 124.5" },
  { row: 356, column: 247, more: 0.25, place: "36.56 126.97" },
  { row: 600, column: 750, more: -3, place: "39 132" },
];

/** A line of a step; each value of land is `value` and what its cell adds, with two decimals. */
function line(value: number): string {
  const words = new Array<string>(COLUMNS * ROWS).fill("-9990.00");
  for (const { row, column, more } of LAND) words[row * COLUMNS + column] = (value + more).toFixed(2);
  return words.join(" ");
}

let database: TestDatabase;
let folder: string;
beforeAll(async () => {
  database = await createTestDatabase();
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "climatebatch-kma-"));
});
afterEach(() => rm(folder, { recursive: true }));
afterAll(() => database.drop());

async function load(name: string, lines: readonly string[], words: Parameters<typeof ingestPaths>[2] = {}) {
  const file = join(folder, name);
  await writeFile(file, `${lines.join("\n")}\n`);
  try {
    return await ingestPaths(database.client, [file], words);
  } finally {
    await rm(file);
  }
}

const MONTHS = Array.from({ length: 12 }, (_, month) => month);
const name = (field: string, rest = "monthly_2021") => `AR6_SSP585_5ENSMN_skorea_${field}_gridraw_${rest}.txt`;

test("monthly fields and yearly indices are stored at their places, each in its unit", async () => {
  const words = { scenario: "ssp585", grid: "korea-1km" };
  await load(
    name("TA"),
    MONTHS.map((month) => line(month - 2.5)),
    words,
  );
  await load(
    name("RN"),
    MONTHS.map((month) => line(31 * (month + 4))),
    words,
  );
  await load(name("WSDI", "yearly_2021_2023"), [3, 4, 5].map(line), words);
  const stored = await readStored(database.client);
  const find = (variable: string, place: string, year = 2021) => [
    ...stored.get(`ssp585 ${variable} ${place} ${year}`)!,
  ];
  expect([...stored.keys()].filter((key) => key.startsWith("ssp585 tas "))).toHaveLength(LAND.length);
  for (const { place, more } of LAND) {
    expect(find("tas", place)).toEqual(MONTHS.map((month) => Math.fround(month - 2.5 + more)));
    // A month's sum as the mean of its days.
    expect(find("pr", place)[0]).toBeCloseTo((31 * 4 + more) / 31, 5);
    expect([2021, 2022, 2023].map((year) => find("WSDI", place, year)[0])).toEqual(
      [3, 4, 5].map((days) => days + more),
    );
  }
});

test("a region's coarse daily fields serve the fine grid by a link", async () => {
  await load(
    name("TA"),
    MONTHS.map((month) => line(month)),
    { scenario: "fine", grid: "fine" },
  );
  const days = Array.from(
    { length: 365 },
    (_, day) => `${new Date(Date.UTC(2021, 0, 1 + day)).toISOString().slice(0, 10)},36.5,127,${20 + (day % 9)}`,
  );
  const table = `date,latitude,longitude,tasmax\n${days.join("\n")}\n`;
  await ingest(database.client, { "days.csv": table }, { scenario: "fine", grid: "coarse" });
  const { signal } = new AbortController();
  const rule = { rule: "nearest", withinKm: 30 } as const;
  const options = { variables: undefined, cells: undefined, keepTarget: false, failRunningBatches: false };
  const report = await linkGrids(database.client, { grid: "fine", from: "coarse", rule, ...options }, signal);
  expect(report).toMatchObject({ cells: LAND.length, linked: 1, sources: 1, series: [{ variable: "tasmax" }] });
});

test.each<[what: string, name: string, lines: () => readonly string[], expected: RegExp]>([
  [
    "a field that no risk reads",
    name("CDD", "yearly_2021"),
    () => [line(1)],
    /^UnusedField: .*holds CDD, which no risk reads/,
  ],
  [
    "a month that is cut off",
    name("TA"),
    () => MONTHS.slice(1).map(line),
    /^WrongLineCount: .*12 lines, one per month.*found 11/,
  ],
  ["more lines than months", name("TA"), () => [...MONTHS, 12].map(line), /^WrongLineCount: .*found more/],
  [
    "a line that is cut off",
    name("TA"),
    () => MONTHS.map((month) => line(month).slice(0, month === 7 ? -9 : undefined)),
    /txt:8: expected 451351 values.*451350/,
  ],
  ["another grid", name("TA"), () => MONTHS.map(() => "1 2 3"), /^UnknownGrid: .*751 x 601 \(451351\).*found 3/],
  [
    "a word",
    name("TA"),
    () => MONTHS.map((month) => line(month).replace("-9990.00 ", "-9990.OO ")),
    /^NotANumber: .*txt:1: value 2: .*-9990\.OO/,
  ],
  ["radiation, whose unit is not established", name("SI"), () => MONTHS.map(line), /^UnitNeeded: .*--units/],
  ["a temperature that cannot be", name("TA"), () => MONTHS.map((month) => line(month + 80)), /tas/],
])("%s is refused", async (_, file, lines, expected) => {
  expect(await refusalOf(load(file, lines(), { scenario: "broken", grid: "broken" }))).toMatch(expected);
});

test("the portal's archive is refused with the command that unpacks it, whatever it is called", async () => {
  const header = Buffer.alloc(1024);
  header.write("AR6_SSP585_5ENSMN_skorea_TA_gridraw_daily_2021.txt");
  header.write("ustar", 257);
  for (const archive of [
    "AR6_SSP585_5ENSMN_skorea_TA_gridraw_daily_2021_2030_asc.tar.gz",
    "SSP585_TA_gridraw_monthly_2021-2100.nc",
  ]) {
    const file = join(folder, archive);
    await writeFile(file, gzipSync(header));
    expect(await refusalOf(ingestPaths(database.client, [file], {}))).toMatch(
      /^WrongFormat: .*a tar archive.*tar -xzf/,
    );
  }
});

test("a NetCDF of an index that no risk reads is refused with the reason", async () => {
  const file = await makeNetcdf({ name: "SDII", variable: { units: "mm" } });
  const refusal = refusalOf(
    ingest(database.client, { "AR6_SSP126_5ENSMN_skorea_SDII_gridraw_yearly_2021_2100.nc": file }),
  );
  expect(await refusal).toMatch(/^UnusedField: .*holds SDII/);
});
