// The sample: a synthetic climate of Korea with ground, sea, storms and water, loaded where it is missing.
import type { Client } from "pg";
import type { LoadOutcome } from "../../database/climateLoad.ts";
import { writeClimate } from "../../database/climateWriter.ts";
import { readStormYears } from "../../database/stormReader.ts";
import { writeStorms } from "../../database/stormWriter.ts";
import { RejectedError } from "../../model/errors.ts";
import type { Variable } from "../../model/variables.ts";
import { startProgress } from "../progress.ts";
import {
  makeSampleClimate,
  SAMPLE_CALENDAR,
  SAMPLE_COUNTRY,
  SAMPLE_GRID,
  SAMPLE_SCENARIOS,
  SAMPLE_VARIABLES,
  type SamplePlace,
  sampleBurnableFraction,
  samplePlaces,
} from "./sampleClimate.ts";
import { addSampleGround, hasSampleGround } from "./sampleGround.ts";
import { makeSampleStorms, SAMPLE_STORM_YEARS } from "./sampleStorms.ts";
import { addSampleWater } from "./sampleWater.ts";

export const DEFAULT_SAMPLE_CELLS = 320;

export interface Sample {
  readonly cells: number;
  readonly variables: readonly Variable[];
  readonly rowsWritten: number;
}

export function describeSample({ cells, variables, rowsWritten }: Sample, database: string): string {
  const scenarios = SAMPLE_SCENARIOS.map(({ name, firstYear, lastYear }) => `${name} ${firstYear}-${lastYear}`).join(
    ", ",
  );
  return rowsWritten === 0
    ? `The sample exists already: ${cells} cells in ${database}.`
    : `Made the sample: ${cells} cells, ${variables.join(", ")} daily, ${scenarios}, ground, sea, storms, and withdrawal of water by river basin, in ${database}. It is synthetic.`;
}

/** Loads what is missing of the sample. */
export async function makeSample(client: Client, cells: number, signal: AbortSignal): Promise<Sample> {
  await refuseOtherData(client);
  const places = samplePlaces(cells);
  const existing = await client.query(
    `SELECT count(*)::int AS cells FROM climatebatch.grid_cells JOIN climatebatch.grids USING (grid_id)
     WHERE name = $1 AND (attributes ->> 'landFraction')::float8 IS DISTINCT FROM 0`,
    [SAMPLE_GRID],
  );
  if (await isComplete(client)) {
    if (!(await hasSampleGround(client))) await addSampleGround(client, places);
    await loadStorms(client);
    await addSampleWater(client, places, signal);
    return { cells: existing.rows[0].cells, variables: SAMPLE_VARIABLES, rowsWritten: 0 };
  }
  const progress = startProgress("synthetic climate", places.length * SAMPLE_SCENARIOS.length, "places");
  let rowsWritten = 0;
  let done = 0;
  try {
    for (const scenario of SAMPLE_SCENARIOS) {
      const climate = makeSampleClimate(scenario);
      const outcome: LoadOutcome = await writeClimate(client, {
        grid: SAMPLE_GRID,
        scenario: { name: scenario.name, parent: scenario.parent },
        calendar: SAMPLE_CALENDAR,
        onConflict: "replace",
        failRunningBatches: true,
        series: {
          frequency: "daily",
          variables: SAMPLE_VARIABLES,
          firstYear: scenario.firstYear,
          lastYear: scenario.lastYear,
          places,
          yearsOf: (at) => {
            signal.throwIfAborted();
            progress.update(++done);
            return climate.yearsOf(places[at]!);
          },
        },
      });
      rowsWritten += outcome.rowsWritten;
    }
    await setAttributes(client, places);
    await addSampleGround(client, places);
    await loadStorms(client);
    await addSampleWater(client, places, signal);
  } finally {
    progress.stop();
  }
  return { cells: places.length, variables: SAMPLE_VARIABLES, rowsWritten };
}

/** A sample made by an earlier version has no storms. */
async function loadStorms(client: Client): Promise<void> {
  if ((await readStormYears(client)) !== null) return;
  await writeStorms(client, {
    years: SAMPLE_STORM_YEARS,
    tracks: makeSampleStorms(),
    replaceRecord: false,
    failRunningBatches: true,
  });
}

async function setAttributes(client: Client, places: readonly SamplePlace[]): Promise<void> {
  await client.query(
    `UPDATE climatebatch.grid_cells AS c SET attributes = jsonb_build_object('burnableFraction', p.burnable, 'country', $5::int)
     FROM climatebatch.grids AS g, unnest($2::float8[], $3::float8[], $4::float8[]) AS p (latitude, longitude, burnable)
     WHERE g.name = $1 AND (c.grid_id, c.latitude, c.longitude) = (g.grid_id, p.latitude, p.longitude)`,
    [
      SAMPLE_GRID,
      places.map(({ latitude }) => latitude),
      places.map(({ longitude }) => longitude),
      places.map(sampleBurnableFraction),
      SAMPLE_COUNTRY,
    ],
  );
}

/** Whether each scenario of the sample has the variables that this version reads. */
async function isComplete(client: Client): Promise<boolean> {
  const { rows } = await client.query(
    `SELECT count(*)::int AS series FROM climatebatch.scenarios AS s, unnest($1::text[]) AS v
     WHERE s.name = ANY ($2) AND EXISTS (SELECT FROM climatebatch.climate_data AS d
       JOIN climatebatch.grid_cells AS c USING (cell_id) WHERE d.scenario_id = s.scenario_id AND d.variable = v)`,
    [SAMPLE_VARIABLES, SAMPLE_SCENARIOS.map(({ name }) => name)],
  );
  return rows[0].series === SAMPLE_VARIABLES.length * SAMPLE_SCENARIOS.length;
}

async function refuseOtherData(client: Client): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT name FROM climatebatch.grids WHERE name <> $1 UNION SELECT name FROM climatebatch.scenarios WHERE name <> ALL ($2) ORDER BY name`,
    [SAMPLE_GRID, SAMPLE_SCENARIOS.map(({ name }) => name)],
  );
  if (rows.length === 0) return;
  throw new RejectedError(
    "OtherData",
    `The database holds other data than the sample (${rows.map(({ name }) => name).join(", ")}). The sample needs a database of its own: leave --database out, or name an empty one.`,
  );
}
