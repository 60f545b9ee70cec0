// A load of climate series: files as series, one transaction, a report.
import type { ClientBase } from "pg";
import { checkClimate } from "../../database/climateCheck.ts";
import type { ClimateSeries } from "../../database/climateLoad.ts";
import { writeClimate } from "../../database/climateWriter.ts";
import { DEFAULT_STEP_DEGREES } from "../../database/gridCells.ts";
import { readIngestTarget } from "../../database/ingestTarget.ts";
import { RejectedError } from "../../model/errors.ts";
import { deriveSeries } from "./derivation.ts";
import type { IngestOptions } from "./options.ts";
import type { ReadingProgress } from "./readFiles.ts";
import { type IngestReport, NOT_COMPARED } from "./report.ts";
import { openSources, readSources } from "./sources.ts";

export interface IngestProgress extends ReadingProgress {
  onWriting(cells: number): void;
  onCellWritten(cells: number): void;
}

/** Without a client the files are only read and checked. */
export async function ingestFiles(
  client: ClientBase | undefined,
  options: IngestOptions,
  progress: IngestProgress,
  signal: AbortSignal,
): Promise<IngestReport> {
  const sources = await openSources(options, signal);
  try {
    const scenario = { name: options.scenario, parent: options.parent };
    const target =
      client === undefined
        ? { gridStepDegrees: DEFAULT_STEP_DEGREES, calendar: undefined, firstYear: undefined }
        : await readIngestTarget(client, options.grid, scenario);
    const reading = {
      gridStepDegrees: target.gridStepDegrees,
      calendar: options.calendar === undefined ? target.calendar : { calendar: options.calendar, source: "--calendar" },
      // What the database stores.
      makeValues: (steps: number) => new Float32Array(steps),
    };
    const read = await readSources(sources, options, reading, progress, signal);
    let isDone = false;
    try {
      const { calendar, report } = read;
      const { series, rules: derived } = deriveSeries(read.series, options.derive);
      checkYears(series.firstYear, target.firstYear, options);
      const { onConflict, failRunningBatches, grid } = options;
      const counted = describeCells(series, progress);
      const load = { grid, scenario, calendar, series: counted, onConflict, failRunningBatches, derived, signal };
      const outcome = client === undefined ? null : await (options.check ? checkClimate : writeClimate)(client, load);
      isDone = true;
      const rules = [...derived].map(([variable, rule]) => ({ variable, rule }));
      return {
        scenario: options.scenario,
        grid,
        derived: rules,
        isCheck: options.check,
        ...report,
        ...(outcome ?? NOT_COMPARED),
      };
    } catch (error) {
      isDone = error instanceof RejectedError;
      throw error;
    } finally {
      read.close(isDone);
    }
  } finally {
    sources.close();
  }
}

/** The same series, reporting each place when it is read. */
function describeCells(series: ClimateSeries, progress: IngestProgress): ClimateSeries {
  let cells = 0;
  progress.onWriting(series.places.length);
  return {
    ...series,
    yearsOf: (at) => {
      progress.onCellWritten(++cells);
      return series.yearsOf(at);
    },
  };
}

function checkYears(firstYear: number, ownFirstYear: number | undefined, options: IngestOptions): void {
  if (ownFirstYear === undefined || firstYear >= ownFirstYear) return;
  throw new RejectedError(
    "YearsOfParent",
    `The files begin in ${firstYear}, but the years of scenario "${options.scenario}" before ${ownFirstYear} are its parent's. Leave those years out, or ingest them into the parent.`,
  );
}
