// Series on their way from the database to the risks: three frequencies, a parent's years in front, one cell after another.
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ClimateSeries } from "../../database/climateLoad.ts";
import { prepareReading, readSeriesRows } from "../../database/climateReader.ts";
import { writeClimate } from "../../database/climateWriter.ts";
import { readScenarioSeries } from "../../database/scenarios.ts";
import { CellSeries } from "../../job/cellSeries.ts";
import { makeAxes } from "../../job/cellStream.ts";
import { daysInYear } from "../../model/calendars.ts";
import type { Frequency, Variable } from "../../model/variables.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";

const WANTED = { daily: ["pr"], monthly: ["pr", "SPEI12"], yearly: ["WSDI"] } as const;
const LENGTHS = { daily: (year: number) => daysInYear("standard", year), monthly: () => 12, yearly: () => 1 };

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

/** Every value of a year is the same, so that a value out of place is seen. */
async function write(
  scenario: string,
  frequency: Frequency,
  values: Partial<Record<Variable, number>>,
  firstYear: number,
  lastYear: number,
  latitude = 37.5,
): Promise<void> {
  const variables = Object.keys(values) as Variable[];
  const series: ClimateSeries = {
    frequency,
    variables,
    firstYear,
    lastYear,
    places: [{ latitude, longitude: 127 }],
    *yearsOf() {
      for (const variable of variables) {
        for (let year = firstYear; year <= lastYear; year++) {
          const value = values[variable]! + (year - firstYear);
          yield { variable, year, values: new Float32Array(LENGTHS[frequency](year)).fill(value) };
        }
      }
    },
  };
  await writeClimate(database.client, {
    grid: "test-grid",
    scenario: { name: scenario, parent: scenario === "past" ? undefined : { name: "past", firstYear: 2001 } },
    calendar: "standard",
    series,
    onConflict: "fail",
    failRunningBatches: false,
  });
}

/** Calls once per cell, in order, with the series of `future`. */
async function readFuture(onCell: (series: CellSeries) => void): Promise<void> {
  const { client } = database;
  const [description] = await readScenarioSeries(client, ["future"]);
  const series = new CellSeries(description!, WANTED, makeAxes()(description!));
  await prepareReading(client);
  const scenarioIds = description!.segments.map(({ scenarioId }) => scenarioId);
  let present = -1;
  const range = { firstCell: 1, lastCell: 1000, scenarioIds, linked: false, wanted: WANTED };
  await readSeriesRows(client, range, (cellId, scenarioId, frequency, variable, year, bytes, offset, length) => {
    if (present !== -1 && cellId !== present) {
      onCell(series);
      series.clear();
    }
    present = cellId;
    series.accept(scenarioId, frequency, variable, year, bytes, offset, length);
  });
  onCell(series);
}

test("each frequency of a variable is a series of its own, the parent's years in front, and nothing is left to the next cell", async () => {
  await write("past", "daily", { pr: 1, tas: 5 }, 1999, 2000);
  await write("past", "monthly", { pr: 10, SPEI12: -2 }, 1999, 2000);
  await write("past", "yearly", { WSDI: 20 }, 1999, 2001);
  await write("future", "daily", { pr: 100 }, 2001, 2001);
  await write("future", "monthly", { pr: 30 }, 2001, 2002);
  await write("future", "yearly", { WSDI: 40 }, 2001, 2002);
  await write("future", "yearly", { WSDI: 60 }, 2002, 2002, 38);
  await write("future", "monthly", { SPEI12: 11 }, 2002, 2002, 38);

  const result: unknown[] = [];
  await readFuture(({ axis, daily, monthly, yearly, implausible }) => {
    const startsOf = (values: Float64Array | undefined, starts: readonly number[]) =>
      values && starts.flatMap((at) => [values[at]!, values[at - 1]!].filter((value) => value !== undefined));
    result.push({
      daily: [
        [...daily.keys()],
        daily.get("pr")?.length,
        startsOf(daily.get("pr"), [0, axis.yearStart[1]!, axis.yearStart[2]!, axis.yearStart[3]!]),
      ],
      monthlyRain: startsOf(monthly.get("pr"), [0, 12, 24, 36, 48]),
      monthlyIndex: startsOf(monthly.get("SPEI12"), [0, 12, 24, 36, 48]),
      yearly: [...(yearly.get("WSDI") ?? [])],
      implausible: implausible.map(({ detail }) => detail),
    });
  });

  expect(result).toEqual([
    {
      daily: [["pr"], 365 + 366 + 365 + 365, [1, 2, 1, 100, 2, Number.NaN, 100]],
      monthlyRain: [10, 11, 10, 30, 11, 31, 30, 31],
      monthlyIndex: [-2, -1, -2, Number.NaN, -1, Number.NaN, Number.NaN, Number.NaN],
      yearly: [20, 21, 40, 41],
      implausible: [],
    },
    {
      daily: [[], undefined, undefined],
      monthlyRain: undefined,
      monthlyIndex: [Number.NaN, Number.NaN, Number.NaN, Number.NaN, Number.NaN, 11, Number.NaN, 11],
      yearly: [Number.NaN, Number.NaN, Number.NaN, 60],
      implausible: ["SPEI12 is 11 1 in month 1 of 2002; expected -10 to 10 1"],
    },
  ]);
});
