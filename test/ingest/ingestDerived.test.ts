// Derived series: the formulas against another package, and how they are stored, flagged and refused.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { relativeHumidity, saturationVapourPressure, vapourPressure } from "../../ingest/series/derivation.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { readGolden } from "../support/golden.ts";
import { ingest, readStored, refusalOf } from "../support/ingest.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

const { input, expected } = readGolden<
  Readonly<Record<"tas" | "tdps" | "ps" | "huss", readonly number[]>>,
  Readonly<Record<"fromDewPoint" | "fromSpecific", readonly number[]>>
>("relative-humidity");

/** xclim writes the formula of WMO-No. 8 with 273.16 K for 0 degC: a hundredth of a degree, 0.1 % of a vapour pressure. */
const RELATIVE = 1e-3;

describe("relative humidity is that of xclim", () => {
  test("from the dew point", () => {
    input.tas.forEach((t, at) => {
      const computed = relativeHumidity(saturationVapourPressure(input.tdps[at]!), t);
      expect(Math.abs(computed / expected.fromDewPoint[at]! - 1)).toBeLessThan(RELATIVE);
    });
  });

  test("from the specific humidity and the pressure", () => {
    input.tas.forEach((t, at) => {
      const computed = relativeHumidity(vapourPressure(input.huss[at]!, input.ps[at]!), t);
      expect(Math.abs(computed / expected.fromSpecific[at]! - 1)).toBeLessThan(RELATIVE);
    });
  });
});

const lines = (...rows: string[]) => `${rows.join("\n")}\n`;

test("tas is the mean of tasmax and tasmin, missing where one of them is, and flagged", async () => {
  const files = {
    "a.csv": lines("date,lat,lon,tasmax (degC),tasmin (degC)", "2020-01-01,37,127,10,2", "2020-01-02,37,127,10,"),
  };
  const report = await ingest(database.client, files, { scenario: "mean", derive: ["tas"] });
  expect(report.derived).toEqual([{ variable: "tas", rule: "mean of tasmax and tasmin" }]);
  const stored = await readStored(database.client);
  expect([...stored.get("mean tas 37 127 2020")!.subarray(0, 3)]).toEqual([6, Number.NaN, Number.NaN]);
  expect(stored.get("mean tasmin 37 127 2020")![0]).toBe(2);
  const { rows } = await database.client.query("SELECT variable, frequency, rule FROM climatebatch.derived_series");
  expect(rows).toEqual([{ variable: "tas", frequency: "daily", rule: "mean of tasmax and tasmin" }]);
});

test("hurs from the dew point and a tas that is derived itself; what was read for it alone is not stored", async () => {
  const files = {
    "a.csv": lines(
      "date,lat,lon,tasmax (degC),tasmin (degC),tdps (degC)",
      "2020-01-01,37,127,22,18,20",
      "2020-01-02,37,127,22,18,9.3",
    ),
  };
  await ingest(database.client, files, { scenario: "humid", derive: ["hurs,tas"] });
  const stored = await readStored(database.client);
  // 9.3 degC is the dew point of half the vapour that air of 20 degC takes.
  const [saturated, half] = stored.get("humid hurs 37 127 2020")!;
  expect(saturated).toBe(100);
  expect(half).toBeCloseTo(50, 0);
  expect([...stored.keys()].filter((key) => key.startsWith("humid "))).toHaveLength(4);
});

const REFUSALS: readonly (readonly [string, string, readonly string[], string])[] = [
  [
    "a variable that is there",
    "date,lat,lon,tas (degC),tasmax (degC),tasmin (degC)\n2020-01-01,37,127,1,2,0\n",
    ["tas"],
    "NotDerived: --derive tas: the files have tas itself.",
  ],
  [
    "nothing to derive it from",
    "date,lat,lon,tasmax (degC)\n2020-01-01,37,127,1\n",
    ["hurs"],
    "NotDerived: --derive hurs needs tas, tdps; or tas, huss, ps; the files have tasmax.",
  ],
  [
    "a variable without a rule",
    "date,lat,lon,tasmax (degC)\n2020-01-01,37,127,1\n",
    ["pr"],
    "InvalidOption: --derive expects tas or hurs",
  ],
];
test.each(REFUSALS)("%s: refused", async (_, csv, derive, refusal) => {
  // Words are refused before any file is opened.
  const work = async () => ingest(database.client, { "a.csv": csv }, { scenario: "never", derive });
  expect(await refusalOf(work())).toContain(refusal);
});

test("a check says what would be written, and writes nothing", async () => {
  const files = { "a.csv": lines("date,lat,lon,tasmax (degC)", "2020-01-01,37,127,10", "2021-01-01,37,127,11") };
  await ingest(
    database.client,
    { "a.csv": files["a.csv"].split("\n").slice(0, 2).join("\n") },
    { scenario: "checked" },
  );
  const before = await readStored(database.client);
  const report = await ingest(database.client, files, { scenario: "checked", check: true });
  expect(report).toMatchObject({ isCheck: true, rowsWritten: 1, rowsUnchanged: 1, cellsAdded: 0, revision: 2 });
  expect(await readStored(database.client)).toEqual(before);
  const conflict = { "a.csv": lines("date,lat,lon,tasmax (degC)", "2020-01-01,37,127,-10") };
  expect(await refusalOf(ingest(database.client, conflict, { scenario: "checked", check: true }))).toContain(
    "ValuesConflict",
  );
});
