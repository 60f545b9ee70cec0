// Reads the record of storms: its years, and every storm's track, one after the other in the order of their numbers.
import type { ClientBase } from "pg";
import { to as copyTo } from "pg-copy-streams";
import type { Basin, StormGrade, StormTrack, StormYears } from "../model/storms.ts";
import { type CopyRow, readCopyRows } from "./copyBinary.ts";

/** Columns of numbers, in the order they are read in; the first is hours since 1970. */
const NUMBERS = [
  "extract(epoch FROM p.time)::float8 / 3600",
  ...["latitude", "longitude", "pressure", "environment_pressure", "wind", "radius"],
  ...["gale_long", "gale_short", "gale_bearing", "storm_long", "storm_short", "storm_bearing"],
];
/** Storm id, name, season, basin and grade come before them. */
const WORDS = 5;
const FLOAT64_BYTES = 8;

/** The years of the record; null when no storms were ever ingested. */
export async function readStormYears(client: ClientBase): Promise<StormYears | null> {
  const { rows } = await client.query<StormYears>(
    `SELECT agency, first_year AS "firstYear", last_year AS "lastYear" FROM climatebatch.storm_records`,
  );
  return rows[0] ?? null;
}

/** Degrees that hold the cells firstCell..lastCell of a grid. */
export async function readCellBounds(
  client: ClientBase,
  { grid, firstCell, lastCell }: { grid: string; firstCell: number; lastCell: number },
): Promise<{ south: number; north: number; west: number; east: number }> {
  const { rows } = await client.query(
    `SELECT min(latitude) AS south, max(latitude) AS north, min(longitude) AS west, max(longitude) AS east
     FROM climatebatch.grid_cells
     WHERE grid_id = (SELECT grid_id FROM climatebatch.grids WHERE name = $1) AND cell_id BETWEEN $2 AND $3`,
    [grid, firstCell, lastCell],
  );
  return rows[0];
}

export async function readStorms(client: ClientBase, onTrack: (track: StormTrack) => void): Promise<void> {
  const stream = client.query(
    copyTo(`COPY (
      SELECT s.storm_id, s.name, s.season, s.basin, p.grade, ${NUMBERS.join()}
      FROM climatebatch.storms AS s JOIN climatebatch.storm_points AS p USING (storm_id) ORDER BY s.storm_id, p.time
    ) TO STDOUT (FORMAT binary)`),
  );
  let collected: CollectedStorm | undefined;
  await readCopyRows(stream, WORDS + NUMBERS.length, (row) => {
    const stormId = text(row, 0)!;
    if (collected?.stormId !== stormId) {
      if (collected !== undefined) onTrack(toTrack(collected));
      const season = row.bytes.readInt16BE(row.offsets[2]!);
      collected = { stormId, name: text(row, 1), season, basin: text(row, 3) as Basin | null, grade: [], numbers: [] };
    }
    collected.grade.push(text(row, 4) as StormGrade | null);
    for (let column = WORDS; column < WORDS + NUMBERS.length; column++) collected.numbers.push(number(row, column));
  });
  if (collected !== undefined) onTrack(toTrack(collected));
}

interface CollectedStorm {
  readonly stormId: string;
  readonly name: string | null;
  readonly season: number;
  readonly basin: Basin | null;
  readonly grade: (StormGrade | null)[];
  /** [points × NUMBERS] */
  readonly numbers: number[];
}

function toTrack({ numbers, ...fields }: CollectedStorm): StormTrack {
  const column = (at: number) => Float64Array.from(fields.grade, (_, point) => numbers[point * NUMBERS.length + at]!);
  return {
    ...fields,
    hours: column(0),
    latitude: column(1),
    longitude: column(2),
    pressure: column(3),
    environmentPressure: column(4),
    wind: column(5),
    radius: column(6),
    gale: { long: column(7), short: column(8), bearing: column(9) },
    storm: { long: column(10), short: column(11), bearing: column(12) },
  };
}

function text({ bytes, offsets, lengths }: CopyRow, column: number): string | null {
  const length = lengths[column]!;
  return length === -1 ? null : bytes.toString("utf8", offsets[column]!, offsets[column]! + length);
}

function number({ bytes, offsets, lengths }: CopyRow, column: number): number {
  return lengths[column] === FLOAT64_BYTES ? bytes.readDoubleBE(offsets[column]!) : Number.NaN;
}
