// The highest values of the five-day windows around all calendar days (AssemblyScript), two neighbouring days on two lanes. Lists are
// sorted and merged by networks of comparisons without branches: Batcher (1968), AFIPS 32, 307-314. job/indices/windowTops.ts defines
// what comes out.

/** Columns are calendar days, two before the first and two after the last; rows are base years, later ranks from the top. */
const COLUMNS: usize = 376;
const ROW: usize = 8 * COLUMNS;
const BLOCK: usize = 64;
const RANKS: i32 = 32;
/** Where things lie in memory. job/kernels/windowTops.ts has the same list. */
const COUNTS: usize = 0;
const DAYS: usize = COUNTS + ROW;
const PAIRS: usize = DAYS + 64 * ROW;
const FOURS: usize = PAIRS + 33 * ROW;

/**
 * Of `years` rows at DAYS, times `sign`: how many values a column has, at COUNTS; the 32 highest values of the columns c … c + 4 in
 * descending order, minus infinity where there are fewer, at PAIRS. `rows` is 32 or 64, at least `years`.
 */
export function windowTops(years: i32, rows: i32, sign: f64): void {
  for (let column: usize = 0; column < ROW; column += BLOCK) {
    read(column, years, rows, sign);
    sort(DAYS + column, rows);
  }
  merge(DAYS, DAYS + 8, PAIRS);
  merge(PAIRS, PAIRS + 16, FOURS);
  merge(FOURS, DAYS + 32, PAIRS);
}

/** Turns missing values into minus infinity and counts the others. */
function read(column: usize, years: i32, rows: i32, sign: f64): void {
  const none = f64x2.splat(-Infinity);
  const signs = f64x2.splat(sign);
  for (let at: usize = 0; at < BLOCK; at += 16) {
    let count = f64x2.splat(0);
    let place = DAYS + column + at;
    for (let year = 0; year < years; year++, place += ROW) {
      // Adding 0 makes one of both zeros.
      const value = f64x2.add(f64x2.mul(v128.load(place), signs), f64x2.splat(0));
      const isThere = f64x2.eq(value, value);
      count = f64x2.add(count, v128.and(isThere, f64x2.splat(1)));
      v128.store(place, v128.bitselect(value, none, isThere));
    }
    for (let year = years; year < rows; year++, place += ROW) v128.store(place, none);
    v128.store(COUNTS + column + at, count);
  }
}

/** The higher of each column to the upper row. */
@inline
function compare(upper: usize, lower: usize): void {
  for (let at: usize = 0; at < BLOCK; at += 16) {
    const a = v128.load(upper + at);
    const b = v128.load(lower + at);
    v128.store(upper + at, f64x2.pmax(a, b));
    v128.store(lower + at, f64x2.pmin(a, b));
  }
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
  const last = <usize>(RANKS - 1) * ROW;
  for (let column: usize = 0; column < ROW; column += BLOCK) {
    for (let rank: usize = 0; rank <= last; rank += ROW) {
      for (let at = column; at < column + BLOCK; at += 16) {
        v128.store(out + rank + at, f64x2.pmax(v128.load(first + rank + at), v128.load(second + last - rank + at)));
      }
    }
    const block = out + column;
    for (let half = RANKS / 2; half > 0; half >>= 1) {
      for (let i = 0; i < RANKS; i++) {
        if ((i & half) == 0) compare(block + <usize>i * ROW, block + <usize>(i + half) * ROW);
      }
    }
  }
}
