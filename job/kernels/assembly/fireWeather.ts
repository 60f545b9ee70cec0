// The Canadian Fire Weather Index System over up to CHUNK days (AssemblyScript): what needs one day only on two lanes, neighbouring
// days; what is carried from day to day one day after the other. job/indices/fireMoisture.ts and fireBehaviour.ts define it, with
// sources and equation numbers; operation by operation this is the same.
import { expAll, expOne, log, logOne } from "./elementary";

const CHUNK: i32 = 512;
const LN_10: f64 = 2.302585092994046;
const LN_100: f64 = 4.605170185988092;
const HUMIDITY_MAX: f64 = 99.9999;

// Where things lie in memory: numbers that hold for a call, tables by month, series, room. job/kernels/fireWeather.ts has the same list.
const STATE: usize = 0;
const DUFF_DAY_LENGTH: usize = 128;
const DROUGHT_DAY_LENGTH: usize = 224;
const SERIES: usize = 2048;
const BYTES: usize = 8 * CHUNK;
const TEMPERATURE: usize = SERIES;
const HUMIDITY: usize = SERIES + BYTES;
const WIND: usize = SERIES + 2 * BYTES;
const RAIN: usize = SERIES + 3 * BYTES;
const MOISTURE: usize = SERIES + 4 * BYTES;
const DMC: usize = SERIES + 5 * BYTES;
const DC: usize = SERIES + 6 * BYTES;
const ISI: usize = SERIES + 7 * BYTES;
const BUI: usize = SERIES + 8 * BYTES;
const FWI: usize = SERIES + 9 * BYTES;
const MISSING: usize = SERIES + 10 * BYTES;
const MONTH: usize = MISSING + CHUNK;
const ROOM: usize = MONTH + CHUNK;
const DRYING: usize = ROOM + 7 * BYTES;
const WETTING: usize = ROOM + 8 * BYTES;
const DRY_BALANCE: usize = ROOM + 9 * BYTES;
const WET_BALANCE: usize = ROOM + 10 * BYTES;

@inline
function splat(value: f64): v128 {
  return f64x2.splat(value);
}

@inline
function room(position: usize, at: usize): v128 {
  return v128.load(ROOM + position * BYTES + at);
}

@inline
function fill(position: usize, at: usize, value: v128): void {
  v128.store(ROOM + position * BYTES + at, value);
}

/** The moisture codes of `days` days, from the state before them, which becomes the state after them. */
export function codes(days: i32): void {
  balances(days);
  carry(days);
}

/** Contents in balance when drying and wetting, and which share of the distance to them a day leaves. */
function balances(days: i32): void {
  const end = <usize>days * 8;
  for (let at: usize = 0; at < end; at += 16) {
    const h = f64x2.pmin(f64x2.pmax(v128.load(HUMIDITY + at), splat(0)), splat(HUMIDITY_MAX));
    const logH = log(h);
    const dryness = f64x2.div(f64x2.sub(splat(100), h), splat(100));
    fill(0, at, f64x2.mul(logH, splat(0.679)));
    fill(1, at, f64x2.mul(logH, splat(0.753)));
    fill(2, at, f64x2.mul(f64x2.sub(logH, splat(LN_100)), splat(1.7)));
    fill(3, at, f64x2.mul(log(dryness), splat(1.7)));
    fill(4, at, f64x2.sub(f64x2.mul(splat(0.1), h), splat(10)));
    fill(5, at, f64x2.mul(splat(-0.115), h));
    fill(6, at, f64x2.mul(splat(0.0365), v128.load(TEMPERATURE + at)));
  }
  for (let position: usize = 0; position < 7; position++) expAll(ROOM + position * BYTES, end);
  for (let at: usize = 0; at < end; at += 16) {
    const t = v128.load(TEMPERATURE + at);
    const h = f64x2.pmin(f64x2.pmax(v128.load(HUMIDITY + at), splat(0)), splat(HUMIDITY_MAX));
    const w = f64x2.pmax(v128.load(WIND + at), splat(0));
    const saturation = room(4, at);
    const warmth = f64x2.mul(
      f64x2.mul(splat(0.18), f64x2.sub(splat(21.1), t)),
      f64x2.sub(splat(1), room(5, at)),
    );
    const ed = f64x2.add(f64x2.mul(splat(0.942), room(0, at)), f64x2.mul(splat(11), saturation));
    const ew = f64x2.add(f64x2.mul(splat(0.618), room(1, at)), f64x2.mul(splat(10), saturation));
    v128.store(DRY_BALANCE + at, f64x2.add(ed, warmth));
    v128.store(WET_BALANCE + at, f64x2.add(ew, warmth));
    const breeze = f64x2.mul(splat(0.0694), f64x2.sqrt(w));
    const heat = room(6, at);
    const h2 = f64x2.mul(f64x2.mul(h, h), splat(1e-4));
    const h4 = f64x2.mul(h2, h2);
    const dryness = f64x2.div(f64x2.sub(splat(100), h), splat(100));
    const d2 = f64x2.mul(dryness, dryness);
    const d4 = f64x2.mul(d2, d2);
    v128.store(DRYING + at, rate(room(2, at), breeze, f64x2.mul(h4, h4), heat));
    v128.store(WETTING + at, rate(room(3, at), breeze, f64x2.mul(d4, d4), heat));
  }
  expAll(DRYING, end);
  expAll(WETTING, end);
}

