// Tables of places: cells to make, and the codes (of districts, of basins) that places have.
import type { Place } from "../../database/gridCells.ts";
import { RejectedError } from "../../model/errors.ts";
import { openFile } from "../formats/formats.ts";
import { findColumn } from "../formats/tableFile.ts";
import { Places } from "../series/places.ts";

export interface PlaceTable {
  readonly file: string;
  readonly places: readonly Place[];
  /** By `placeKey`. */
  readonly codes: ReadonlyMap<string, string>;
}

const LATITUDE = ["latitude", "lat", "위도"];
const LONGITUDE = ["longitude", "lon", "경도"];
const CODE = ["code", "district", "지점", "station"];

/** `option` is for messages. A code is read where the table has one, and needed when `needsCode`. */
export async function readPlaceTable(
  option: string,
  file: string,
  stepDegrees: number,
  needsCode: boolean,
  signal: AbortSignal,
): Promise<PlaceTable> {
  const table = await openFile(file, "table");
  const [latitude, longitude, code] = [LATITUDE, LONGITUDE, CODE].map((names) => findColumn(table, names));
  if (latitude === undefined || longitude === undefined || (needsCode && code === undefined)) {
    throw new RejectedError(
      "InvalidPlaces",
      `${option} ${file}: expected the columns latitude, longitude${needsCode ? " and code" : ""}, found "${table.header.join('", "')}". Rename them.`,
    );
  }
  const places = new Places(stepDegrees);
  const codes = new Map<string, string>();
  await table.readRows(
    (row, line) => {
      const place = places.all[places.numberOf(row[latitude]!, row[longitude]!, { file, line })]!;
      if (code === undefined || row[code] === "") return;
      const known = codes.get(placeKey(place));
      if (known !== undefined && known !== row[code]) {
        throw new RejectedError(
          "TwoCodes",
          `${file}:${line}: the place ${place.latitude}, ${place.longitude} has the code "${row[code]}", but an earlier line says "${known}". Remove one of them.`,
        );
      }
      codes.set(placeKey(place), row[code]!);
    },
    () => undefined,
    signal,
  );
  return { file, places: places.all, codes };
}

export function placeKey({ latitude, longitude }: Place): string {
  return `${latitude} ${longitude}`;
}
