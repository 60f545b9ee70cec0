// Where a falling function crosses zero, in few steps.

const STEPS_MAX = 100;
/** Nearer numbers differ by rounding only. */
const NEAREST = 4 * Number.EPSILON;

/**
 * Root of a function that falls.
 *
 * Inputs: f, not rising from `low` to `high` [any unit]; it may be infinite.
 * Output: x with f > 0 below and f <= 0 from there on, to 15 digits; `low` or `high` where f does not change its sign.
 * Definition: the Illinois method, Dowell and Jarratt 1971, BIT 11, 168-174: regula falsi that halves the value of an end that stays;
 *   the middle where the line does not lie between the ends. Missing data: NaN counts as not above 0.
 */
export function rootBetween(f: (x: number) => number, low: number, high: number): number {
  let [left, right] = [low, high];
  let [above, below] = [f(left), f(right)];
  if (!(above > 0)) return low;
  if (below >= 0) return high;
  let stayed: "left" | "right" | "none" = "none";
  let last = Number.NaN;
  for (let step = 0; step < STEPS_MAX; step++) {
    let x = (left * below - right * above) / (below - above);
    if (!(x > left && x < right)) x = (left + right) / 2;
    const value = f(x);
    if (value === 0 || Math.abs(x - last) <= NEAREST * Math.abs(x)) return x;
    last = x;
    if (value > 0) {
      left = x;
      above = value;
      if (stayed === "right") below /= 2;
      stayed = "right";
    } else {
      right = x;
      below = value;
      if (stayed === "left") above /= 2;
      stayed = "left";
    }
  }
  return right;
}
