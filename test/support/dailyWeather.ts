// Seeded daily weather of one cell, plausible enough for every risk that reads daily series.
import { makeUniform } from "../../cli/sample/sampleRandom.ts";
import type { CellSeaLevel } from "../../job/risks/cellSeaLevel.ts";
import type { CellInput } from "../../job/risks/riskDefinition.ts";
import { makeTimeAxis } from "../../job/timeAxis.ts";
import type { Attribute } from "../../model/attributes.ts";
import type { Calendar } from "../../model/calendars.ts";
import type { Period } from "../../model/periods.ts";
import type { Variable } from "../../model/variables.ts";

/** Rain is gauged in steps that binary fractions hold exactly, so that sums are the same in any order. */
const RAIN_STEPS_PER_MM = 16;

/** Numbers in (0, 1) that follow from the seed alone. */
export function makeRandom(seed: number): () => number {
  const uniform = makeUniform(seed);
  return () => uniform() + 2 ** -33;
}

/** A cell whose weather follows from the seed: seasons, day-to-day memory, showers. */
export class CellBuilder {
  readonly #daily = new Map<Variable, Float64Array>();
  readonly #monthly = new Map<Variable, Float64Array>();
  readonly #yearly = new Map<Variable, Float64Array>();
  readonly #attributes = new Map<Attribute, number>();
  readonly #axis;
  #seaLevel: CellSeaLevel | undefined;
  #latitude = 37.5;
  #periods: readonly Period[];
  readonly #basePeriod: Period;

  constructor(calendar: Calendar, firstYear: number, lastYear: number, basePeriod: Period) {
    this.#axis = makeTimeAxis(calendar, firstYear, lastYear);
    this.#basePeriod = basePeriod;
    this.#periods = [basePeriod];
  }

  weather(seed: number): this {
    const days = this.#axis.month.length;
    const series = (["tas", "tasmin", "tasmax", "pr", "hurs", "hursmin", "sfcWind"] as const).map((variable) => {
      const values = new Float64Array(days);
      this.#daily.set(variable, values);
      return values;
    });
    const [tas, tasmin, tasmax, pr, hurs, hursmin, sfcWind] = series as [
      Float64Array,
      Float64Array,
      Float64Array,
      Float64Array,
      Float64Array,
      Float64Array,
      Float64Array,
    ];
    const random = makeRandom(seed);
    let memory = 0;
    for (let day = 0; day < days; day++) {
      const season = -Math.cos((2 * Math.PI * (this.#axis.calendarDay[day]! - 20)) / 365);
      memory = 0.7 * memory + 6 * (random() - 0.5);
      const wet = random() < 0.3 + 0.1 * season;
      tas[day] = 12 + 13 * season + memory;
      tasmin[day] = tas[day]! - 3 - 3 * random();
      tasmax[day] = tas[day]! + 3 + 4 * random();
      const rain = wet ? -(9 + 6 * season) * Math.log(random()) : 0;
      pr[day] = Math.round(rain * RAIN_STEPS_PER_MM) / RAIN_STEPS_PER_MM;
      hurs[day] = (wet ? 80 : 60) + 15 * (random() - 0.5);
      hursmin[day] = hurs[day]! - 10 - 15 * random();
      sfcWind[day] = 1 + 5 * random();
    }
    return this;
  }

  latitude(degreesNorth: number): this {
    this.#latitude = degreesNorth;
    return this;
  }

  periods(...periods: Period[]): this {
    this.#periods = periods;
    return this;
  }

  without(variable: Variable): this {
    this.#daily.delete(variable);
    return this;
  }

  change(variable: Variable, change: (value: number, day: number) => number): this {
    this.#daily.set(variable, this.#daily.get(variable)!.map(change));
    return this;
  }

  /** [axis years × 12], by position from the first month. */
  monthly(variable: Variable, valueAt: (month: number) => number): this {
    this.#monthly.set(
      variable,
      Float64Array.from({ length: this.#axis.years * 12 }, (_, month) => valueAt(month)),
    );
    return this;
  }

  /** [axis years], by position from the first year. */
  yearly(variable: Variable, valueAt: (year: number) => number): this {
    this.#yearly.set(
      variable,
      Float64Array.from({ length: this.#axis.years }, (_, year) => valueAt(year)),
    );
    return this;
  }

  attribute(name: Attribute, value: number): this {
    this.#attributes.set(name, value);
    return this;
  }

  sea(seaLevel: CellSeaLevel): this {
    this.#seaLevel = seaLevel;
    return this;
  }

  build(): CellInput {
    return {
      latitude: this.#latitude,
      longitude: 127,
      axis: this.#axis,
      daily: this.#daily,
      monthly: this.#monthly,
      yearly: this.#yearly,
      attributes: this.#attributes,
      seaLevel: this.#seaLevel,
      basePeriod: this.#basePeriod,
      periods: this.#periods,
    };
  }
}
