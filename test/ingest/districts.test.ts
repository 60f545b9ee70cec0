// Daily series of districts: read from what the API hub of the KMA sends, stored at the districts' places, linked to cells by code.
import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { linkGrids } from "../../ingest/link/linkGrids.ts";
import { readStations } from "../../ingest/series/stations.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { type Districts, districtText, makeTarGz } from "../support/districtFiles.ts";
import { ingest, readStored, refusalOf } from "../support/ingest.ts";

let database: TestDatabase;
let folder: string;
beforeAll(async () => {
  database = await createTestDatabase();
  folder = await mkdtemp(join(tmpdir(), "climatebatch-districts-"));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
  await database.drop();
});

const { signal } = new AbortController();
const CODES = ["1101000000", "1102000000", "2107000000"];
const PLACES = "code,latitude,longitude\n1101000000,37.6,127\n1102000000,37.55,127\n2107000000,35.13,129.08\n";
const daysOf = (year: number) =>
  Array.from({ length: 365 }, (_, day) => new Date(Date.UTC(year, 0, 1 + day)).toISOString().slice(0, 10));
const districts = (year: number, value: Districts["value"] = (day, at) => (10 * at + (day % 90) / 7).toFixed(3)) => ({
  ...{ codes: CODES, dates: daysOf(year), value },
});

async function file(name: string, content: string | Buffer): Promise<string> {
  await writeFile(join(folder, name), content);
  return join(folder, name);
}
const places = async () => readStations(await file("districts.csv", PLACES), signal);

/** Stored values of a scenario by "variable latitude longitude year". */
async function storedOf(scenario: string): Promise<Map<string, Float32Array>> {
  const all = [...(await readStored(database.client))].filter(([key]) => key.startsWith(`${scenario} `));
  return new Map(all.map(([key, values]) => [key.slice(scenario.length + 1), values]));
}

const NAME = "SSP245_TAMAX_sgg261_daily_2021-2022";
const LATIN = Buffer.from(
  districtText(districts(2021))
    .replaceAll("년-월-일", "@")
    .replaceAll(/[가-힣]+/g, "K"),
  "latin1",
);
/** 년-월-일 in CP949 for each @. */
const CP949 = Buffer.from(LATIN.toString("hex").replaceAll(/(?<=^(?:..)*)40/g, "b3e22dbff92dc0cf"), "hex");

test.each<[string, string, string | Buffer]>([
  ["as text", `${NAME}.asc`, districtText(districts(2021))],
  ["gzipped", `${NAME}.asc.gz`, gzipSync(districtText(districts(2021)))],
  ["in CP949", `${NAME}.asc`, CP949],
  ["in an archive", `${NAME}.asc`, makeTarGz({ "tamax_2021.txt": districtText(districts(2021)) })],
])("%s: a series for each district, its variable by the name of the file", async (how, name, content) => {
  const scenario = how.replaceAll(" ", "-");
  const report = await ingest(
    database.client,
    { [name]: content },
    { scenario, stations: await places(), grid: scenario },
  );
  expect(report).toMatchObject({ frequency: "daily", cells: 3, firstDate: "2021-01-01", lastDate: "2021-12-31" });
  const stored = await storedOf(scenario);
  for (const [at, place] of ["37.6 127", "37.55 127", "35.13 129.08"].entries()) {
    const values = stored.get(`tasmax ${place} 2021`)!;
    expect([...values]).toEqual(daysOf(2021).map((_, day) => Math.fround(Number(districts(2021).value(day, at)))));
  }
});

test("years of an archive and elements of several files are one series each; blanks and NaN are missing", async () => {
  const gaps: Districts["value"] = (day, at) =>
    day === 3 ? "" : day === 4 ? "NaN" : String(day % 20) + (at === 0 ? "" : ".5");
  const years = {
    "y2021.txt": districtText(districts(2021)),
    "y2022.txt": districtText(districts(2022)),
    "readme.pdf": "x",
  };
  const files = {
    [`${NAME}.tar.gz`]: makeTarGz(years),
    "AR6_SSP245_5ENSMN_skorea_RN_sgg261_daily_2021_asc.tar.gz": makeTarGz({
      "a.txt": districtText(districts(2021, gaps)),
    }),
  };
  await ingest(database.client, files, { scenario: "ssp245", stations: await places() });
  const stored = await storedOf("ssp245");
  expect([...stored.keys()].toSorted()).toEqual(
    ["35.13 129.08", "37.55 127", "37.6 127"]
      .flatMap((place) => [`pr ${place} 2021`, `tasmax ${place} 2021`, `tasmax ${place} 2022`])
      .toSorted(),
  );
  expect([...stored.get("pr 37.6 127 2021")!.subarray(0, 6)]).toEqual([0, 1, 2, Number.NaN, Number.NaN, 5]);
});

test("cells use the series of the district with their code", async () => {
  await ingest(
    database.client,
    { [`${NAME}.asc`]: districtText(districts(2021)) },
    { scenario: "linked", stations: await places(), grid: "sgg" },
  );
  const cells = await file(
    "cells.csv",
    "latitude,longitude,code\n37.7,127.1,1102000000\n35.2,129,2107000000\n36,128,9999999999\n",
  );
  const report = await linkGrids(
    database.client,
    {
      ...{ grid: "cells", from: "sgg", variables: undefined, cells, keepTarget: false, failRunningBatches: false },
      rule: { rule: "code", codes: [cells, join(folder, "districts.csv")] },
    },
    signal,
  );
  expect(report).toMatchObject({ cells: 3, linked: 2, sources: 3, sourcesUsed: 2 });
});

