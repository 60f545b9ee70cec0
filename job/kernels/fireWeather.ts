// The compiled kernel of the Canadian Fire Weather Index System: its memory, filled and read a chunk of days at a time.
// assembly/fireWeather.ts is its source; `npm run kernels` builds it.
import { readFileSync } from "node:fs";
import type { FireWeatherCore, MoistureCodes } from "../indices/fireWeatherCore.ts";

const CHUNK = 512;
/** Byte offsets, as in assembly/fireWeather.ts. */
const DUFF_DAY_LENGTH = 128;
const DROUGHT_DAY_LENGTH = 224;
const SERIES = 2048;
const MISSING = SERIES + 10 * 8 * CHUNK;
const MONTH = MISSING + CHUNK;

const STATE_LENGTH = 5;
const MONTHS = 12;
const WEATHER = ["temperature", "humidity", "wind", "rain"] as const;
const CODES = ["moisture", "dmc", "dc"] as const;
const INDICES = ["isi", "bui", "fwi"] as const;

interface Exports {
  readonly memory: WebAssembly.Memory;
  codes(days: number): void;
  behaviour(days: number): void;
}

/** The same bits as scalarFireWeather, several times faster; null where the engine has no SIMD. */
export function loadFireWeatherKernel(): FireWeatherCore | null {
  const bytes = readFileSync(new URL("fireWeather.wasm", import.meta.url));
  if (!WebAssembly.validate(bytes)) return null;
  const kernel = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports as Exports;
  return { codes: makeCodes(kernel), behaviour: makeBehaviour(kernel) };
}

/** Each series of a chunk, in the order of assembly/fireWeather.ts. */
function seriesOf(memory: WebAssembly.Memory) {
  const at = (position: number) => new Float64Array(memory.buffer, SERIES + position * 8 * CHUNK, CHUNK);
  return {
    temperature: at(0),
    humidity: at(1),
    wind: at(2),
    rain: at(3),
    moisture: at(4),
    dmc: at(5),
    dc: at(6),
    isi: at(7),
    bui: at(8),
    fwi: at(9),
  };
}

function makeBehaviour({ memory, behaviour }: Exports): FireWeatherCore["behaviour"] {
  const series = seriesOf(memory);
  // Number by number where days are few, as in most calls: a view of each series would be garbage.
  const copy = (days: number, from: Float64Array, start: number, to: Float64Array, at: number) => {
    if (days === CHUNK) to.set(from.length === CHUNK ? from : from.subarray(start, start + CHUNK), at);
    else for (let day = 0; day < days; day++) to[at + day] = from[start + day]!;
  };
  return (days, codes, wind, out) => {
    for (let from = 0; from < days; from += CHUNK) {
      const count = Math.min(CHUNK, days - from);
      for (const name of CODES) copy(count, codes[name], from, series[name], 0);
      copy(count, wind, from, series.wind, 0);
      behaviour(count);
      for (const name of INDICES) copy(count, series[name], 0, out[name], from);
    }
  };
}

/**
 * Scenarios of a cell share their parent's years and are computed one after the other, into the same arrays: chunks of days equal to
 * those of the run before, from the same start, have their results there already.
 */
function makeCodes({ memory, codes }: Exports): FireWeatherCore["codes"] {
  const state = new Float64Array(memory.buffer, 0, STATE_LENGTH);
  const duffDayLength = new Float64Array(memory.buffer, DUFF_DAY_LENGTH, MONTHS);
  const droughtDayLength = new Float64Array(memory.buffer, DROUGHT_DAY_LENGTH, MONTHS);
  const missing = new Uint8Array(memory.buffer, MISSING, CHUNK);
  const month = new Uint8Array(memory.buffer, MONTH, CHUNK);
  const series = seriesOf(memory);
  const inputBytes = Buffer.from(memory.buffer, SERIES, 4 * 8 * CHUNK);
  const dayBytes = Buffer.from(memory.buffer, MISSING, 2 * CHUNK);
  const startBytes = Buffer.from(memory.buffer, 0, SERIES);
  const before = {
    out: null as MoistureCodes | null,
    first: 0,
    end: 0,
    start: Buffer.alloc(SERIES),
    chunks: [] as Chunk[],
  };

  return (run, out) => {
    const { first, end } = run;
    state.set([run.moisture, run.dmc, run.dc, run.slope, run.shift]);
    duffDayLength.set(run.duffDayLength);
    droughtDayLength.set(run.droughtDayLength);
    let isKnown = before.out === out && before.first === first && before.end === end && before.start.equals(startBytes);
    before.out = null;
    startBytes.copy(before.start);
    for (let from = first, at = 0; from < end; from += CHUNK, at++) {
      const to = Math.min(end, from + CHUNK);
      for (const name of WEATHER) series[name].set(run.weather[name].subarray(from, to));
      missing.set(run.missing.subarray(from, to));
      month.set(run.weather.month.subarray(from, to));
      const chunk = (before.chunks[at] ??= makeChunk());
      isKnown &&= chunk.input.equals(inputBytes) && chunk.days.equals(dayBytes);
      if (isKnown) {
        state.set(chunk.stateAfter);
        continue;
      }
      inputBytes.copy(chunk.input);
      dayBytes.copy(chunk.days);
      codes(to - from);
      chunk.stateAfter.set(state);
      for (const name of CODES) {
        const values = series[name];
        out[name].set(to - from === CHUNK ? values : values.subarray(0, to - from), from);
      }
    }
    Object.assign(before, { out, first, end });
  };
}

/** Input of a chunk of the run before, and the state after it. */
interface Chunk {
  readonly input: Buffer;
  readonly days: Buffer;
  readonly stateAfter: Float64Array;
}

function makeChunk(): Chunk {
  return {
    input: Buffer.alloc(4 * 8 * CHUNK),
    days: Buffer.alloc(2 * CHUNK),
    stateAfter: new Float64Array(STATE_LENGTH),
  };
}
