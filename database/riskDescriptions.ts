// What the arrays of a batch's result rows mean, stored once per batch and risk for the views to read.
import type { ClientBase } from "pg";
import { RETURN_PERIODS } from "../model/results.ts";
import type { Risk } from "../model/risks.ts";

export interface RiskDescription {
  readonly risk: Risk;
  readonly intensity: string;
  readonly unit: string;
  readonly edges: readonly number[];
  readonly ranges?: readonly string[] | undefined;
  readonly rateSets: Readonly<Record<string, readonly number[]>>;
  readonly impactType: string;
  readonly returnLevelOf: string;
  readonly returnLevelUnit: string;
  readonly companions: readonly { readonly name: string; readonly unit: string }[];
}

/** Every shard of a batch says the same; the first to commit is kept. */
export async function describeRisks(
  client: ClientBase,
  batchId: string,
  risks: readonly RiskDescription[],
  methodsVersion: number,
): Promise<void> {
  for (const risk of risks) {
    await client.query(
      `INSERT INTO climatebatch.batch_risks (batch_id, risk, intensity, unit, ranges, impact_type, return_periods,
         return_level_of, return_level_unit, indicators, indicator_units, methods_version)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT DO NOTHING`,
      [
        batchId,
        risk.risk,
        risk.intensity,
        risk.unit,
        risk.ranges ?? binRanges(risk.edges),
        risk.impactType,
        RETURN_PERIODS,
        risk.returnLevelOf,
        risk.returnLevelUnit,
        risk.companions.map(({ name }) => name),
        risk.companions.map(({ unit }) => unit),
        methodsVersion,
      ],
    );
    for (const [name, rates] of Object.entries(risk.rateSets)) {
      await client.query(
        "INSERT INTO climatebatch.batch_rate_sets (batch_id, risk, rate_set, rates) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        [batchId, risk.risk, name, rates],
      );
    }
  }
}

/** "<3", "3-10", …, ">=80"; nothing is below 0, so that an edge there means none: "0", ">0-0.15", … */
export function binRanges(edges: readonly number[]): string[] {
  return Array.from({ length: edges.length + 1 }, (_, bin) => {
    if (bin === 0) return edges[0] === 0 ? "0" : `<${edges[0]}`;
    if (bin === 1 && edges[0] === 0 && edges.length > 1) return `>0-${edges[1]}`;
    return bin === edges.length ? `>=${edges[bin - 1]}` : `${edges[bin - 1]}-${edges[bin]}`;
  });
}
