// Nodes and weights of Gauss and Legendre for integrals over an interval.
// What is integrated, and where its kinks are, is the caller's.

/** On [-1, 1]: roots of the Legendre polynomial P4, and 2 / ((1 - x^2) P4'(x)^2). */
const INNER = Math.sqrt(3 / 7 - (2 / 7) * Math.sqrt(6 / 5));
const OUTER = Math.sqrt(3 / 7 + (2 / 7) * Math.sqrt(6 / 5));
const INNER_WEIGHT = (18 + Math.sqrt(30)) / 36;
const OUTER_WEIGHT = (18 - Math.sqrt(30)) / 36;
const NODES = [-OUTER, -INNER, INNER, OUTER];
const WEIGHTS = [OUTER_WEIGHT, INNER_WEIGHT, INNER_WEIGHT, OUTER_WEIGHT];

export const GAUSS_NODES = 4;

/**
 * The four nodes of an interval and their weights.
 *
 * Inputs: from, to [any unit]; position of the first to write; nodes, weights Float64Array.
 * Output: nodes [unit of the interval] and weights [unit of the interval] at `position` and the three after; the integral of f
 *   is the sum of weight times f(node), exact for polynomials up to degree 7.
 * Definition: Abramowitz and Stegun 1964, eq. 25.4.30 and table 25.4, n = 4.
 * Missing data: NaN gives NaN.
 */
export function gaussLegendre(
  from: number,
  to: number,
  position: number,
  nodes: Float64Array,
  weights: Float64Array,
): void {
  const half = (to - from) / 2;
  for (let at = 0; at < GAUSS_NODES; at++) {
    nodes[position + at] = from + half * (1 + NODES[at]!);
    weights[position + at] = half * WEIGHTS[at]!;
  }
}
