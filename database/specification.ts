// From a request to a full specification: defaults that depend on what the database holds, and refusals that say what it does
// hold.
import type { ClientBase } from "pg";
import { type BatchRequest, REQUEST_DEFAULTS } from "../model/batchRequest.ts";
import { METHODS_VERSIONS } from "../model/calculations.ts";
import { RejectedError } from "../model/errors.ts";
import type { MethodSet } from "../model/methodSet.ts";
import { BASE_YEARS_AT_LEAST, DEFAULT_PERIODS, formatPeriod, type Period } from "../model/periods.ts";
import { hasSeries, inputsOfRisk, risksOf, seriesOf, waysOf } from "../model/riskInputs.ts";
import type { Risk } from "../model/risks.ts";
import { type BatchSpecification, orderPeriods } from "../model/specification.ts";
import { hasAnySeries, readPresentSeries, readScenarioSeries, type ScenarioSeries } from "./scenarios.ts";
import { hasSeaLevels } from "./seaLevels.ts";
import { readStormYears } from "./stormReader.ts";

/** `overrides`: a user's own bins, rates and anchors. */
export async function resolveSpecification(
  client: ClientBase,
  request: BatchRequest,
  overrides?: MethodSet,
): Promise<BatchSpecification> {
  const { calculation, methods, basePeriod } = { ...REQUEST_DEFAULTS, ...request };
  refuseOverriddenPredecessor(methods, overrides);
  const grid = await resolveGrid(client, request.grid);
  const scenarios = await resolveScenarios(client, grid, request.scenarios);
  const series = await readScenarioSeries(client, scenarios);
  for (const one of series) {
    if (one.segments.length === 0) {
      throw new RejectedError(
        "NoData",
        `Scenario "${one.name}" has no series yet. Load some: climatebatch load climate FILE --scenario ${one.name}`,
      );
    }
  }
  const risks = resolveRisks(methods, request.risks);
  await checkBasePeriod(client, series, { basePeriod, methods, risks });
  const covered = (period: Period) =>
    series.some(({ firstYear, lastYear }) => period.firstYear <= lastYear && period.lastYear >= firstYear);
  const periods = request.periods ?? DEFAULT_PERIODS.filter(covered);
  for (const period of periods) {
    if (!covered(period)) {
      const spans = series.map(({ name, firstYear, lastYear }) => `${name} ${firstYear}-${lastYear}`).join(", ");
      throw new RejectedError(
        "NoData",
        `No requested scenario has data in the period ${formatPeriod(period)}; there is ${spans}.`,
      );
    }
  }
  return {
    calculation,
    methods,
    methodsVersion: METHODS_VERSIONS[methods],
    ...(overrides !== undefined && { overrides }),
    grid,
    risks,
    scenarios,
    basePeriod,
    periods: orderPeriods(basePeriod, periods),
  };
}

/** Of the requested risks, by default all, those that the method set computes. */
function resolveRisks(methods: BatchSpecification["methods"], risks: readonly Risk[] | undefined): readonly Risk[] {
  const known = risksOf(methods);
  const computed = known.filter((risk) => risks?.includes(risk) ?? true);
  if (computed.length > 0) return computed;
  throw new RejectedError(
    "NoInput",
    `The methods ${methods} do not compute ${risks?.join(", ")}. They compute ${known.join(", ")}.`,
  );
}

function refuseOverriddenPredecessor(methods: BatchSpecification["methods"], overrides: MethodSet | undefined): void {
  if (methods !== "predecessor" || overrides === undefined) return;
  throw new RejectedError(
    "InvalidMethodSet",
    `The methods predecessor reproduce the predecessor's numbers and take no others, but "${overrides.methodSet}" is given. Use methods published with it.`,
  );
}

