// Which source cell serves which cell of a grid: by distance, by a code that both have, or by the polygon that both lie in.
import { around, distance } from "geokdbush";
import KDBush from "kdbush";
import type { ClientBase } from "pg";
import {
  type CellSource,
  type LinkedCell,
  type LinkRule,
  readGridCells,
  readSeriesOfGrid,
  type StoredSeries,
  writeLinks,
} from "../../database/cellSources.ts";
import { transaction } from "../../database/connect.ts";
import { addCells, advanceCellIds, DEFAULT_STEP_DEGREES, findCells, readGridStep } from "../../database/gridCells.ts";
import { lockInputsForLoading, refuseUnfinishedBatches } from "../../database/inputLoading.ts";
import { RejectedError } from "../../model/errors.ts";
import type { Variable } from "../../model/variables.ts";
import { openFile } from "../formats/formats.ts";
import { type PlaceTable, placeKey, readPlaceTable } from "./placeCodes.ts";

export interface LinkOptions {
  readonly grid: string;
  readonly from: string;
  readonly variables: readonly Variable[] | undefined;
  readonly rule:
    | { readonly rule: "nearest"; readonly withinKm: number }
    | { readonly rule: "code"; readonly codes: readonly string[] }
    | { readonly rule: "polygon"; readonly polygons: string };
  /** Table of cells that the grid is to have. */
  readonly cells: string | undefined;
  readonly keepTarget: boolean;
  readonly failRunningBatches: boolean;
}

export interface LinkReport {
  readonly grid: string;
  readonly from: string;
  readonly rule: LinkRule;
  readonly series: readonly StoredSeries[];
  readonly cellsAdded: number;
  readonly cells: number;
  readonly linked: number;
  readonly sourcesUsed: number;
  readonly sources: number;
  readonly farthestKm: number | null;
  readonly failedBatches: readonly string[];
}

export async function linkGrids(client: ClientBase, options: LinkOptions, signal: AbortSignal): Promise<LinkReport> {
  const { grid, from, rule } = options;
  if (grid === from) {
    throw new RejectedError(
      "InvalidOption",
      `--grid and --from both are "${grid}"; a cell uses its own series anyway. Name two grids.`,
    );
  }
  const cellsAdded = options.cells === undefined ? 0 : await addTableCells(client, options, options.cells, signal);
  const cells = await readGridCells(client, grid);
  const sources = await readGridCells(client, from);
  const series = await chooseSeries(client, options);
  const links = await findLinks(cells, sources, rule, signal);
  if (links.length === 0) throw nothingLinked(options, cells.length, sources.length);
  const withinKm = rule.rule === "nearest" ? rule.withinKm : undefined;
  const { keepTarget, failRunningBatches } = options;
  const request = { grid, from, series, rule: rule.rule, withinKm, sources: links, keepTarget, failRunningBatches };
  const { failedBatches } = await writeLinks(client, request);
  return {
    grid,
    from,
    rule: rule.rule,
    series,
    cellsAdded,
    cells: cells.length,
    linked: links.length,
    sourcesUsed: new Set(links.map(({ sourceCellId }) => sourceCellId)).size,
    sources: sources.length,
    farthestKm: links.reduce((farthest, { distanceKm }) => Math.max(farthest, distanceKm), 0),
    failedBatches,
  };
}

async function addTableCells(
  client: ClientBase,
  options: LinkOptions,
  file: string,
  signal: AbortSignal,
): Promise<number> {
  const { grid, failRunningBatches } = options;
  const { places } = await readPlaceTable("--cells", file, await readGridStep(client, grid), false, signal);
  return transaction(client, async () => {
    const input = `grid/${grid}`;
    const known = await findCells(client, grid, places);
    const missing = places.filter((_, at) => Number.isNaN(known[at]));
    if (missing.length === 0) return 0;
    await lockInputsForLoading(client, [input]);
    await refuseUnfinishedBatches(client, [input], failRunningBatches);
    await addCells(client, grid, missing);
    await advanceCellIds(client);
    return missing.length;
  });
}

