// Days of each year at or beyond a fixed threshold (HD33, HD35, CW12).

/**
 * Days of each year with a value of at least a threshold.
 *
 * Inputs: values [any unit] Float64Array [days]; threshold, same unit; yearStart Int32Array [years + 1], offsets into the
 *   days; out Float64Array [years].
 * Output: out [d].
 * Definition: days with value >= threshold, equality included (as the Korea Meteorological Administration counts hot days;
 *   ETCCDI's SU counts with >).
 * Missing data: a missing day is not counted.
 */
export function daysAtLeast(
  values: Float64Array,
  threshold: number,
  yearStart: Int32Array,
  years: number,
  out: Float64Array,
): void {
  for (let year = 0; year < years; year++) {
    const end = yearStart[year + 1]!;
    let days = 0;
    for (let day = yearStart[year]!; day < end; day++) if (values[day]! >= threshold) days++;
    out[year] = days;
  }
}

/**
 * Days of each year with a value of at most a threshold; otherwise as daysAtLeast.
 *
 * Inputs: values [any unit] Float64Array [days]; threshold, same unit; yearStart Int32Array [years + 1], offsets into the
 *   days; out Float64Array [years].
 * Output: out [d].
 * Definition: days with value <= threshold, equality included (cold-wave advisories of the Korea Meteorological
 *   Administration say "-12 degC or lower"; ETCCDI's FD counts with <).
 * Missing data: a missing day is not counted.
 */
export function daysAtMost(
  values: Float64Array,
  threshold: number,
  yearStart: Int32Array,
  years: number,
  out: Float64Array,
): void {
  for (let year = 0; year < years; year++) {
    const end = yearStart[year + 1]!;
    let days = 0;
    for (let day = yearStart[year]!; day < end; day++) if (values[day]! <= threshold) days++;
    out[year] = days;
  }
}
