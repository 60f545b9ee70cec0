// Days whose highest temperature is below their lowest: missing in both, counted, and refused where they are many, whichever
// risks are requested.
import { expect, test } from "vitest";
import { prepareReading } from "../../database/climateReader.ts";
import { writeClimate } from "../../database/climateWriter.ts";
import { prepareStream, readBlock, readCellsAfter } from "../../job/cellStream.ts";
import { computeCell } from "../../job/computeCell.ts";
import { dropCrossedDays, withCrossedPair } from "../../job/crossedTemperatures.ts";
import { definitionsOf } from "../../job/risks/registry.ts";
import { RISKS } from "../../model/risks.ts";
import { placeOf } from "../support/climate.ts";
import { CellBuilder } from "../support/dailyWeather.ts";
import { createTestDatabase } from "../support/database.ts";

const BASE = { firstYear: 1991, lastYear: 2020 };
const DAYS = 365;

test("half a degree is rounding; more makes the day missing in both; a day without one of them is not compared", () => {
  const tasmax = Float64Array.of(10, 10, 10, Number.NaN, 10, 10);
  const tasmin = Float64Array.of(5, 10.5, 10.6, 20, Number.NaN, 999);
  expect(dropCrossedDays(tasmax, tasmin)).toEqual({ days: 1, of: 3, first: 2, tooMany: true });
  expect(tasmax).toEqual(Float64Array.of(10, 10, Number.NaN, Number.NaN, 10, 10));
  expect(tasmin).toEqual(Float64Array.of(5, 10.5, Number.NaN, 20, Number.NaN, 999));
});

test("one day in a hundred is not too many", () => {
  const tasmin = new Float64Array(200).fill(5);
  const crossedOn = (days: number) => new Float64Array(200).fill(10).fill(0, 0, days);
  expect(dropCrossedDays(crossedOn(2), tasmin.slice())).toMatchObject({ days: 2, tooMany: false });
  expect(dropCrossedDays(crossedOn(3), tasmin.slice())).toMatchObject({ days: 3, tooMany: true });
});

test("a daily temperature is never read without the other one; monthly ones are", () => {
  expect(withCrossedPair({ daily: ["pr", "tasmax"] })).toEqual({ daily: ["pr", "tasmax", "tasmin"] });
  expect(withCrossedPair({ daily: ["tasmin"], yearly: ["WSDI"] })).toEqual({
    daily: ["tasmax", "tasmin"],
    yearly: ["WSDI"],
  });
  expect(withCrossedPair({ daily: ["pr"], monthly: ["tasmax"] })).toEqual({ daily: ["pr"], monthly: ["tasmax"] });
});

test("from the database: few crossed days of a cell are dropped, many refuse it, its neighbour is untouched", async () => {
  await using database = await createTestDatabase();
  const { client } = database;
  const crossed = [0, 3, 40];
  await writeClimate(client, {
    grid: "crossed",
    scenario: { name: "past", parent: undefined },
    calendar: "noleap",
    onConflict: "fail",
    failRunningBatches: false,
    series: {
      frequency: "daily",
      variables: ["tasmax", "tasmin"],
      firstYear: 2001,
      lastYear: 2002,
      places: crossed.map((_, at) => placeOf(at)),
      *yearsOf(at) {
        for (const year of [2001, 2002]) {
          const tasmin = new Float32Array(DAYS).fill(10);
          // From the 11th day of the second year.
          if (year === 2002) tasmin.fill(20.6, 10, 10 + crossed[at]!);
          yield { variable: "tasmax", year, values: new Float32Array(DAYS).fill(20) };
          yield { variable: "tasmin", year, values: tasmin };
        }
      },
    },
  });
  await prepareReading(client);
  const stream = await prepareStream(
    client,
    { grid: "crossed", scenarios: ["past"] },
    { daily: ["tasmax"] },
    2 ** 31 - 1,
  );
  const read: unknown[] = [];
  await readBlock(client, stream, await readCellsAfter(client, stream, -1), () => {
    const [{ crossedDays, daily, implausible }] = stream.series as [(typeof stream.series)[0]];
    const missing = daily.get("tasmax")!.filter(Number.isNaN).length;
    read.push([crossedDays, missing, implausible.map(({ variable, detail }) => `${variable}: ${detail}`)]);
  });
  const detail = "tasmax is below tasmin on 40 of 730 days (5.5 %), first on day 11 of 2002; expected at most 1 %";
  expect(read).toEqual([
    [0, 0, []],
    [3, 3, []],
    [40, 40, [`tasmax: ${detail}`, `tasmin: ${detail}`]],
  ]);
});

test("every risk that reads either is refused, the others are computed; few days are a flag of the results made from them", () => {
  const cell = new CellBuilder("noleap", 1985, 2025, BASE).weather(11).attribute("burnableFraction", 0.5);
  const specification = { methods: "published", risks: RISKS } as Parameters<typeof definitionsOf>[0];
  const compute = (implausible: Parameters<typeof computeCell>[1], crossedDays: number) =>
    new Map(
      [...computeCell({ ...cell.build(), crossedDays }, implausible, RISKS, definitionsOf(specification))].map(
        ({ risk, results: [base], rejection }) => [risk, { rejection, ...base! }],
      ),
    );
  const detail = "crossed";
  const refused = compute(
    (["tasmax", "tasmin"] as const).map((variable) => ({ frequency: "daily" as const, variable, detail })),
    40,
  );
  const rejected = [...refused].filter(([, { rejection }]) => rejection !== null).map(([risk]) => risk);
  expect(rejected).toEqual(["cold_wave", "drought", "high_temperature", "water_scarcity", "wildfire"]);

  const flagged = [...compute([], 3)].filter(([, { flags }]) => flags.includes("crossedTemperatures"));
  expect(flagged.map(([risk]) => risk)).toEqual(["cold_wave", "drought", "high_temperature", "wildfire"]);
  expect([...compute([], 0).values()].flatMap(({ flags }) => flags)).not.toContain("crossedTemperatures");
});
