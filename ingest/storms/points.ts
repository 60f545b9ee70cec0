// Points that winds are asked for, from a CSV file.
import { RejectedError } from "../../model/errors.ts";
import { openCsv } from "../formats/csvFile.ts";

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
  const csv = await openCsv(file);
  const header = csv.header.map((name) => name.toLowerCase());
  const find = (names: readonly string[]) => header.findIndex((name) => names.includes(name));
  const [latitude, longitude, name] = [find(LATITUDE), find(LONGITUDE), find(NAME)];
  if (latitude === -1 || longitude === -1) {
    throw new RejectedError(
      "MissingColumn",
      `${file}: expected columns latitude and longitude, found ${csv.header.join(", ")}. Name them so in the header.`,
    );
  }
  const points: Point[] = [];
  const onRow = (row: readonly string[], line: number) => {
    const where = `${file}:${line}`;
    points.push({
      name: name === -1 ? String(points.length + 1) : quote(row[name]!),
      latitude: degrees(row[latitude]!, 90, "latitude", where),
      longitude: degrees(row[longitude]!, 360, "longitude", where),
    });
  };
  await csv.readRows(onRow, () => undefined, signal);
  return points;
}

function degrees(text: string, most: number, what: string, where: string): number {
  const value = text.trim() === "" ? Number.NaN : Number(text);
  if (Math.abs(value) <= most) return value;
  throw new RejectedError(
    "InvalidPlace",
    `${where}: expected ${what} of -${most} to ${most} degrees, found "${text}". Correct the line.`,
  );
}

function quote(text: string): string {
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
