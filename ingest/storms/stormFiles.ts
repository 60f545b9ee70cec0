// Files of best tracks: which of the known formats each is, its storms, and whether their winds can have the unit they are
// said to have. The formats stand beside this file.
import { access, constants, open, readFile, stat } from "node:fs/promises";
import { RejectedError } from "../../model/errors.ts";
import type { StormTrack } from "../../model/storms.ts";
import { windFromPressure } from "../../model/storms.ts";
import { M_PER_S_PER_KM_PER_HOUR, M_PER_S_PER_KNOT } from "../../model/units.ts";
import { explainReading, openCsv } from "../formats/csvFile.ts";
import type { ReadingProgress } from "../series/readFiles.ts";
import { IBTRACS_HEADER, RESPONSIBLE, readIbtracs } from "./ibtracs.ts";
import { JMA_HEADER, readJmaText } from "./jmaText.ts";
import { isKmaLine, readKmaText } from "./kmaText.ts";
import { type LeftOut, TrackCollector } from "./trackCollector.ts";

export type StormFormat = "JMA" | "KMA" | "IBTrACS";

/** What --wind-unit may be, in m s-1. */
export const WIND_UNITS = { kt: M_PER_S_PER_KNOT, "m/s": 1, "km/h": M_PER_S_PER_KM_PER_HOUR } as const;
export type WindUnit = keyof typeof WIND_UNITS;

const FORMAT_UNITS: Readonly<Record<StormFormat, WindUnit>> = { JMA: "kt", KMA: "m/s", IBTrACS: "kt" };

export const STORM_FILE_FORMATS =
  "Formats, told by the files: JMA, the text of RSMC Tokyo (bst_all.txt; headers 66666; knots); KMA, the text of the API hub's typ_besttrack " +
  "(GRADE TCID YEAR MONTH DAY HOUR LON LAT MAX_WS PS GALE_LONG …; metres per second); IBTrACS v04 as CSV, plain or gzipped (SID,SEASON,…; knots). " +
  "Winds become one-minute winds: JMA's by (knots - 23.3) / 0.60, KMA's by / 0.88, IBTrACS' by their agency (Knapp and Kruk 2010).";

export interface StormReadingOptions {
  readonly files: readonly string[];
  /** Undefined: the format's own. */
  readonly windUnit: WindUnit | undefined;
  /** Of IBTrACS; undefined: the one responsible for each basin. */
  readonly agency: string | undefined;
}

export interface ReadStorms {
  readonly format: StormFormat;
  /** As records are named, such as "JMA" or "IBTrACS/usa". */
  readonly agency: string;
  readonly tracks: readonly StormTrack[];
  readonly leftOut: LeftOut;
}

export async function readStormFiles(
  { files, windUnit, agency }: StormReadingOptions,
  progress: Pick<ReadingProgress, "onFiles" | "onBytes">,
  signal: AbortSignal,
): Promise<ReadStorms> {
  const collector = new TrackCollector();
  const formats = new Set<StormFormat>();
  let bytes = 0;
  for (const file of files) bytes += await sizeOf(file);
  progress.onFiles(bytes);
  for (const file of files) {
    const head = await readText(file, true);
    const format = formatOf(file, head);
    formats.add(format);
    if (formats.size > 1) {
      throw new RejectedError(
        "MixedFormats",
        `${file} is of ${format}, the files before it of another agency: both tell of the same storms, which would count twice. Give files of one agency.`,
      );
    }
    const factor = WIND_UNITS[windUnit ?? FORMAT_UNITS[format]];
    if (format === "IBTrACS") {
      await readIbtracs(await openCsv(file), agency ?? RESPONSIBLE, factor, collector, progress.onBytes, signal);
      continue;
    }
    const text = await readText(file, false);
    if (format === "JMA") readJmaText(file, text, factor, collector);
    else readKmaText(file, text, factor, collector);
    progress.onBytes(text.length);
  }
  const format = [...formats][0]!;
  const { tracks, leftOut } = collector.finish();
  if (tracks.length === 0) {
    throw new RejectedError("NoStorms", `${files.join(", ")}: no storm has two points with a pressure or a wind.`);
  }
  checkWindUnit(tracks, windUnit ?? FORMAT_UNITS[format]);
  if (collector.implausibleWind !== undefined) throw collector.implausibleWind;
  return { format, agency: format === "IBTrACS" ? `IBTrACS/${agency ?? RESPONSIBLE}` : format, tracks, leftOut };
}

