// What data there are for each risk: which of its series, in which scenarios and years. Judged on a sample of cells, because
// looking at all would take as long as a batch.
import type { ClientBase } from "pg";
import { readStormYears } from "../../database/stormReader.ts";
import type { Definitions } from "../../job/risks/registry.ts";
import { definitionsOf } from "../../job/risks/registry.ts";
import { RISKS, type Risk, STORM_RISKS } from "../../model/risks.ts";
import { FREQUENCIES } from "../../model/variables.ts";
import { type Check, type Finding, fine, problem, warn } from "./finding.ts";

const SAMPLE_CELLS = 50;

interface Series {
  readonly variable: string;
  readonly frequency: string;
  readonly firstYear: number;
  readonly lastYear: number;
  readonly scenarios: readonly string[];
}

export const coverageCheck: Check = {
  name: "data",
  needs: "schema",
  async look({ client }) {
    const { rows } = await client.query<{ name: string; cells: number }>(
      `SELECT g.name, count(c.cell_id)::int AS cells FROM climatebatch.grids AS g LEFT JOIN climatebatch.grid_cells AS c USING (grid_id)
       WHERE g.role = 'target' GROUP BY g.name ORDER BY g.name`,
    );
    const load = "Load some: climatebatch ingest FILE --scenario NAME, or climatebatch import-predecessor.";
    if (rows.length === 0) return [problem("there are no places and no climate data", load)];
    const findings: Finding[] = [];
    for (const { name, cells } of rows) {
      findings.push(fine(`grid ${name}: ${cells} cells; judged on ${Math.min(cells, SAMPLE_CELLS)} of them:`));
      const series = await sampleSeries(client, name);
      const others = await readOthers(client);
      for (const risk of RISKS) findings.push(judge(risk, series, others));
    }
    if (rows.length > 1)
      findings.push(
        warn(
          `there are ${rows.length} target grids: a NOTIFY cannot say which is meant`,
          `Ask with the grid: SELECT climatebatch.request_batch('hazard', '{"grid": "${rows[0]!.name}"}')`,
        ),
      );
    return findings;
  },
};

async function sampleSeries(client: ClientBase, grid: string): Promise<Series[]> {
  const { rows } = await client.query<Series>(
    `WITH numbered AS (
       SELECT c.cell_id, row_number() OVER (ORDER BY c.cell_id) AS number, count(*) OVER () AS cells
       FROM climatebatch.grid_cells AS c JOIN climatebatch.grids AS g USING (grid_id) WHERE g.name = $1),
     sample AS MATERIALIZED (SELECT cell_id FROM numbered WHERE number % greatest(1, cells / $2) = 0 LIMIT $2)
     SELECT d.variable, d.frequency, min(d.year)::int AS "firstYear", max(d.year)::int AS "lastYear",
       array_agg(DISTINCT s.name ORDER BY s.name) AS scenarios
     FROM sample JOIN climatebatch.climate_data AS d USING (cell_id) JOIN climatebatch.scenarios AS s USING (scenario_id)
     GROUP BY 1, 2 ORDER BY 1, 2`,
    [grid, SAMPLE_CELLS],
  );
  return rows;
}

interface Others {
  readonly storms: string | null;
  readonly stations: number;
}

async function readOthers(client: ClientBase): Promise<Others> {
  const storms = await readStormYears(client);
  const { rows } = await client.query("SELECT count(*)::int AS stations FROM climatebatch.extreme_sea_levels");
  return {
    storms: storms === null ? null : `storms of ${storms.agency} ${storms.firstYear}-${storms.lastYear}`,
    stations: rows[0].stations,
  };
}

function judge(risk: Risk, series: readonly Series[], { storms, stations }: Others): Finding {
  const needs = (methods: "published" | "predecessor") =>
    `Load ${definitionsOf({ methods })[risk].accepts.join(", or ")}.`;
  if (STORM_RISKS.includes(risk))
    return storms === null
      ? warn(`${risk}: no storms`, "Load best tracks: climatebatch ingest-storms FILE.")
      : fine(`${risk}: ${storms}`);
  const own = findSeries(definitionsOf({ methods: "published" }), risk, series);
  if (own.length > 0) return fine(`${risk}: ${tell(own)}`);
  if (risk === "coastal_flood" && stations > 0) return fine(`${risk}: extreme sea levels of ${stations} stations`);
  const before = findSeries(definitionsOf({ methods: "predecessor" }), risk, series);
  if (before.length > 0)
    return warn(`${risk}: ${tell(before)}, which only the methods predecessor read`, needs("published"));
  return warn(`${risk}: nothing that it could be computed from`, needs("published"));
}

function findSeries(definitions: Definitions, risk: Risk, series: readonly Series[]): Series[] {
  const { inputs } = definitions[risk];
  return series.filter(({ variable, frequency }) =>
    FREQUENCIES.some((one) => one === frequency && (inputs[one] as readonly string[] | undefined)?.includes(variable)),
  );
}

/** "pr, tasmax daily 1981-2100 (ssp245, ssp585)" */
function tell(series: readonly Series[]): string {
  const alike = Map.groupBy(series, ({ frequency, firstYear, lastYear, scenarios }) =>
    [frequency, `${firstYear}-${lastYear}`, `(${scenarios.join(", ")})`].join(" "),
  );
  return [...alike].map(([words, those]) => `${those.map(({ variable }) => variable).join(", ")} ${words}`).join("; ");
}
