// What a report shows is chosen, and its results are read once: the header, the places, and the rows that packResults.ts packs.
import type { ClientBase } from "pg";
import { rowsView } from "../database/slots.ts";
import { RejectedError } from "../model/errors.ts";
import { formatPeriod, type Period } from "../model/periods.ts";
import { RISKS } from "../model/risks.ts";
import { readCoast } from "./coast.ts";
import { CHANGE_BOUNDS, CHUNK_CELLS, packedColumns, ResultPacking, type RowPositions } from "./packResults.ts";
import {
  type BatchOrigin,
  coarsen,
  DISTRICTS_BLOCK,
  detailLayout,
  NO_CELL,
  type ReportHeader,
  type ReportRisk,
  rowsPerCell,
  SITE_NAMES_BLOCK,
  SITES_BLOCK,
} from "./page/reportData.ts";
import { coordinatesOf, makeRaster, thinPlaces } from "./raster.ts";
import {
  batchOf,
  extentOf,
  findResults,
  isSynthetic,
  notFound,
  type ResultBatch,
  type ResultPlace,
  readInPortions,
  readResultPlaces,
} from "./readResults.ts";

export interface ReportRequest {
  readonly batchId?: string | undefined;
  readonly risks?: readonly string[] | undefined;
  readonly scenarios?: readonly string[] | undefined;
  readonly periods?: readonly Period[] | undefined;
  readonly maxCells: number;
  /** Of a portfolio, to be drawn on the map. */
  readonly sites?: readonly ReportSite[] | undefined;
  readonly version: string;
  readonly createdAt: Date;
}

export interface ReportSite {
  readonly name: string;
  readonly latitude: number;
  readonly longitude: number;
  /** null outside the grid */
  readonly cellId: number | null;
}

export interface ReportContents {
  readonly header: ReportHeader;
  /** [cells] degrees, latitudes then longitudes */
  readonly places: Float64Array;
  /** What else the page opens, by the name of its block. */
  readonly blocks: ReadonlyMap<string, Uint8Array>;
  readonly layers: ReadonlyMap<string, Uint8Array>;
  /** [width][rows][cells of the chunk] each */
  readonly chunks: readonly Float32Array[];
}

/** Exact values beyond this are left to `place` and the explorer. */
const MOST_DETAIL_BYTES = 64 * 2 ** 20;
/** Layers that hold more codes are rounded to every second step, to keep the file of a country below 60 MB. */
const MOST_FINE_CODES = 60e6;
const FINE_STEPS = 253;

export async function collectReport(client: ClientBase, request: ReportRequest): Promise<ReportContents> {
  const batches = await findResults(client, request.batchId);
  const all = extentOf(batches);
  const scenarios = choose("scenario", request.scenarios, all.scenarios);
  const periods = choose("period", request.periods?.map(formatPeriod), all.periods.map(formatPeriod)).map(
    (text) => all.periods.find((period) => formatPeriod(period) === text)!,
  );
  const computed = RISKS.filter((risk) => batches.some(({ risks }) => risks.includes(risk)));
  const risks = await readRisks(client, batches, choose("risk", request.risks, computed));
  const everyPlace = await readResultPlaces(client, batches);
  if (everyPlace.length === 0) throw new RejectedError("NoResults", "The batch has no results in any cell.");
  const places = thinPlaces(everyPlace, makeRaster(coordinatesOf(everyPlace)), request.maxCells);
  const raster = makeRaster(coordinatesOf(places));

  const words: string[] = [];
  const layout = detailLayout(risks);
  const base = batches[0]!.basePeriod;
  const header: Omit<ReportHeader, "words" | "layers" | "risks" | "chunkCells" | "steps"> = {
    grid: batches[0]!.grid,
    synthetic: batches.every(isSynthetic),
    createdAt: request.createdAt.toISOString(),
    version: request.version,
    cells: places.length,
    cellsOfGrid: everyPlace.length,
    raster,
    scenarios,
    periods,
    basePeriod: periods.find((period) => formatPeriod(period) === formatPeriod(base)) ?? null,
    ...(await readCoast(raster)),
    batches: await Promise.all(batches.map((batch) => describeBatch(client, batch))),
    districts: [...new Set(places.flatMap(({ district }) => (district === null ? [] : [district])))].sort((a, b) =>
      a.localeCompare(b),
    ),
    sites: request.sites?.length ?? 0,
  };
  const shape: ReportHeader = { ...header, risks, words, layers: [], chunkCells: CHUNK_CELLS, steps: FINE_STEPS };
  const rows = rowsPerCell(shape);
  const withDetails = places.length * rows * layout.width * Float32Array.BYTES_PER_ELEMENT <= MOST_DETAIL_BYTES;
  const packing = new ResultPacking(shape, places.length, withDetails);

  const cellAt = new Map(places.map(({ cellId }, at) => [cellId, at]));
  const at: RowPositions = {
    cell: (cellId) => cellAt.get(cellId),
    risk: new Map(risks.map(({ id }, index) => [id, index])),
    scenario: new Map(scenarios.map((name, index) => [name, index])),
    period: new Map(periods.map((period, index) => [formatPeriod(period), index])),
  };
  for (const calculation of ["probability", "hazard"] as const) {
    const batch = batchOf(batches, calculation);
    if (batch === undefined) continue;
    const query = `SELECT ${packedColumns(calculation, withDetails).join(", ")} FROM ${rowsView(calculation)}
      WHERE slot = $1 AND risk::text = ANY ($2) AND scenario = ANY ($3)`;
    for await (const portion of readInPortions(client, query, [batch.slot, risks.map(({ id }) => id), scenarios])) {
      for (const row of portion) packing.add(calculation, row, at);
    }
  }
  const { layers, scales } = packing.finishLayers();
  const isFine = layers.size * places.length <= MOST_FINE_CODES;
  if (!isFine) for (const layer of layers.values()) coarsenLayer(layer);
  return {
    header: {
      ...header,
      words: packing.words,
      risks: risks.map((risk, index) => ({ ...risk, ...scales[index] })),
      layers: [...layers.keys()],
      chunkCells: withDetails ? CHUNK_CELLS : 0,
      steps: isFine ? FINE_STEPS : Math.ceil(FINE_STEPS / 2),
    },
    places: Float64Array.from([...places.map(({ latitude }) => latitude), ...places.map(({ longitude }) => longitude)]),
    blocks: new Map([...packDistricts(places, header.districts), ...packSites(request.sites ?? [], cellAt)]),
    layers,
    chunks: packing.chunks,
  };
}

