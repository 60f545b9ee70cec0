// Writes a record of storms in one transaction: the input locked, unfinished batches on it refused or failed, the seasons of
// the new record in the place of the stored ones. Reading files and converting units is left to who calls.
import { pipeline } from "node:stream/promises";
import type { ClientBase } from "pg";
import { from as copyFrom } from "pg-copy-streams";
import { RejectedError } from "../model/errors.ts";
import { formatPeriod } from "../model/periods.ts";
import type { StormTrack, StormYears } from "../model/storms.ts";
import { transaction } from "./connect.ts";
import { CopyEncoder } from "./copyBinary.ts";
import { failBatches, lockInputsForLoading, refuseUnfinishedBatches } from "./inputLoading.ts";
import { readRevision, STORMS_INPUT } from "./inputRevisions.ts";
import { readStormYears } from "./stormReader.ts";

export interface StormLoad {
  /** All storms of these years, and only of these. */
  readonly years: StormYears;
  readonly tracks: readonly StormTrack[];
  /** Forget what is stored, of whatever agency and years. */
  readonly replaceRecord: boolean;
  readonly failRunningBatches: boolean;
}

export interface StormLoadOutcome {
  /** The record as it is now. */
  readonly record: StormYears;
  readonly stormsWritten: number;
  readonly pointsWritten: number;
  readonly stormsRemoved: number;
  /** Of storms; 0 when nothing was ever stored. */
  readonly revision: number;
  readonly failedBatches: readonly string[];
}

const STORM_COLUMNS = "storm_id, name, season, basin";
const POINT_COLUMNS = `storm_id, time, grade, latitude, longitude, pressure, environment_pressure, wind, radius,
  gale_long, gale_short, gale_bearing, storm_long, storm_short, storm_bearing`;
const SECONDS_PER_HOUR = 3600;

export async function writeStorms(client: ClientBase, load: StormLoad): Promise<StormLoadOutcome> {
  return transaction(client, async () => {
    await lockInputsForLoading(client, [STORMS_INPUT]);
    const batches = await refuseUnfinishedBatches(client, [STORMS_INPUT], load.failRunningBatches);
    const stored = load.replaceRecord ? null : await readStormYears(client);
    const record = stored === null ? load.years : joinYears(stored, load.years);
    const { firstYear, lastYear } = load.years;
    const removed = await client.query(`DELETE FROM climatebatch.storms WHERE $1 OR season BETWEEN $2 AND $3`, [
      load.replaceRecord,
      firstYear,
      lastYear,
    ]);
    await refuseKnownStorms(client, load.tracks);
    await client.query("DELETE FROM climatebatch.storm_records");
    await client.query("INSERT INTO climatebatch.storm_records (agency, first_year, last_year) VALUES ($1, $2, $3)", [
      record.agency,
      record.firstYear,
      record.lastYear,
    ]);
    const pointsWritten = await copyStorms(client, load.tracks);
    await failBatches(client, batches, STORMS_INPUT);
    return {
      record,
      stormsWritten: load.tracks.length,
      pointsWritten,
      stormsRemoved: removed.rowCount ?? 0,
      revision: await readRevision(client, STORMS_INPUT),
      failedBatches: batches,
    };
  });
}

/** One record from two of the same agency that overlap or follow on each other. */
function joinYears(stored: StormYears, added: StormYears): StormYears {
  if (stored.agency !== added.agency) {
    throw new RejectedError(
      "OtherAgency",
      `Storms of ${stored.agency} are stored, but the files are of ${added.agency}: both describe the same storms, which would count twice. Give --replace-record to take the files' storms instead.`,
    );
  }
  const first = Math.min(stored.firstYear, added.firstYear);
  const last = Math.max(stored.lastYear, added.lastYear);
  if (added.firstYear > stored.lastYear + 1 || stored.firstYear > added.lastYear + 1) {
    throw new RejectedError(
      "GapInRecord",
      `Storms of ${formatPeriod(stored)} are stored, and the files hold ${formatPeriod(added)}: the years between would count as years without a storm. Ingest them too, all at once or in order, or give --replace-record.`,
    );
  }
  return { agency: stored.agency, firstYear: first, lastYear: last };
}

async function refuseKnownStorms(client: ClientBase, tracks: readonly StormTrack[]): Promise<void> {
  const { rows } = await client.query<{ storm_id: string; season: number }>(
    "SELECT storm_id, season FROM climatebatch.storms WHERE storm_id = ANY ($1) ORDER BY storm_id LIMIT 1",
    [tracks.map(({ stormId }) => stormId)],
  );
  const known = rows[0];
  if (known === undefined) return;
  throw new RejectedError(
    "StormConflict",
    `Storm ${known.storm_id} is stored in the season ${known.season}, but the files count it to another one. Give --replace-record to take the files' storms instead.`,
  );
}

async function copyStorms(client: ClientBase, tracks: readonly StormTrack[]): Promise<number> {
  const encoder = new CopyEncoder();
  for (const { stormId, name, season, basin } of tracks) {
    encoder.startRow(4);
    encoder.text(stormId);
    encodeText(encoder, name);
    encoder.int2(season);
    encodeText(encoder, basin);
  }
  await copyInto(client, `climatebatch.storms (${STORM_COLUMNS})`, [encoder.finish()]);
  let points = 0;
  function* encodePoints(): Generator<Buffer> {
    const encoder = new CopyEncoder();
    for (const track of tracks) {
      for (let point = 0; point < track.hours.length; point++, points++) encodePoint(encoder, track, point);
      yield encoder.take();
    }
    yield encoder.finish();
  }
  await copyInto(client, `climatebatch.storm_points (${POINT_COLUMNS})`, encodePoints());
  return points;
}

async function copyInto(client: ClientBase, target: string, chunks: Iterable<Buffer>): Promise<void> {
  await pipeline(chunks, client.query(copyFrom(`COPY ${target} FROM STDIN (FORMAT binary)`)));
}

function encodePoint(encoder: CopyEncoder, track: StormTrack, point: number): void {
  const { gale, storm } = track;
  encoder.startRow(15);
  encoder.text(track.stormId);
  encoder.timestamptz(track.hours[point]! * SECONDS_PER_HOUR);
  encodeText(encoder, track.grade[point]!);
  for (const values of [
    ...[track.latitude, track.longitude, track.pressure, track.environmentPressure, track.wind, track.radius],
    ...[gale.long, gale.short, gale.bearing, storm.long, storm.short, storm.bearing],
  ]) {
    const value = values[point]!;
    if (Number.isNaN(value)) encoder.nullValue();
    else encoder.float8(value);
  }
}

function encodeText(encoder: CopyEncoder, value: string | null): void {
  if (value === null) encoder.nullValue();
  else encoder.text(value);
}