async function chooseSeries(client: ClientBase, { from, variables }: LinkOptions): Promise<readonly StoredSeries[]> {
  const found = await readSeriesOfGrid(client, from);
  const chosen = variables === undefined ? found : found.filter(({ variable }) => variables.includes(variable));
  const missing = variables?.find((variable) => !chosen.some((one) => one.variable === variable));
  if (missing === undefined && chosen.length > 0) return chosen;
  const known = [...new Set(found.map(({ variable }) => variable))].join(", ") || "no series at all";
  throw new RejectedError(
    "NoData",
    `The grid "${from}" has ${known}${missing === undefined ? "" : `, but not ${missing}`}. Ingest its series first: climatebatch ingest FILE --scenario NAME --grid ${from}`,
  );
}

async function findLinks(
  cells: readonly LinkedCell[],
  sources: readonly LinkedCell[],
  rule: LinkOptions["rule"],
  signal: AbortSignal,
): Promise<CellSource[]> {
  if (rule.rule === "nearest") return linkNearest(cells, sources, rule.withinKm);
  if (rule.rule === "polygon") {
    const polygons = await openFile(rule.polygons, "polygons");
    return linkByGroup(cells, sources, (cell) => {
      const feature = polygons.find(cell);
      return feature === -1 ? undefined : String(feature);
    });
  }
  const tables: PlaceTable[] = [];
  for (const file of rule.codes) tables.push(await readPlaceTable("--codes", file, DEFAULT_STEP_DEGREES, true, signal));
  return linkByGroup(cells, sources, (cell) => codeOf(tables, cell));
}

function codeOf(tables: readonly PlaceTable[], cell: LinkedCell): string | undefined {
  for (const { codes } of tables) {
    const code = codes.get(placeKey(cell));
    if (code !== undefined) return code;
  }
  return undefined;
}

/** Each cell with the source of its group; with the nearest where a group has several. */
function linkByGroup(
  cells: readonly LinkedCell[],
  sources: readonly LinkedCell[],
  groupOf: (cell: LinkedCell) => string | undefined,
): CellSource[] {
  const byGroup = Map.groupBy(sources, groupOf);
  return cells.flatMap((cell) => {
    const group = groupOf(cell);
    const own = group === undefined ? undefined : byGroup.get(group);
    return own === undefined ? [] : [nearestOf(cell, own)];
  });
}

function nothingLinked({ grid, from, rule }: LinkOptions, cells: number, sources: number): RejectedError {
  const why = {
    nearest: "none is near enough. Give a greater --within-km, if that is still the same climate",
    code: "none has a code that a cell has too. Check the coordinates and codes of --codes",
    polygon: "none lies in a polygon that a cell lies in too. Check that the polygons cover both",
  }[rule.rule];
  return new RejectedError(
    "NothingLinked",
    `Of the ${sources} cells of "${from}" none serves any of the ${cells} cells of "${grid}": ${why}.`,
  );
}

/** Each cell with the nearest source, unless it is farther than `withinKm`. Of sources equally near, the first by cell id. */
function linkNearest(cells: readonly LinkedCell[], sources: readonly LinkedCell[], withinKm: number): CellSource[] {
  if (sources.length === 0) return [];
  const tree = new KDBush(sources.length);
  for (const { longitude, latitude } of sources) tree.add(longitude, latitude);
  tree.finish();
  return cells.flatMap((cell) => {
    // Two of them, so that a tie is seen; the order of the tree is no order of ours.
    const near = around(tree, cell.longitude, cell.latitude, 2, withinKm).map((at) => measure(cell, sources[at]!));
    const nearest = near.toSorted((a, b) => a.distanceKm - b.distanceKm || a.sourceCellId - b.sourceCellId)[0];
    return nearest === undefined ? [] : [nearest];
  });
}

function measure(cell: LinkedCell, source: LinkedCell): CellSource {
  return {
    cellId: cell.cellId,
    sourceCellId: source.cellId,
    distanceKm: distance(cell.longitude, cell.latitude, source.longitude, source.latitude),
  };
}

/** The nearest of `sources`; the first by cell id of those equally near. */
function nearestOf(cell: LinkedCell, sources: readonly LinkedCell[]): CellSource {
  return sources
    .map((source) => measure(cell, source))
    .reduce((best, one) =>
      one.distanceKm < best.distanceKm || (one.distanceKm === best.distanceKm && one.sourceCellId < best.sourceCellId)
        ? one
        : best,
    );
}
