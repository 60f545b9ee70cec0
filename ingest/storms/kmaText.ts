// Best tracks of the Korea Meteorological Administration as its API hub gives them (typ_besttrack): 17 words a line, comments
// behind #. Its directions are those of the short radii.
import { RejectedError } from "../../model/errors.ts";
import type { StormGrade } from "../../model/storms.ts";
import type { FormatOfKind } from "../formats/fileFormat.ts";
import { firstLineOf, readTrackText } from "../formats/trackFile.ts";
import { oneMinuteWind } from "./agencies.ts";
import { hourOf, readNumber, readPositive, type TrackCollector, type TrackRadii } from "./trackCollector.ts";

const KMA_COLUMNS =
  "GRADE TCID YEAR MONTH DAY HOUR LON LAT MAX_WS PS GALE_LONG GALE_SHORT GALE_DIR STORM_LONG STORM_SHORT STORM_DIR NAME";

const GRADES: Readonly<Record<string, StormGrade>> = { TD: "TD", TS: "TS", STS: "STS", TY: "TY", L: "ET" };
const WORDS = KMA_COLUMNS.split(" ").length;
/** Lines around an answer of the API hub. */
const [START, END] = ["#START7777", "#7777END"];
const MISSING = /^(|-|-999(\.\d*)?)$/;
const COMPASS = ["N", "NNE", "NE", "ENE", "E", "ESE", "SE", "SSE", "S", "SSW", "SW", "WSW", "W", "WNW", "NW", "NNW"];
const COMPASS_STEP = 22.5;
const FULL_CIRCLE_DEGREES = 360;
const HALF_CIRCLE_DEGREES = 180;

export const KMA: FormatOfKind<"tracks"> = {
  name: "KMA",
  kind: "tracks",
  matches: (start) => {
    const words = wordsOf(firstLineOf(start));
    return words[0] === "GRADE" || (Object.hasOwn(GRADES, words[0]!) && words.length >= WORDS - 1);
  },
  open: async (file) => ({
    windUnit: "m/s",
    recordOf: () => KMA.name,
    read: (reading) => readTrackText(file, reading, readKmaText),
  }),
};

/** Reads all lines of a file; `toMetresPerSecond` is the factor of the file's winds. */
export function readKmaText(file: string, text: string, toMetresPerSecond: number, into: TrackCollector): void {
  if (text.includes(START) && !text.includes(END)) {
    throw new RejectedError(
      "BrokenTrack",
      `${file}: expected ${END} after the last storm, found none: the answer was cut off. Fetch it again.`,
    );
  }
  text.split(/\r?\n/).forEach((line, at) => {
    const where = `${file}:${at + 1}`;
    const plain = line.split("#")[0]!.trim();
    if (plain === "" || plain.startsWith("GRADE")) return;
    const words = wordsOf(plain);
    if (words.length < WORDS - 1 || !Object.hasOwn(GRADES, words[0]!)) {
      throw new RejectedError(
        "BrokenTrack",
        `${where}: expected ${WORDS} words (${KMA_COLUMNS}), found ${words.length}: "${plain.slice(0, 80)}". Correct the line, or fetch the file again.`,
      );
    }
    readPoint(words, where, toMetresPerSecond, into);
  });
}

function wordsOf(line: string): readonly string[] {
  return line.trim().split(line.includes(",") ? /\s*,\s*/ : /\s+/);
}

function readPoint(words: readonly string[], where: string, toMetresPerSecond: number, into: TrackCollector): void {
  const [grade, number, year, month, day, hour, longitude, latitude, wind, pressure] = words;
  const radii = words.slice(10, 16);
  const season = Number(year!.slice(0, 2) + number!.slice(0, 2));
  if (!/^\d{4}$/.test(number!) || !/^\d{4}$/.test(year!)) {
    throw new RejectedError(
      "BrokenTrack",
      `${where}: expected TCID as two digits of the year and a number (2211) and YEAR as four digits, found "${number}" and "${year}". Correct the line.`,
    );
  }
  into.add(
    { stormId: `${season}${number!.slice(2)}`, name: words[16] ?? null, season, basin: "WP" },
    {
      hour: hourOf(Number(year), Number(month), Number(day), Number(hour)),
      latitude: readNumber(latitude!, MISSING, "LAT", where),
      longitude: readNumber(longitude!, MISSING, "LON", where),
      pressure: readPositive(pressure!, MISSING, "PS", where),
      environmentPressure: Number.NaN,
      wind: oneMinuteWind("kma", readPositive(wind!, MISSING, "MAX_WS", where) * toMetresPerSecond),
      radius: Number.NaN,
      grade: GRADES[grade!]!,
      gale: readRadii(radii[0]!, radii[1]!, radii[2]!, where),
      storm: readRadii(radii[3]!, radii[4]!, radii[5]!, where),
    },
    where,
  );
}

function readRadii(long: string, short: string, shortDirection: string, where: string): TrackRadii {
  const at = COMPASS.indexOf(shortDirection.toUpperCase());
  const towards =
    at >= 0 ? at * COMPASS_STEP : readNumber(shortDirection, MISSING, "direction of the short radius", where);
  return {
    long: readPositive(long, MISSING, "long radius", where),
    short: readPositive(short, MISSING, "short radius", where),
    bearing: (towards + HALF_CIRCLE_DEGREES) % FULL_CIRCLE_DEGREES,
  };
}
