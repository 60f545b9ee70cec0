// Points at which winds are computed, from a table.
import { RejectedError } from "../../model/errors.ts";
import { openFile } from "../formats/formats.ts";
import { readNumberText } from "../formats/numberText.ts";
import { findColumn } from "../formats/tableFile.ts";

export interface Point {
  /** As the output repeats it: quoted where it must be. */
  readonly name: string;
  readonly latitude: number;
  readonly longitude: number;
}

const LATITUDE = ["latitude", "lat"];
const LONGITUDE = ["longitude", "lon"];
const NAME = ["name", "point", "id"];

export async function readPoints(file: string, signal: AbortSignal): Promise<Point[]> {
  const table = await openFile(file, "table");
  const [latitude, longitude, name] = [LATITUDE, LONGITUDE, NAME].map((names) => findColumn(table, names));
  if (latitude === undefined || longitude === undefined) {
    throw new RejectedError(
      "MissingColumn",
      `${file}: expected columns latitude and longitude, found ${table.header.join(", ")}. Name them so in the header.`,
    );
  }
  const points: Point[] = [];
  const onRow = (row: readonly string[], line: number) => {
    const where = `${file}:${line}`;
    points.push({
      name: name === undefined ? String(points.length + 1) : quote(row[name]!),
      latitude: degrees(row[latitude]!, 90, "latitude", where),
      longitude: degrees(row[longitude]!, 360, "longitude", where),
    });
  };
  await table.readRows(onRow, () => undefined, signal);
  return points;
}

function degrees(text: string, most: number, what: string, where: string): number {
  const value = readNumberText(text) ?? Number.NaN;
  if (Math.abs(value) <= most) return value;
  throw new RejectedError(
    "InvalidPlace",
    `${where}: expected ${what} of -${most} to ${most} degrees, found "${text}". Correct the line.`,
  );
}

function quote(text: string): string {
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