/** Refuses now a batch whose every result would be absent for want of a base period. */
async function checkBasePeriod(
  client: ClientBase,
  series: readonly ScenarioSeries[],
  { basePeriod, methods, risks }: Pick<BatchSpecification, "basePeriod" | "methods" | "risks">,
): Promise<void> {
  const ways = risks.flatMap((risk) => waysOf(methods, risk));
  if (ways.every(({ needsBasePeriod }) => !needsBasePeriod)) return;
  const yearsOf = ({ firstYear, lastYear }: ScenarioSeries) =>
    Math.max(0, Math.min(lastYear, basePeriod.lastYear) - Math.max(firstYear, basePeriod.firstYear) + 1);
  if (series.some((one) => yearsOf(one) >= BASE_YEARS_AT_LEAST)) return;
  const absolute = ways.filter((way) => !way.needsBasePeriod && way.series.length > 0);
  const scenarios = series.map(({ name }) => name);
  const wanted = absolute.flatMap((way) => way.series);
  const present = await readPresentSeries(client, scenarios, wanted);
  if (absolute.some((way) => hasSeries(way, present))) return;
  const found = series.map((one) => `${one.name} has ${yearsOf(one)} (${one.firstYear}-${one.lastYear})`).join(", ");
  throw new RejectedError(
    "NoBasePeriod",
    `The base period ${formatPeriod(basePeriod)} needs ${BASE_YEARS_AT_LEAST} years of data, but scenario ${found}. ` +
      "Ingest a longer past (of a model's future: its historical run, and --parent), or give years that there are: --base-period FIRST-LAST.",
  );
}

/** Refuses a batch that could compute nothing at all; one risk that can be computed is enough. */
export async function refuseWithoutInput(client: ClientBase, specification: BatchSpecification): Promise<void> {
  const { grid, methods, risks, scenarios } = specification;
  const needed = risks.map((risk) => inputsOfRisk(methods, risk)?.neededTables ?? []);
  if (needed.some((tables) => tables.includes("storms")) && (await readStormYears(client)) !== null) return;
  if (needed.some((tables) => tables.includes("sea")) && (await hasSeaLevels(client))) return;
  if (await hasAnySeries(client, scenarios, seriesOf(methods, risks))) return;
  const needs = risks.map((risk) => {
    const ways = waysOf(methods, risk).map(({ text }) => text);
    return `${risk}: ${ways.join(" or ")}`;
  });
  const loads = [
    ...(needed.some((tables) => tables.includes("storms")) ? ["climatebatch load storms FILE"] : []),
    ...(needed.some((tables) => tables.includes("sea")) ? ["climatebatch load sea-levels FILE"] : []),
    ...(risks.some((risk) => waysOf(methods, risk).some(({ series }) => series.length > 0))
      ? [`climatebatch load climate FILE --scenario ${scenarios[0]} --grid ${grid}`]
      : []),
  ];
  throw new RejectedError(
    "NoInput",
    `No input for the requested risks is found for ${scenarios.join(", ")}. Load some: ${loads.join(", or ")}\n${needs.join("\n")}`,
  );
}

async function resolveGrid(client: ClientBase, requested: string | undefined): Promise<string> {
  const { rows } = await client.query<{ name: string }>(
    "SELECT name FROM climatebatch.grids WHERE role = 'target' ORDER BY name",
  );
  const names = rows.map(({ name }) => name);
  if (names.length === 0) {
    throw new RejectedError(
      "NoData",
      "The database holds no climate data yet. Load some: climatebatch load climate FILE --scenario NAME, or try: climatebatch sample",
    );
  }
  if (requested !== undefined && !names.includes(requested)) {
    throw new RejectedError("UnknownGrid", `No target grid is named "${requested}"; known: ${names.join(", ")}.`);
  }
  if (requested === undefined && names.length > 1) {
    throw new RejectedError(
      "GridNeeded",
      `The database has several target grids; say which with --grid: ${names.join(", ")}.`,
    );
  }
  return requested ?? names[0]!;
}

/** By default every scenario with data on the grid that is not another's history. */
async function resolveScenarios(
  client: ClientBase,
  grid: string,
  requested: readonly string[] | undefined,
): Promise<string[]> {
  if (requested !== undefined) return [...new Set(requested)].sort();
  const { rows } = await client.query<{ name: string }>(
    `SELECT s.name FROM climatebatch.scenarios AS s
     WHERE NOT EXISTS (SELECT FROM climatebatch.scenarios AS child WHERE child.parent_id = s.scenario_id)
       AND EXISTS (SELECT FROM climatebatch.grids AS g JOIN climatebatch.grid_cells AS c
           ON c.grid_id = g.grid_id OR c.grid_id IN (SELECT source_grid_id FROM climatebatch.grid_links AS l WHERE l.grid_id = g.grid_id)
         JOIN climatebatch.climate_data AS d USING (cell_id) WHERE g.name = $1 AND d.scenario_id = s.scenario_id)
     ORDER BY s.name`,
    [grid],
  );
  if (rows.length === 0) {
    throw new RejectedError(
      "NoData",
      `No scenario has data on the grid "${grid}". Load some: climatebatch load climate FILE --scenario NAME --grid ${grid}`,
    );
  }
  return rows.map(({ name }) => name);
}
