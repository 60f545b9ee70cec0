// The numbers of the places of each part, held once for parts at the same places.
import { RejectedError } from "../../model/errors.ts";
import { type ArrayPlaces, readPlaces } from "../cf/places.ts";
import { valuesIn } from "../formats/arrayFile.ts";
import type { ArrayPart } from "./arrayLayout.ts";
import type { Places } from "./places.ts";
import type { ReadingOptions } from "./readingOptions.ts";

/** A hundred times Korea at 1 km. */
const MOST_PLACES = 50_000_000;

export interface PlacedPart {
  readonly part: ArrayPart;
  readonly box: readonly number[];
  /** [positions on the place axes] number of the place; -1 for a position without one. */
  readonly placeOf: Int32Array;
  /** [positions on the place axes] rank of the place among the part's, from the south-west. */
  readonly cellOf: Int32Array;
}

export class PlacesOfParts {
  readonly #places: Places;
  readonly #options: ReadingOptions;
  readonly #known: { readonly places: ArrayPlaces; readonly numbers: Int32Array }[] = [];

  constructor(places: Places, options: ReadingOptions) {
    this.#places = places;
    this.#options = options;
  }

  /** [positions on the place axes, row by row] numbers of the places: the same object for parts that lie at the same ones. */
  async of(part: ArrayPart): Promise<Int32Array> {
    const places = await this.#readPlaces(part);
    const known = this.#known.find(
      (one) => isSame(one.places.latitude, places.latitude) && isSame(one.places.longitude, places.longitude),
    );
    if (known !== undefined) return known.numbers;
    const numbers = this.#number(part, places);
    this.#known.push({ places, numbers });
    return numbers;
  }

  async #readPlaces(part: ArrayPart): Promise<ArrayPlaces> {
    const { place } = this.#options;
    if (place !== undefined) {
      // Refused when it is no place on Earth.
      this.#places.numberOf(place.latitude, place.longitude, "--latitude, --longitude");
      return { latitude: Float64Array.of(Number(place.latitude)), longitude: Float64Array.of(Number(place.longitude)) };
    }
    const { file, array, axes } = part;
    const count = valuesIn(axes.placeAxes.map((axis) => array.shape[axis]!));
    if (count > MOST_PLACES) {
      throw new RejectedError(
        "TooManyPlaces",
        `${file.file}: variable "${array.name}" (${array.shape.join(" x ")}) has ${count.toLocaleString("en")} places; at most ${MOST_PLACES.toLocaleString("en")} are one grid. If its dimensions are right, cut it into regions: ncks -d, or xarray's isel.`,
      );
    }
    return readPlaces(file, array, axes);
  }

  #number({ file, array }: ArrayPart, { latitude, longitude }: ArrayPlaces): Int32Array {
    const places = this.#places;
    const numbers = new Int32Array(latitude.length);
    for (let at = 0; at < numbers.length; at++) {
      numbers[at] = Number.isNaN(latitude[at]!) ? -1 : places.numberAt(latitude[at]!, longitude[at]!);
    }
    /** [places] the position at each, -1 for none. */
    const positions = new Int32Array(places.all.length).fill(-1);
    for (let at = 0; at < numbers.length; at++) {
      if (numbers[at] === -1) continue;
      const other = positions[numbers[at]!]!;
      if (other !== -1) {
        const { latitude: north, longitude: east } = places.all[numbers[at]!]!;
        throw new RejectedError(
          "TwoPlacesAtOnePoint",
          `${file.file}: variable "${array.name}": the positions ${other} and ${at} both are at ${north}, ${east}, rounded to the grid's ${places.stepDegrees} degrees. ` +
            "Leave one of them out (of a globe that repeats its first meridian: the last one), or use a --grid with a finer step.",
        );
      }
      positions[numbers[at]!] = at;
    }
    return numbers;
  }
}

function isSame(one: Float64Array, other: Float64Array): boolean {
  return one.length === other.length && one.every((value, at) => Object.is(value, other[at]));
}
