// The compiled kernel of the heaviest rain of a year: its memory, filled with one series.
// assembly/heaviestRain.ts is its source; `npm run kernels` builds it.
import { readFileSync } from "node:fs";
import { type HeaviestRain, LONG_RAIN_DAYS, scalarHeaviestRain } from "../indices/scalarHeaviestRain.ts";

/** Byte offset, as in assembly/heaviestRain.ts; both results lie at 0. */
const RAIN = 64;
/** 153 years. */
const DAYS_MAX = 56_000;

interface Exports {
  readonly memory: WebAssembly.Memory;
  heaviestRain(first: number, end: number): void;
}

/** The same values as scalarHeaviestRain, several times faster; null where the engine has no SIMD. */
export function loadHeaviestRainKernel(): HeaviestRain | null {
  const bytes = readFileSync(new URL("heaviestRain.wasm", import.meta.url));
  if (!WebAssembly.validate(bytes)) return null;
  const kernel = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports as Exports;
  const found = new Float64Array(kernel.memory.buffer, 0, 2);
  const series = new Float64Array(kernel.memory.buffer, RAIN, DAYS_MAX);
  return (rain, yearStart, years, oneDay, fiveDays) => {
    if (rain.length > DAYS_MAX) {
      scalarHeaviestRain(rain, yearStart, years, oneDay, fiveDays);
      return;
    }
    series.set(rain);
    for (let year = 0; year < years; year++) {
      const end = yearStart[year + 1]!;
      const from = Math.min(end, Math.max(LONG_RAIN_DAYS - 1, yearStart[year]!));
      kernel.heaviestRain(from, end);
      let highest = found[0]!;
      for (let day = yearStart[year]!; day < from; day++) if (rain[day]! > highest) highest = rain[day]!;
      // 0 + makes a 0 of -0.
      oneDay[year] = highest === Number.NEGATIVE_INFINITY ? Number.NaN : 0 + highest;
      fiveDays[year] = found[1] === Number.NEGATIVE_INFINITY ? Number.NaN : 0 + found[1]!;
    }
  };
}
