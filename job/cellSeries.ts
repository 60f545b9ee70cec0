// One cell's series as they come from the database, laid out for the risks: one flat array per scenario and variable,
// the parent's years in front. The arrays are made once and reused for every cell of a shard.
import type { Calendar } from "../model/calendars.ts";
import { RejectedError } from "../model/errors.ts";
import type { Period } from "../model/periods.ts";
import { VARIABLES, type Variable } from "../model/variables.ts";
import { makeTimeAxis, type TimeAxis } from "./timeAxis.ts";

/** A scenario as the database describes it: whose years it is made of. */
export interface SeriesDescription {
  readonly scenarioId: number;
  readonly name: string;
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
  readonly variable: Variable;
  readonly detail: string;
}

export class ScenarioSeries {
  readonly scenarioId: number;
  readonly axis: TimeAxis;
  readonly baseSpliced: boolean;
  /** Variables that the present cell has, with their values [axis days], NaN where missing. */
  readonly daily = new Map<Variable, Float64Array>();
  /** The first implausible value of each variable of the present cell. */
  readonly implausible = new Map<Variable, ImplausibleValue>();
  readonly #description: SeriesDescription;
  readonly #buffers: ReadonlyMap<Variable, Float64Array>;
  readonly #packed = new Float32Array(366);
  readonly #packedBytes = new Uint8Array(this.#packed.buffer);

  constructor(description: SeriesDescription, variables: readonly Variable[], basePeriod: Period) {
    this.#description = description;
    this.scenarioId = description.scenarioId;
    this.axis = makeTimeAxis(description.calendar, description.firstYear, description.lastYear);
    const ownFirstYear = description.segments.at(-1)!.firstYear;
    this.baseSpliced =
      description.segments.length > 1 && basePeriod.firstYear < ownFirstYear && ownFirstYear <= basePeriod.lastYear;
    const days = this.axis.yearStart[this.axis.years]!;
    this.#buffers = new Map(variables.map((variable) => [variable, new Float64Array(days).fill(Number.NaN)]));
  }

  /** Forgets the cell. */
  clear(): void {
    for (const values of this.daily.values()) values.fill(Number.NaN);
    this.daily.clear();
    this.implausible.clear();
  }

  /** Takes one packed year of `scenarioId` if this scenario's series has it. */
  accept(
    scenarioId: number,
    variable: Variable,
    year: number,
    bytes: Uint8Array,
    offset: number,
    length: number,
  ): void {
    const ours = this.#description.segments.find((segment) => segment.scenarioId === scenarioId);
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
    const start = axis.yearStart[year - axis.firstYear]!;
    const days = axis.yearStart[year - axis.firstYear + 1]! - start;
    if (length !== days * Float32Array.BYTES_PER_ELEMENT) {
      throw new Error(
        `${variable} of ${this.#description.name} in ${year}: expected ${days} daily values by the calendar ${axis.calendar}, found ${length / 4}`,
      );
    }
    // The bytes lie at any offset; a Float32Array needs them aligned.
    this.#packedBytes.set(bytes.subarray(offset, offset + length));
    const values = this.#buffers.get(variable)!;
    this.daily.set(variable, values);
    this.#unpack(variable, year, values, start, days);
  }

  #unpack(variable: Variable, year: number, values: Float64Array, start: number, days: number): void {
    const { plausibleMin, plausibleMax, unit } = VARIABLES[variable];
    const packed = this.#packed;
    for (let day = 0; day < days; day++) {
      const value = packed[day]!;
      values[start + day] = value;
      if ((value < plausibleMin || value > plausibleMax) && !this.implausible.has(variable)) {
        this.implausible.set(variable, {
          variable,
          detail: `${variable} is ${value} ${unit} on day ${day + 1} of ${year}; expected ${plausibleMin} to ${plausibleMax} ${unit}`,
        });
      }
    }
  }
}
