// `climatebatch index` as a process: series whose values are readable here, and goldens through files.
import { describe, expect, test } from "vitest";
import { accepted, BASE, computed, isOn, SEOUL, valuesIn } from "../support/climateIndex.ts";
import { climatebatch } from "../support/commandLine.ts";
import { type Day, dailyLines } from "../support/dailyFile.ts";
import { readGolden } from "../support/golden.ts";
import { goldenTemperature } from "../support/temperatureSeries.ts";

describe("idealised series", () => {
  const tasmax = (valueOn: (day: Day) => number | null) =>
    dailyLines(["tasmax"], "standard", 2001, 2022, (day) => [valueOn(day)]);

  test("WSDI counts six hot days in a row, and not five", async () => {
    const hot = ["06-11", "06-12", "06-13", "06-14", "06-15"].flatMap((day) => [`2021-${day}`, `2022-${day}`]);
    const values = await computed(
      tasmax((day) => (isOn(day, ...hot, "2022-06-16") ? 30 : 20)),
      "WSDI",
      ...SEOUL,
      ...BASE,
    );
    expect(values).toMatchObject({ 2020: 0, 2021: 0, 2022: 6 });
  });

  test("TX90p is the percentage of the valid days", async () => {
    // 2021 is hotter than every base year on its first 73 days, and lacks four days later on.
    const isHot = ({ year, month, day }: Day) => year === 2021 && (month < 3 || (month === 3 && day <= 14));
    const values = await computed(
      tasmax((day) =>
        isOn(day, "2021-06-01", "2021-07-01", "2021-08-01", "2021-09-01") ? null : isHot(day) ? 30 : 20,
      ),
      "TX90p",
      ...SEOUL,
      ...BASE,
    );
    expect(values[2021]).toBeCloseTo((100 * 73) / 361, 12);
    expect(values).toMatchObject({ 2001: 0, 2020: 0, 2022: 0 });
  });

  test("one of three hottest base years exceeds the threshold made without it, and not the one made with it", async () => {
    // 125 values, 15 of them hot: the 90th percentile lies at the 113th, and without one of the years at the 108th of 120.
    const lines = dailyLines(["tasmax"], "standard", 1998, 2022, ({ year }) => [
      year >= 2005 && year <= 2007 ? 21 : 20,
    ]);
    const base = ["--base-period", "1998-2022", ...SEOUL];
    expect(await computed(lines, "TX90p", ...base)).toMatchObject({ 2004: 0, 2005: 100, 2006: 100, 2007: 100 });
    expect(await computed(lines, "TX90p", ...base, "--in-base", "none")).toMatchObject({ 2004: 0, 2005: 0, 2006: 0 });
  });

  test("HD33 counts 33 degC, not 32.9", async () => {
    const values = await computed(
      tasmax((day) => (isOn(day, "2002-08-01", "2002-08-20") ? 33 : isOn(day, "2002-08-02") ? 32.9 : 20)),
      "HD33",
      ...SEOUL,
    );
    expect(values).toMatchObject({ 2001: 0, 2002: 2 });
  });

  test("south of the equator the warm season's years begin in July", async () => {
    const lines = tasmax((day) => (isOn(day, "2002-01-01", "2002-12-01") ? 35 : 20));
    const south = ["--latitude", "-33.9", "--longitude", "151.2"];
    expect(await computed(lines, "HD33", ...south)).toMatchObject({ 2001: 1, 2002: 1, 2022: null });
    expect(await computed(lines, "HD33", ...south, "--year", "calendar")).toMatchObject({ 2001: 0, 2002: 2, 2022: 0 });
  });

  test("CW12 keeps a winter together, unless calendar years are requested", async () => {
    const lines = dailyLines(["tasmin"], "standard", 2001, 2003, (day) => [
      isOn(day, "2001-12-31", "2002-01-01") ? -12 : 0,
    ]);
    expect(await computed(lines, "CW12", ...SEOUL)).toEqual({ 2001: 2, 2002: 0, 2003: null });
    expect(await computed(lines, "CW12", ...SEOUL, "--year", "calendar")).toEqual({ 2001: 1, 2002: 1, 2003: 0 });
  });

  const rain = (valueOn: (day: Day) => number | null) =>
    dailyLines(["pr"], "standard", 2001, 2002, (day) => [valueOn(day)]);

  test("Rx1day and Rx5day have the digits of the file, five days over the new year in the year they end in", async () => {
    const lines = rain((day) => (isOn(day, "2001-12-30", "2001-12-31", "2002-01-01") ? 10.1 : 0));
    expect(await computed(lines, "Rx1day", ...SEOUL)).toEqual({ 2001: 10.1, 2002: 10.1 });
    const fiveDays = await computed(lines, "Rx5day", ...SEOUL);
    expect(fiveDays[2001]).toBeCloseTo(20.2, 12);
    expect(fiveDays[2002]).toBeCloseTo(30.3, 12);
  });

  test("a year that misses four days of a month is empty, one that misses three is not", async () => {
    const missing = ["2001-03-01", "2001-03-02", "2001-03-03", "2002-03-01", "2002-03-02", "2002-03-03", "2002-03-04"];
    const lines = rain((day) => (isOn(day, ...missing) ? null : 1));
    expect(await computed(lines, "Rx1day", ...SEOUL)).toEqual({ 2001: 1, 2002: null });
  });

  test("a file without 29 February is on a calendar without leap days, a 360-day year counts for 365", async () => {
    const hot = (day: Day) => [day.month === 7 ? 34 : 20];
    const noleap = await climatebatch(
      { "in.csv": dailyLines(["tasmax"], "noleap", 2003, 2005, hot).join("\n") },
      ..."index HD33 --input in.csv --output -".split(" "),
      ...SEOUL,
    );
    expect(noleap.stderr).toMatch(/calendar noleap \(2004 has no 29 February\)/);
    expect(valuesIn(noleap.stdout)).toEqual({ 2003: 31, 2004: 31, 2005: 31 });
    const months = await computed(dailyLines(["tasmax"], "360_day", 2003, 2004, hot), "HD33", ...SEOUL);
    expect(months[2003]).toBeCloseTo((30 * 365) / 360, 12);
  });

  test("SPI12 of a year as wet as none before is high, and of one without any rain the probability of a zero", async () => {
    // Base years have 1.0, 1.1 … 2.9 mm a day; then a year without rain.
    const lines = dailyLines(["pr"], "noleap", 2000, 2022, ({ year }) => [
      year === 2021 ? 0 : year === 2022 ? 9 : 1 + (year - 2001) / 10,
    ]);
    const values = await computed(lines, "SPI12", ...SEOUL, ...BASE);
    expect(Object.keys(values)).toHaveLength(23 * 12);
    expect([values["2000-01"], values["2000-11"]]).toEqual([null, null]);
    // Φ⁻¹((0 + 1) / (2 (20 + 1))), and the cut at 0.999.
    expect(values["2021-12"]).toBeCloseTo(-1.981, 3);
    expect(values["2022-12"]).toBe(3.09);
  });
});

