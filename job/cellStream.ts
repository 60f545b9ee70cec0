// The series of one cell after another, a block of cells at a time, whatever is computed of them.
// What is computed, and where it goes, is for shard.ts and for the commands that prepare a batch.
import type { ClientBase } from "pg";
import { hasLinks } from "../database/cellSources.ts";
import { type Cell, readCells, readSeriesRows } from "../database/climateReader.ts";
import { readScenarioSeries } from "../database/scenarios.ts";
import { yearsIn } from "../model/periods.ts";
import { FREQUENCIES, type Frequency, type VariablesByFrequency } from "../model/variables.ts";
import { CellSeries, type SeriesDescription } from "./cellSeries.ts";
import { withCrossedPair } from "./crossedTemperatures.ts";
import { makeTimeAxis, type TimeAxis } from "./timeAxis.ts";

/** Of series that one COPY reads, a cell in memory at a time: fewer statements cost less, a shorter block hears of its end sooner. */
const BLOCK_BYTES = 48 << 20;
const BLOCK_CELLS_MAX = 256;
/** A row of one year: its values, and its key and lengths around them. */
const ROW_BYTES = 64;
const YEAR_BYTES: Readonly<Record<Frequency, number>> = {
  daily: ROW_BYTES + 366 * Float32Array.BYTES_PER_ELEMENT,
  monthly: ROW_BYTES + 12 * Float32Array.BYTES_PER_ELEMENT,
  yearly: ROW_BYTES + Float32Array.BYTES_PER_ELEMENT,
};

export interface CellStream {
  /** One per scenario; they hold the cell that is read. */
  readonly series: readonly CellSeries[];
  readonly wanted: VariablesByFrequency;
  readonly range: {
    readonly grid: string;
    readonly scenarioIds: readonly number[];
    readonly lastCell: number;
    /** Cells may use series of other grids. */
    readonly linked: boolean;
  };
  readonly blockCells: number;
}

/** Gives scenarios of the same calendar and years the same axis. */
export function makeAxes(): (description: SeriesDescription) => TimeAxis {
  const made = new Map<string, TimeAxis>();
  return ({ calendar, firstYear, lastYear }) => {
    const key = `${calendar} ${firstYear} ${lastYear}`;
    const axis = made.get(key) ?? makeTimeAxis(calendar, firstYear, lastYear);
    made.set(key, axis);
    return axis;
  };
}

export async function prepareStream(
  client: ClientBase,
  { grid, scenarios }: { grid: string; scenarios: readonly string[] },
  requested: VariablesByFrequency,
  lastCell: number,
): Promise<CellStream> {
  const wanted = withCrossedPair(requested);
  const described = await readScenarioSeries(client, scenarios);
  const axisOf = makeAxes();
  const segments = new Map(
    described.flatMap((one) => one.segments.map((segment) => [segment.scenarioId, yearsIn(segment)])),
  );
  let yearBytes = 0;
  for (const frequency of FREQUENCIES) yearBytes += (wanted[frequency]?.length ?? 0) * YEAR_BYTES[frequency];
  let cellBytes = 0;
  for (const years of segments.values()) cellBytes += years * yearBytes;
  return {
    series: described.map((one) => new CellSeries(one, wanted, axisOf(one))),
    wanted,
    range: { grid, scenarioIds: [...segments.keys()], lastCell, linked: await hasLinks(client, grid) },
    blockCells: Math.min(BLOCK_CELLS_MAX, Math.max(1, Math.floor(BLOCK_BYTES / Math.max(1, cellBytes)))),
  };
}

/** The next block of cells, empty after the last. */
export function readCellsAfter(
  client: ClientBase,
  { range, blockCells }: CellStream,
  afterCell: number,
): Promise<Cell[]> {
  return readCells(client, { ...range, afterCell, limit: blockCells });
}

/** Calls with each cell while the stream's series hold it. Rows arrive cell after cell: a cell is complete when the first row of the next one arrives. */
export async function readBlock(
  client: ClientBase,
  stream: CellStream,
  cells: readonly Cell[],
  onCell: (cell: Cell) => void,
): Promise<void> {
  let at = 0;
  const describeUpTo = (cellId: number) => {
    for (; at < cells.length && cells[at]!.cellId < cellId; at++) {
      for (const series of stream.series) series.complete();
      onCell(cells[at]!);
      for (const series of stream.series) series.clear();
    }
  };
  const range = { ...stream.range, wanted: stream.wanted, firstCell: cells[0]!.cellId, lastCell: cells.at(-1)!.cellId };
  await readSeriesRows(client, range, (cellId, scenarioId, frequency, variable, year, bytes, offset, length) => {
    describeUpTo(cellId);
    // Cells of other grids may lie between ours.
    if (cells[at]?.cellId !== cellId) return;
    for (const series of stream.series) series.accept(scenarioId, frequency, variable, year, bytes, offset, length);
  });
  describeUpTo(Number.POSITIVE_INFINITY);
}
