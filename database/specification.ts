// From what a user asks to a full specification: defaults that depend on what the database holds, and refusals that
// name what it does hold.
import type { ClientBase } from "pg";
import type { CalculationRequest, Methods } from "../model/calculations.ts";
import { RejectedError } from "../model/errors.ts";
import type { MethodSet } from "../model/methodSet.ts";
import { BASE_YEARS_AT_LEAST, DEFAULT_PERIODS, formatPeriod, type Period } from "../model/periods.ts";
import { hasSeries, risksOf, waysOf } from "../model/riskInputs.ts";
import { RISKS, type Risk } from "../model/risks.ts";
import { type BatchSpecification, orderPeriods } from "../model/specification.ts";
import { readPresentSeries, readScenarioSeries, type ScenarioSeries } from "./scenarios.ts";

export interface BatchRequest {
  readonly calculation: CalculationRequest;
  readonly methods: Methods;
  readonly overrides?: MethodSet | undefined;
  readonly grid?: string | undefined;
  readonly scenarios?: readonly string[] | undefined;
  readonly periods?: readonly Period[] | undefined;
  readonly risks?: readonly Risk[] | undefined;
  readonly basePeriod: Period;
}

export async function resolveSpecification(client: ClientBase, request: BatchRequest): Promise<BatchSpecification> {
  refuseHazardByPredecessor(request);
  refuseOverriddenPredecessor(request);
  const grid = await resolveGrid(client, request.grid);
  const scenarios = await resolveScenarios(client, grid, request.scenarios);
  const series = await readScenarioSeries(client, scenarios);
  for (const one of series) {
    if (one.segments.length === 0) {
      throw new RejectedError(
        "NoData",
        `Scenario "${one.name}" has no series yet. Load some: climatebatch ingest FILE --scenario ${one.name}`,
      );
    }
  }
  await checkBasePeriod(client, series, request);
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
    calculation: request.calculation,
    methods: request.methods,
    ...(request.overrides !== undefined && { overrides: request.overrides }),
    grid,
    risks: resolveRisks(request),
    scenarios,
    basePeriod: request.basePeriod,
    periods: orderPeriods(request.basePeriod, periods),
  };
}

/** Of the requested risks, by default all, those that the method set computes. */
function resolveRisks({ methods, risks }: BatchRequest): Risk[] {
  const known = risksOf(methods);
  const computed = known.filter((risk) => risks?.includes(risk) ?? true);
  if (computed.length > 0) return computed;
  throw new RejectedError(
    "NoInput",
    `The methods ${methods} do not compute ${risks?.join(", ")}. They compute ${known.join(", ")}.`,
  );
}

/** The CRD refuses it too; a request by SQL and a command line come here. */
function refuseHazardByPredecessor({ calculation, methods }: BatchRequest): void {
  if (methods !== "predecessor" || calculation === "probability") return;
  throw new RejectedError(
    "NoPredecessorHazard",
    `The methods predecessor compute probability only: the predecessor's hazard scores were placeholders (days / 30, with 5 days where nothing was known). ` +
      "Ask for probability by predecessor, or for hazard by published.",
  );
}

function refuseOverriddenPredecessor({ methods, overrides }: BatchRequest): void {
  if (methods !== "predecessor" || overrides === undefined) return;
  throw new RejectedError(
    "InvalidMethodSet",
    `The methods predecessor reproduce the predecessor's numbers and take no others, but "${overrides.methodSet}" is given. Use methods published with it.`,
  );
}

/** Without a base period nothing that is asked for could be told: better said now than by rows of reasons. */
async function checkBasePeriod(
  client: ClientBase,
  series: readonly ScenarioSeries[],
  { basePeriod, methods, risks }: BatchRequest,
): Promise<void> {
  const ways = (risks ?? RISKS).map((risk) => waysOf(methods, risk));
  if (ways.every((ofRisk) => ofRisk.every(({ series }) => series.length === 0))) return;
  const yearsOf = ({ firstYear, lastYear }: ScenarioSeries) =>
    Math.max(0, Math.min(lastYear, basePeriod.lastYear) - Math.max(firstYear, basePeriod.firstYear) + 1);
  if (series.some((one) => yearsOf(one) >= BASE_YEARS_AT_LEAST)) return;
  const absolute = ways.flat().filter(({ needsBasePeriod, series: needed }) => !needsBasePeriod && needed.length > 0);
  const present = await readPresentSeries(
    client,
    series.map(({ name }) => name),
    absolute.flatMap((way) => way.series),
  );
  if (absolute.some((way) => hasSeries(way, present))) return;
  const found = series.map((one) => `${one.name} has ${yearsOf(one)} (${one.firstYear}-${one.lastYear})`).join(", ");
  throw new RejectedError(
    "NoBasePeriod",
    `The base period ${formatPeriod(basePeriod)} needs ${BASE_YEARS_AT_LEAST} years of data, but scenario ${found}. ` +
      "Ingest a longer past (of a model's future: its historical run, and --parent), or give years that there are: --base-period FIRST-LAST.",
  );
}

async function resolveGrid(client: ClientBase, asked: string | undefined): Promise<string> {
  const { rows } = await client.query<{ name: string }>(
    "SELECT name FROM climatebatch.grids WHERE role = 'target' ORDER BY name",
  );
  const names = rows.map(({ name }) => name);
  if (names.length === 0) {
    throw new RejectedError(
      "NoData",
      "The database holds no climate data yet. Load some: climatebatch ingest FILE --scenario NAME, or try: climatebatch sample",
    );
  }
  if (asked !== undefined && !names.includes(asked)) {
    throw new RejectedError("UnknownGrid", `No target grid is named "${asked}"; known: ${names.join(", ")}.`);
  }
  if (asked === undefined && names.length > 1) {
    throw new RejectedError(
      "GridNeeded",
      `The database has several target grids; say which with --grid: ${names.join(", ")}.`,
    );
  }
  return asked ?? names[0]!;
}

/** By default every scenario with data on the grid that is nobody's parent. */
async function resolveScenarios(
  client: ClientBase,
  grid: string,
  asked: readonly string[] | undefined,
): Promise<string[]> {
  if (asked !== undefined) return [...new Set(asked)].sort();
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
      `No scenario has data on the grid "${grid}". Load some: climatebatch ingest FILE --scenario NAME --grid ${grid}`,
    );
  }
  return rows.map(({ name }) => name);
}