describe("goldens through files", () => {
  const golden = readGolden<unknown, Record<string, number[]>>("spells-noleap").expected;
  const series = goldenTemperature(40 * 365);
  const lines = dailyLines(["tasmax", "tasmin"], "noleap", 2001, 2040, ({ at }) => [series[at]!, series[at]!]);
  const inBase = ["--base-period", "2001-2030", ...SEOUL];

  test("WSDI and CSDI of the golden case are its counts", async () => {
    const asPackages = [...inBase, "--in-base", "none", "--year", "calendar"];
    expect(Object.values(await computed(lines, "WSDI", ...asPackages))).toEqual(golden.WSDI);
    expect(Object.values(await computed(lines, "CSDI", ...asPackages))).toEqual(golden.CSDI);
    expect(Object.values(await computed(lines, "WSDI", ...inBase)).slice(0, 30)).toEqual(
      golden.WSDI_base_leave_one_out,
    );
  });

  test("--year-end across --in-base none --year calendar gives xclim's counts, hazard years those of YS-JUL", async () => {
    const xclim = readGolden<unknown, Record<string, number[]>>("spells-xclim").expected;
    const across = [...inBase, "--in-base", "none", "--year-end", "across"];
    expect(Object.values(await computed(lines, "WSDI", ...across, "--year", "calendar"))).toEqual(xclim.WSDI_YS);
    expect(Object.values(await computed(lines, "CSDI", ...across, "--year", "calendar"))).toEqual(xclim.CSDI_YS);
    expect(Object.values(await computed(lines, "CSDI", ...across))).toEqual([...xclim.CSDI_YS_JUL!, null]);
  });

  test("SPEI12 of the golden balance is its reference within 1e-9", async () => {
    const { input, expected } = readGolden<{ balance: number[] }, { columns: string[]; spei: (number | null)[] }>(
      "spei12",
    );
    // A day without a range of temperature evaporates nothing, and a constant added to every sum changes no SPEI.
    const monthDays = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    const weather = dailyLines(["pr", "tasmin", "tasmax"], "noleap", 2001, 2040, ({ year, month }) => {
      const balance = input.balance[(year - 2001) * 12 + month - 1]!;
      return [(balance + 200) / monthDays[month - 1]!, 10, 10];
    });
    const values = Object.values(await computed(weather, "SPEI12", ...inBase, "--in-base", "none"));
    expect(values).toHaveLength(expected.spei.length);
    for (const [month, wanted] of expected.spei.entries()) {
      if (wanted === null) expect(values[month]).toBeNull();
      // Beyond ±3.09 the product cuts.
      else if (Math.abs(wanted) > 3.09) expect(values[month]).toBe(3.09 * Math.sign(wanted));
      else expect(Math.abs(values[month]! - wanted), `month ${month}`).toBeLessThanOrEqual(1e-9);
    }
  });

  describe("the 48 days of Van Wagner and Pickett", () => {
    const { input, expected } = readGolden<
      { rows: [number, number, number, number, number, number][] },
      { columns: string[]; coefficientExact: number[][]; coefficientPrinted: number[][] }
    >("fwi-standard-days");
    const header = "date,tasmax,hursmin,sfcWind (km/h),pr";
    const two = (part: number) => String(part).padStart(2, "0");
    const days = input.rows.map(([month, day, ...weather]) => `1985-${two(month)}-${two(day)},${weather.join(",")}`);
    const fwi = expected.columns.indexOf("FWI");

    test.each([
      { coefficient: "147.27723", table: expected.coefficientExact },
      { coefficient: "147.2", table: expected.coefficientPrinted },
    ])("have the published FWI by the coefficient $coefficient", async ({ coefficient, table }) => {
      const place = ["--latitude", "40", "--longitude", "-75"];
      const values = await computed([header, ...days], "FWI", ...place, "--ffmc-coefficient", coefficient);
      const present = Object.entries(values).filter(([, value]) => value !== null);
      expect([present[0]![0], present.at(-1)![0], present.length]).toEqual(["1985-04-13", "1985-05-30", 48]);
      for (const [day, [date, value]] of present.entries()) {
        expect(Math.abs(value! / table[day]![fwi]! - 1), date).toBeLessThanOrEqual(1e-9);
      }
    });
  });
});