const hasPython = spawnSync("python3", ["--version"]).status === 0;
test.skipIf(!hasPython)(
  "an archive that another program writes holds what it reads from it (needs python3)",
  async () => {
    const path = join(folder, "SSP585_WS_sgg261_daily_2021-2021.asc");
    const program = `
import csv, io, json, random, sys, tarfile
codes = ${JSON.stringify(CODES)}
random.seed(5)
rows = [["년-월-일"] + codes, ["년-월-일"] + ["가"] * 3, ["년-월-일"] + ["나"] * 3]
rows += [["2021-%02d-%02d" % (m, d)] + ["%.2f" % random.uniform(0, 9) for _ in codes] for m in (1, 2) for d in range(1, 29)]
text = io.StringIO(); csv.writer(text, lineterminator="\\n").writerows(rows); data = text.getvalue().encode()
with tarfile.open(sys.argv[1], "w:gz") as tar:
    info = tarfile.TarInfo("WS/" + "x" * 120 + ".txt"); info.size = len(data); tar.addfile(info, io.BytesIO(data))
with tarfile.open(sys.argv[1], "r:gz") as tar:
    got = list(csv.reader(io.StringIO(tar.extractfile(tar.getmembers()[0]).read().decode())))
print(json.dumps([[float(row[1 + i]) for row in got[3:]] for i in range(3)]))`;
    const { stdout, stderr } = spawnSync("python3", ["-c", program, path], { encoding: "utf8" });
    expect(stderr).toBe("");
    await ingest(
      database.client,
      { "SSP585_WS_sgg261_daily_2021-2021.asc": await readFile(path) },
      { scenario: "python", stations: await places(), grid: "python" },
    );
    const stored = await storedOf("python");
    const expected = JSON.parse(stdout) as number[][];
    for (const [at, place] of ["37.6 127", "37.55 127", "35.13 129.08"].entries()) {
      const values = [...stored.get(`sfcWind ${place} 2021`)!].filter((value) => !Number.isNaN(value));
      expect(values).toEqual(expected[at]!.map(Math.fround));
    }
  },
);

const TEXT = districtText(districts(2021));
test.each<[string, string, string | Buffer, RegExp, string?]>([
  [
    "no places",
    `${NAME}.asc`,
    TEXT,
    /^NoPlace: .* names its stations in the column "district" \(the first is "1101000000"\)/,
    "none",
  ],
  [
    "a district without a place",
    `${NAME}.asc`,
    TEXT,
    /^UnknownStation: .*asc:4: station "2107000000" is not in --stations/,
    "code,latitude,longitude\n1101000000,37.6,127\n1102000000,37.5,127\n",
  ],
  [
    "an element that is no variable",
    "SSP245_SI_sgg261_daily_2021.asc",
    TEXT,
    /^NoVariables: .*none of "SI" is a variable\. .*--map/,
  ],
  ["no element in the name", "tamax.asc", TEXT, /^NoVariables: .*none of "value" is a variable\. .*--map/],
  [
    "a line that is cut off",
    `${NAME}.asc`,
    TEXT.slice(0, -10),
    /^BrokenDistricts: .*asc:368: expected 4 columns, .* found 3: "2021-12-31/,
  ],
  [
    "a code twice",
    `${NAME}.asc`,
    TEXT.replace("1102000000", "1101000000"),
    /^BrokenDistricts: .*asc:1: expected a line of codes .* found "1101000000"/,
  ],
  [
    "no line of names",
    `${NAME}.asc`,
    TEXT.split("\n").toSpliced(2, 1).join("\n"),
    /^BrokenDistricts: .*asc:3: expected the line of names of 3 districts/,
  ],
  ["a word among the values", `${NAME}.asc`, TEXT.replace(",10.000", ",hot"), /"hot"/],
  ["an archive that is cut off", `${NAME}.asc`, makeTarGz({ "a.txt": TEXT }).subarray(0, 900), /^UnreadableFile: /],
  ["an archive without texts", `${NAME}.asc`, makeTarGz({ "a.pdf": "x" }), /^WrongFormat: .*a tar archive. Unpack it/],
])("%s: refused", async (_, name, content, says, table = PLACES) => {
  const stations = table === "none" ? undefined : await readStations(await file("some.csv", table), signal);
  expect(await refusalOf(ingest(database.client, { [name]: content }, { scenario: "never", stations }))).toMatch(says);
});

test("months of districts: --map names the variable, rain needs its unit", async () => {
  const months = {
    codes: CODES,
    dates: ["2021-01", "2021-02"],
    value: (day: number, at: number) => String(31 + day + at),
  };
  const text = districtText(months, "년-월");
  const read = async (name: string, words: object) =>
    ingest(
      database.client,
      { [name]: text },
      { scenario: "months", stations: await places(), grid: "months", ...words },
    );
  expect(await refusalOf(read("SSP245_RN_sgg261_monthly_2021.asc", {}))).toMatch(/^UnitNeeded: .*--units pr=mm/);
  await read("rain.asc", { map: ["value=pr"], units: ["pr=mm"] });
  expect((await storedOf("months")).get("pr 37.6 127 2021")![0]).toBe(1);
});
