// Places of stations that a file of series names by number only: a table, such as the KMA's own (지점, 위도, 경도).
import { RejectedError } from "../../model/errors.ts";
import { openFile } from "../formats/formats.ts";
import { findColumn } from "../formats/tableFile.ts";

export interface StationPlace {
  /** As the table writes them. */
  readonly latitude: string;
  readonly longitude: string;
}

export interface Stations {
  readonly file: string;
  /** A station that has moved is on several lines; the last one counts. */
  readonly places: ReadonlyMap<string, StationPlace>;
}

const STATION = ["station", "지점"];
const LATITUDE = ["latitude", "lat", "위도"];
const LONGITUDE = ["longitude", "lon", "경도"];

export async function readStations(file: string, signal: AbortSignal): Promise<Stations> {
  const table = await openFile(file, "table");
  const [station, latitude, longitude] = [STATION, LATITUDE, LONGITUDE].map((names) => findColumn(table, names));
  if (station === undefined || latitude === undefined || longitude === undefined) {
    throw new RejectedError(
      "InvalidStations",
      `--stations ${file}: expected the columns station, latitude and longitude (or 지점, 위도, 경도), found "${table.header.join('", "')}". Rename them.`,
    );
  }
  const places = new Map<string, StationPlace>();
  await table.readRows(
    (row) => void places.set(row[station]!, { latitude: row[latitude]!, longitude: row[longitude]! }),
    () => undefined,
    signal,
  );
  return { file, places };
}
