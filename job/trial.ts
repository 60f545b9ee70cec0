// The risks of a few cells, computed and counted but not stored: whether a batch would have results, and if not, why.
import type { ClientBase } from "pg";
import { prepareReading } from "../database/climateReader.ts";
import { transaction } from "../database/connect.ts";
import { seriesOf } from "../model/riskInputs.ts";
import type { Risk } from "../model/risks.ts";
import type { BatchSpecification } from "../model/specification.ts";
import { readBesideSeries } from "./besideSeries.ts";
import { readAttributes } from "./cellAttributes.ts";
import { prepareStream, readBlock, readCellsAfter } from "./cellStream.ts";
import { computeCell } from "./computeCell.ts";
import { definitionsOf } from "./risks/registry.ts";
import type { CellInput } from "./risks/riskDefinition.ts";

export interface TrialOutcome {
  readonly scenario: string;
  readonly risk: Risk;
  readonly computed: number;
  /** How many results are null, by reason. */
  readonly reasons: ReadonlyMap<string, number>;
}

/** The first cells of the grid that have any series; at most `most`. */
export async function computeTrial(
  client: ClientBase,
  specification: BatchSpecification,
  most: number,
): Promise<TrialOutcome[]> {
  const { basePeriod, grid, methods, periods, risks, scenarios } = specification;
  const { rows } = await client.query<{ last: number }>(
    "SELECT coalesce(max(cell_id), 0) AS last FROM climatebatch.grid_cells JOIN climatebatch.grids USING (grid_id) WHERE name = $1",
    [grid],
  );
  const lastCell = rows[0]!.last;
  const outcomes = new Map<string, { scenario: string; risk: Risk; computed: number; reasons: Map<string, number> }>();
  await transaction(client, async () => {
    await prepareReading(client);
    const stream = await prepareStream(client, specification, seriesOf(methods, risks), lastCell);
    const beside = await readBesideSeries(client, { specification, firstCell: 0, lastCell });
    const cells = (await readCellsAfter(client, stream, -1)).slice(0, most);
    for (const one of beside)
      await one.readBlock?.(
        client,
        cells,
        stream.series.map(({ scenarioId }) => scenarioId),
      );
    const definitions = definitionsOf(specification);
    await readBlock(client, stream, cells, (cell) => {
      const { latitude, longitude } = cell;
      const attributes = readAttributes(cell);
      const inputsOf = beside.map((one) => one.inputsOf(cell));
      for (const [at, scenario] of stream.series.entries()) {
        let input: CellInput = { latitude, longitude, attributes, basePeriod, periods, ...scenario };
        for (const inputOf of inputsOf) input = { ...input, ...inputOf(scenario) };
        for (const { risk, results } of computeCell(input, scenario.implausible, risks, definitions)) {
          const name = scenarios[at]!;
          const outcome = outcomes.get(`${name} ${risk}`) ?? { scenario: name, risk, computed: 0, reasons: new Map() };
          outcomes.set(`${name} ${risk}`, outcome);
          for (const { reason } of results) {
            if (reason === null) outcome.computed++;
            else outcome.reasons.set(reason, (outcome.reasons.get(reason) ?? 0) + 1);
          }
        }
      }
    });
  });
  return [...outcomes.values()];
}
