// Where stations lie that a file of series names by number only: a table of theirs, such as the KMA's own (지점, 위도, 경도).
import { RejectedError } from "../../model/errors.ts";
import { openCsv } from "../formats/csvFile.ts";

export interface StationPlace {
  /** As the table writes them. */
  readonly latitude: string;
  readonly longitude: string;
}

export interface Stations {
  readonly file: string;
  /** A station that has moved stands on several lines; the last one counts. */
  readonly places: ReadonlyMap<string, StationPlace>;
}

const STATION = ["station", "지점"];
const LATITUDE = ["latitude", "lat", "위도"];
const LONGITUDE = ["longitude", "lon", "경도"];

export async function readStations(file: string, signal: AbortSignal): Promise<Stations> {
  const table = await openCsv(file);
  const names = table.header.map((header) => header.trim().toLowerCase());
  const find = (wanted: readonly string[]) => wanted.map((name) => names.indexOf(name)).find((at) => at !== -1);
  const [station, latitude, longitude] = [find(STATION), find(LATITUDE), find(LONGITUDE)];
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
