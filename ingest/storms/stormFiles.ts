// Files of best tracks as one record: the storms of one agency, and whether their winds can have the unit they are said to have.
import { stat } from "node:fs/promises";
import { RejectedError } from "../../model/errors.ts";
import { type StormTrack, windFromPressure } from "../../model/storms.ts";
import { M_PER_S_PER_KNOT } from "../../model/units.ts";
import { chooseFormat } from "../formats/formats.ts";
import { WIND_UNITS, type WindUnit } from "../formats/trackFile.ts";
import type { ReadingProgress } from "../series/readFiles.ts";
import { type LeftOut, TrackCollector } from "./trackCollector.ts";

export const STORM_FILE_FORMATS =
  "Formats, recognized by content: JMA, the text of RSMC Tokyo (bst_all.txt; headers 66666; knots) and JMA's tables of positions (table2025.csv; knots); KMA, the text of the API hub's typ_besttrack " +
  "(GRADE TCID YEAR MONTH DAY HOUR LON LAT MAX_WS PS GALE_LONG …; metres per second); IBTrACS v04 as CSV, plain or gzipped, or Parquet (SID,SEASON,…; knots). " +
  "Winds become one-minute winds: JMA's by (knots - 23.3) / 0.60, KMA's by / 0.88, IBTrACS' by their agency (Knapp and Kruk 2010).";

export interface StormReadingOptions {
  readonly files: readonly string[];
  /** Undefined: the format's own. */
  readonly windUnit: WindUnit | undefined;
  /** Of IBTrACS; undefined: the one responsible for each basin. */
  readonly agency: string | undefined;
}

export interface ReadStorms {
  readonly format: string;
  /** Name of the record, such as "JMA" or "IBTrACS/usa". */
  readonly agency: string;
  readonly tracks: readonly StormTrack[];
  readonly leftOut: LeftOut;
}

export async function readStormFiles(
  { files, windUnit, agency }: StormReadingOptions,
  progress: Pick<ReadingProgress, "onFiles" | "onBytes">,
  signal: AbortSignal,
): Promise<ReadStorms> {
  const formats = [];
  let bytes = 0;
  for (const file of files) {
    formats.push(await chooseFormat(file, "tracks"));
    bytes += (await stat(file)).size;
  }
  const [format] = formats;
  const odd = formats.findIndex(({ name }) => name !== format!.name);
  if (odd !== -1) {
    throw new RejectedError(
      "MixedFormats",
      `${files[odd]} is of ${formats[odd]!.name}, the files before it of another agency: both have the same storms, which would count twice. Give files of one agency.`,
    );
  }
  progress.onFiles(bytes);
  const collector = new TrackCollector();
  let unit = windUnit;
  let record = "";
  for (const [at, file] of files.entries()) {
    const opened = await formats[at]!.open(file, signal);
    unit ??= opened.windUnit;
    record = opened.recordOf(agency);
    const toMetresPerSecond = WIND_UNITS[unit];
    await opened.read({ toMetresPerSecond, agency, into: collector, onBytes: progress.onBytes, signal });
  }
  const { tracks, leftOut } = collector.finish();
  if (tracks.length === 0) {
    throw new RejectedError("NoStorms", `${files.join(", ")}: no storm has two points with a pressure or a wind.`);
  }
  checkWindUnit(tracks, unit!);
  if (collector.implausibleWind !== undefined) throw collector.implausibleWind;
  return { format: format!.name, agency: record, tracks, leftOut };
}

/** m s-1: weaker winds say little of their unit. */
const JUDGED_WIND = 34 * M_PER_S_PER_KNOT;
const FEWEST_JUDGED = 10;
/** Agencies lie within 0.9 to 1.2 of the regression; knots taken for metres per second at 1.9, the reverse at 0.5. */
const LARGEST_RATIO = 1.5;
const SMALLEST_RATIO = 0.67;

/** Refuses winds that are far from what the pressures beside them make. */
function checkWindUnit(tracks: readonly StormTrack[], unit: WindUnit): void {
  const ratios: number[] = [];
  for (const { latitude, longitude, pressure, wind } of tracks) {
    for (let i = 0; i < wind.length; i++) {
      const expected = windFromPressure(pressure[i]!, latitude[i]!, longitude[i]!);
      if (expected >= JUDGED_WIND && wind[i]! > 0) ratios.push(wind[i]! / expected);
    }
  }
  if (ratios.length < FEWEST_JUDGED) return;
  ratios.sort((a, b) => a - b);
  const median = ratios[Math.floor(ratios.length / 2)]!;
  if (median >= SMALLEST_RATIO && median <= LARGEST_RATIO) return;
  throw new RejectedError(
    "WrongUnit",
    `The winds, read as ${unit}, are ${median.toFixed(2)} times what the central pressures beside them make (median of ${ratios.length} points); expected about 1. ` +
      `${median > 1 ? "Knots read as metres per second look like this" : "Metres per second read as knots look like this"}. Leave --wind-unit out, or say what the files hold: --wind-unit ${median > 1 ? "kt" : "m/s"}.`,
  );
}
