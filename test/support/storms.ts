// Storm tracks for tests: a builder, and the synthetic storm of the methods' vectors.

import type { Basin, StormGrade, StormTrack } from "../../model/storms.ts";
import { M_PER_S_PER_KNOT } from "../../model/units.ts";

const none = (points: number) => new Float64Array(points).fill(Number.NaN);

type Column = "latitude" | "longitude" | "pressure" | "environmentPressure" | "wind" | "radius";

/** One storm; what is not said is missing. */
export class TrackBuilder {
  readonly #hours: readonly number[];
  readonly #columns: Partial<Record<Column, readonly number[]>> = {};
  #identity: { stormId: string; season: number; basin: Basin | null } = {
    stormId: "200001",
    season: 2000,
    basin: "WP",
  };
  #grade: readonly (StormGrade | null)[] | undefined;

  constructor(hours: readonly number[]) {
    this.#hours = hours;
  }

  along(latitude: readonly number[], longitude: readonly number[]): this {
    Object.assign(this.#columns, { latitude, longitude });
    return this;
  }

  /** hPa */
  pressure(pressure: readonly number[]): this {
    this.#columns.pressure = pressure;
    return this;
  }

  environment(environmentPressure: readonly number[]): this {
    this.#columns.environmentPressure = environmentPressure;
    return this;
  }

  /** kt */
  knots(wind: readonly number[]): this {
    this.#columns.wind = wind.map((knots) => knots * M_PER_S_PER_KNOT);
    return this;
  }

  radius(radius: readonly number[]): this {
    this.#columns.radius = radius;
    return this;
  }

  grade(grade: readonly (StormGrade | null)[]): this {
    this.#grade = grade;
    return this;
  }

  called(stormId: string, season: number, basin: Basin | null = "WP"): this {
    this.#identity = { stormId, season, basin };
    return this;
  }

  build(): StormTrack {
    const points = this.#hours.length;
    const column = (name: Column) => {
      const values = this.#columns[name];
      return values === undefined ? none(points) : Float64Array.from(values);
    };
    return {
      ...this.#identity,
      name: null,
      hours: Float64Array.from(this.#hours),
      latitude: column("latitude"),
      longitude: column("longitude"),
      pressure: column("pressure"),
      environmentPressure: column("environmentPressure"),
      wind: column("wind"),
      radius: column("radius"),
      grade: this.#grade ?? Array.from({ length: points }, () => null),
      gale: { long: none(points), short: none(points), bearing: none(points) },
      storm: { long: none(points), short: none(points), bearing: none(points) },
    };
  }
}

/** The synthetic storm that the methods' vectors are of: from the south past Jeju to the East Sea. */
export function koreanStorm(): TrackBuilder {
  return new TrackBuilder([0, 6, 12, 18, 24, 30, 36])
    .along([28, 29.6, 31.4, 33.4, 35.6, 38, 40.2], [127, 126.9, 126.9, 127.2, 127.9, 129.2, 131])
    .pressure([935, 935, 940, 945, 960, 975, 985])
    .environment([1005, 1005, 1005, 1005, 1005, 1005, 1005])
    .knots([105, 105, 100, 90, 75, 60, 45]);
}
