// Places as rows write them, numbered in order of appearance; two that round to the same point of the grid are one.

import type { Place } from "../../database/gridCells.ts";
import { snapCoordinate } from "../../database/gridCells.ts";
import { RejectedError } from "../../model/errors.ts";
import { hintSeparators, type NumberStyle, PLAIN_NUMBERS, readNumberText } from "../formats/numberText.ts";
import { describeWhere, type Where } from "../formats/tableFile.ts";

const [TURN, HALF_TURN] = [360, 180];

export class Places {
  readonly stepDegrees: number;
  readonly #numbers: NumberStyle;
  readonly #places: Place[] = [];
  /** By the texts of latitude and longitude. */
  readonly #byText = new Map<string, Map<string, number>>();
  readonly #byPoint = new Map<string | number, number>();
  /** Steps from a parallel to the same longitude on the next one; 0 for steps so fine that a number could not hold a point. */
  readonly #stride: number;

  constructor(stepDegrees: number, numbers: NumberStyle = PLAIN_NUMBERS) {
    this.stepDegrees = stepDegrees;
    this.#numbers = numbers;
    const stride = Math.ceil(TURN / stepDegrees) + 2;
    this.#stride = stride * (HALF_TURN / stepDegrees + 2) < Number.MAX_SAFE_INTEGER ? stride : 0;
  }

  get all(): readonly Place[] {
    return this.#places;
  }

  numberOf(latitude: string, longitude: string, where: Where | string): number {
    const known = this.#byText.get(latitude)?.get(longitude);
    if (known !== undefined) return known;
    const number = this.numberAt(
      this.#read("latitude", latitude, -90, 90, where),
      this.#read("longitude", longitude, -180, 360, where),
    );
    const sameLatitude = this.#byText.get(latitude) ?? new Map<string, number>();
    this.#byText.set(latitude, sameLatitude.set(longitude, number));
    return number;
  }

  /** The same of numbers that are known to be degrees; longitudes of any turn. */
  numberAt(latitude: number, longitude: number): number {
    const place = {
      latitude: snapCoordinate(latitude, this.stepDegrees),
      longitude: snapCoordinate(withinHalfTurn(longitude), this.stepDegrees),
    };
    const point = this.#keyOf(place);
    const number = this.#byPoint.get(point) ?? this.#places.push(place) - 1;
    this.#byPoint.set(point, number);
    return number;
  }

  /** A number where it can be: a million texts need a hundred MiB. */
  #keyOf({ latitude, longitude }: Place): string | number {
    if (this.#stride === 0) return `${latitude} ${longitude}`;
    const steps = (degrees: number) => Math.round(degrees / this.stepDegrees);
    return steps(latitude) * this.#stride + steps(longitude);
  }

  #read(name: string, text: string, min: number, max: number, where: Where | string): number {
    const degrees = readNumberText(text, this.#numbers) ?? Number.NaN;
    if (!(degrees >= min && degrees <= max)) {
      const hint =
        name === "latitude" && degrees > 90 && degrees <= 360
          ? "Are latitude and longitude swapped?"
          : (hintSeparators(text, this.#numbers) ?? "Correct the row, or leave it out.");
      throw new RejectedError(
        "InvalidPlace",
        `${typeof where === "string" ? where : describeWhere(where)}: expected a ${name} of ${min} to ${max} degrees, found "${text}". ${hint}`,
      );
    }
    return degrees;
  }
}

/** The same meridian from -180 to 180. */
function withinHalfTurn(longitude: number): number {
  if (longitude > 180) return longitude - 360 * Math.ceil((longitude - 180) / 360);
  return longitude < -180 ? longitude + 360 * Math.ceil((-180 - longitude) / 360) : longitude;
}
