// The made values of a large grid, alone: the program that writes the file needs nothing else of the test's tools.

/** A float32 that reports day and cell apart [degC]. */
export function dayValue(day: number, cell: number): number {
  return Math.fround(-20 + ((day * 7 + cell * 13) % 6000) / 100);
}
