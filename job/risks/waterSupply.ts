// What a cell has of water in each year of a period and what is withdrawn there, and the sums of both over a basin's cells.
import { formatPeriod, type Period, yearsIn } from "../../model/periods.ts";
import type { Flag, NullReason } from "../../model/reasons.ts";
import { bestWay, RISK_INPUTS } from "../../model/riskInputs.ts";
import { fuRunoff } from "../indices/budyko.ts";
import type { TimeAxis } from "../timeAxis.ts";
import { inOwnRecord } from "./ownRecord.ts";
import type { CellInput, WaterRecord } from "./riskDefinition.ts";
import { fillWaterYears, fillWithdrawal, makeWaterYears, runoffOf, type WaterYears } from "./waterRunoff.ts";
import { makeWorkPerAxis } from "./workPerAxis.ts";

/** Zhang et al. (2004): grassland 2.55, forest 2.84. */
const DEFAULT_OMEGA = 2.6;
/** Countries by their ISO 3166-1 number whose rivers run fuller than that; Korea. */
const OMEGA_OF_COUNTRY: ReadonlyMap<number | undefined, number> = new Map([[410, 1.9]]);
/** A millimetre over a square kilometre. */
const M3_PER_MM_KM2 = 1000;

/** Reads one cell after the other; each has a result by period, or a reason. */
export function makeCellWater(): (input: CellInput) => NullReason | ((period: Period) => WaterRecord) {
  const workFor = makeWorkPerAxis(makeWaterYears);
  return (whole) => {
    const area = whole.attributes.get("cellArea");
    const way = bestWay(RISK_INPUTS.published.water_scarcity.ways, whole);
    if (way === undefined) return "noInput";
    if (area === undefined) return "noBasin";
    const input = inOwnRecord(whole, way);
    const work = workFor(input.axis);
    const known = fillWithdrawal(input.yearly.get("withdrawal")!, work.withdrawal);
    if (known === null) return "noInput";
    const source = runoffOf(way);
    fillWaterYears(input, source, work);
    const given = input.attributes.get("budykoOmega");
    const usual = OMEGA_OF_COUNTRY.get(input.attributes.get("country")) ?? DEFAULT_OMEGA;
    const byCurve = source.kind !== "mrro";
    const common: Flag[] = [];
    if (byCurve && given === undefined) common.push("defaultBudykoOmega");
    if (source.kind === "balance" && source.balance.evapotranspiration === "thornthwaite") common.push("thornthwaite");
    const inflow = input.yearly.get("inflow");
    return (period) => {
      const first = period.firstYear - input.axis.firstYear;
      const held = first < known.first || period.lastYear - input.axis.firstYear > known.last;
      const supply = new Float64Array(yearsIn(period)).fill(Number.NaN);
      const withdrawal = supply.slice();
      fillSupply(work, period, byCurve ? (given ?? usual) : null, area, supply);
      for (let year = 0; year < supply.length; year++) {
        const at = first + year;
        if (at < 0 || at >= input.axis.years) continue;
        withdrawal[year] = work.withdrawal[at]!;
        if (inflow !== undefined) supply[year] = supply[year]! + inflow[at]!;
      }
      return {
        period,
        area,
        supply,
        withdrawal,
        input: way.text,
        flags: held ? [...common, "withdrawalHeld"] : common,
      };
    };
  };
}

/**
 * Renewable water of the years of a period.
 *
 * Inputs: `work` with the cell's yearly rain, evapotranspiration or runoff [mm yr-1]; `omega` [1] of Fu's curve, null for a
 *   model's own runoff; `area` [km2].
 * Output: `supply` [m3 yr-1] [years of the period].
 * Definition: S = 1000 A R. R is a model's runoff, or Fu's curve of each year's rain and evapotranspiration times one factor
 *   that makes their mean what the curve gives for the period's mean rain and evapotranspiration: the curve is a law of
 *   long-term means, and being convex it gives too much on average when it is read year by year.
 * Missing data: NaN where the year misses anything; the factor is made from the years that are there.
 */
function fillSupply(
  { axis, evapotranspiration, rain, runoff }: WaterYears,
  period: Period,
  omega: number | null,
  area: number,
  supply: Float64Array,
): void {
  const [from, to] = yearsInside(period, axis);
  const first = period.firstYear - axis.firstYear;
  let rains = 0;
  let losses = 0;
  let runoffs = 0;
  let n = 0;
  for (let at = from; at < to; at++) {
    const value = omega === null ? runoff[at]! : fuRunoff(rain[at]!, evapotranspiration[at]!, omega);
    supply[at - first] = value * area * M3_PER_MM_KM2;
    if (Number.isNaN(value)) continue;
    rains += rain[at]!;
    losses += evapotranspiration[at]!;
    runoffs += value;
    n++;
  }
  if (omega === null || runoffs === 0) return;
  const factor = (fuRunoff(rains / n, losses / n, omega) * n) / runoffs;
  for (let year = 0; year < supply.length; year++) supply[year] = supply[year]! * factor;
}

function yearsInside({ firstYear, lastYear }: Period, axis: TimeAxis): [from: number, to: number] {
  const from = Math.max(0, firstYear - axis.firstYear);
  return [from, Math.max(from, Math.min(axis.years, lastYear + 1 - axis.firstYear))];
}

/** Sums over the cells of one basin, added in order of their ids. */
export class BasinSums {
  readonly #periods = new Map<string, WaterRecord>();
  readonly #inputs = new Set<string>();
  readonly #flags = new Set<Flag>();
  cells = 0;

  /** A cell that lacks runoff or withdrawal is left out, and the basin says so. */
  add(cell: NullReason | ((period: Period) => WaterRecord), periods: readonly Period[]): void {
    if (typeof cell === "string") {
      this.#flags.add("partialBasin");
      return;
    }
    this.cells++;
    for (const period of periods) {
      const one = cell(period);
      const key = formatPeriod(period);
      const sum = this.#periods.get(key);
      this.#inputs.add(one.input);
      for (const flag of one.flags) this.#flags.add(flag);
      this.#periods.set(key, sum === undefined ? one : plus(sum, one));
    }
  }

  /** Empty when no cell had input. */
  records(): WaterRecord[] {
    const input = [...this.#inputs].sort().join(" | ");
    const flags = [...this.#flags].sort();
    return [...this.#periods.values()].map((record) => ({ ...record, input, flags }));
  }
}

function plus(sum: WaterRecord, one: WaterRecord): WaterRecord {
  for (let year = 0; year < sum.supply.length; year++) {
    sum.supply[year] = sum.supply[year]! + one.supply[year]!;
    sum.withdrawal[year] = sum.withdrawal[year]! + one.withdrawal[year]!;
  }
  return { ...sum, area: sum.area + one.area };
}
