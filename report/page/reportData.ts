// What a report is made of, for the program that writes it and the page that shows it: the header, map layers of one byte a
// cell, and chunks of exact values.

/** Codes of a layer: the rest are amounts on the scale of the layer's measure. */
export const MISSING = 0;
export const NOT_APPLICABLE = 1;
const FIRST_CODE = 2;
const LAST_CODE = 255;

/** Cells that a page shows unless requested otherwise; of a larger grid, every second, third, … row and column. */
export const DEFAULT_MAX_CELLS = 500_000;

/** Measures that are stored; the page derives the others from them. */
export const STORED_MEASURES = ["score", "damage", "probability", "returnLevel", "uncertain"] as const;
export type StoredMeasure = (typeof STORED_MEASURES)[number];

export interface Scale {
  readonly kind: "linear" | "log";
  readonly min: number;
  readonly max: number;
}

/** 0.5 points a step, so that changes have round steps too. */
export const SCORE_SCALE: Scale = { kind: "linear", min: 0, max: 126.5 };
export const PROBABILITY_SCALE: Scale = { kind: "linear", min: 0, max: 1 };
/** Damage rates below it count as it; 0 has a code of its own. */
export const LEAST_DAMAGE = 1e-6;

export const LEVELS = ["veryLow", "low", "medium", "high", "veryHigh"] as const;
export type Level = (typeof LEVELS)[number];
export const LEVEL_BOUNDS = [20, 40, 60, 80] as const;

/** 0 to 4, from the score rounded to two decimals, as the database's hazard_level does. */
export function levelOf(score: number): number {
  const rounded = Math.round(score * 100) / 100;
  return LEVEL_BOUNDS.filter((bound) => rounded >= bound).length;
}

/** Whether the score compares with the place's own climate rather than with thresholds that are the same everywhere. */
export function isRelative(risk: string): boolean {
  return risk === "high_temperature" || risk === "cold_wave" || risk === "drought";
}

export function encode(value: number | null, { kind, min, max }: Scale): number {
  if (value === null || Number.isNaN(value)) return MISSING;
  const steps = LAST_CODE - FIRST_CODE;
  if (kind === "linear") {
    if (max <= min) return FIRST_CODE;
    return FIRST_CODE + Math.round(steps * Math.min(1, Math.max(0, (value - min) / (max - min))));
  }
  if (value <= 0) return FIRST_CODE;
  const share = Math.log(value / min) / Math.log(max / min);
  return FIRST_CODE + 1 + Math.round((steps - 1) * Math.min(1, Math.max(0, share)));
}

/** NaN for a code that is no amount. */
export function decode(code: number, { kind, min, max }: Scale): number {
  if (code < FIRST_CODE) return Number.NaN;
  const steps = LAST_CODE - FIRST_CODE;
  if (kind === "linear") return min + ((code - FIRST_CODE) / steps) * (max - min);
  return code === FIRST_CODE ? 0 : min * (max / min) ** ((code - FIRST_CODE - 1) / (steps - 1));
}

export interface Period {
  readonly firstYear: number;
  readonly lastYear: number;
}

export interface ReportRisk {
  readonly id: string;
  readonly intensity: string;
  readonly unit: string;
  readonly ranges: readonly string[];
  /** Base damage rate of each bin, by rate set. */
  readonly rateSets: Readonly<Record<string, readonly number[]>>;
  readonly impactType: string;
  readonly returnPeriods: readonly number[];
  readonly returnLevelOf: string;
  readonly returnLevelUnit: string;
  readonly indicators: readonly { readonly name: string; readonly unit: string }[];
  /** Scales of the risk's layers over all scenarios and periods; null where there are no values. */
  readonly returnLevelScale: Scale | null;
  readonly damageScale: Scale | null;
  /** Points of score: nearly all changes between periods, and differences between scenarios, are smaller. */
  readonly changeBound: number;
}

export interface BatchOrigin {
  readonly calculation: string;
  readonly batchId: string;
  readonly methods: string;
  readonly finishedAt: string;
  readonly inputs: readonly { readonly input: string; readonly revision: string }[];
}

/** Where cells lie on a raster of one pixel a cell, or of several where the grid is not regular. */
export interface Raster {
  readonly columns: number;
  readonly rows: number;
  /** Degrees of the raster's edges. */
  readonly west: number;
  readonly east: number;
  readonly south: number;
  readonly north: number;
  /** Pixels around a place that are its own; 0 on a regular grid. */
  readonly reach: number;
}

