// Thresholds of calendar days and the days beyond them, each base year judged without itself (AssemblyScript). Values whose bits a
// 32-bit float holds, as climate_data stores them, are sorted four neighbouring days to a vector; others are left to the caller.
// Lists are sorted and merged by networks of comparisons without branches: Batcher (1968), AFIPS 32, 307-314.
// job/indices/windowTops.ts, percentileThresholds.ts and percentileDays.ts define what comes out.

/** Columns are calendar days, two before the first and two after the last; rows are base years, later ranks from the top. */
const COLUMNS: usize = 384;
const ROW: usize = 4 * COLUMNS;
const BLOCK: usize = 64;
const RANKS: usize = 32;
const WINDOW: i32 = 5;
/** Where things lie in memory. job/kernels/percentileDays.ts has the same list. */
const COUNTS: usize = 0;
const DAYS: usize = COUNTS + ROW;
const SORTED: usize = DAYS + 64 * ROW;
const PAIRS: usize = SORTED + 65 * ROW;
const FOURS: usize = PAIRS + 33 * ROW;
/** By column: hazard year of the first base year, and the base year that has no such day. */
const HAZARD_YEAR: usize = FOURS + 33 * ROW;
const ABSENT: usize = HAZARD_YEAR + ROW;
/** By calendar day: values that the window has room for, and has. */
const ROOM: usize = ABSENT + ROW;
const VALUES: usize = ROOM + ROW;
/** By size of a sample: ranks from the top, and the weight of the next. */
const RANK: usize = VALUES + ROW;
const RANK_SURELY_ABOVE: usize = RANK + ROW;
const RANK_SURELY_NOT: usize = RANK_SURELY_ABOVE + ROW;
const WEIGHT: usize = RANK_SURELY_NOT + ROW;
/** By calendar day, 64-bit. */
const THRESHOLD: usize = WEIGHT + 2 * ROW;
const SURELY_ABOVE: usize = THRESHOLD + 2 * ROW;
const SURELY_NOT: usize = SURELY_ABOVE + 2 * ROW;
const LEFT_OUT: usize = SURELY_NOT + 2 * ROW;
/** Stretches of days of a base year that lie side by side in the series and in a row: from, to and place, 32-bit each. */
const STRETCHES: usize = LEFT_OUT + 64;
const STRETCH: usize = 12;
/** The series, 64-bit, in the pages that the caller adds, and behind it the marks. */
const SERIES: usize = 8 * 65536;

/**
 * Thresholds of `days` calendar days from `stretches` stretches of the series, times `sign`, in `years` rows; `rows` is 32 or 64, at
 * least `years`. False, with nothing to be used, where a value needs more than 32 bits.
 */
export function fill(stretches: i32, years: i32, rows: i32, days: i32, sign: f64): bool {
  if (!read(stretches, sign)) return false;
  removeAbsent();
  for (let column: usize = 0; column < ROW; column += BLOCK) {
    copy(column, years, rows);
    sort(SORTED + column, rows);
  }
  merge(SORTED, SORTED + 4, PAIRS);
  merge(PAIRS, PAIRS + 8, FOURS);
  merge(FOURS, SORTED + 16, PAIRS);
  for (let day = 0; day < days; day++) setThreshold(day);
  return true;
}

/** The stretches into their rows. */
function read(stretches: i32, sign: f64): bool {
  const signs = f64x2.splat(sign);
  let differs = i64x2.splat(0);
  for (let i = 0, at = STRETCHES; i < stretches; i++, at += STRETCH) {
    let from = SERIES + 8 * <usize>load<i32>(at);
    const to = SERIES + 8 * <usize>load<i32>(at, 4);
    let place = DAYS + 4 * <usize>load<i32>(at, 8);
    for (; from + 16 <= to; from += 16, place += 8) {
      // Adding 0 makes one of both zeros.
      const value = f64x2.add(f64x2.mul(v128.load(from), signs), f64x2.splat(0));
      const short = f32x4.demote_f64x2_zero(value);
      const again = f64x2.promote_low_f32x4(short);
      differs = v128.or(differs, v128.and(f64x2.ne(again, value), f64x2.eq(value, value)));
      v128.store64_lane(place, short, 0);
    }
    if (from < to) {
      const value = load<f64>(from) * sign + 0;
      if (value == value && <f64>(<f32>value) != value) return false;
      store<f32>(place, <f32>value);
    }
  }
  return !v128.any_true(differs);
}

