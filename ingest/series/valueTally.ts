// Counts and extremes of the values of a variable, for reports and for checks of units.

export class ValueTally {
  values = 0;
  missing = 0;
  /** Blanks that became values, not counted as values. */
  filled = 0;
  /** Slightly negative values that became 0, and values above saturation that became it; both are counted as values too. */
  noise = 0;
  clipped = 0;
  sum = 0;
  least = Number.POSITIVE_INFINITY;
  greatest = Number.NEGATIVE_INFINITY;

  add(value: number): void {
    this.values++;
    this.sum += value;
    if (value < this.least) this.least = value;
    if (value > this.greatest) this.greatest = value;
  }

  get mean(): number {
    return this.sum / this.values;
  }
}

/** The tally of several as one. */
export function sumTallies(tallies: readonly ValueTally[]): ValueTally {
  const all = new ValueTally();
  for (const { values, missing, filled, noise, clipped, sum, least, greatest } of tallies) {
    all.values += values;
    all.missing += missing;
    all.filled += filled;
    all.noise += noise;
    all.clipped += clipped;
    all.sum += sum;
    all.least = Math.min(all.least, least);
    all.greatest = Math.max(all.greatest, greatest);
  }
  return all;
}