function packDistricts(places: readonly ResultPlace[], names: readonly string[]): [string, Uint8Array][] {
  if (names.length === 0) return [];
  const positions = new Map(names.map((name, at) => [name, at + 1]));
  const codes = Uint16Array.from(places, ({ district }) => (district === null ? 0 : positions.get(district)!));
  return [[DISTRICTS_BLOCK, new Uint8Array(codes.buffer)]];
}

/** Latitudes, longitudes and cells, then the names as JSON. */
function packSites(sites: readonly ReportSite[], cellAt: ReadonlyMap<number, number>): [string, Uint8Array][] {
  if (sites.length === 0) return [];
  const values = Float64Array.from([
    ...sites.map(({ latitude }) => latitude),
    ...sites.map(({ longitude }) => longitude),
    ...sites.map(({ cellId }) => (cellId === null ? NO_CELL : (cellAt.get(cellId) ?? NO_CELL))),
  ]);
  const names = new TextEncoder().encode(JSON.stringify(sites.map(({ name }) => name)));
  return [
    [SITES_BLOCK, new Uint8Array(values.buffer)],
    [SITE_NAMES_BLOCK, names],
  ];
}

/** In place. */
export function coarsenLayer(layer: Uint8Array): void {
  for (let cell = 0; cell < layer.length; cell++) layer[cell] = coarsen(layer[cell]!);
}

function choose(what: string, requested: readonly string[] | undefined, existing: readonly string[]): string[] {
  const unknown = requested?.find((name) => !existing.includes(name));
  if (unknown !== undefined) throw notFound(what, unknown, existing);
  return existing.filter((name) => requested === undefined || requested.includes(name));
}

async function describeBatch(client: ClientBase, batch: ResultBatch): Promise<BatchOrigin> {
  const { rows } = await client.query<{ input: string; revision: string }>(
    "SELECT input, revision::text FROM climatebatch.batch_inputs WHERE batch_id = $1 ORDER BY input",
    [batch.batchId],
  );
  return {
    calculation: batch.calculation,
    batchId: batch.batchId,
    methods: batch.methods,
    finishedAt: batch.finishedAt.toISOString(),
    inputs: rows,
  };
}

async function readRisks(
  client: ClientBase,
  batches: readonly ResultBatch[],
  names: readonly string[],
): Promise<ReportRisk[]> {
  const { rows } = await client.query(
    `SELECT DISTINCT ON (d.risk) d.risk::text AS id, d.intensity, d.unit, d.ranges, d.impact_type AS "impactType",
       d.return_periods AS "returnPeriods", d.return_level_of AS "returnLevelOf", d.return_level_unit AS "returnLevelUnit",
       d.indicators, d.indicator_units AS "indicatorUnits",
       (SELECT json_object_agg(t.rate_set, t.rates) FROM climatebatch.batch_rate_sets AS t
        WHERE t.batch_id = d.batch_id AND t.risk = d.risk) AS "rateSets"
     FROM climatebatch.batch_risks AS d WHERE d.batch_id = ANY ($1) ORDER BY d.risk, d.batch_id DESC`,
    [batches.map(({ batchId }) => batchId)],
  );
  const described = rows
    .filter(({ id }) => names.includes(id))
    .map(({ indicators, indicatorUnits, rateSets, ...risk }) => ({
      ...risk,
      rateSets: rateSets ?? {},
      returnLevelScale: null,
      damageScale: null,
      changeBound: CHANGE_BOUNDS[0],
      indicators: indicators.map((name: string, at: number) => ({ name, unit: indicatorUnits[at] })),
    }));
  return described as ReportRisk[];
}
