// A result depends on the own inputs of its cell and risk, and on nothing else that a database holds.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { writeClimate } from "../../database/climateWriter.ts";
import { coldWave } from "../../job/risks/coldWave.ts";
import { drought } from "../../job/risks/drought.ts";
import { highTemperature } from "../../job/risks/highTemperature.ts";
import { inlandFlood } from "../../job/risks/inlandFlood.ts";
import type { CellInput, RiskDefinition, SeriesOf } from "../../job/risks/riskDefinition.ts";
import { urbanFlood } from "../../job/risks/urbanFlood.ts";
import { waterScarcity } from "../../job/risks/waterScarcity.ts";
import { wildfire } from "../../job/risks/wildfire.ts";
import { makeTimeAxis } from "../../job/timeAxis.ts";
import type { Attribute } from "../../model/attributes.ts";
import type { Calendar } from "../../model/calendars.ts";
import type { Variable } from "../../model/variables.ts";
import { digestExports, RUN } from "../support/batches.ts";
import { cli } from "../support/cli.ts";
import { GRID, placeOf, writePastAndFuture } from "../support/climate.ts";
import { CellBuilder } from "../support/dailyWeather.ts";
import { createTestDatabase } from "../support/database.ts";

const BASE = { firstYear: 1981, lastYear: 2005 };
const LATE = { firstYear: 2021, lastYear: 2040 };
const FIRST_YEAR = 1978;
const LAST_YEAR = 2041;

const GROUND: Partial<Record<Attribute, number>> = {
  cellArea: 1000,
  heightAboveDrainage: 0.5,
  upstreamArea: 500,
  imperviousFraction: 0.7,
  burnableFraction: 0.5,
};

function cellOf(seed: number, calendar: Calendar): CellBuilder {
  const builder = new CellBuilder(calendar, FIRST_YEAR, LAST_YEAR, BASE).weather(seed).periods(BASE, LATE);
  for (const [name, value] of Object.entries(GROUND)) builder.attribute(name as Attribute, value);
  return builder;
}

/** The same cell in a database that also has earlier and later years, and other series there. */
function within(input: CellInput, years: { before: number; after: number }, foreign: readonly Variable[]): CellInput {
  const { axis } = input;
  const wide = makeTimeAxis(
    axis.calendar,
    axis.firstYear - years.before,
    axis.firstYear + axis.years - 1 + years.after,
  );
  const widened = (series: SeriesOf, start: number, length: number) =>
    new Map(
      [...series].map(([name, values]) => {
        const all = new Float64Array(length).fill(Number.NaN);
        all.set(values, start);
        return [name, all] as const;
      }),
    );
  const days = wide.yearStart[wide.years]!;
  const yearly = new Map(widened(input.yearly, years.before, wide.years));
  for (const variable of foreign) yearly.set(variable, new Float64Array(wide.years).fill(1000));
  return {
    ...input,
    axis: wide,
    daily: widened(input.daily, wide.yearStart[years.before]!, days),
    monthly: widened(input.monthly, years.before * 12, wide.years * 12),
    yearly,
  };
}

const RISKS: readonly [string, RiskDefinition, (cell: CellBuilder) => CellBuilder, readonly Variable[]][] = [
  ["high temperature", highTemperature, (cell) => cell, ["withdrawal", "CSDI"]],
  [
    "high temperature of a provider",
    highTemperature,
    (cell) => cell.without("tasmax").yearly("WSDI", (y) => y % 9),
    ["CSDI"],
  ],
  ["cold wave", coldWave, (cell) => cell, ["withdrawal", "WSDI"]],
  ["drought", drought, (cell) => cell, ["withdrawal", "Rx1day"]],
  ["drought of a provider", drought, (cell) => cell.without("pr").monthly("SPEI12", (m) => Math.sin(m)), ["Rx1day"]],
  ["wildfire", wildfire, (cell) => cell, ["withdrawal", "Rx1day"]],
  ["wildfire by a humidity proxy", wildfire, (cell) => cell.without("hursmin"), ["withdrawal"]],
  ["inland flood", inlandFlood, (cell) => cell, ["withdrawal", "WSDI"]],
  [
    "inland flood of a provider",
    inlandFlood,
    (cell) => cell.without("pr").yearly("Rx1day", (y) => 90 + ((y * 37) % 80)),
    ["WSDI"],
  ],
  ["urban flood", urbanFlood, (cell) => cell, ["withdrawal", "RAIN80"]],
  ["water scarcity", waterScarcity, (cell) => cell.yearly("withdrawal", () => 4e8), ["Rx1day", "WSDI"]],
];

describe.each(RISKS)("%s", (_, definition, prepare, foreign) => {
  test.each(["noleap", "360_day"] as const)("is the same bytes whatever else is there, %s", (calendar) => {
    const input = prepare(cellOf(7, calendar)).build();
    const alone = definition.compute(input);
    expect(alone.map(({ reason }) => reason)).toEqual([null, null]);
    fc.assert(
      fc.property(fc.nat(60), fc.nat(100), (before, after) => {
        expect(definition.compute(within(input, { before, after }, foreign))).toEqual(alone);
      }),
      { numRuns: 4 },
    );
  });
});

test("published results stay the same bytes when other cells, grids, variables and years are added", async () => {
  await using database = await createTestDatabase();
  const { client, url } = database;
  await writePastAndFuture(client, { cells: 3 });
  const run = [...RUN, "--grid", GRID];
  expect((await cli(url, ...run)).code).toBe(0);
  const alone = await digestExports(client);

  const other = { calendar: "standard", onConflict: "fail", failRunningBatches: false } as const;
  const place = { latitude: 50, longitude: 10 };
  const yearly = { frequency: "yearly", variables: ["withdrawal"] } as const;
  function* withdrawalIn(year: number) {
    yield { variable: "withdrawal" as const, year, values: Float32Array.of(1e8) };
  }
  await writeClimate(client, {
    ...other,
    grid: GRID,
    scenario: { name: "future", parent: { name: "past", firstYear: 2006 } },
    series: { ...yearly, firstYear: 2130, lastYear: 2130, places: [placeOf(1)], yearsOf: () => withdrawalIn(2130) },
  });
  await writeClimate(client, {
    ...other,
    grid: "another",
    scenario: { name: "past", parent: undefined },
    series: { ...yearly, firstYear: 1850, lastYear: 1850, places: [place], yearsOf: () => withdrawalIn(1850) },
  });
  await writePastAndFuture(client, { cells: 2, grid: "third" });
  expect((await cli(url, ...run)).code).toBe(0);
  expect(await digestExports(client)).toEqual(alone);
});
