// Blocks of places into climate_data: one load per scenario and frequency.
import type { Client } from "pg";
import type { ClimateYear } from "../../database/climateLoad.ts";
import { writeClimate } from "../../database/climateWriter.ts";
import type { SeriesTable, ValueColumn } from "./findTables.ts";
import { CALENDAR, type PlaceSeries, type Span } from "./readSeries.ts";

export interface WriteOptions {
  readonly grid: string;
  readonly span: Span;
  /** Values that are stored already give way. */
  readonly replaces: boolean;
  readonly failRunningBatches: boolean;
  readonly signal: AbortSignal;
}

export interface Written {
  rowsWritten: number;
  rowsUnchanged: number;
}

/** Safe to repeat: what is stored already is counted as unchanged. */
export async function writeSeries(
  client: Client,
  { columns }: Pick<SeriesTable, "columns">,
  places: readonly PlaceSeries[],
  { grid, span, replaces, failRunningBatches, signal }: WriteOptions,
): Promise<Written> {
  const written = { rowsWritten: 0, rowsUnchanged: 0 };
  for (const group of Map.groupBy(columns.entries(), ([, one]) => `${one.scenario} ${one.frequency}`).values()) {
    const { scenario, frequency } = group[0]![1];
    const known = places.filter(({ values }) =>
      group.some(([at]) => values[at]!.some((value) => !Number.isNaN(value))),
    );
    if (known.length === 0) continue;
    const outcome = await writeClimate(client, {
      grid,
      scenario: { name: scenario, parent: undefined },
      calendar: CALENDAR,
      series: {
        frequency,
        variables: group.map(([, { variable }]) => variable),
        ...span,
        places: known,
        yearsOf: (at) => yearsOf(known[at]!, group, span),
      },
      onConflict: replaces ? "replace" : "fail",
      failRunningBatches,
      signal,
    });
    written.rowsWritten += outcome.rowsWritten;
    written.rowsUnchanged += outcome.rowsUnchanged;
  }
  return written;
}

function* yearsOf(
  { values }: PlaceSeries,
  group: readonly (readonly [number, ValueColumn])[],
  { firstYear, lastYear }: Span,
): Generator<ClimateYear> {
  for (const [at, { variable, frequency }] of group) {
    const perYear = frequency === "monthly" ? 12 : 1;
    for (let year = firstYear; year <= lastYear; year++) {
      const from = (year - firstYear) * perYear;
      // A copy: merging writes into it.
      const slice = values[at]!.slice(from, from + perYear);
      if (slice.some((value) => !Number.isNaN(value))) yield { variable, year, values: slice };
    }
  }
}
