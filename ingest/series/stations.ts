// Places of stations that a file of series names by number or by name: a table, such as the KMA's own (지점, 지점명, 위도, 경도).
import { RejectedError } from "../../model/errors.ts";
import { openFile } from "../formats/formats.ts";
import { findColumn } from "../formats/tableFile.ts";

export interface StationPlace {
  /** As the table writes them. */
  readonly latitude: string;
  readonly longitude: string;
}

export class Stations {
  readonly file: string;
  readonly #places = new Map<string, StationPlace>();
  /** Numbers of the stations of each name. */
  readonly #numbers = new Map<string, Set<string>>();

  constructor(file: string) {
    this.file = file;
  }

  /** A station that has moved is on several lines; the last one counts. */
  add(number: string, name: string | undefined, place: StationPlace): void {
    this.#places.set(number, place);
    if (name !== undefined && name !== "") this.#numbers.set(name, (this.#numbers.get(name) ?? new Set()).add(number));
  }

  /** The place of a station by its number, else by its name; `where` names the row or option that says it. */
  find(station: string, where: string): StationPlace {
    const numbers = [...(this.#numbers.get(station) ?? [])];
    const found = this.#places.get(station) ?? (numbers.length === 1 ? this.#places.get(numbers[0]!) : undefined);
    if (found !== undefined) return found;
    if (numbers.length > 1) {
      throw new RejectedError(
        "UnknownStation",
        `${where}: station "${station}" is ${numbers.length} stations in --stations ${this.file}: ${numbers.join(", ")}. Leave the others out of that table.`,
      );
    }
    const names = this.#numbers.size === 0 ? ", which has no column of names (name or 지점명)" : "";
    throw new RejectedError(
      "UnknownStation",
      `${where}: station "${station}" is not in --stations ${this.file}${names}. Add a line for it.`,
    );
  }
}

const STATION = ["station", "지점", "code", "district"];
const NAME = ["name", "지점명"];
const LATITUDE = ["latitude", "lat", "위도"];
const LONGITUDE = ["longitude", "lon", "경도"];

export async function readStations(file: string, signal: AbortSignal): Promise<Stations> {
  const table = await openFile(file, "table");
  const [number, name, latitude, longitude] = [STATION, NAME, LATITUDE, LONGITUDE].map((names) =>
    findColumn(table, names),
  );
  const station = number ?? name;
  if (station === undefined || latitude === undefined || longitude === undefined) {
    throw new RejectedError(
      "InvalidStations",
      `--stations ${file}: expected the columns station (or name), latitude and longitude (or 지점, 지점명, 위도, 경도), found "${table.header.join('", "')}". Rename them.`,
    );
  }
  const stations = new Stations(file);
  await table.readRows(
    (row) => {
      const place = { latitude: row[latitude]!, longitude: row[longitude]! };
      stations.add(row[station]!, name === undefined ? undefined : row[name], place);
    },
    () => undefined,
    signal,
  );
  return stations;
}
