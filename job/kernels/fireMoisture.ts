// The compiled kernel of the moisture codes of the Canadian Fire Weather Index System: its memory, filled and read a chunk of days at a time.
// assembly/fireMoisture.ts is its source; `npm run kernels` builds it.
import { readFileSync } from "node:fs";
import type { ComputeMoistureCodes, MoistureCodes } from "../indices/moistureCodes.ts";

const CHUNK = 512;
/** Byte offsets, as in assembly/fireMoisture.ts. */
const DUFF_DAY_LENGTH = 128;
const DROUGHT_DAY_LENGTH = 224;
const SERIES = 2048;
const MISSING = SERIES + 7 * 8 * CHUNK;
const MONTH = MISSING + CHUNK;

const STATE_LENGTH = 5;
const MONTHS = 12;
const INPUTS = ["temperature", "humidity", "wind", "rain"] as const;
const RESULTS = ["moisture", "dmc", "dc"] as const;

interface Exports {
  readonly memory: WebAssembly.Memory;
  moistureCodes(days: number): void;
}

/** The same bits as scalarMoistureCodes, several times faster; null where the engine has no SIMD. */
export function loadMoistureKernel(): ComputeMoistureCodes | null {
  const bytes = readFileSync(new URL("fireMoisture.wasm", import.meta.url));
  if (!WebAssembly.validate(bytes)) return null;
  return makeCore(new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports as Exports);
}

/**
 * Scenarios of a cell share their parent's years and are computed one after the other, into the same arrays: chunks of days equal to
 * those of the run before, from the same start, have their results there already.
 */
function makeCore({ memory, moistureCodes }: Exports): ComputeMoistureCodes {
  const state = new Float64Array(memory.buffer, 0, STATE_LENGTH);
  const duffDayLength = new Float64Array(memory.buffer, DUFF_DAY_LENGTH, MONTHS);
  const droughtDayLength = new Float64Array(memory.buffer, DROUGHT_DAY_LENGTH, MONTHS);
  const missing = new Uint8Array(memory.buffer, MISSING, CHUNK);
  const month = new Uint8Array(memory.buffer, MONTH, CHUNK);
  const seriesAt = (position: number) => new Float64Array(memory.buffer, SERIES + position * 8 * CHUNK, CHUNK);
  const weather = { temperature: seriesAt(0), humidity: seriesAt(1), wind: seriesAt(2), rain: seriesAt(3) };
  const results = { moisture: seriesAt(4), dmc: seriesAt(5), dc: seriesAt(6) };
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
      for (const name of INPUTS) weather[name].set(run.weather[name].subarray(from, to));
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
      moistureCodes(to - from);
      chunk.stateAfter.set(state);
      for (const name of RESULTS) {
        const values = results[name];
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