/** A day beside the year's ends that a base year does not have. */
function removeAbsent(): void {
  for (let column: usize = 0; column < COLUMNS; column++) {
    const year = load<i32>(ABSENT + 4 * column);
    if (year >= 0) store<f32>(DAYS + <usize>year * ROW + 4 * column, f32.NaN);
  }
}

/** A block of columns, missing values as minus infinity; counts the others. */
function copy(column: usize, years: i32, rows: i32): void {
  const none = f32x4.splat(-Infinity);
  for (let at = column; at < column + BLOCK; at += 16) {
    let count = i32x4.splat(0);
    let place: usize = at;
    for (let year = 0; year < years; year++, place += ROW) {
      const value = v128.load(DAYS + place);
      const isThere = f32x4.eq(value, value);
      count = i32x4.sub(count, isThere);
      v128.store(SORTED + place, v128.bitselect(value, none, isThere));
    }
    for (let year = years; year < rows; year++, place += ROW) v128.store(SORTED + place, none);
    v128.store(COUNTS + at, count);
  }
}

/** The higher of each column of a block to the upper row. */
@inline
function compare(upper: usize, lower: usize): void {
  compareFour(upper, lower);
  compareFour(upper + 16, lower + 16);
  compareFour(upper + 32, lower + 32);
  compareFour(upper + 48, lower + 48);
}

@inline
function compareFour(upper: usize, lower: usize): void {
  const a = v128.load(upper);
  const b = v128.load(lower);
  v128.store(upper, f32x4.pmax(a, b));
  v128.store(lower, f32x4.pmin(a, b));
}

/** A block of columns in descending order: merge exchange. */
function sort(block: usize, rows: i32): void {
  for (let p = 1, shift = 1; p < rows; p <<= 1, shift++) {
    for (let k = p; k > 0; k >>= 1) {
      for (let j = k & (p - 1); j + k < rows; j += 2 * k) {
        for (let i = j; i < j + k && i + k < rows; i++) {
          if (i >> shift == (i + k) >> shift) compare(block + <usize>i * ROW, block + <usize>(i + k) * ROW);
        }
      }
    }
  }
}

/** The highest of two descending lists, descending: the higher of one from the top and the other from the end fall and rise. */
function merge(first: usize, second: usize, out: usize): void {
  for (let at: usize = 0; at < ROW; at += 16) {
    for (let rank: usize = 0; rank < RANKS / 2; rank++) {
      const upper = rank * ROW + at;
      const lower = upper + (RANKS / 2) * ROW;
      const last = (RANKS - 1) * ROW + 2 * at;
      const a = f32x4.pmax(v128.load(first + upper), v128.load(second + last - upper));
      const b = f32x4.pmax(v128.load(first + lower), v128.load(second + last - lower));
      v128.store(out + upper, f32x4.pmax(a, b));
      v128.store(out + lower, f32x4.pmin(a, b));
    }
    for (let half: usize = 0; half < 2; half++) {
      for (let rank: usize = 0; rank < 4; rank++) {
        mergeFour(out + at + (half * (RANKS / 2) + rank) * ROW, 4 * ROW);
      }
    }
    for (let rank: usize = 0; rank < RANKS; rank += 4) mergeFour(out + at + rank * ROW, ROW);
  }
}