/** Logarithm of the share of the distance that is left, Eq. 6 and 7. */
@inline
function rate(held: v128, breeze: v128, eighth: v128, heat: v128): v128 {
  const still = f64x2.mul(splat(0.424), f64x2.sub(splat(1), held));
  const k = f64x2.add(still, f64x2.mul(breeze, f64x2.sub(splat(1), eighth)));
  return f64x2.mul(splat(-LN_10), f64x2.mul(f64x2.mul(k, splat(0.581)), heat));
}

function carry(days: i32): void {
  let m = load<f64>(STATE);
  let p = load<f64>(STATE + 8);
  let d = load<f64>(STATE + 16);
  const slope = load<f64>(STATE + 24);
  const shift = load<f64>(STATE + 32);
  for (let day: usize = 0; day < <usize>days; day++) {
    const at = day * 8;
    if (load<u8>(MISSING + day) == 1) {
      store<f64>(MOISTURE + at, NaN);
      store<f64>(DMC + at, NaN);
      store<f64>(DC + at, NaN);
      continue;
    }
    const t = load<f64>(TEMPERATURE + at);
    const rain = load<f64>(RAIN + at);
    const rf = rain - 0.5;
    if (rf > 0) {
      const wetter = m > 150 ? 0.0015 * (m - 150) * (m - 150) * Math.sqrt(rf) : 0;
      m += 42.5 * rf * expOne(-100 / (251 - m)) * (1 - expOne(-6.93 / rf)) + wetter;
      if (m > 250) m = 250;
    }
    const ed = load<f64>(DRY_BALANCE + at);
    const ew = load<f64>(WET_BALANCE + at);
    if (m > ed) m = ed + (m - ed) * load<f64>(DRYING + at);
    else if (m < ew) m = ew - (ew - m) * load<f64>(WETTING + at);
    m = slope * m + shift;
    if (m < 0) m = 0;
    store<f64>(MOISTURE + at, m);

    const month = <usize>load<u8>(MONTH + day) * 8 - 8;
    if (rain > 1.5) {
      const re = 0.92 * rain - 1.27;
      const mo = 20 + 280 * expOne(-0.023 * p);
      const b: f64 = p <= 33 ? 100 / (0.5 + 0.3 * p) : p <= 65 ? 14 - 1.3 * logOne(p) : 6.2 * logOne(p) - 17.2;
      const mr = mo + (1000 * re) / (48.77 + b * re);
      p = max(0, 43.43 * (5.6348 - logOne(mr - 20)));
    }
    if (t > -1.1) {
      const h = min(max(load<f64>(HUMIDITY + at), 0), HUMIDITY_MAX);
      p += 1.894 * (t + 1.1) * (100 - h) * load<f64>(DUFF_DAY_LENGTH + month) * 1e-4;
    }
    store<f64>(DMC + at, p);

    if (rain > 2.8) {
      const rd = 0.83 * rain - 1.27;
      const qo = 800 * expOne(-d / 400);
      d = max(0, d - 400 * logOne(1 + (3.937 * rd) / qo));
    }
    const v = 0.36 * (max(t, -2.8) + 2.8) + load<f64>(DROUGHT_DAY_LENGTH + month);
    if (v > 0) d += 0.5 * v;
    store<f64>(DC + at, d);
  }
  store<f64>(STATE, m);
  store<f64>(STATE + 8, p);
  store<f64>(STATE + 16, d);
}

