// Rows of results packed as the page reads them: layers of a byte a cell, and exact values of cells in chunks.
import type { Calculation } from "../model/calculations.ts";
import {
  DETAIL_FIELDS,
  type DetailField,
  decode,
  detailLayout,
  encode,
  LEAST_DAMAGE,
  LEVEL_BOUNDS,
  layerName,
  MISSING,
  MOST_FLAGS,
  NOT_APPLICABLE,
  PROBABILITY_SCALE,
  type ReportHeader,
  rowOf,
  rowsPerCell,
  SCORE_SCALE,
  type Scale,
  type StoredMeasure,
} from "./page/reportData.ts";

/** Cells whose exact values are one chunk. */
export const CHUNK_CELLS = 32;
/** Ends of the colours of a change, in points of the score. */
export const CHANGE_BOUNDS = [2, 5, 10, 20, 30, 50, 100] as const;
const MAPPED_RETURN_PERIOD = 100;
/** Means "not applicable" among amounts that wait for their scale. */
const INAPPLICABLE = Number.NEGATIVE_INFINITY;

/** Where the values of a row go; undefined for what the report does not show. */
export interface RowPositions {
  readonly cell: (cellId: number) => number | undefined;
  readonly risk: ReadonlyMap<string, number>;
  readonly scenario: ReadonlyMap<string, number>;
  readonly period: ReadonlyMap<string, number>;
}

const KEY = ["cell_id", "risk_type", "scenario", "first_year || '-' || last_year", "flags"];

/** Name of the field, and its column; those of layers come first. */
const HAZARD_FIELDS = [
  ["score", "score"],
  ["scoreLow", "score_low"],
  ["scoreHigh", "score_high"],
  ["value", "value"],
  ["valueLow", "value_low"],
  ["valueHigh", "value_high"],
  ["valueChange", "value_change"],
  ["valueWithoutProtection", "value_without_protection"],
  ["scoreAbsolute", "score_absolute"],
] as const satisfies readonly (readonly [DetailField, string])[];
const DAMAGE_FIELDS = [
  ["damage", "damage_bins"],
  ["damageLow", "damage_low"],
  ["damageHigh", "damage_high"],
  ["damageContinuous", "damage_continuous"],
  ["damageChange", "damage_change"],
  ["rateScale", "rate_scale"],
] as const satisfies readonly (readonly [DetailField, string])[];
const ORIGIN_FIELDS = [
  ["yearsUsed", "years_used"],
  ["blockFirstYear", "fit_first_year"],
  ["blockLastYear", "fit_last_year"],
  ["blockYears", "fit_years"],
] as const satisfies readonly (readonly [DetailField, string])[];
const LAYER_FIELDS = 3;

/** Of the view of a calculation, in the order in which ResultPacking takes the values of a row. */
export function packedColumns(calculation: Calculation, withDetails: boolean): string[] {
  return [...KEY, ...(calculation === "hazard" ? hazardColumns(withDetails) : damageColumns(withDetails))];
}

function hazardColumns(withDetails: boolean): string[] {
  const columns = HAZARD_FIELDS.map(([, column]) => column);
  if (!withDetails) return columns.slice(0, LAYER_FIELDS);
  return [...columns, ...ORIGIN_FIELDS.map(([, column]) => column), "input", "reason", "indicators"];
}

/** What both need: probability of the lowest bin, damage, and the levels. */
function damageColumns(withDetails: boolean): string[] {
  const layers = ["probability", "damage_bins", "return_levels"];
  if (!withDetails) return layers;
  return [
    ...layers,
    ...DAMAGE_FIELDS.map(([, column]) => column),
    ...ORIGIN_FIELDS.map(([, column]) => column),
    ...[
      "input",
      "reason",
      "rate_set",
      "damage_change_of",
      "probabilities",
      "probabilities_low",
      "probabilities_high",
      "counts",
    ],
  ];
}

/** Fills layers and chunks row by row. */
export class ResultPacking {
  readonly words: string[] = [];
  readonly chunks: readonly Float32Array[];
  readonly #header: ReportHeader;
  readonly #cells: number;
  readonly #withDetails: boolean;
  readonly #layers = new Map<string, Uint8Array>();
  /** Amounts of damage and levels wait for the scale that all layers of a risk share. */
  readonly #amounts = new Map<string, Amounts>();
  readonly #codes = new Map<string, number>();

  constructor(header: ReportHeader, cells: number, withDetails: boolean) {
    this.#header = header;
    this.#cells = cells;
    this.#withDetails = withDetails;
    const width = detailLayout(header.risks).width * rowsPerCell(header);
    const count = withDetails ? Math.ceil(cells / CHUNK_CELLS) : 0;
    this.chunks = Array.from({ length: count }, (_, chunk) =>
      new Float32Array(width * Math.min(CHUNK_CELLS, cells - chunk * CHUNK_CELLS)).fill(Number.NaN),
    );
  }

