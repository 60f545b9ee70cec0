// What is counted of a variable while its values pass: enough to tell of them, and to see units that cannot be.

export class ValueTally {
  values = 0;
  missing = 0;
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
  for (const { values, missing, sum, least, greatest } of tallies) {
    all.values += values;
    all.missing += missing;
    all.sum += sum;
    all.least = Math.min(all.least, least);
    all.greatest = Math.max(all.greatest, greatest);
  }
  return all;
}
