// What risks make of a provider's ready-made indices and monthly fields, where there are no daily series.

import { describe, expect, test } from "vitest";
import { coldWave } from "../../../job/risks/coldWave.ts";
import { drought } from "../../../job/risks/drought.ts";
import { highTemperature } from "../../../job/risks/highTemperature.ts";
import { waysOf } from "../../../model/riskInputs.ts";
import { CellBuilder } from "../../support/dailyWeather.ts";

const BASE = { firstYear: 2001, lastYear: 2020 };
const FUTURE = { firstYear: 2021, lastYear: 2040 };
/** Data of `ph_kde` in the methods page; golden by an independent computation there (amendment A1). */
const SPELL_DAYS = [0, 0, 6, 0, 7, 14, 0, 9, 22, 6, 0, 31, 12, 0, 8, 17, 6, 45, 0, 11];
const SPELL_PROBABILITIES = [0.35, 0.273732174, 0.222214995, 0.11179142, 0.042257231, 0.000004181];

const bare = (firstYear = 2000) => new CellBuilder("standard", firstYear, 2040, BASE).periods(BASE, FUTURE);
/** The year in the tens and units, so that every year of a period differs. */
const spellDaysOf = (year: number) => SPELL_DAYS[year % 20]!;

describe("yearly spell indices", () => {
  test("the golden WSDI values give their probabilities and the score of their mean, and say where they come from", () => {
    const [base, future] = highTemperature.compute(bare().yearly("WSDI", spellDaysOf).build());
    for (const result of [base!, future!]) {
      expect(result.reason).toBeNull();
      expect(result.input).toBe("WSDI yearly");
      expect(result.flags).toEqual(["inBaseUnknown", "calendarYearIndex"]);
      expect(result.yearsUsed).toBe(20);
      result.probability!.probabilities.forEach((p, bin) => {
        expect(p).toBeCloseTo(SPELL_PROBABILITIES[bin]!, 8);
      });
      expect(result.probability!.counts).toEqual([7, 6, 4, 2, 1, 0]);
      expect(result.hazard!.value).toBeCloseTo(9.7, 12);
      expect(result.hazard!.score).toBeCloseTo(20 + (20 * 3.7) / 9, 12);
    }
  });

  test("no level of the highest temperature and no hot days are reported without daily temperatures", () => {
    const [base] = highTemperature.compute(bare().yearly("WSDI", spellDaysOf).build());
    expect(base!.probability!.returnLevels).toEqual(new Array(8).fill(Number.NaN));
    expect(base!.hazard!.companions).toEqual([Number.NaN, Number.NaN, Number.NaN]);
    expect(base!.block).toBeNull();
  });

  test("CSDI serves cold wave, and a year without a value does not count", () => {
    const [base, future] = coldWave.compute(
      bare()
        .yearly("CSDI", (year) => (year < 7 ? Number.NaN : spellDaysOf(year)))
        .build(),
    );
    expect([base!.input, base!.yearsUsed, base!.flags.includes("lowSample")]).toEqual(["CSDI yearly", 14, true]);
    expect(future!.yearsUsed).toBe(20);
  });

  test("no base period is needed: a future alone has its numbers", () => {
    const [base, future] = highTemperature.compute(bare(2021).yearly("WSDI", spellDaysOf).build());
    expect([base!.reason, base!.yearsUsed]).toEqual(["tooFewYears", 0]);
    expect([future!.reason, future!.hazard!.value]).toEqual([null, expect.closeTo(9.7, 12)]);
  });

  test("daily temperatures are preferred, but not where they have no base period", () => {
    const both = (firstYear: number) => {
      const cell = new CellBuilder("standard", firstYear, 2040, BASE).periods(FUTURE);
      return highTemperature.compute(cell.weather(1).yearly("WSDI", spellDaysOf).build())[0]!.input;
    };
    expect(both(2000)).toBe("tasmax daily");
    expect(both(2010)).toBe("WSDI yearly");
  });
});

