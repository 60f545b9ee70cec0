// Scenarios as series: whose years a scenario's series is made of, and the span they cover.
import type { ClientBase } from "pg";
import type { Calendar } from "../model/calendars.ts";
import { RejectedError } from "../model/errors.ts";
import type { PresentSeries, SeriesGroup } from "../model/riskInputs.ts";
import { FREQUENCIES, type Frequency, type Variable, type VariablesByFrequency } from "../model/variables.ts";

/** Years of one scenario's series that come from one stored scenario. */
export interface Segment {
  readonly scenarioId: number;
  readonly scenario: string;
  readonly firstYear: number;
  readonly lastYear: number;
  /** Years that the stored scenario is known to have rows of; rows outside were loaded behind ingest's back. */
  readonly dataFirstYear: number;
  readonly dataLastYear: number;
}

export interface ScenarioSeries {
  readonly scenarioId: number;
  readonly name: string;
  /** As the model's runs are called, such as ssp585; null where unknown. */
  readonly experiment: string | null;
  readonly calendar: Calendar;
  /** Itself and its ancestors, also those without data. */
  readonly lineage: readonly string[];
  /** In time, without overlap; empty when nothing was ever ingested. */
  readonly segments: readonly Segment[];
  readonly firstYear: number;
  readonly lastYear: number;
}

interface ScenarioRow {
  readonly scenario_id: number;
  readonly name: string;
  readonly experiment: string | null;
  readonly calendar: Calendar;
  readonly parent_id: number | null;
  readonly first_year: number | null;
  readonly data_first_year: number | null;
  readonly data_last_year: number | null;
}

/** The named scenarios, in that order, each with its parent's years in front. */
export async function readScenarioSeries(client: ClientBase, names: readonly string[]): Promise<ScenarioSeries[]> {
  const { rows } = await client.query<ScenarioRow>("SELECT * FROM climatebatch.scenarios ORDER BY name");
  const byId = new Map(rows.map((row) => [row.scenario_id, row]));
  return names.map((name) => {
    const row = rows.find((candidate) => candidate.name === name);
    if (row === undefined) {
      const known =
        rows.length === 0
          ? "there is none yet: climatebatch ingest makes them"
          : `known: ${rows.map((r) => r.name).join(", ")}`;
      throw new RejectedError("UnknownScenario", `No scenario is named "${name}"; ${known}.`);
    }
    return makeSeries(row, byId);
  });
}

function makeSeries(row: ScenarioRow, byId: ReadonlyMap<number, ScenarioRow>): ScenarioSeries {
  const segments: Segment[] = [];
  let upTo = Number.POSITIVE_INFINITY;
  const lineage: string[] = [];
  for (let at: ScenarioRow | undefined = row; at !== undefined; ) {
    if (lineage.includes(at.name))
      throw new RejectedError(
        "ScenarioCycle",
        `Scenario "${row.name}" is its own ancestor through "${at.name}". Correct parent_id in climatebatch.scenarios.`,
      );
    lineage.push(at.name);
    if (at.calendar !== row.calendar) {
      throw new RejectedError(
        "CalendarsDiffer",
        `Scenario "${row.name}" has the calendar ${row.calendar}, its ancestor "${at.name}" has ${at.calendar}: their years cannot be joined. Ingest both from runs of one model.`,
      );
    }
    const dataFirstYear = at.data_first_year ?? Number.POSITIVE_INFINITY;
    const dataLastYear = at.data_last_year ?? Number.NEGATIVE_INFINITY;
    const firstYear = Math.max(dataFirstYear, at.first_year ?? Number.NEGATIVE_INFINITY);
    const lastYear = Math.min(dataLastYear, upTo);
    if (firstYear <= lastYear) {
      segments.unshift({
        scenarioId: at.scenario_id,
        scenario: at.name,
        firstYear,
        lastYear,
        dataFirstYear,
        dataLastYear,
      });
    }
    if (at.first_year !== null) upTo = Math.min(upTo, at.first_year - 1);
    at = at.parent_id === null ? undefined : byId.get(at.parent_id);
  }
  return {
    scenarioId: row.scenario_id,
    name: row.name,
    experiment: row.experiment,
    calendar: row.calendar,
    lineage,
    segments,
    firstYear: segments[0]?.firstYear ?? Number.NaN,
    lastYear: segments.at(-1)?.lastYear ?? Number.NaN,
  };
}

/** Which of the wanted series the scenarios and their parents have anywhere. */
export async function readPresentSeries(
  client: ClientBase,
  names: readonly string[],
  wanted: readonly SeriesGroup[],
): Promise<PresentSeries> {
  const lineages = await readScenarioSeries(client, names);
  const pairs = wanted.flatMap(({ frequency, variables }) => variables.map((variable) => ({ frequency, variable })));
  const { rows } = await client.query<{ frequency: Frequency; variable: Variable }>(
    `SELECT frequency, variable FROM (SELECT DISTINCT frequency, variable FROM jsonb_to_recordset($2) AS _(frequency text, variable text)) AS wanted
     WHERE EXISTS (SELECT FROM climatebatch.climate_data AS d
       WHERE scenario_id = ANY ($1) AND d.frequency = wanted.frequency AND d.variable = wanted.variable)`,
    [scenarioIdsOf(lineages), JSON.stringify(pairs)],
  );
  const present = Object.fromEntries(FREQUENCIES.map((frequency) => [frequency, new Set<Variable>()]));
  for (const { frequency, variable } of rows) present[frequency]!.add(variable);
  return present as Record<Frequency, Set<Variable>>;
}

/** Ids of the stored scenarios that the series are made of. */
export function scenarioIdsOf(series: readonly ScenarioSeries[]): number[] {
  return [...new Set(series.flatMap(({ segments }) => segments.map(({ scenarioId }) => scenarioId)))];
}

function pairsOf(wanted: VariablesByFrequency): string[] {
  return Object.entries(wanted).flatMap(([frequency, variables]) => variables.map((one) => `${frequency} ${one}`));
}

/** Whether the scenarios or their ancestors have any row of the variables. The first one found ends the search; without one every row is read. */
export async function hasAnySeries(
  client: ClientBase,
  names: readonly string[],
  wanted: VariablesByFrequency,
): Promise<boolean> {
  const series = await readScenarioSeries(client, names);
  const { rows } = await client.query<{ found: boolean }>(
    `SELECT EXISTS (SELECT FROM climatebatch.climate_data
       WHERE scenario_id = ANY ($1) AND frequency || ' ' || variable = ANY ($2)) AS found`,
    [scenarioIdsOf(series), pairsOf(wanted)],
  );
  return rows[0]!.found;
}
