// The few largest values of a slice in order, without sorting all of it.

/**
 * The largest values of a slice, ascending.
 *
 * Inputs: `values` [any unit] Float64Array without NaN in [0, n); `count` [1], at most n.
 * Output: `largest` [count], ascending, in the unit of the values.
 * Definition: the last `count` order statistics, by insertion into a list that most values are too small for.
 * Missing data: none inside the slice. Departures: none.
 */
export function largestValues(values: Float64Array, n: number, count: number, largest: Float64Array): void {
  let held = 0;
  for (let i = 0; i < n; i++) {
    const value = values[i]!;
    if (held === count) {
      if (value <= largest[0]!) continue;
      let at = 1;
      while (at < count && largest[at]! < value) {
        largest[at - 1] = largest[at]!;
        at++;
      }
      largest[at - 1] = value;
    } else {
      let at = held++;
      while (at > 0 && largest[at - 1]! > value) {
        largest[at] = largest[at - 1]!;
        at--;
      }
      largest[at] = value;
    }
  }
}
