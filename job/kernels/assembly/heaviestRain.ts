// The wettest day and the wettest five days in a row of a year (AssemblyScript), neighbouring days on two lanes: a maximum is the same in
// any order, and each sum is added from its first day on. job/indices/scalarHeaviestRain.ts defines what comes out.

/** Where things lie in memory: both results, then the series. job/kernels/heaviestRain.ts has the same list. */
const ONE_DAY: usize = 0;
const FIVE_DAYS: usize = 8;
const RAIN: usize = 64;

/** Of days `first` up to `end`, each with four days before it; minus infinity where all are missing. */
export function heaviestRain(first: i32, end: i32): void {
  let day = f64x2.splat(-Infinity);
  let sum = day;
  // A second pair, for a maximum waits for the one before it.
  let otherDay = day;
  let otherSum = day;
  const last = RAIN + 8 * <usize>end;
  let at = RAIN + 8 * <usize>first;
  for (; at + 32 <= last; at += 32) {
    // pmax keeps its first where its second is missing.
    day = f64x2.pmax(day, v128.load(at));
    sum = f64x2.pmax(sum, sums(at));
    otherDay = f64x2.pmax(otherDay, v128.load(at + 16));
    otherSum = f64x2.pmax(otherSum, sums(at + 16));
  }
  let wettest = highest(f64x2.pmax(day, otherDay));
  let wettestFive = highest(f64x2.pmax(sum, otherSum));
  for (; at < last; at += 8) {
    const today = load<f64>(at);
    if (today > wettest) wettest = today;
    const five = f64x2.extract_lane(sums(at), 0);
    if (five > wettestFive) wettestFive = five;
  }
  store<f64>(ONE_DAY, wettest);
  store<f64>(FIVE_DAYS, wettestFive);
}

/** Of the five days that end at `at`, and at the day after it. */
@inline
function sums(at: usize): v128 {
  const two = f64x2.add(v128.load(at - 32), v128.load(at - 24));
  return f64x2.add(f64x2.add(f64x2.add(two, v128.load(at - 16)), v128.load(at - 8)), v128.load(at));
}

@inline
function highest(pair: v128): f64 {
  return max(f64x2.extract_lane(pair, 0), f64x2.extract_lane(pair, 1));
}