describe("humidity", () => {
  const weather = (...columns: readonly [name: string, value: number][]) =>
    dailyLines(["tasmax", "pr", "sfcWind", ...columns.map(([name]) => name)], "noleap", 2001, 2002, () => [
      25,
      0,
      3,
      ...columns.map(([, value]) => value),
    ]).join("\n");
  const last = async (file: string, ...words: string[]) => {
    const { read, stderr } = await accepted({ "in.csv": file }, "FWI", ...SEOUL, ...words);
    return { stderr, fwi: valuesIn(read("out.csv"))["2002-12-31"]! };
  };

  test("is hursmin, else the estimate, else the one requested, and standard error says which", async () => {
    const hursmin = await last(weather(["hurs", 60], ["hursmin", 40], ["tas", 20]));
    const estimate = await last(weather(["hurs", 60], ["tas", 20]));
    const mean = await last(weather(["hurs", 60], ["hursmin", 40], ["tas", 20]), "--humidity", "hurs");
    expect(hursmin.stderr).toMatch(/humidity: hursmin/);
    expect(estimate.stderr).toMatch(/humidity: estimated from hurs, tas and tasmax/);
    expect(mean.stderr).toMatch(/humidity: the daily mean hurs as it is/);
    // 60 % at 20 degC is 44 % at 25 degC.
    expect(mean.fwi).toBeLessThan(estimate.fwi);
    expect(estimate.fwi).toBeLessThan(hursmin.fwi);
  });

  test("FWI95 of years all alike is their FWI, the first year left out", async () => {
    const { read } = await accepted({ "in.csv": weather(["hursmin", 99]) }, "FWI95", ...SEOUL);
    const values = valuesIn(read("out.csv"));
    expect(values[2001]).toBeNull();
    expect(values[2002]).toBeGreaterThan(0);
  });
});
