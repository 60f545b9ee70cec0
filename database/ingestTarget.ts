// Where an ingest goes: its scenario, as it is or as it will be made, checked against what exists.
import type { ClientBase } from "pg";
import type { Calendar } from "../model/calendars.ts";
import { RejectedError } from "../model/errors.ts";
import { readGridStep } from "./gridCells.ts";

export interface ScenarioRequest {
  readonly name: string;
  /** Years before `firstYear` are the parent's. */
  readonly parent: { readonly name: string; readonly firstYear: number } | undefined;
}

export interface IngestTarget {
  readonly gridStepDegrees: number;
  /** The calendar that the scenario has, or must have for its parent's sake, and whose it is. */
  readonly calendar: { readonly calendar: Calendar; readonly source: string } | undefined;
  /** Years before it are the parent's. */
  readonly firstYear: number | undefined;
}

interface ScenarioRow {
  readonly scenario_id: number;
  readonly name: string;
  readonly calendar: Calendar;
  readonly first_year: number | null;
  readonly parent: string | null;
}

export async function readIngestTarget(
  client: ClientBase,
  grid: string,
  request: ScenarioRequest,
): Promise<IngestTarget> {
  const { existing, parent } = await findScenario(client, request);
  const owner = existing ?? parent;
  return {
    gridStepDegrees: await readGridStep(client, grid),
    firstYear: existing?.first_year ?? request.parent?.firstYear,
    calendar:
      owner === undefined
        ? undefined
        : { calendar: owner.calendar, source: `${existing === undefined ? "parent " : ""}scenario "${owner.name}"` },
  };
}

/** The scenario, made when it is new; then it has a table that is not part of climate_data until `attachScenarioTable`. */
export async function findOrCreateScenario(
  client: ClientBase,
  request: ScenarioRequest,
  calendar: Calendar,
): Promise<{ readonly scenarioId: number; readonly isNew: boolean }> {
  const { existing, parent } = await findFitting(client, request, calendar);
  if (existing !== undefined) return { scenarioId: existing.scenario_id, isNew: false };
  await client.query("SELECT set_config('climatebatch.attaching', 'later', true)");
  const { rows } = await client.query<{ scenario_id: number }>(
    "INSERT INTO climatebatch.scenarios (name, calendar, parent_id, first_year) VALUES ($1, $2, $3, $4) RETURNING scenario_id",
    [request.name, calendar, parent?.scenario_id, request.parent?.firstYear],
  );
  return { scenarioId: rows[0]!.scenario_id, isNew: true };
}

/** The same without making it: undefined when it is new. */
export async function findScenarioId(
  client: ClientBase,
  request: ScenarioRequest,
  calendar: Calendar,
): Promise<number | undefined> {
  return (await findFitting(client, request, calendar)).existing?.scenario_id;
}

/** The scenario and the requested parent, refused when their calendar is another. */
async function findFitting(
  client: ClientBase,
  request: ScenarioRequest,
  calendar: Calendar,
): ReturnType<typeof findScenario> {
  const { existing, parent } = await findScenario(client, request);
  const owner = existing ?? parent;
  if (owner !== undefined && owner.calendar !== calendar) {
    throw new RejectedError(
      "CalendarMismatch",
      existing === undefined
        ? `Scenario "${request.name}" would have the calendar ${calendar}, but its parent "${owner.name}" has ${owner.calendar}: their years cannot be joined. Choose a parent of the same model, or correct --calendar.`
        : `Scenario "${owner.name}" has the calendar ${owner.calendar}, but ${calendar} is requested. Leave --calendar out, or load into another --scenario.`,
    );
  }
  return { existing, parent };
}

async function findScenario(
  client: ClientBase,
  request: ScenarioRequest,
): Promise<{ existing: ScenarioRow | undefined; parent: ScenarioRow | undefined }> {
  const { rows } = await client.query<ScenarioRow>(
    `SELECT s.scenario_id, s.name, s.calendar, s.first_year, p.name AS parent
     FROM climatebatch.scenarios AS s LEFT JOIN climatebatch.scenarios AS p ON p.scenario_id = s.parent_id ORDER BY s.name`,
  );
  const existing = rows.find(({ name }) => name === request.name);
  const parent = rows.find(({ name }) => name === request.parent?.name);
  if (request.parent !== undefined && parent === undefined) {
    const known =
      rows.length === 0 ? "there is no scenario yet" : `known are ${rows.map(({ name }) => name).join(", ")}`;
    throw new RejectedError(
      "UnknownParent",
      `--parent: no scenario is named "${request.parent.name}"; ${known}. Ingest the parent's files first.`,
    );
  }
  if (existing !== undefined) refuseOtherParent(existing, request);
  return { existing, parent };
}

function refuseOtherParent(existing: ScenarioRow, { parent }: ScenarioRequest): void {
  if (parent === undefined || (existing.parent === parent.name && existing.first_year === parent.firstYear)) return;
  const stored =
    existing.parent === null ? "has no parent" : `continues "${existing.parent}" from ${existing.first_year}`;
  throw new RejectedError(
    "ParentMismatch",
    `Scenario "${existing.name}" ${stored}, but --parent ${parent.name} --first-year ${parent.firstYear} are given. Leave them out, or ingest into another --scenario.`,
  );
}
