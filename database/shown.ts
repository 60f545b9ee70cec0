// Which scenario and period the predecessor's views show: one row per place and risk.
import type { ClientBase } from "pg";
import type { Calculation } from "../model/calculations.ts";
import { RejectedError } from "../model/errors.ts";
import { formatPeriod, type Period, samePeriod } from "../model/periods.ts";
import type { BatchSpecification } from "../model/specification.ts";
import { transaction } from "./connect.ts";
import { lockPublications } from "./publish.ts";

export interface Shown {
  readonly calculation: Calculation;
  readonly batchId: string;
  /** null: none was chosen. */
  readonly scenario: string | null;
  readonly period: Period | null;
  /** What the published batch has. */
  readonly scenarios: readonly string[];
  readonly periods: readonly Period[];
}

/** Of each published calculation. */
export async function readShown(client: ClientBase): Promise<Shown[]> {
  const { rows } = await client.query<{
    calculation: Calculation;
    batch_id: string;
    scenario: string | null;
    first_year: number | null;
    last_year: number | null;
    specification: BatchSpecification;
  }>(
    `SELECT p.calculation, p.batch_id, s.name AS scenario, p.shown_first_year AS first_year, p.shown_last_year AS last_year, b.specification
     FROM climatebatch.publications AS p JOIN climatebatch.batches AS b USING (batch_id)
     LEFT JOIN climatebatch.scenarios AS s ON s.scenario_id = p.shown_scenario_id ORDER BY p.calculation DESC`,
  );
  return rows.map(({ calculation, batch_id, scenario, first_year, last_year, specification }) => ({
    calculation,
    batchId: batch_id,
    scenario,
    period: first_year === null ? null : { firstYear: first_year, lastYear: last_year! },
    scenarios: specification.scenarios,
    periods: specification.periods,
  }));
}

/** For all published calculations at once; refused when one of them lacks the scenario or period. */
export async function setShown(client: ClientBase, scenario: string, period: Period): Promise<void> {
  await transaction(client, async () => {
    await lockPublications(client);
    const published = await readShown(client);
    if (published.length === 0)
      throw new RejectedError("NothingPublished", "No batch is published. Compute one: climatebatch run all");
    for (const { batchId, calculation, periods, scenarios } of published) {
      if (!scenarios.includes(scenario))
        throw new RejectedError(
          "NotPublished",
          `The published ${calculation} batch ${batchId} has no scenario "${scenario}"; it has ${scenarios.join(", ")}.`,
        );
      if (!periods.some((one) => samePeriod(one, period)))
        throw new RejectedError(
          "NotPublished",
          `The published ${calculation} batch ${batchId} has no period ${formatPeriod(period)}; it has ${periods.map(formatPeriod).join(", ")}.`,
        );
    }
    await client.query(
      `UPDATE climatebatch.publications SET shown_first_year = $2, shown_last_year = $3,
         shown_scenario_id = (SELECT scenario_id FROM climatebatch.scenarios WHERE name = $1) WHERE batch_id IS NOT NULL`,
      [scenario, period.firstYear, period.lastYear],
    );
  });
}
