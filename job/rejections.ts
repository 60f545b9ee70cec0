// Cells whose input was present but implausible: a sample of each kind, and all of them counted.
import type { RejectedCell, RejectedCount } from "../database/shards.ts";
import type { Risk } from "../model/risks.ts";

/** Kept per shard, risk and reason; the counts know the rest. */
const SAMPLE_LIMIT = 100;

export class Rejections {
  readonly #counts = new Map<string, { risk: Risk; reason: string; cells: number }>();
  readonly #sample: RejectedCell[] = [];
  #cells = 0;
  #lastCell = Number.NaN;

  /** Cells are added in order, all rejections of one together. */
  add(rejected: RejectedCell): void {
    const { risk, reason, cellId } = rejected;
    if (cellId !== this.#lastCell) this.#cells++;
    this.#lastCell = cellId;
    const key = `${risk} ${reason}`;
    const count = this.#counts.get(key) ?? { risk, reason, cells: 0 };
    this.#counts.set(key, count);
    count.cells++;
    if (count.cells <= SAMPLE_LIMIT) this.#sample.push(rejected);
  }

  outcome(): { rejectedCells: number; rejections: readonly RejectedCell[]; rejectedCounts: readonly RejectedCount[] } {
    return { rejectedCells: this.#cells, rejections: this.#sample, rejectedCounts: [...this.#counts.values()] };
  }
}
