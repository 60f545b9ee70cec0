// What climate the database holds, in few lines: grids, their links, and which series they have of which scenario. Of large
// grids a sample of cells is looked at, since counting all rows of a country would take minutes.
import type { ClientBase } from "pg";
import type { Frequency, Variable } from "../model/variables.ts";

export interface GridSummary {
  readonly grid: string;
  readonly role: "target" | "source";
  readonly stepDegrees: number;
  readonly cells: number;
  /** Of those, how many were looked at. */
  readonly cellsSeen: number;
}

export interface LinkSummary {
  readonly grid: string;
  readonly from: string;
  readonly variable: Variable;
  readonly frequency: Frequency;
  readonly rule: string;
  readonly cells: number;
}

export interface SeriesSummary {
  readonly grid: string;
  readonly scenario: string;
  readonly variable: Variable;
  readonly frequency: Frequency;
  readonly firstYear: number;
  readonly lastYear: number;
  /** Different years between the two that any cell has. */
  readonly years: number;
  /** Cells that have it, of those looked at. */
  readonly cells: number;
}

export interface ScenarioSummary {
  readonly scenario: string;
  readonly calendar: string;
  readonly parent: string | null;
  readonly firstYear: number | null;
}

/** A series that ingest computed from others, some or all of its years. */
export interface DerivedSummary {
  readonly grid: string;
  readonly scenario: string;
  readonly variable: Variable;
  readonly frequency: Frequency;
  readonly rule: string;
}

export interface DataSummary {
  readonly grids: readonly GridSummary[];
  readonly links: readonly LinkSummary[];
  readonly scenarios: readonly ScenarioSummary[];
  readonly series: readonly SeriesSummary[];
  readonly derived: readonly DerivedSummary[];
}

/** As many bytes of series are counted exactly, in seconds; of more, every n-th cell by cell_id is looked at. */
const COUNTED_BYTES = 4 * 2 ** 30;
/** … but at least so many. */
const CELLS_SEEN_AT_LEAST = 1000;

export async function readDataSummary(client: ClientBase): Promise<DataSummary> {
  const { rows: grids } = await client.query<GridSummary & { gridId: number; every: number }>(
    `SELECT g.grid_id AS "gridId", g.name AS grid, g.role, g.step_degrees AS "stepDegrees", count(c.cell_id)::int AS cells,
       greatest(1, least(count(c.cell_id) / $2::numeric, ceil(d.bytes / $1::numeric)))::int AS every
     FROM climatebatch.grids AS g LEFT JOIN climatebatch.grid_cells AS c USING (grid_id),
       (SELECT sum(pg_table_size(relid)) AS bytes FROM pg_partition_tree('climatebatch.climate_data')) AS d GROUP BY d.bytes, g.grid_id ORDER BY g.name`,
    [COUNTED_BYTES, CELLS_SEEN_AT_LEAST],
  );
  const series: SeriesSummary[] = [];
  for (const { gridId, grid, every } of grids) {
    const { rows } = await client.query<Omit<SeriesSummary, "grid">>(
      `WITH seen AS MATERIALIZED (
         SELECT cell_id FROM (SELECT cell_id, row_number() OVER (ORDER BY cell_id) AS at FROM climatebatch.grid_cells WHERE grid_id = $1) AS c
         WHERE (at - 1) % $2 = 0
       )
       SELECT s.name AS scenario, d.variable, d.frequency, min(d.year)::int AS "firstYear", max(d.year)::int AS "lastYear",
         count(DISTINCT d.year)::int AS years, count(DISTINCT d.cell_id)::int AS cells
       FROM seen JOIN climatebatch.climate_data AS d USING (cell_id) JOIN climatebatch.scenarios AS s USING (scenario_id)
       GROUP BY s.name, d.variable, d.frequency ORDER BY s.name, d.variable, d.frequency`,
      [gridId, every],
    );
    series.push(...rows.map((row) => ({ grid, ...row })));
  }
  const { rows: links } = await client.query<LinkSummary>(
    `SELECT g.name AS grid, o.name AS from, l.variable, l.frequency, l.rule, l.cells FROM climatebatch.grid_links AS l
     JOIN climatebatch.grids AS g USING (grid_id) JOIN climatebatch.grids AS o ON o.grid_id = l.source_grid_id
     ORDER BY g.name, o.name, l.variable, l.frequency`,
  );
  const { rows: scenarios } = await client.query<ScenarioSummary>(
    `SELECT s.name AS scenario, s.calendar, p.name AS parent, s.first_year AS "firstYear"
     FROM climatebatch.scenarios AS s LEFT JOIN climatebatch.scenarios AS p ON p.scenario_id = s.parent_id ORDER BY s.name`,
  );
  const { rows: derived } = await client.query<DerivedSummary>(
    `SELECT g.name AS grid, s.name AS scenario, d.variable, d.frequency, d.rule FROM climatebatch.derived_series AS d
     JOIN climatebatch.grids AS g USING (grid_id) JOIN climatebatch.scenarios AS s USING (scenario_id)
     ORDER BY g.name, s.name, d.variable, d.frequency`,
  );
  return {
    grids: grids.map(({ grid, role, stepDegrees, cells, every }) => ({
      grid,
      role,
      stepDegrees,
      cells,
      cellsSeen: Math.ceil(cells / every),
    })),
    links,
    scenarios,
    series,
    derived,
  };
}