/** Four rows that lie `apart`: two steps of a merge. */
@inline
function mergeFour(place: usize, apart: usize): void {
  const a = v128.load(place);
  const b = v128.load(place + apart);
  const c = v128.load(place + 2 * apart);
  const d = v128.load(place + 3 * apart);
  const highA = f32x4.pmax(a, c);
  const lowC = f32x4.pmin(a, c);
  const highB = f32x4.pmax(b, d);
  const lowD = f32x4.pmin(b, d);
  v128.store(place, f32x4.pmax(highA, highB));
  v128.store(place + apart, f32x4.pmin(highA, highB));
  v128.store(place + 2 * apart, f32x4.pmax(lowC, lowD));
  v128.store(place + 3 * apart, f32x4.pmin(lowC, lowD));
}

/** `percentileThresholds.ts`, fillThresholds. */
function setThreshold(day: i32): void {
  const at = <usize>day * 4;
  let n = 0;
  for (let place: usize = 0; place < <usize>(4 * WINDOW); place += 4) n += load<i32>(COUNTS + at + place);
  store<i32>(VALUES + at, n);
  const room = load<i32>(ROOM + at);
  const isAlwaysEnough = isEnough(n - WINDOW, room);
  const above = isAlwaysEnough ? <f64>top(day, tabled(RANK_SURELY_ABOVE, n)) : Infinity;
  const not = isAlwaysEnough ? <f64>top(day, tabled(RANK_SURELY_NOT, n)) : -Infinity;
  store<f64>(SURELY_ABOVE + 2 * at, above);
  store<f64>(SURELY_NOT + 2 * at, not);
  store<f64>(THRESHOLD + 2 * at, isEnough(n, room) ? thresholdOf(day, n, f32x4.splat(f32.NaN), f32.NaN) : f64.NaN);
}

@inline
function isEnough(values: i32, room: i32): bool {
  return values * 5 >= room * 3 && values > 0;
}

@inline
function tabled(table: usize, n: i32): i32 {
  return load<i32>(table + 4 * <usize>n);
}

@inline
function top(day: i32, rank: i32): f32 {
  return load<f32>(PAIRS + <usize>(rank - 1) * ROW + 4 * <usize>day);
}

/** The quantile of a sample of `n` values that is without the values of `four` and `fifth`; those are NaN where none is left out. */
@inline
function thresholdOf(day: i32, n: i32, four: v128, fifth: f32): f64 {
  const rank = tabled(RANK, n);
  const weight = load<f64>(WEIGHT + 8 * <usize>n);
  const below = <f64>rankedWithout(day, rank, four, fifth);
  return weight == 0 ? below : below + weight * (<f64>rankedWithout(day, rank - 1, four, fifth) - below);
}

/** The value of a rank among those that are not left out: one rank lower for each that is left out and not below it. */
@inline
function rankedWithout(day: i32, rank: i32, four: v128, fifth: f32): f32 {
  let value = top(day, rank);
  for (let lower = 0, next = notBelow(value, four, fifth); next > lower; next = notBelow(value, four, fifth)) {
    lower = next;
    value = top(day, rank + lower);
  }
  return value;
}

@inline
function notBelow(value: f32, four: v128, fifth: f32): i32 {
  return popcnt(i32x4.bitmask(f32x4.ge(four, f32x4.splat(value)))) + i32(fifth >= value);
}

/**
 * Marks the days from..to of the series, whose calendar days follow each other from `day`, by thresholds of all years: 1 at `exceeds`
 * where the value is beyond, 1 at `missing` where either is missing.
 */