  add(calculation: Calculation, row: readonly unknown[], at: RowPositions): void {
    const [cellId, riskName, scenarioName, periodName, flags, ...values] = row;
    const cell = at.cell(cellId as number);
    const risk = at.risk.get(riskName as string);
    const scenario = at.scenario.get(scenarioName as string);
    const period = at.period.get(periodName as string);
    if (cell === undefined || risk === undefined || scenario === undefined || period === undefined) return;
    const key = { cell, risk, scenario, period };
    const applies = !(flags as string[]).includes("notApplicable");
    if (calculation === "hazard") this.#addHazard(key, values, applies, flags as string[]);
    else this.#addProbability(key, values, applies, flags as string[]);
  }

  #addHazard(key: Key, values: readonly unknown[], applies: boolean, flags: readonly string[]): void {
    const [score, low, high] = values as (number | null)[];
    this.#setCode("score", key, score === null ? MISSING : applies ? encode(score!, SCORE_SCALE) : NOT_APPLICABLE);
    if (low !== null && high !== null && applies && crossesBounds(low!, high!) > 1) {
      this.#setCode("uncertain", key, NOT_APPLICABLE + 1);
    }
    if (!this.#withDetails) return;
    const numbers = values as (number | null)[];
    for (const [i, [name]] of HAZARD_FIELDS.entries()) this.#setField(key, name, numbers[i]!);
    const rest = values.slice(HAZARD_FIELDS.length);
    this.#addOrigin(key, rest, flags);
    const indicators = (rest[ORIGIN_FIELDS.length + 2] ?? []) as { readonly value: number | null }[];
    const { indicators: from } = detailLayout(this.#header.risks);
    for (const [i, { value }] of indicators.entries()) this.#set(key, from + i, value);
  }

  #addProbability(key: Key, values: readonly unknown[], applies: boolean, flags: readonly string[]): void {
    const [probability, damage, levels] = values as [
      number | null,
      number | null,
      readonly { readonly return_period: number; readonly level: number | null }[] | null,
    ];
    const code = probability === null ? MISSING : applies ? encode(probability, PROBABILITY_SCALE) : NOT_APPLICABLE;
    this.#setCode("probability", key, code);
    const mapped = levels?.find(({ return_period }) => return_period === MAPPED_RETURN_PERIOD)?.level ?? null;
    this.#setAmount("damage", key, damage === null ? Number.NaN : applies ? damage : INAPPLICABLE);
    this.#setAmount("returnLevel", key, mapped ?? Number.NaN);
    if (!this.#withDetails) return;
    const layout = detailLayout(this.#header.risks);
    for (const [i, { level }] of (levels ?? []).entries()) this.#set(key, layout.returnLevels + i, level);
    const fields = values.slice(LAYER_FIELDS);
    for (const [i, [name]] of DAMAGE_FIELDS.entries()) this.#setField(key, name, fields[i] as number | null);
    const rest = fields.slice(DAMAGE_FIELDS.length);
    this.#addOrigin(key, rest, flags);
    const [rateSet, changeOf, ...arrays] = rest.slice(ORIGIN_FIELDS.length + 2) as [
      string | null,
      string | null,
      ...(number[] | null)[],
    ];
    this.#setField(key, "rateSet", this.#codeOf(rateSet));
    this.#setField(key, "damageChangeOf", this.#codeOf(changeOf));
    for (const [i, from] of [layout.probabilities, layout.low, layout.high, layout.counts].entries()) {
      for (const [bin, value] of (arrays[i] ?? []).entries()) this.#set(key, from + bin, value);
    }
  }

  #addOrigin(key: Key, values: readonly unknown[], flags: readonly string[]): void {
    for (const [i, [name]] of ORIGIN_FIELDS.entries()) this.#setField(key, name, values[i] as number | null);
    const [input, reason] = values.slice(ORIGIN_FIELDS.length) as (string | null)[];
    this.#setField(key, "input", this.#codeOf(input!));
    this.#setField(key, "reason", this.#codeOf(reason!));
    flags.slice(0, MOST_FLAGS).forEach((flag, i) => {
      this.#setField(key, `flag${i + 1}` as DetailField, this.#codeOf(flag));
    });
  }

  #codeOf(word: string | null): number {
    if (word === null) return Number.NaN;
    const known = this.#codes.get(word);
    if (known !== undefined) return known;
    this.#codes.set(word, this.words.length);
    return this.words.push(word) - 1;
  }

