// Whether a stored float32 is a double that another program computed, but for its last digits.

/** Two units in the last place of float32. */
const RELATIVE = 2 ** -22;

/** null represents missing; near 0 the steps of float32 near 1 are allowed. */
export function closeToFloat32(stored: number, result: number | null, scale = 1): boolean {
  if (result === null) return Number.isNaN(stored);
  return Math.abs(stored - result) <= RELATIVE * Math.max(Math.abs(result), scale);
}