export function markByThresholds(from: i32, to: i32, day: i32, sign: f64, exceeds: usize, missing: usize): void {
  const signs = f64x2.splat(sign);
  const zero = f64x2.splat(0);
  for (let at = from; at < to; at += 8, day += 8) {
    let above = 0;
    let absent = 0;
    for (let pair = 0; pair < 8; pair += 2) {
      const value = f64x2.mul(v128.load(SERIES + 8 * <usize>(at + pair)), signs);
      const beyond = f64x2.sub(value, v128.load(THRESHOLD + 8 * <usize>(day + pair)));
      above |= i64x2.bitmask(f64x2.gt(beyond, zero)) << pair;
      absent |= i64x2.bitmask(f64x2.ne(beyond, beyond)) << pair;
    }
    const days = daysLeft(to - at);
    store<u64>(exceeds + <usize>at, asBytes(above & days));
    store<u64>(missing + <usize>at, asBytes(absent & days));
  }
}

/** The same, by thresholds without the hazard year `year` that the days belong to. */
export function markWithout(
  year: i32,
  years: i32,
  from: i32,
  to: i32,
  day: i32,
  sign: f64,
  exceeds: usize,
  missing: usize,
): void {
  const signs = f64x2.splat(sign);
  for (let at = from; at < to; at += 8, day += 8) {
    let above = 0;
    let not = 0;
    for (let pair = 0; pair < 8; pair += 2) {
      const value = f64x2.mul(v128.load(SERIES + 8 * <usize>(at + pair)), signs);
      const column = <usize>(day + pair) * 8;
      above |= i64x2.bitmask(f64x2.gt(value, v128.load(SURELY_ABOVE + column))) << pair;
      not |= i64x2.bitmask(f64x2.le(value, v128.load(SURELY_NOT + column))) << pair;
    }
    const days = daysLeft(to - at);
    let absent = 0;
    for (let unsure = ~(above | not) & days; unsure != 0; unsure &= unsure - 1) {
      const i = ctz(unsure);
      const value = load<f64>(SERIES + 8 * <usize>(at + i)) * sign;
      const threshold = value == value ? thresholdWithout(year, years, day + i) : f64.NaN;
      above |= i32(value > threshold) << i;
      absent |= i32(threshold != threshold) << i;
    }
    store<u64>(exceeds + <usize>at, asBytes(above & days));
    store<u64>(missing + <usize>at, asBytes(absent));
  }
}

/** A bit for each of the next eight days that are left. */
@inline
function daysLeft(count: i32): i32 {
  return count >= 8 ? 0xff : (1 << count) - 1;
}

/** Bit i in byte i. */
@inline
function asBytes(bits: i32): u64 {
  const low = (<u64>(bits & 0x7f) * 0x0002040810204081) & 0x0101010101010101;
  return low | (<u64>(bits >> 7) << 56);
}

/** `percentileThresholds.ts`, thresholdWithout. */
function thresholdWithout(year: i32, years: i32, day: i32): f64 {
  const last = day + WINDOW - 1;
  const hazardYear = tabled(HAZARD_YEAR, day);
  const isTogether = hazardYear == tabled(HAZARD_YEAR, last) && (tabled(ABSENT, day) & tabled(ABSENT, last)) < 0;
  let place = LEFT_OUT;
  let room = tabled(ROOM, day) - WINDOW;
  if (isTogether && <u32>(year - hazardYear) < <u32>years) {
    place = DAYS + <usize>(year - hazardYear) * ROW + <usize>day * 4;
  } else {
    for (let column = day; column <= last; column++) {
      const row = year - tabled(HAZARD_YEAR, column);
      const isThere = <u32>row < <u32>years && row != tabled(ABSENT, column);
      const value = isThere ? load<f32>(DAYS + <usize>row * ROW + <usize>column * 4) : f32.NaN;
      store<f32>(LEFT_OUT + <usize>(column - day) * 4, value);
      room += i32(!isThere);
    }
  }
  const four = v128.load(place);
  const fifth = load<f32>(place, 16);
  const n = tabled(VALUES, day) - popcnt(i32x4.bitmask(f32x4.eq(four, four))) - i32(fifth == fifth);
  return isEnough(n, room) ? thresholdOf(day, n, four, fifth) : f64.NaN;
}
