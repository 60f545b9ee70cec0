// Seoul's station record through the risks, where it lies beside the project; without it the tests are skipped by name.
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { coldWave } from "../../../job/risks/coldWave.ts";
import { drought } from "../../../job/risks/drought.ts";
import { highTemperature } from "../../../job/risks/highTemperature.ts";
import type { CellInput, RiskDefinition } from "../../../job/risks/riskDefinition.ts";
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

  /** The record with every value of the later period changed. */
  function changedLater(variables: readonly Variable[], change: (value: number) => number): CellInput {
    const input = readSeoul();
    const from = input.axis.yearStart[LATER.firstYear - FIRST_YEAR]!;
    for (const variable of variables) {
      const values = input.daily.get(variable)!;
      for (let day = from; day < values.length; day++) values[day] = change(values[day]!);
    }
    return input;
  }
  const companion = (definition: RiskDefinition, input: CellInput, name: string) =>
    definition
      .compute(input)
      .map(({ hazard }) => hazard!.companions[definition.companions.findIndex((one) => one.name === name)]!);

  test("1 degree more in the later period moves its extremes by 1 degree and its hot days to those of 32 degrees", () => {
    const [base, later] = companion(highTemperature, readSeoul(), "TXx");
    const warmer = changedLater(["tasmax"], (degrees) => degrees + 1);
    expect(companion(highTemperature, warmer, "TXx").map((value) => value.toFixed(9))).toEqual(
      [base!, later! + 1].map((value) => value.toFixed(9)),
    );
    const { axis, daily } = readSeoul();
    const observed = daily.get("tasmax")!.subarray(axis.yearStart[LATER.firstYear - FIRST_YEAR]!);
    const hot = observed.filter((degrees) => degrees + 1 >= 33).length / (LAST_YEAR - LATER.firstYear + 1);
    expect(companion(highTemperature, warmer, "HD33")[1]).toBeCloseTo(hot, 9);
    const spells = (input: CellInput) => highTemperature.compute(input)[1]!.hazard!.value;
    expect(spells(warmer)).toBeGreaterThan(spells(readSeoul()));
    // The winter of 1990 ends in the later period, and counts to the base.
    const milder = companion(
      coldWave,
      changedLater(["tasmin"], (degrees) => degrees + 1),
      "TNn",
    )[1]!;
    expect(milder - companion(coldWave, readSeoul(), "TNn")[1]!).toBeCloseTo(1, 9);
  });

  test("a fifth more rain in all years leaves SPI-12 as it was, in later years alone it makes them wetter", () => {
    const input = readSeoul();
    const rain = input.daily.get("pr")!;
    const before = companion(drought, input, "SPI12");
    for (let day = 0; day < rain.length; day++) rain[day] = 1.2 * rain[day]!;
    companion(drought, input, "SPI12").forEach((value, at) => {
      expect(value).toBeCloseTo(before[at]!, 6);
    });
    const [same, wetter] = companion(
      drought,
      changedLater(["pr"], (mm) => 1.2 * mm),
      "SPI12",
    );
    expect(same).toBeCloseTo(before[0]!, 9);
    expect(wetter).toBeGreaterThan(before[1]! + 0.3);
  });
});
