// Seoul's station record through the risks, where it lies beside the project; without it the tests are skipped by name.
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { drought } from "../../../job/risks/drought.ts";
import type { CellInput } from "../../../job/risks/riskDefinition.ts";
import { wildfire } from "../../../job/risks/wildfire.ts";
import { makeTimeAxis } from "../../../job/timeAxis.ts";
import type { Variable } from "../../../model/variables.ts";
import { dayAt } from "../../support/temperatureSeries.ts";

const RECORD = new URL(
  "../../../../shared/data/seoul_asos_1907_2020/OBS_ASOS_DD_19071001-20200609.csv",
  import.meta.url,
);
const FIRST_YEAR = 1955;
const LAST_YEAR = 2019;
const BASE = { firstYear: 1961, lastYear: 1990 };
const LATER = { firstYear: 1991, lastYear: 2019 };
const COLUMNS: Partial<Record<Variable, number>> = { tas: 1, tasmin: 2, tasmax: 3, pr: 4, sfcWind: 7, hurs: 8 };

function readSeoul(): CellInput {
  const axis = makeTimeAxis("standard", FIRST_YEAR, LAST_YEAR);
  const daily = new Map<Variable, Float64Array>();
  for (const line of readFileSync(RECORD, "utf8").split(/\r?\n/).slice(1)) {
    const cells = line.split(",");
    const [year, month, day] = cells[0]!.split("-").map(Number) as [number, number, number];
    if (!(year >= FIRST_YEAR && year <= LAST_YEAR)) continue;
    for (const [variable, column] of Object.entries(COLUMNS) as [Variable, number][]) {
      const values = daily.get(variable) ?? new Float64Array(axis.month.length).fill(Number.NaN);
      daily.set(variable, values);
      // The agency writes no rain as a blank.
      const text = cells[column]!;
      values[dayAt(axis, year, month, day)] = text === "" ? (variable === "pr" ? 0 : Number.NaN) : Number(text);
    }
  }
  return {
    latitude: 37.57,
    longitude: 126.97,
    axis,
    daily,
    monthly: new Map(),
    yearly: new Map(),
    attributes: new Map(),
    basePeriod: BASE,
    baseSpliced: false,
    periods: [BASE, LATER],
  };
}

describe.skipIf(!existsSync(RECORD))("shared/data/seoul_asos_1907_2020", () => {
  test("mean FWI95 with the humidity proxy is 19.2, then 21.7, which scores 56 and 60", () => {
    const [base, later] = wildfire.compute(readSeoul());
    expect(base?.flags).toContain("humidityProxy");
    expect([base?.hazard?.value.toFixed(1), later?.hazard?.value.toFixed(1)]).toEqual(["19.2", "21.7"]);
    expect([base?.hazard?.score.toFixed(0), later?.hazard?.score.toFixed(0)]).toEqual(["56", "60"]);
  });

  test("the base period's driest months are those of an unchanged climate, about -0.84", () => {
    const [base] = drought.compute(readSeoul());
    expect(Math.abs(base!.hazard!.value + 0.84)).toBeLessThan(0.3);
  });
});