  #setCode(measure: StoredMeasure, key: Key, code: number): void {
    const name = layerName(measure, key.risk, key.scenario, key.period);
    let layer = this.#layers.get(name);
    if (layer === undefined) this.#layers.set(name, (layer = new Uint8Array(this.#cells)));
    layer[key.cell] = code;
  }

  #setAmount(measure: StoredMeasure, key: Key, amount: number): void {
    const name = layerName(measure, key.risk, key.scenario, key.period);
    let layer = this.#amounts.get(name);
    if (layer === undefined) {
      layer = { measure, risk: key.risk, values: new Float32Array(this.#cells).fill(Number.NaN) };
      this.#amounts.set(name, layer);
    }
    layer.values[key.cell] = amount;
  }

  #setField(key: Key, name: DetailField, value: number | null): void {
    this.#set(key, DETAIL_FIELDS.indexOf(name), value);
  }

  #set({ cell, risk, scenario, period }: Key, field: number, value: number | null): void {
    const chunk = this.chunks[Math.floor(cell / CHUNK_CELLS)]!;
    const cells = Math.min(CHUNK_CELLS, this.#cells - Math.floor(cell / CHUNK_CELLS) * CHUNK_CELLS);
    const row = rowOf(this.#header, risk, scenario, period);
    chunk[(field * rowsPerCell(this.#header) + row) * cells + (cell % CHUNK_CELLS)] = value ?? Number.NaN;
  }

  finishLayers() {
    const scales = this.#header.risks.map((_, risk) => ({
      returnLevelScale: this.#scaleOf("returnLevel", risk),
      damageScale: this.#scaleOf("damage", risk),
      changeBound: this.#changeBound(risk),
    }));
    for (const [name, { measure, risk, values }] of this.#amounts) {
      const scale = measure === "damage" ? scales[risk]!.damageScale : scales[risk]!.returnLevelScale;
      if (scale === null) continue;
      const codes = Uint8Array.from(values, (value) =>
        value === INAPPLICABLE ? NOT_APPLICABLE : encode(value, scale),
      );
      this.#layers.set(name, codes);
    }
    return { layers: this.#layers, scales };
  }

  /** Damage on a log scale of at least a decade, levels on a linear one. */
  #scaleOf(measure: "damage" | "returnLevel", risk: number): Scale | null {
    let min = Number.POSITIVE_INFINITY;
    let max = Number.NEGATIVE_INFINITY;
    for (const layer of this.#amounts.values()) {
      if (layer.risk !== risk || layer.measure !== measure) continue;
      for (const value of layer.values) {
        if (value === INAPPLICABLE || (measure === "damage" && value < LEAST_DAMAGE)) continue;
        if (value < min) min = value;
        if (value > max) max = value;
      }
    }
    if (min > max) return measure === "damage" ? { kind: "log", min: LEAST_DAMAGE, max: 10 * LEAST_DAMAGE } : null;
    return measure === "damage" ? { kind: "log", min: Math.min(min, max / 10), max } : { kind: "linear", min, max };
  }

  /** The smallest of CHANGE_BOUNDS that 98 % of all differences between two layers of the risk keep. */
  #changeBound(risk: number): number {
    const { scenarios, periods } = this.#header;
    const layer = (scenario: number, period: number) => this.#layers.get(layerName("score", risk, scenario, period));
    const counts = new Map<number, number>();
    let total = 0;
    const compare = (a: Uint8Array | undefined, b: Uint8Array | undefined) => {
      for (let cell = 0; a !== undefined && b !== undefined && cell < a.length; cell++) {
        const size = Math.abs(decode(a[cell]!, SCORE_SCALE) - decode(b[cell]!, SCORE_SCALE));
        if (Number.isNaN(size)) continue;
        const bound = CHANGE_BOUNDS.find((one) => size <= one) ?? CHANGE_BOUNDS.at(-1)!;
        counts.set(bound, (counts.get(bound) ?? 0) + 1);
        total++;
      }
    };
    scenarios.forEach((_, scenario) => {
      for (let period = 1; period < periods.length; period++) compare(layer(scenario, period), layer(scenario, 0));
    });
    let kept = 0;
    for (const bound of CHANGE_BOUNDS) {
      kept += counts.get(bound) ?? 0;
      if (kept >= 0.98 * total) return bound;
    }
    return CHANGE_BOUNDS.at(-1)!;
  }
}

interface Amounts {
  readonly measure: StoredMeasure;
  readonly risk: number;
  readonly values: Float32Array;
}

interface Key {
  readonly cell: number;
  readonly risk: number;
  readonly scenario: number;
  readonly period: number;
}

function crossesBounds(low: number, high: number): number {
  return LEVEL_BOUNDS.filter((bound) => low < bound && high >= bound).length;
}
