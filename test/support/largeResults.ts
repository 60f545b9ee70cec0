// Results of a country at 1 km, made from those of the sample: 81 million rows are inserted in minutes rather than computed in days.
import { connect } from "../../database/connect.ts";
import type { Calculation } from "../../model/calculations.ts";
import type { TestDatabase } from "./database.ts";

/** Cells of a country at 1 km, and how many of them lie in a row from west to east. */
export const NATION_CELLS = 451_351;
const COLUMNS = 640;
const STEP = 0.01;
const WEST = 125;
const NORTH = 39;
const FIRST_CELL = 1_000_000;
const SESSIONS = 2;

export interface LargeResults {
  readonly cells: number;
  readonly scenarios: number;
  readonly calculation: Calculation;
}

/**
 * Puts results of `cells` cells in place of the sample's, which `database` holds. Each cell has the rows of one of the sample's
 * cells, with as many scenarios as wanted.
 */
export async function makeLargeResults(
  { client, url }: Pick<TestDatabase, "client" | "url">,
  { cells, scenarios, calculation }: LargeResults,
): Promise<void> {
  const table = `climatebatch.${calculation}_rows`;
  const { rows: columns } = await client.query<{ name: string }>(
    "SELECT attname AS name FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum",
    [table],
  );
  const changed = ["cell_id", "scenario_id"];
  const kept = columns.map(({ name }) => name).filter((name) => !changed.includes(name));
  const names = await addScenarios();
  await client.query(`
    CREATE UNLOGGED TABLE public.made_rows AS
      SELECT (dense_rank() OVER (ORDER BY cell_id) - 1)::int AS kind, s.scenario_id AS made_scenario_id, r.*
      FROM climatebatch.slots AS k JOIN ${table} AS r USING (slot)
      JOIN public.made_scenarios AS s ON s.made_from = r.scenario_id
      WHERE k.calculation = '${calculation}' AND k.batch_id IS NOT NULL;
    CREATE INDEX ON public.made_rows (kind, made_scenario_id, risk, first_year);
    ANALYZE public.made_rows`);
  await client.query(
    "UPDATE climatebatch.batches SET cells = $1, specification = jsonb_set(specification, '{scenarios}', $2)",
    [cells, JSON.stringify(names)],
  );
  await client.query("UPDATE climatebatch.grids SET step_degrees = $1", [STEP]);
  await client.query(`
    TRUNCATE climatebatch.probability_rows, climatebatch.hazard_rows;
    ALTER TABLE climatebatch.grid_cells DISABLE TRIGGER USER;
    DELETE FROM climatebatch.grid_cells`);
  await client.query(
    `INSERT INTO climatebatch.grid_cells (cell_id, grid_id, latitude, longitude) OVERRIDING SYSTEM VALUE
     SELECT ${FIRST_CELL} + n, grid_id, round(${NORTH} - ${STEP} * ((n - 1) / ${COLUMNS}), 4), round(${WEST} + ${STEP} * ((n - 1) % ${COLUMNS}), 4)
     FROM climatebatch.grids, generate_series(1, $1::int) AS n`,
    [cells],
  );
  await Promise.all(
    Array.from({ length: SESSIONS }, async (_, part) => {
      const session = await connect(url, { purpose: "test" });
      const [first, last] = [part, part + 1].map((at) => Math.floor((at * cells) / SESSIONS)) as [number, number];
      await session.query(`
        INSERT INTO ${table} (cell_id, scenario_id, ${kept.join()})
        SELECT ${FIRST_CELL} + n, made_scenario_id, ${kept.join()}
        FROM generate_series(${first + 1}, ${last}) AS n, LATERAL (
          SELECT * FROM public.made_rows WHERE kind = n % (SELECT max(kind) + 1 FROM public.made_rows) ORDER BY made_scenario_id, risk, first_year) AS r`);
      await session.end();
    }),
  );
  await client.query(`ANALYZE ${table}; ANALYZE climatebatch.grid_cells`);

  async function addScenarios(): Promise<string[]> {
    await client.query(`
      CREATE UNLOGGED TABLE public.made_scenarios AS
        SELECT scenario_id, scenario_id AS made_from, name FROM climatebatch.scenarios
        WHERE scenario_id IN (SELECT scenario_id FROM ${table})`);
    await client.query(
      `WITH one AS (SELECT s.* FROM climatebatch.scenarios AS s JOIN public.made_scenarios USING (scenario_id) LIMIT 1),
       added AS (
         INSERT INTO climatebatch.scenarios (name, parent_id, first_year, calendar, data_first_year, data_last_year)
         SELECT 'sample-made-' || n, parent_id, first_year, calendar, data_first_year, data_last_year
         FROM one, generate_series((SELECT count(*) + 1 FROM public.made_scenarios), $1) AS n RETURNING scenario_id, name)
       INSERT INTO public.made_scenarios SELECT added.scenario_id, one.scenario_id, added.name FROM added, one`,
      [scenarios],
    );
    const { rows } = await client.query<{ name: string }>("SELECT name FROM public.made_scenarios ORDER BY name");
    return rows.map(({ name }) => name);
  }
}
