// Writes results of a shard into its slots by COPY, inside the shard's transaction.
import { pipeline } from "node:stream/promises";
import type { ClientBase } from "pg";
import { from as copyFrom } from "pg-copy-streams";
import type { Calculation } from "../model/calculations.ts";
import type { ComparedResult } from "../model/results.ts";
import type { Risk } from "../model/risks.ts";
import { CopyEncoder } from "./copyBinary.ts";
import { slotTable } from "./slots.ts";

const CHUNK_BYTES = 1 << 18;

const SHARED_COLUMNS = [
  "slot",
  "cell_id",
  "scenario_id",
  "first_year",
  "last_year",
  "years_used",
  "fit_first_year",
  "fit_last_year",
  "fit_years",
  "risk",
  "input",
  "reason",
  "flags",
];
const COLUMNS: Record<Calculation, readonly string[]> = {
  probability: [
    ...SHARED_COLUMNS,
    ...["damage_bins", "damage_low", "damage_high", "damage_continuous", "damage_change", "damage_ratio"],
    "damage_change_of",
    ...[
      "rate_scale",
      "rate_set",
      "probabilities",
      "probabilities_low",
      "probabilities_high",
      "counts",
      "return_levels",
    ],
  ],
  hazard: [
    ...SHARED_COLUMNS,
    ...["value", "value_low", "value_high", "value_change", "value_ratio", "value_without_protection"],
    ...["score", "score_low", "score_high", "score_absolute", "indicators"],
  ],
};

/** Collects the rows of some cells; `write` sends them, one COPY a calculation. */
export class ResultWriter {
  readonly #slots: ReadonlyMap<Calculation, number>;
  readonly #encoders = new Map<Calculation, CopyEncoder>();
  #rows = 0;

  constructor(slots: ReadonlyMap<Calculation, number>) {
    this.#slots = slots;
  }

  /** Rows added so far, over all calculations. */
  get rows(): number {
    return this.#rows;
  }

  add(cellId: number, scenarioId: number, risk: Risk, result: ComparedResult): void {
    for (const [calculation, slot] of this.#slots) {
      const encoder = this.#encoders.get(calculation) ?? new CopyEncoder();
      this.#encoders.set(calculation, encoder);
      encoder.startRow(COLUMNS[calculation].length);
      encodeShared(encoder, slot, cellId, scenarioId, risk, result);
      if (calculation === "probability") encodeProbability(encoder, result);
      else encodeHazard(encoder, result);
      this.#rows++;
    }
  }

  async write(client: ClientBase): Promise<void> {
    for (const [calculation, encoder] of this.#encoders) {
      const table = slotTable(calculation, this.#slots.get(calculation)!);
      await copyInto(client, table, COLUMNS[calculation], encoder.finish());
    }
    this.#encoders.clear();
  }
}

async function copyInto(client: ClientBase, table: string, columns: readonly string[], bytes: Buffer): Promise<void> {
  const sink = client.query(copyFrom(`COPY ${table} (${columns.join()}) FROM STDIN (FORMAT binary)`));
  await pipeline(inChunks(bytes), sink);
}

function* inChunks(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) yield bytes.subarray(at, at + CHUNK_BYTES);
}

function encodeShared(
  encoder: CopyEncoder,
  slot: number,
  cellId: number,
  scenarioId: number,
  risk: Risk,
  result: ComparedResult,
): void {
  encoder.int2(slot);
  encoder.int4(cellId);
  encoder.int2(scenarioId);
  encoder.int2(result.period.firstYear);
  encoder.int2(result.period.lastYear);
  encoder.int2(result.yearsUsed);
  for (const years of [result.block?.firstYear, result.block?.lastYear, result.block?.values]) {
    if (years === undefined) encoder.nullValue();
    else encoder.int2(years);
  }
  encoder.text(risk);
  encodeText(encoder, result.input);
  encodeText(encoder, result.reason);
  if (result.flags.length === 0) encoder.nullValue();
  else encoder.textArray(result.flags);
}

function encodeProbability(encoder: CopyEncoder, { probability, damageChange }: ComparedResult): void {
  if (probability === null) {
    for (let column = SHARED_COLUMNS.length; column < COLUMNS.probability.length; column++) encoder.nullValue();
    return;
  }
  encodeNumber(encoder, probability.damageBins);
  encodeNumber(encoder, probability.damageLow);
  encodeNumber(encoder, probability.damageHigh);
  encodeNumber(encoder, probability.damageContinuous);
  encodeNumber(encoder, damageChange.difference);
  encodeNumber(encoder, damageChange.ratio);
  encodeText(encoder, damageChange.of);
  encodeNumber(encoder, probability.rateScale);
  encoder.text(probability.rateSet);
  encoder.float8Array(probability.probabilities);
  for (const ends of [probability.probabilitiesLow, probability.probabilitiesHigh]) {
    if (ends.some(Number.isNaN)) encoder.nullValue();
    else encoder.float4Array(ends);
  }
  encoder.int2Array(probability.counts);
  encoder.float4Array(probability.returnLevels);
}

function encodeHazard(encoder: CopyEncoder, { hazard, indicators, valueChange }: ComparedResult): void {
  if (hazard === null) {
    for (let column = SHARED_COLUMNS.length + 1; column < COLUMNS.hazard.length; column++) encoder.nullValue();
    if (indicators === undefined) encoder.nullValue();
    else encoder.float8Array(indicators);
    return;
  }
  encoder.float8(hazard.value);
  encodeNumber(encoder, hazard.valueLow);
  encodeNumber(encoder, hazard.valueHigh);
  encodeNumber(encoder, valueChange.difference);
  encodeNumber(encoder, valueChange.ratio);
  encodeNumber(encoder, hazard.undefendedValue);
  encoder.float8(hazard.score);
  encodeNumber(encoder, hazard.scoreLow);
  encodeNumber(encoder, hazard.scoreHigh);
  encodeNumber(encoder, hazard.scoreAbsolute ?? null);
  encoder.float8Array(hazard.companions);
}

function encodeNumber(encoder: CopyEncoder, value: number | null): void {
  if (value === null || Number.isNaN(value)) encoder.nullValue();
  else encoder.float8(value);
}

function encodeText(encoder: CopyEncoder, value: string | null): void {
  if (value === null) encoder.nullValue();
  else encoder.text(value);
}
