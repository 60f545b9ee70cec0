// One cell's series as they come from the database, laid out for the risks: one flat array per scenario, frequency and
// variable, the parent's years in front. The arrays are made once and reused for every cell of a shard.
import type { Calendar } from "../model/calendars.ts";
import { RejectedError } from "../model/errors.ts";
import { type Future, futureOf } from "../model/experiments.ts";
import {
  FREQUENCIES,
  type Frequency,
  VARIABLES,
  type Variable,
  type VariablesByFrequency,
} from "../model/variables.ts";
import { dropCrossedDays } from "./crossedTemperatures.ts";
import type { TimeAxis } from "./timeAxis.ts";

/** A scenario as the database describes it: whose years it is made of. */
export interface SeriesDescription {
  readonly scenarioId: number;
  readonly name: string;
  readonly experiment: string | null;
  readonly calendar: Calendar;
  readonly segments: readonly {
    readonly scenarioId: number;
    readonly scenario: string;
    readonly firstYear: number;
    readonly lastYear: number;
    readonly dataFirstYear: number;
    readonly dataLastYear: number;
  }[];
  readonly firstYear: number;
  readonly lastYear: number;
}

export interface ImplausibleValue {
  readonly frequency: Frequency;
  readonly variable: Variable;
  readonly detail: string;
}

const MONTHS_OF_YEAR = 12;
const NONE = -1;

export class CellSeries {
  readonly scenarioId: number;
  readonly axis: TimeAxis;
  readonly future: Future | undefined;
  /** First year of its own, where a parent's years are in front of it. */
  readonly joint: number | undefined;
  /** Variables that the present cell has, with their values, NaN where missing: [axis days], [axis years × 12], [axis years]. */
  readonly daily = new Map<Variable, Float64Array>();
  readonly monthly = new Map<Variable, Float64Array>();
  readonly yearly = new Map<Variable, Float64Array>();
  /** The first implausible value of each series of the present cell. */
  readonly implausible: ImplausibleValue[] = [];
  /** Days of the present cell whose highest temperature is below the lowest: missing in both. */
  crossedDays = 0;
  readonly #description: SeriesDescription;
  readonly #segments: ReadonlyMap<number, SeriesDescription["segments"][number]>;
  readonly #buffers: Readonly<Record<Frequency, ReadonlyMap<Variable, Float64Array>>>;
  readonly #packed = new Float32Array(366);
  readonly #packedBytes = new Uint8Array(this.#packed.buffer);

