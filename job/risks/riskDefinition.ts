// What a risk is to the rest of the job program: its inputs, the words and numbers it is described by, and one function.
import type { Attribute } from "../../model/attributes.ts";
import type { Future } from "../../model/experiments.ts";
import type { Period } from "../../model/periods.ts";
import type { Flag } from "../../model/reasons.ts";
import type { PeriodResult } from "../../model/results.ts";
import type { RiskInputs } from "../../model/riskInputs.ts";
import type { Risk } from "../../model/risks.ts";
import type { Variable } from "../../model/variables.ts";
import type { TimeAxis } from "../timeAxis.ts";
import type { CellSeaLevel } from "./cellSeaLevel.ts";
import type { StormRecord } from "./stormRecord.ts";

/** Series of one frequency by variable, in the canonical unit of model/variables.ts, NaN where missing; absent when the cell has none. */
export type SeriesOf = ReadonlyMap<Variable, Float64Array>;

/** Water of one period, of a cell or of a basin. */
export interface WaterRecord {
  readonly period: Period;
  /** [km2] */
  readonly area: number;
  /** [years of the period] [m3 yr-1], NaN where a year is missing */
  readonly supply: Float64Array;
  readonly withdrawal: Float64Array;
  /** As results name it. */
  readonly input: string;
  readonly flags: readonly Flag[];
}

/** Water of a basin by period, as formatPeriod spells it. */
export type BasinWater = ReadonlyMap<string, WaterRecord>;

/** One cell under one scenario, the parent's years already joined in front. */
export interface CellInput {
  /** degrees north, degrees east */
  readonly latitude: number;
  readonly longitude: number;
  readonly axis: TimeAxis;
  /** [axis days] */
  readonly daily: SeriesOf;
  /** Days of `daily` that were made missing because their highest temperature is below the lowest. */
  readonly crossedDays?: number;
  /** [axis years × 12] */
  readonly monthly: SeriesOf;
  /** [axis years] */
  readonly yearly: SeriesOf;
  /** What is recorded about the cell beside the climate, in the unit of model/attributes.ts. */
  readonly attributes: ReadonlyMap<Attribute, number>;
  /** Storms that may be felt in the cell's shard; absent when none were ever ingested, or no risk of the batch reads them. */
  readonly storms?: StormRecord | undefined;
  /** The future whose warming the scenario follows; absent where it is unknown. */
  readonly future?: Future | undefined;
  /** Water of the basin that the cell belongs to, by period; absent when it belongs to none. */
  readonly basin?: BasinWater | undefined;
  /** What is recorded about the sea; absent when no risk of the batch reads it. */
  readonly seaLevel?: CellSeaLevel | undefined;
  readonly basePeriod: Period;
  /** First year of the scenario's own, where a parent's years are in front of it. */
  readonly joint?: number | undefined;
  /** What results are wanted for; holds the base period too. */
  readonly periods: readonly Period[];
}

export interface RiskDefinition {
  readonly risk: Risk;
  readonly longName: string;
  /** Yearly intensity behind P(H), and its unit in CF spelling. */
  readonly intensity: string;
  readonly unit: string;
  readonly inputs: RiskInputs;
  /** Ascending inner edges: bins are (-inf, e0), [e0, e1), … [eLast, inf). */
  readonly edges: readonly number[];
  /** What the bins are called where the edges alone do not say it. */
  readonly ranges?: readonly string[] | undefined;
  /** Base damage rate [1] of each bin, by name of the set. */
  readonly rateSets: Readonly<Record<string, readonly number[]>>;
  /** Whether the rates are capital lost or revenue lost. */
  readonly impactType: "damage" | "disruption";
  /** Values with the scores 0, 20, 40, 60, 80, 100; null where the method set reports no scores. */
  readonly anchors: readonly number[] | null;
  readonly companions: readonly { readonly name: string; readonly unit: string }[];
  readonly returnLevelOf: string;
  readonly returnLevelUnit: string;
  /** One result per wanted period, in their order. */
  compute(input: CellInput): PeriodResult[];
}