/** ISI, BUI and FWI of `days` days from moisture, wind, DMC and DC. */
export function behaviour(days: i32): void {
  const end = <usize>days * 8;
  for (let at: usize = 0; at < end; at += 16) {
    const m = v128.load(MOISTURE + at);
    const w = f64x2.pmax(v128.load(WIND + at), splat(0));
    fill(0, at, f64x2.sub(f64x2.mul(splat(0.05039), w), f64x2.mul(splat(0.1386), m)));
    fill(1, at, f64x2.mul(log(m), splat(5.31)));
    fill(2, at, f64x2.mul(log(f64x2.mul(splat(0.0114), v128.load(DMC + at))), splat(1.7)));
  }
  for (let position: usize = 0; position < 3; position++) expAll(ROOM + position * BYTES, end);
  for (let at: usize = 0; at < end; at += 16) {
    const dampness = f64x2.add(splat(1), f64x2.div(room(1, at), splat(4.93e7)));
    v128.store(ISI + at, f64x2.mul(f64x2.mul(splat(19.1152), room(0, at)), dampness));
    const bui = buildup(v128.load(DMC + at), f64x2.mul(splat(0.4), v128.load(DC + at)), room(2, at));
    v128.store(BUI + at, bui);
    fill(3, at, f64x2.mul(log(bui), splat(0.809)));
    fill(4, at, f64x2.mul(splat(-0.023), bui));
  }
  expAll(ROOM + 3 * BYTES, end);
  expAll(ROOM + 4 * BYTES, end);
  for (let at: usize = 0; at < end; at += 16) {
    const low = f64x2.add(f64x2.mul(splat(0.626), room(3, at)), splat(2));
    const high = f64x2.div(splat(1000), f64x2.add(splat(25), f64x2.mul(splat(108.64), room(4, at))));
    const duff = v128.bitselect(low, high, f64x2.le(v128.load(BUI + at), splat(80)));
    const b = f64x2.mul(f64x2.mul(splat(0.1), v128.load(ISI + at)), duff);
    v128.store(FWI + at, b);
    fill(5, at, f64x2.mul(log(f64x2.mul(splat(0.434), log(b))), splat(0.647)));
  }
  expAll(ROOM + 5 * BYTES, end);
  for (let at: usize = 0; at < end; at += 16) fill(5, at, f64x2.mul(splat(2.72), room(5, at)));
  expAll(ROOM + 5 * BYTES, end);
  for (let at: usize = 0; at < end; at += 16) {
    const b = v128.load(FWI + at);
    v128.store(FWI + at, v128.bitselect(room(5, at), b, f64x2.gt(b, splat(1))));
  }
}

@inline
function buildup(p: v128, d: v128, power: v128): v128 {
  const sum = f64x2.add(p, d);
  const twice = f64x2.mul(splat(2), d);
  const u = f64x2.div(f64x2.mul(twice, p), sum);
  const ratio = f64x2.sub(splat(1), f64x2.div(twice, sum));
  const above = f64x2.pmax(f64x2.sub(p, f64x2.mul(ratio, f64x2.add(splat(0.92), power))), splat(0));
  const either = v128.bitselect(u, above, f64x2.le(p, d));
  return v128.andnot(either, f64x2.eq(sum, splat(0)));
}
