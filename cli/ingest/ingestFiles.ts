// An ingest from end to end: the files as series, then one transaction, then what a user wants to know.
import type { ClientBase } from "pg";
import { writeClimate } from "../../database/climateWriter.ts";
import { readIngestTarget } from "../../database/ingestTarget.ts";
import { RejectedError } from "../../model/errors.ts";
import type { IngestOptions } from "./options.ts";
import { type ReadingProgress, readFiles, readLayouts } from "./readFiles.ts";
import type { IngestReport } from "./report.ts";

export interface IngestProgress extends ReadingProgress {
  onWriting(): void;
}

export async function ingestFiles(
  client: ClientBase,
  options: IngestOptions,
  progress: IngestProgress,
  signal: AbortSignal,
): Promise<IngestReport> {
  const layouts = await readLayouts(options);
  const scenario = { name: options.scenario, parent: options.parent };
  const target = await readIngestTarget(client, options.grid, scenario);
  const reading = {
    gridStepDegrees: target.gridStepDegrees,
    calendar: options.calendar === undefined ? target.calendar : { calendar: options.calendar, source: "--calendar" },
    // What the database stores.
    makeValues: (steps: number) => new Float32Array(steps),
  };
  const { series, calendar, report } = await readFiles(layouts, options, reading, progress, signal);
  checkYears(series.firstYear, target.firstYear, options);
  progress.onWriting();
  const { onConflict, failRunningBatches, grid } = options;
  const load = { grid, scenario, calendar, series, onConflict, failRunningBatches, signal };
  const outcome = await writeClimate(client, load);
  return { scenario: options.scenario, grid, ...report, ...outcome };
}

function checkYears(firstYear: number, ownFirstYear: number | undefined, options: IngestOptions): void {
  if (ownFirstYear === undefined || firstYear >= ownFirstYear) return;
  throw new RejectedError(
    "YearsOfParent",
    `The files begin in ${firstYear}, but the years of scenario "${options.scenario}" before ${ownFirstYear} are its parent's. Leave those years out, or ingest them into the parent.`,
  );
}
