// The predecessor's table of best tracks, which has the columns of KMA's text: each row is read as a line of that text.
import type { Client } from "pg";
import { readStormYears } from "../../database/stormReader.ts";
import { type StormLoadOutcome, writeStorms } from "../../database/stormWriter.ts";
import { RejectedError } from "../../model/errors.ts";
import { readKmaText } from "../storms/kmaText.ts";
import { TrackCollector } from "../storms/trackCollector.ts";
import type { TrackTable } from "./findTables.ts";

const AGENCY = "KMA";
const METRES_PER_SECOND = 1;

export interface TrackOptions {
  /** Storms that are stored, of whatever agency, give way. */
  readonly replaces: boolean;
  readonly failRunningBatches: boolean;
}

/** Other storms that are stored already stay, and the table is refused, unless they may be replaced. */
export async function importTracks(
  source: Client,
  target: Client,
  { relation, sql, words }: TrackTable,
  { replaces, failRunningBatches }: TrackOptions,
): Promise<StormLoadOutcome> {
  const stored = await readStormYears(target);
  if (stored !== null && stored.agency !== AGENCY && !replaces) {
    throw new RejectedError(
      "OtherAgency",
      `Storms of ${stored.agency} are stored already and stay: two agencies record the same storms. Give --again to replace them by those of ${relation} instead.`,
    );
  }
  const line = words.map((word) => `coalesce(nullif(${word}::text, ''), '-')`).join(" || ',' || ");
  const { rows } = await source.query<{ line: string }>(`SELECT ${line} AS line FROM ${sql} ORDER BY 1`);
  const collector = new TrackCollector();
  // A storm's number is four digits; a column of numbers has dropped the zeros in front.
  const text = rows.map((row) =>
    row.line.replace(/^([^,]*),(\d{1,3}),/, (_, grade, id) => `${grade},${id.padStart(4, "0")},`),
  );
  readKmaText(relation, text.join("\n"), METRES_PER_SECOND, collector);
  if (collector.implausibleWind !== undefined) throw collector.implausibleWind;
  const { tracks } = collector.finish();
  if (tracks.length === 0) throw new RejectedError("NoStorms", `${relation} holds no storm of two points or more.`);
  const seasons = tracks.map(({ season }) => season);
  const years = { agency: AGENCY, firstYear: Math.min(...seasons), lastYear: Math.max(...seasons) };
  return writeStorms(target, { years, tracks, replaceRecord: replaces, failRunningBatches });
}
