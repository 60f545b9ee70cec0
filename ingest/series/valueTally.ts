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
  /** How many values are the greatest, and the greatest of the others. */
  atGreatest = 0;
  secondGreatest = Number.NEGATIVE_INFINITY;

  add(value: number): void {
    this.values++;
    this.sum += value;
    if (value < this.least) this.least = value;
    if (value > this.secondGreatest) this.rise(value);
  }

  /** Counts a value above the second greatest among the greatest. */
  rise(value: number, times = 1): void {
    if (value === this.greatest) this.atGreatest += times;
    else if (value > this.greatest) {
      this.secondGreatest = this.greatest;
      this.greatest = value;
      this.atGreatest = times;
    } else this.secondGreatest = Math.max(this.secondGreatest, value);
  }

  get mean(): number {
    return this.sum / this.values;
  }
}

/** The tally of several as one. */
export function sumTallies(tallies: readonly ValueTally[]): ValueTally {
  const all = new ValueTally();
  for (const tally of tallies) {
    const { values, missing, filled, noise, clipped, sum, least, greatest, atGreatest, secondGreatest } = tally;
    all.values += values;
    all.missing += missing;
    all.filled += filled;
    all.noise += noise;
    all.clipped += clipped;
    all.sum += sum;
    all.least = Math.min(all.least, least);
    all.rise(greatest, atGreatest);
    all.rise(secondGreatest, 0);
  }
  return all;
}
