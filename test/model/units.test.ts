import { describe, expect, test } from "vitest";
import { conversionOf, convert, readUnit, unitsOf, unitsOption } from "../../model/units.ts";
import { VARIABLE_NAMES, VARIABLES, type Variable } from "../../model/variables.ts";

const inCanonicalUnit = (value: number, unit: string, variable: Variable, days = 1) =>
  convert(value, conversionOf(variable, unit, "a.csv"), days);

describe("conversions to the canonical unit", () => {
  const rows: readonly [value: number, unit: string, variable: Variable, expected: number][] = [
    [273.15, "K", "tas", 0],
    [-40, "degF", "tasmin", -40],
    [212, "degF", "tas", 100],
    [21.5, "degC", "tasmax", 21.5],
    [1 / 86400, "kg m-2 s-1", "pr", 1],
    [2, "mm h-1", "pr", 48],
    [12.5, "mm d-1", "pr", 12.5],
    [12.5, "mm", "pr", 12.5],
    [1.25, "cm", "pr", 12.5],
    [0.0125, "m", "pr", 12.5],
    [0.655, "1", "hurs", 65.5],
    [65.5, "%", "hursmin", 65.5],
    [36, "km h-1", "sfcWind", 10],
    [100, "kt", "sfcWind", 51.4444444],
    [10, "mi h-1", "sfcWind", 4.4704],
    [31.4, "cm", "zos", 0.314],
    [0.1, "m", "Rx1day", 100],
    [8.64, "MJ m-2", "rsds", 100],
    [8.64, "MJ m-2 d-1", "rsds", 100],
    [6, "days", "WSDI", 6],
    [2.5, "km3/yr", "withdrawal", 2.5e9],
  ];
  test.for(rows)("%d %s of %s is %d", ([value, unit, variable, expected]) => {
    expect(inCanonicalUnit(value, unit, variable)).toBeCloseTo(expected, 6);
  });

  test("an amount is divided by the days of its time step, a rate is not", () => {
    expect(inCanonicalUnit(310, "mm", "pr", 31)).toBe(10);
    expect(inCanonicalUnit(310, "mm d-1", "pr", 31)).toBe(310);
  });

  test("the height of a day's or a year's highest rain, or of the sea, is no amount to be divided", () => {
    expect(inCanonicalUnit(120, "mm", "Rx1day", 365)).toBe(120);
    expect(inCanonicalUnit(50, "cm", "zos", 30)).toBe(0.5);
  });

  test("the canonical unit of every variable is known and changes nothing", () => {
    for (const variable of VARIABLE_NAMES) {
      expect(unitsOf(variable)).toContain(VARIABLES[variable].unit);
      expect(inCanonicalUnit(12.3, VARIABLES[variable].unit, variable)).toBe(12.3);
    }
  });
});

describe("spellings", () => {
  const rows: readonly [text: string, unit: string | undefined][] = [
    ["°C", "degC"],
    ["℃", "degC"],
    ["Celsius", "degC"],
    ["kelvin", "K"],
    ["kg m**-2 s**-1", "kg m-2 s-1"],
    ["kg·m^-2·s^-1", "kg m-2 s-1"],
    ["kg.m-2.s-1", "kg m-2 s-1"],
    ["kg m⁻² s⁻¹", "kg m-2 s-1"],
    ["mm/day", "mm d-1"],
    ["  mm   d-1 ", "mm d-1"],
    ["m/s", "m s-1"],
    ["knots", "kt"],
    ["1", "1"],
    ["furlong", undefined],
    ["", undefined],
  ];
  test.for(rows)('"%s" is %s', ([text, unit]) => {
    expect(readUnit(text)).toBe(unit);
  });
});

describe("refusals", () => {
  test("an unknown unit is answered with the units of its variable", () => {
    expect(() => conversionOf("pr", "furlong", 'a.csv: column "rain"')).toThrow(
      'a.csv: column "rain": expected a unit of pr (mm d-1, mm h-1, kg m-2 s-1, cm d-1, m d-1, mm, cm, m), but got "furlong". Say what the file holds: --units pr=UNIT.',
    );
  });

  test("a unit of another quantity is refused as such", () => {
    expect(() => conversionOf("sfcWind", "K", "--units sfcWind=K")).toThrow(
      '--units sfcWind=K: expected a unit of sfcWind (m s-1, km h-1, kt, mi h-1), but got "K", a unit of temperature.',
    );
  });

  test("a standardised index takes no percentages", () => {
    expect(() => conversionOf("SPEI12", "%", "a.csv")).toThrow('expected a unit of SPEI12 (1), but got "%"');
  });

  test("an option with a blank in it is quoted as a shell wants it", () => {
    expect(unitsOption("pr", "mm d-1")).toBe('--units "pr=mm d-1"');
    expect(unitsOption("tas", "K")).toBe("--units tas=K");
  });
});
