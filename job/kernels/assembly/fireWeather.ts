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
const DRYING: usize = ROOM + 5 * BYTES;
const DRY_BALANCE: usize = ROOM + 6 * BYTES;
const WARMTH: usize = ROOM + 7 * BYTES;
/** Positions [bytes] of chosen days, and room for their numbers. */
const CHOSEN: usize = ROOM + 8 * BYTES;
const FEW: usize = ROOM + 9 * BYTES;
const FEW_DC: usize = ROOM + 10 * BYTES;
const FEW_MORE: usize = ROOM + 11 * BYTES;
/** Positions in ROOM of exponentials that two passes read. */
const SATURATION: usize = 2;
const HEAT: usize = 4;

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

/** Content in balance when drying, and which share of the distance to it a day leaves. */
function balances(days: i32): void {
  const end = <usize>days * 8;
  for (let at: usize = 0; at < end; at += 16) {
    const h = f64x2.pmin(f64x2.pmax(v128.load(HUMIDITY + at), splat(0)), splat(HUMIDITY_MAX));
    const logH = log(h);
    fill(0, at, f64x2.mul(logH, splat(0.679)));
    fill(1, at, f64x2.mul(f64x2.sub(logH, splat(LN_100)), splat(1.7)));
    fill(SATURATION, at, f64x2.sub(f64x2.mul(splat(0.1), h), splat(10)));
    fill(3, at, f64x2.mul(splat(-0.115), h));
    fill(HEAT, at, f64x2.mul(splat(0.0365), v128.load(TEMPERATURE + at)));
  }
  for (let position: usize = 0; position < 5; position++) expAll(ROOM + position * BYTES, end);
  for (let at: usize = 0; at < end; at += 16) {
    const t = v128.load(TEMPERATURE + at);
    const h = f64x2.pmin(f64x2.pmax(v128.load(HUMIDITY + at), splat(0)), splat(HUMIDITY_MAX));
    const w = f64x2.pmax(v128.load(WIND + at), splat(0));
    const warmth = f64x2.mul(
      f64x2.mul(splat(0.18), f64x2.sub(splat(21.1), t)),
      f64x2.sub(splat(1), room(3, at)),
    );
    const ed = f64x2.add(f64x2.mul(splat(0.942), room(0, at)), f64x2.mul(splat(11), room(SATURATION, at)));
    v128.store(WARMTH + at, warmth);
    v128.store(DRY_BALANCE + at, f64x2.add(ed, warmth));
    const h2 = f64x2.mul(f64x2.mul(h, h), splat(1e-4));
    const h4 = f64x2.mul(h2, h2);
    const still = f64x2.mul(splat(0.424), f64x2.sub(splat(1), room(1, at)));
    const breeze = f64x2.mul(f64x2.mul(splat(0.0694), f64x2.sqrt(w)), f64x2.sub(splat(1), f64x2.mul(h4, h4)));
    const k = f64x2.mul(f64x2.mul(f64x2.add(still, breeze), splat(0.581)), room(HEAT, at));
    v128.store(DRYING + at, f64x2.mul(splat(-LN_10), k));
  }
  expAll(DRYING, end);
}

/** The moisture `m`, not above the balance when drying, after a day at `at`: it rises to the balance when wetting. Few days need it. */
function wetted(m: f64, at: usize): f64 {
  const h = min(max(load<f64>(HUMIDITY + at), 0), HUMIDITY_MAX);
  const saturation = load<f64>(ROOM + SATURATION * BYTES + at);
  const ew = 0.618 * expOne(logOne(h) * 0.753) + 10 * saturation + load<f64>(WARMTH + at);
  if (!(m < ew)) return m;
  const dryness = (100 - h) / 100;
  const d2 = dryness * dryness;
  const d4 = d2 * d2;
  const breeze = 0.0694 * Math.sqrt(max(load<f64>(WIND + at), 0));
  const kl = 0.424 * (1 - expOne(logOne(dryness) * 1.7)) + breeze * (1 - d4 * d4);
  return ew - (ew - m) * expOne(-LN_10 * (kl * 0.581 * load<f64>(ROOM + HEAT * BYTES + at)));
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
    m = m > ed ? ed + (m - ed) * load<f64>(DRYING + at) : wetted(m, at);
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
  initialSpread(days);
  buildup(days);
  fireWeather(days);
}

function initialSpread(days: i32): void {
  const end = <usize>days * 8;
  for (let at: usize = 0; at < end; at += 16) {
    const m = v128.load(MOISTURE + at);
    const w = f64x2.pmax(v128.load(WIND + at), splat(0));
    fill(0, at, f64x2.sub(f64x2.mul(splat(0.05039), w), f64x2.mul(splat(0.1386), m)));
    fill(1, at, f64x2.mul(log(m), splat(5.31)));
  }
  expAll(ROOM, end);
  expAll(ROOM + BYTES, end);
  for (let at: usize = 0; at < end; at += 16) {
    const dampness = f64x2.add(splat(1), f64x2.div(room(1, at), splat(4.93e7)));
    v128.store(ISI + at, f64x2.mul(f64x2.mul(splat(19.1152), room(0, at)), dampness));
  }
}