describe("drought from monthly series", () => {
  /** Drier by a tenth each year of the decade, in August; -1 in all other months. */
  const speiOf = (month: number) => (month % 12 === 7 ? -1.05 - 0.1 * (Math.floor(month / 12) % 10) : -1);

  test("a provider's SPEI-12 is read by its driest month of the year", () => {
    const [, future] = drought.compute(bare().monthly("SPEI12", speiOf).build());
    expect([future!.input, future!.flags]).toEqual(["SPEI12 monthly", ["inBaseUnknown"]]);
    expect(future!.hazard!.value).toBeCloseTo(-1.5, 12);
    expect(future!.probability!.counts).toEqual([0, 10, 10, 0, 0]);
    // Months at or below -2, at or below -1.5, and rain alone, which was not given.
    expect(future!.hazard!.companions).toEqual([0, 0.5, Number.NaN]);
  });

  test("values beyond the clip are held at it and flagged, and a year with a gap does not count", () => {
    const [, future] = drought.compute(
      bare()
        .monthly("SPEI12", (month) => (month === 12 * 25 ? -4.2 : month === 12 * 30 + 3 ? Number.NaN : speiOf(month)))
        .build(),
    );
    expect(future!.flags).toContain("clippedIndex");
    expect(future!.yearsUsed).toBe(19);
  });

  test("monthly means of the same weather give nearly the drought of its days", () => {
    const daily = bare().weather(3).build();
    const { axis } = daily;
    const means = (values: Float64Array) => {
      const sums = new Float64Array(axis.years * 12);
      const counts = new Float64Array(axis.years * 12);
      for (let year = 0, day = 0; year < axis.years; year++) {
        for (; day < axis.yearStart[year + 1]!; day++) {
          sums[12 * year + axis.month[day]! - 1]! += values[day]!;
          counts[12 * year + axis.month[day]! - 1]! += 1;
        }
      }
      return (month: number) => sums[month]! / counts[month]!;
    };
    const monthly = bare();
    for (const name of ["pr", "tasmin", "tasmax", "tas"] as const) monthly.monthly(name, means(daily.daily.get(name)!));
    const [fromDays] = drought.compute(daily);
    const [fromMonths] = drought.compute(monthly.build());
    expect(fromMonths!.input).toBe("pr, tasmin, tasmax monthly");
    expect(fromMonths!.hazard!.value).toBeCloseTo(fromDays!.hazard!.value, 1);
    // Rain is exactly the same, month by month, so SPI-12 is.
    expect(fromMonths!.hazard!.companions[2]).toBeCloseTo(fromDays!.hazard!.companions[2]!, 9);
  });

  test("the mean temperature alone serves by Thornthwaite, the ready-made index where there is no base period", () => {
    const rain = (month: number) => 2 + (month % 12) / 6 + ((month * 7) % 5) / 10;
    const warmth = (month: number) => 12 - 12 * Math.cos((2 * Math.PI * (month % 12)) / 12) + ((month * 3) % 7) / 10;
    const whole = bare().monthly("pr", rain).monthly("tas", warmth);
    const [base] = drought.compute(whole.build());
    expect([base!.input, base!.reason, base!.flags]).toEqual(["pr, tas monthly", null, ["thornthwaite"]]);
    const late = bare(2015).monthly("pr", rain).monthly("tas", warmth);
    expect(drought.compute(late.build())[1]!.reason).toBe("noBasePeriod");
    expect(drought.compute(late.monthly("SPEI12", speiOf).build())[1]!.input).toBe("SPEI12 monthly");
  });
});

test("a row's input is one of those the risk says it accepts", () => {
  const rows = [
    highTemperature.compute(bare().yearly("WSDI", spellDaysOf).build()),
    highTemperature.compute(bare().weather(1).build()),
    drought.compute(bare().weather(1).build()),
  ];
  const accepted = (["high_temperature", "drought"] as const)
    .flatMap((risk) => waysOf("published", risk))
    .map(({ text }) => text);
  for (const [row] of rows) expect(accepted).toContain(row!.input);
});
