// Vectors that other packages publish, read where they lie beside the project; without them the tests are skipped by name.
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { DEFAULT_FIRE_WEATHER, fireWeather, makeFireWeatherArrays } from "../../../job/indices/fireWeather.ts";
import {
  CLIPPED_AT,
  makeStandardizingScratch,
  RAIN_DISTRIBUTION,
  standardize,
} from "../../../job/indices/standardizedIndex.ts";
import { slidingSums } from "../../../job/numerics/slidingSums.ts";
import { readNpy } from "../../support/npy.ts";

const DATA = new URL("../../../../shared/data/", import.meta.url);

describe.skipIf(!existsSync(new URL("cffdrs_fwi/", DATA)))("shared/data/cffdrs_fwi", () => {
  test("the stored results of cffdrs are met to their four digits", () => {
    const lines = readFileSync(new URL("cffdrs_fwi/fwi_01.csv", DATA), "utf8").trim().split(/\r?\n/).slice(1);
    const rows = lines.map((line) => line.split(",").map(Number));
    const column = (at: number) => Float64Array.from(rows, (row) => row[at]!);
    const arrays = makeFireWeatherArrays(rows.length);
    const month = Uint8Array.from(column(3));
    const weather = { temperature: column(5), humidity: column(6), wind: column(7), rain: column(8) };
    fireWeather({ latitude: rows[0]![1]!, month, ...weather }, DEFAULT_FIRE_WEATHER, arrays);
    const result = [arrays.dmc, arrays.dc, arrays.isi, arrays.bui, arrays.fwi];
    for (const [day, row] of rows.entries()) {
      for (const [at, values] of result.entries()) {
        const stored = row[10 + at]!;
        expect(Math.abs(values[day]! - stored)).toBeLessThanOrEqual(5.1e-4 * stored);
      }
    }
  });
});

describe.skipIf(!existsSync(new URL("climate_indices_spi_spei/", DATA)))("shared/data/climate_indices_spi_spei", () => {
  test.each([1, 6])("SPI-%d with gamma is that of climate_indices", (window) => {
    const rain = readNpy(new URL("climate_indices_spi_spei/precips_mm_monthly.npy", DATA));
    const stored = readNpy(new URL(`climate_indices_spi_spei/spi_0${window}_gamma.npy`, DATA));
    const years = rain.length / 12;
    const sums = new Float64Array(rain.length);
    const out = new Float64Array(rain.length);
    slidingSums(rain, window, sums);
    standardize(sums, RAIN_DISTRIBUTION, 0, years, "none", makeStandardizingScratch(years), out);
    let compared = 0;
    for (let month = 0; month < out.length; month++) {
      // climate_indices gives a dry sum the whole mass of the zeros, we its centre.
      if (sums[month] === 0) continue;
      if (Number.isNaN(sums[month]!)) expect(stored[month]).toBeNaN();
      else if (Math.abs(stored[month]!) < CLIPPED_AT) expect(Math.abs(out[month]! - stored[month]!)).toBeLessThan(1e-9);
      compared++;
    }
    expect(compared).toBeGreaterThan(1400);
  });
});