/** Eq. 27a of all days, then 27b of those that need it. */
function buildup(days: i32): void {
  for (let at: usize = 0; at < <usize>days * 8; at += 16) {
    const p = v128.load(DMC + at);
    const d = f64x2.mul(splat(0.4), v128.load(DC + at));
    const sum = f64x2.add(p, d);
    const u = f64x2.div(f64x2.mul(f64x2.mul(splat(2), d), p), sum);
    v128.store(BUI + at, v128.andnot(u, f64x2.eq(sum, splat(0))));
    fill(0, at, f64x2.sub(p, d));
  }
  const end = choose(ROOM, 0, days);
  gather(DMC, FEW, end);
  for (let at: usize = 0; at < end; at += 16) {
    v128.store(FEW_MORE + at, f64x2.mul(log(f64x2.mul(splat(0.0114), v128.load(FEW + at))), splat(1.7)));
  }
  expAll(FEW_MORE, end);
  gather(DC, FEW_DC, end);
  for (let at: usize = 0; at < end; at += 16) {
    const p = v128.load(FEW + at);
    const d = f64x2.mul(splat(0.4), v128.load(FEW_DC + at));
    const ratio = f64x2.sub(splat(1), f64x2.div(f64x2.mul(splat(2), d), f64x2.add(p, d)));
    const u = f64x2.sub(p, f64x2.mul(ratio, f64x2.add(splat(0.92), v128.load(FEW_MORE + at))));
    v128.store(FEW + at, f64x2.pmax(u, splat(0)));
  }
  scatter(FEW, BUI, end);
}

/** Eq. 28a of all days and 28b of those that need it; then 30b of all days and 30a of those. */
function fireWeather(days: i32): void {
  const end = <usize>days * 8;
  for (let at: usize = 0; at < end; at += 16) fill(0, at, f64x2.mul(log(v128.load(BUI + at)), splat(0.809)));
  expAll(ROOM, end);
  for (let at: usize = 0; at < end; at += 16) fill(0, at, f64x2.add(f64x2.mul(splat(0.626), room(0, at)), splat(2)));
  const high = choose(BUI, 80, days);
  gather(BUI, FEW, high);
  for (let at: usize = 0; at < high; at += 16) v128.store(FEW + at, f64x2.mul(splat(-0.023), v128.load(FEW + at)));
  expAll(FEW, high);
  for (let at: usize = 0; at < high; at += 16) {
    const growth = f64x2.add(splat(25), f64x2.mul(splat(108.64), v128.load(FEW + at)));
    v128.store(FEW + at, f64x2.div(splat(1000), growth));
  }
  scatter(FEW, ROOM, high);
  for (let at: usize = 0; at < end; at += 16) {
    v128.store(FWI + at, f64x2.mul(f64x2.mul(splat(0.1), v128.load(ISI + at)), room(0, at)));
  }
  const above = choose(FWI, 1, days);
  gather(FWI, FEW, above);
  for (let at: usize = 0; at < above; at += 16) {
    const scaled = f64x2.mul(splat(0.434), log(v128.load(FEW + at)));
    v128.store(FEW + at, f64x2.mul(log(scaled), splat(0.647)));
  }
  expAll(FEW, above);
  for (let at: usize = 0; at < above; at += 16) v128.store(FEW + at, f64x2.mul(splat(2.72), v128.load(FEW + at)));
  expAll(FEW, above);
  scatter(FEW, FWI, above);
}

/** Lists the days whose number at `values` is above `limit`; returns the bytes that a number of each of them takes. */
function choose(values: usize, limit: f64, days: i32): usize {
  let bytes: usize = 0;
  for (let at: usize = 0; at < <usize>days * 8; at += 8) {
    store<usize>(CHOSEN + bytes, at);
    bytes += <usize>(load<f64>(values + at) > limit) << 3;
  }
  return bytes;
}

/** The numbers of the chosen days, one after the other. */
function gather(values: usize, few: usize, bytes: usize): void {
  for (let place: usize = 0; place < bytes; place += 8) {
    store<f64>(few + place, load<f64>(values + load<usize>(CHOSEN + place)));
  }
}

/** The numbers of the chosen days back to their days. */
function scatter(few: usize, values: usize, bytes: usize): void {
  for (let place: usize = 0; place < bytes; place += 8) {
    store<f64>(values + load<usize>(CHOSEN + place), load<f64>(few + place));
  }
}