export interface ReportHeader {
  readonly grid: string;
  readonly synthetic: boolean;
  readonly createdAt: string;
  readonly version: string;
  readonly cells: number;
  /** Cells that the grid has, where only every second, third, … is in the file. */
  readonly cellsOfGrid: number;
  readonly raster: Raster;
  readonly risks: readonly ReportRisk[];
  readonly scenarios: readonly string[];
  readonly periods: readonly Period[];
  readonly basePeriod: Period | null;
  /** Outlines of land and lines of borders: longitude, latitude, longitude, … in degrees. */
  readonly land: readonly (readonly number[])[];
  readonly borders: readonly (readonly number[])[];
  readonly batches: readonly BatchOrigin[];
  /** Names that the block of districts refers to by their position and 1; 0 is a cell in none. */
  readonly districts: readonly string[];
  /** Places of a portfolio that are drawn on the map. */
  readonly sites: number;
  /** Words that exact values refer to by their position. */
  readonly words: readonly string[];
  /** Cells of a chunk of exact values; 0: the file has none. */
  readonly chunkCells: number;
  /** Different amounts that a layer holds. */
  readonly steps: number;
  /** Names of the layers that exist, as `layerName` makes them. */
  readonly layers: readonly string[];
}

export function layerName(measure: StoredMeasure, risk: number, scenario: number, period: number): string {
  return `${measure}.${risk}.${scenario}.${period}`;
}

/** Fields of a row of exact values before its arrays, in their order. */
export const DETAIL_FIELDS = [
  "score",
  "scoreLow",
  "scoreHigh",
  "value",
  "valueLow",
  "valueHigh",
  "valueChange",
  "valueWithoutProtection",
  "scoreAbsolute",
  "damage",
  "damageLow",
  "damageHigh",
  "damageContinuous",
  "damageChange",
  "damageChangeOf",
  "rateScale",
  "yearsUsed",
  "blockFirstYear",
  "blockLastYear",
  "blockYears",
  "input",
  "reason",
  "rateSet",
  "flag1",
  "flag2",
  "flag3",
  "flag4",
  "flag5",
  "flag6",
  "flag7",
  "flag8",
] as const;
export type DetailField = (typeof DETAIL_FIELDS)[number];
export const MOST_FLAGS = DETAIL_FIELDS.filter((name) => name.startsWith("flag")).length;

/** Where the arrays of a row begin: probabilities, their low and high ends, years counted, return levels, indicators. */
export function detailLayout(risks: readonly ReportRisk[]) {
  const bins = Math.max(0, ...risks.map(({ ranges }) => ranges.length));
  const levels = Math.max(0, ...risks.map(({ returnPeriods }) => returnPeriods.length));
  const indicators = Math.max(0, ...risks.map((risk) => risk.indicators.length));
  const probabilities = DETAIL_FIELDS.length;
  const low = probabilities + bins;
  const high = low + bins;
  const counts = high + bins;
  const returnLevels = counts + bins;
  const indicatorsAt = returnLevels + levels;
  return { probabilities, low, high, counts, returnLevels, indicators: indicatorsAt, width: indicatorsAt + indicators };
}

/** Exact values of one risk, scenario and period in one cell; NaN where there is none. */
export interface Detail {
  readonly numbers: Readonly<Record<DetailField, number>>;
  readonly input: string | null;
  readonly reason: string | null;
  readonly rateSet: string | null;
  /** Which damage `damageChange` compares. */
  readonly damageChangeOf: string | null;
  readonly flags: readonly string[];
  readonly probabilities: readonly number[];
  readonly low: readonly number[];
  readonly high: readonly number[];
  readonly counts: readonly number[];
  readonly returnLevels: readonly number[];
  readonly indicators: readonly number[];
}

export function rowsPerCell({ risks, scenarios, periods }: ReportHeader): number {
  return risks.length * scenarios.length * periods.length;
}

export function rowOf({ scenarios, periods }: ReportHeader, risk: number, scenario: number, period: number): number {
  return (risk * scenarios.length + scenario) * periods.length + period;
}

