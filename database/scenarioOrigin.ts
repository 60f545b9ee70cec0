// Where a scenario comes from: experiment, model, member, bias adjustment. Ensembles are made of scenarios with an origin.
import type { ClientBase } from "pg";
import { RejectedError } from "../model/errors.ts";
import { transaction } from "./connect.ts";
import { failBatches, lockInputsForLoading, refuseUnfinishedBatches } from "./inputLoading.ts";

/** null: not known. */
export interface ScenarioOrigin {
  readonly experiment: string | null;
  readonly model: string | null;
  readonly member: string | null;
  readonly biasAdjustment: string | null;
}

export interface DescribedScenario extends ScenarioOrigin {
  readonly name: string;
  readonly parent: string | null;
  readonly calendar: string;
}

const COLUMNS = `s.name, s.experiment, s.model, s.member, s.bias_adjustment AS "biasAdjustment", p.name AS parent, s.calendar`;

export async function readScenarioOrigins(client: ClientBase): Promise<readonly DescribedScenario[]> {
  const { rows } = await client.query(
    `SELECT ${COLUMNS} FROM climatebatch.scenarios AS s LEFT JOIN climatebatch.scenarios AS p ON p.scenario_id = s.parent_id ORDER BY s.name`,
  );
  return rows;
}

/** Sets what is given and leaves the rest; what a scenario follows is an input of its batches. */
export async function setScenarioOrigin(
  client: ClientBase,
  name: string,
  origin: Partial<ScenarioOrigin>,
  mayFailBatches: boolean,
): Promise<DescribedScenario> {
  return transaction(client, async () => {
    const input = `climate_data/${name}`;
    await lockInputsForLoading(client, [input]);
    const batches = await refuseUnfinishedBatches(client, [input], mayFailBatches);
    const { rowCount } = await client.query(
      `UPDATE climatebatch.scenarios SET experiment = coalesce($2, experiment), model = coalesce($3, model),
         member = coalesce($4, member), bias_adjustment = coalesce($5, bias_adjustment) WHERE name = $1`,
      [name, origin.experiment, origin.model, origin.member, origin.biasAdjustment],
    );
    const known = await readScenarioOrigins(client);
    if (rowCount === 0) {
      const names = known.map((one) => one.name).join(", ");
      throw new RejectedError(
        "UnknownScenario",
        `No scenario is named "${name}"; ${names === "" ? "there is none yet: climatebatch ingest makes them" : `known: ${names}`}.`,
      );
    }
    await failBatches(client, batches, input);
    return known.find((one) => one.name === name)!;
  });
}