  /** `axis` is the description's: scenarios of the same years share one, and with it the work arrays of the risks. */
  constructor(description: SeriesDescription, wanted: VariablesByFrequency, axis: TimeAxis) {
    this.#description = description;
    this.scenarioId = description.scenarioId;
    this.future = futureOf(description);
    this.axis = axis;
    const { segments } = description;
    this.#segments = new Map(segments.map((segment) => [segment.scenarioId, segment]));
    this.joint = segments.length > 1 ? segments.at(-1)!.firstYear : undefined;
    const makeBuffers = (frequency: Frequency) =>
      new Map(
        wanted[frequency]?.map((variable) => [
          variable,
          new Float64Array(this.#startOf(frequency, this.axis.years)).fill(Number.NaN),
        ]),
      );
    this.#buffers = { daily: makeBuffers("daily"), monthly: makeBuffers("monthly"), yearly: makeBuffers("yearly") };
  }

  /** Forgets the cell. */
  clear(): void {
    for (const frequency of FREQUENCIES) {
      for (const values of this[frequency].values()) values.fill(Number.NaN);
      this[frequency].clear();
    }
    this.implausible.length = 0;
    this.crossedDays = 0;
  }

  /** To be called when the cell has all its rows, before it is computed. */
  complete(): void {
    const [tasmax, tasmin] = [this.daily.get("tasmax"), this.daily.get("tasmin")];
    if (tasmax === undefined || tasmin === undefined) return;
    const { days, of, first, tooMany } = dropCrossedDays(tasmax, tasmin);
    this.crossedDays = days;
    if (!tooMany) return;
    const { firstYear, yearStart, years } = this.axis;
    let year = 0;
    while (year < years - 1 && yearStart[year + 1]! <= first) year++;
    const share = ((100 * days) / of).toFixed(1);
    const detail = `tasmax is below tasmin on ${days} of ${of} days (${share} %), first on day ${first - yearStart[year]! + 1} of ${firstYear + year}; expected at most 1 %`;
    for (const variable of ["tasmax", "tasmin"] as const) {
      this.implausible.push({ frequency: "daily", variable, detail });
    }
  }

  /** Takes one packed year of `scenarioId` if this scenario's series has it. */
  accept(
    scenarioId: number,
    frequency: Frequency,
    variable: Variable,
    year: number,
    bytes: Buffer,
    offset: number,
    length: number,
  ): void {
    const ours = this.#segments.get(scenarioId);
    if (ours === undefined) return;
    if (year < ours.dataFirstYear || year > ours.dataLastYear) {
      throw new RejectedError(
        "UnknownYears",
        `Scenario "${ours.scenario}" has ${variable} in ${year}, outside the years ${ours.dataFirstYear}-${ours.dataLastYear} it is known for. ` +
          "Rows loaded by hand need climatebatch.scenarios.data_first_year and data_last_year set too; climatebatch ingest does it.",
      );
    }
    if (year < ours.firstYear || year > ours.lastYear) return;
    const { axis } = this;
    const start = this.#startOf(frequency, year - axis.firstYear);
    const count = this.#startOf(frequency, year - axis.firstYear + 1) - start;
    if (length !== count * Float32Array.BYTES_PER_ELEMENT) {
      throw new Error(
        `${variable} of ${this.#description.name} in ${year}: expected ${count} ${frequency} values by the calendar ${axis.calendar}, found ${length / Float32Array.BYTES_PER_ELEMENT}`,
      );
    }
    // The bytes lie at any offset; a Float32Array needs them aligned.
    bytes.copy(this.#packedBytes, 0, offset, offset + length);
    const values = this.#buffers[frequency].get(variable)!;
    this[frequency].set(variable, values);
    const bad = unpack(this.#packed, count, VARIABLES[variable], values, start);
    if (bad !== NONE) this.#describeImplausible(frequency, variable, year, bad, values[start + bad]!);
  }

  /** Position of a year's first value, counted from the axis' first year. */
  #startOf(frequency: Frequency, year: number): number {
    if (frequency === "daily") return this.axis.yearStart[year]!;
    return frequency === "monthly" ? year * MONTHS_OF_YEAR : year;
  }

  #describeImplausible(frequency: Frequency, variable: Variable, year: number, at: number, value: number): void {
    if (this.implausible.some((known) => known.frequency === frequency && known.variable === variable)) return;
    const { plausibleMin, plausibleMax, unit } = VARIABLES[variable];
    const when = {
      daily: `on day ${at + 1} of ${year}`,
      monthly: `in month ${at + 1} of ${year}`,
      yearly: `in ${year}`,
    };
    this.implausible.push({
      frequency,
      variable,
      detail: `${variable} is ${value} ${unit} ${when[frequency]}; expected ${plausibleMin} to ${plausibleMax} ${unit}`,
    });
  }
}

/** The first `count` packed values become values from `start` on; returns the first implausible one, or NONE. */
function unpack(
  packed: Float32Array,
  count: number,
  { plausibleMax, plausibleMin }: { readonly plausibleMin: number; readonly plausibleMax: number },
  values: Float64Array,
  start: number,
): number {
  let firstBad = NONE;
  for (let at = 0; at < count; at++) {
    const value = packed[at]!;
    values[start + at] = value;
    if ((value < plausibleMin || value > plausibleMax) && firstBad === NONE) firstBad = at;
  }
  return firstBad;
}