/** Reads a row of a chunk: [width][rows][cells] of float32. */
export function readDetail(
  header: ReportHeader,
  chunk: Float32Array,
  cellsInChunk: number,
  cell: number,
  risk: number,
  row: number,
): Detail {
  const layout = detailLayout(header.risks);
  const rows = rowsPerCell(header);
  const at = (field: number) => chunk[(field * rows + row) * cellsInChunk + cell]!;
  const { ranges, returnPeriods, indicators } = header.risks[risk]!;
  const several = (from: number, count: number) => Array.from({ length: count }, (_, i) => at(from + i));
  const numbers = Object.fromEntries(DETAIL_FIELDS.map((name, field) => [name, at(field)])) as Record<
    DetailField,
    number
  >;
  const word = (code: number) => header.words[code] ?? null;
  const flags = DETAIL_FIELDS.flatMap((name) => (name.startsWith("flag") ? [word(numbers[name])] : []));
  return {
    numbers,
    input: word(numbers.input),
    reason: word(numbers.reason),
    rateSet: word(numbers.rateSet),
    damageChangeOf: word(numbers.damageChangeOf),
    flags: flags.filter((flag) => flag !== null),
    probabilities: several(layout.probabilities, ranges.length),
    low: several(layout.low, ranges.length),
    high: several(layout.high, ranges.length),
    counts: several(layout.counts, ranges.length),
    returnLevels: several(layout.returnLevels, returnPeriods.length),
    indicators: several(layout.indicators, indicators.length),
  };
}

/** Where a map's layers and exact values come from. */
export interface Source {
  readonly header: ReportHeader;
  readonly latitudes: Float64Array;
  readonly longitudes: Float64Array;
  /** [cells] position in the header's districts and 1, 0 in none; null where no cell has one */
  readonly districts: Uint16Array | null;
  /** null where the file has no portfolio */
  readonly sites: Sites | null;
  /** One code a cell; null where there is no such layer. */
  layer(name: string): Promise<Uint8Array | null>;
  /** null where only layers are there. */
  detail(cell: number, risk: number, scenario: number, period: number): Promise<Detail | null>;
  /** Served by the explorer, rather than a file. */
  readonly isLive: boolean;
  /** Calls once when the explorer publishes other results than these. */
  onReplaced(call: () => void): void;
}

/** Places of a portfolio: [sites] each. */
export interface Sites {
  readonly names: readonly string[];
  readonly latitudes: Float64Array;
  readonly longitudes: Float64Array;
  /** NO_CELL for a site outside the grid */
  readonly cells: Int32Array;
}

/** Each code as its difference from the one before: neighbours are alike, and compress well. */
export function differences(codes: Uint8Array): Uint8Array {
  return codes.map((code, at) => code - (at === 0 ? 0 : codes[at - 1]!));
}

/** Turns differences back into codes, in place. */
export function sumDifferences(codes: Uint8Array): Uint8Array {
  for (let at = 1; at < codes.length; at++) codes[at] = codes[at]! + codes[at - 1]!;
  return codes;
}

/** The nearest code of every second step; of large files. */
export function coarsen(code: number): number {
  return code < FIRST_CODE ? code : FIRST_CODE + 2 * Math.round((code - FIRST_CODE) / 2 - 0.25);
}

/** Bytes of float32 in planes, all first bytes first: neighbours are alike, and compress well. */
export function splitBytes(values: Float32Array): Uint8Array {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const planes = new Uint8Array(bytes.length);
  for (let at = 0; at < values.length; at++) {
    for (let plane = 0; plane < 4; plane++) planes[plane * values.length + at] = bytes[4 * at + plane]!;
  }
  return planes;
}

export function joinBytes(planes: Uint8Array): Float32Array {
  const count = planes.length / 4;
  const bytes = new Uint8Array(planes.length);
  for (let at = 0; at < count; at++) {
    for (let plane = 0; plane < 4; plane++) bytes[4 * at + plane] = planes[plane * count + at]!;
  }
  return new Float32Array(bytes.buffer);
}

/** Blocks of the file beside layers and chunks. */
export const DISTRICTS_BLOCK = "districts";
export const SITES_BLOCK = "sites";
export const SITE_NAMES_BLOCK = "siteNames";
/** Of a site without a cell. */
export const NO_CELL = -1;

/** Names of districts and sites are the same whatever their case and the way their letters are composed. */
export function nameKey(name: string): string {
  return name.trim().normalize("NFC").toLowerCase();
}