/** Enough to get past the comments at the head of KMA's files. */
const HEAD_BYTES = 1 << 16;

function formatOf(file: string, head: string): StormFormat {
  const lines = head.split(/\r?\n/).filter((line) => line.trim() !== "" && !line.startsWith("#"));
  const first = lines[0] ?? "";
  if (first.startsWith(JMA_HEADER)) return "JMA";
  if (isKmaLine(first) || first.startsWith("GRADE")) return "KMA";
  // A gzipped file is told by its own magic number; only IBTrACS is read so.
  if (head.startsWith("\u001f") || IBTRACS_HEADER.every((name, at) => first.split(",")[at] === name)) return "IBTrACS";
  throw new RejectedError(
    "UnknownTracks",
    `${file}: expected best tracks of JMA (first line 66666 …), KMA (GRADE TCID YEAR …) or IBTrACS (SID,SEASON,…), found "${first.slice(0, 60)}".`,
  );
}

/** Comments may be in any encoding; what counts is ASCII. */
async function readText(file: string, onlyHead: boolean): Promise<string> {
  const bytes = onlyHead ? await readHead(file) : await readFile(file);
  return bytes.toString("latin1");
}

async function readHead(file: string): Promise<Buffer> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

/** Of a file that can be read; anything else is refused in words. */
async function sizeOf(file: string): Promise<number> {
  try {
    await access(file, constants.R_OK);
    const facts = await stat(file);
    if (facts.isFile()) return facts.size;
  } catch (cause) {
    throw explainReading(cause, file);
  }
  throw new RejectedError("NotAFile", `${file} is a directory; expected a file of best tracks. Name the files in it.`);
}

/** m s-1: weaker winds say little of their unit. */
const TELLING_WIND = 34 * M_PER_S_PER_KNOT;
const FEWEST_TELLING = 10;
/** Agencies lie within 0.9 to 1.2 of the regression; knots taken for metres per second at 1.9, the reverse at 0.5. */
const LARGEST_RATIO = 1.5;
const SMALLEST_RATIO = 0.67;

/** Refuses winds that are far from what the pressures beside them make. */
function checkWindUnit(tracks: readonly StormTrack[], unit: WindUnit): void {
  const ratios: number[] = [];
  for (const { latitude, longitude, pressure, wind } of tracks) {
    for (let i = 0; i < wind.length; i++) {
      const expected = windFromPressure(pressure[i]!, latitude[i]!, longitude[i]!);
      if (expected >= TELLING_WIND && wind[i]! > 0) ratios.push(wind[i]! / expected);
    }
  }
  if (ratios.length < FEWEST_TELLING) return;
  ratios.sort((a, b) => a - b);
  const median = ratios[Math.floor(ratios.length / 2)]!;
  if (median >= SMALLEST_RATIO && median <= LARGEST_RATIO) return;
  throw new RejectedError(
    "WrongUnit",
    `The winds, read as ${unit}, are ${median.toFixed(2)} times what the central pressures beside them make (median of ${ratios.length} points); expected about 1. ` +
      `${median > 1 ? "Knots read as metres per second look like this" : "Metres per second read as knots look like this"}. Leave --wind-unit out, or say what the files hold: --wind-unit ${median > 1 ? "kt" : "m/s"}.`,
  );
}
