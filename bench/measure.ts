// How long a piece of work takes: rounds after a warm-up, fastest, mean and spread, and a sum that keeps the work
// from being optimised away.

const ROUNDS = 9;
const WARM_UP_ROUNDS = 2;

export interface Measurement {
  /** By the mean of the rounds. */
  readonly cellYearsPerSecond: number;
  readonly fastestSeconds: number;
}

/** Runs `round` again and again and prints what it took; `round` returns something that depends on all it computed. */
export function measure(name: string, cellYears: number, round: () => number, rounds = ROUNDS): Measurement {
  let sink = 0;
  for (let i = 0; i < WARM_UP_ROUNDS; i++) sink += round();
  const seconds: number[] = [];
  for (let i = 0; i < rounds; i++) {
    const before = performance.now();
    sink += round();
    seconds.push((performance.now() - before) / 1000);
  }
  return report(name, cellYears, seconds, `; sink ${sink.toFixed(3)}`);
}

/** Prints what rounds of `seconds` each say of `cellYears`; the rate is that of the mean. */
export function report(name: string, cellYears: number, seconds: readonly number[], note = ""): Measurement {
  const rounds = seconds.length;
  const mean = seconds.reduce((sum, x) => sum + x, 0) / rounds;
  const sd = Math.sqrt(seconds.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (rounds - 1));
  const fastest = Math.min(...seconds);
  const ms = (x: number) => (x * 1000).toFixed(1);
  const cellYearsPerSecond = cellYears / mean;
  console.log(
    `${name}: ${Math.round(cellYearsPerSecond).toLocaleString("en")} cell-years/s ` +
      `(min ${ms(fastest)} ms, mean ${ms(mean)} ± ${ms(sd)} ms for ${cellYears} cell-years, ${rounds} rounds${note})`,
  );
  return { cellYearsPerSecond, fastestSeconds: fastest };
}
