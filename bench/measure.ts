// How long a piece of work takes: rounds after a warm-up, fastest, mean and spread, and a sum that keeps the work
// from being optimised away.

const ROUNDS = 9;
const WARM_UP_ROUNDS = 2;

/** Runs `round` again and again and prints what it took; `round` returns something that depends on all it computed. */
export function measure(name: string, cellYears: number, round: () => number): void {
  let sink = 0;
  for (let i = 0; i < WARM_UP_ROUNDS; i++) sink += round();
  const seconds: number[] = [];
  for (let i = 0; i < ROUNDS; i++) {
    const before = performance.now();
    sink += round();
    seconds.push((performance.now() - before) / 1000);
  }
  const mean = seconds.reduce((sum, x) => sum + x, 0) / ROUNDS;
  const sd = Math.sqrt(seconds.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (ROUNDS - 1));
  const ms = (x: number) => (x * 1000).toFixed(1);
  console.log(
    `${name}: ${Math.round(cellYears / mean).toLocaleString("en")} cell-years/s ` +
      `(min ${ms(Math.min(...seconds))} ms, mean ${ms(mean)} ± ${ms(sd)} ms for ${cellYears} cell-years, ${ROUNDS} rounds; sink ${sink.toFixed(3)})`,
  );
}
