// Sums over a window that moves along a series: twelve months of a water balance, five days of rain.
// Which window an index has is the index's to say.

/**
 * Sums over the last `window` values.
 *
 * Inputs: `values` [any unit]; `window` [1] values. Output: `sums`, as many as values, same unit.
 * Definition: sums[i] = values[i - window + 1] + ... + values[i], added again each time so that nothing drifts.
 * Missing data: NaN where a value of the window is NaN or lies before the series.
 */
export function slidingSums(values: Float64Array, window: number, sums: Float64Array): void {
  for (let at = 0; at < values.length; at++) {
    let sum = at + 1 < window ? Number.NaN : 0;
    for (let back = Math.min(window, at + 1) - 1; back >= 0; back--) sum += values[at - back]!;
    sums[at] = sum;
  }
}
