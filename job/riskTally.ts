// What a shard says of each risk in its log when it is done: how many results have numbers, and how long they took.
import type { Risk } from "../model/risks.ts";
import type { RiskOfCell } from "./computeCell.ts";

export interface RiskLine {
  readonly risk: Risk;
  /** Results are one per cell, scenario and period. */
  readonly results: number;
  /** Those that are null, each with its reason. */
  readonly withoutNumbers: number;
  /** Those whose numbers say that the hazard cannot do harm in the cell. */
  readonly notApplicable: number;
  readonly rejectedSeries: number;
  readonly seconds: number;
}

interface Counts {
  results: number;
  withoutNumbers: number;
  notApplicable: number;
  rejectedSeries: number;
  ms: number;
}

export class RiskTally {
  readonly #lines = new Map<Risk, Counts>();

  add({ risk, results, rejection }: RiskOfCell, ms: number): void {
    const line = this.#lines.get(risk) ?? { results: 0, withoutNumbers: 0, notApplicable: 0, rejectedSeries: 0, ms: 0 };
    this.#lines.set(risk, line);
    line.results += results.length;
    for (const { flags, reason } of results) {
      if (reason !== null) line.withoutNumbers++;
      else if (flags.includes("notApplicable")) line.notApplicable++;
    }
    if (rejection !== null) line.rejectedSeries++;
    line.ms += ms;
  }

  lines(): RiskLine[] {
    return [...this.#lines].map(([risk, { ms, ...counts }]) => ({ risk, ...counts, seconds: Math.round(ms) / 1000 }));
  }
}
