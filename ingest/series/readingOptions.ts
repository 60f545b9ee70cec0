// Options that say how files are read, checked before any file is opened.
import type { Calendar } from "../../model/calendars.ts";
import { RejectedError } from "../../model/errors.ts";
import { type Frequency, findVariable, VARIABLE_NAMES, VARIABLES, type Variable } from "../../model/variables.ts";
import { type NumberStyle, readNumberText, trimBlanks } from "../formats/numberText.ts";
import type { StationPlace, Stations } from "./stations.ts";

export interface ReadingWords {
  readonly files: readonly string[];
  readonly map: readonly string[];
  readonly units: readonly string[];
  readonly blank: readonly string[];
  readonly missing: readonly string[];
  readonly readAs?: readonly string[] | undefined;
  readonly decimal?: "." | "," | undefined;
  readonly thousands?: string | undefined;
  readonly frequency?: Frequency | undefined;
  readonly timeZone?: string | undefined;
  readonly select?: readonly string[] | undefined;
  readonly statistic?: Statistic | undefined;
  readonly variables: readonly string[];
  readonly latitude: number | undefined;
  readonly longitude: number | undefined;
  readonly calendar: Calendar | undefined;
  readonly spool: string | undefined;
  readonly stations: Stations | undefined;
  readonly station?: string | undefined;
}

/** Of the hours of a day, which some files do not say. */
export const STATISTICS = ["mean", "maximum", "minimum"] as const;
export type Statistic = (typeof STATISTICS)[number];

/** The one place of all rows. */
export interface ReadingPlace extends StationPlace {
  /** The options that say it, for messages. */
  readonly options: string;
}

export interface ReadingOptions {
  readonly files: readonly string[];
  /** Column or long-layout name → variable. */
  readonly map: ReadonlyMap<string, Variable>;
  readonly units: ReadonlyMap<Variable, string>;
  /** Variables to take; all that are found when absent. */
  readonly only: ReadonlySet<Variable> | undefined;
  /** NaN: missing, as without the option. */
  readonly blank: ReadonlyMap<Variable, number>;
  /** Numbers that mean missing, as the file writes them: for all variables and for this one. */
  marksOf(variable: Variable): ReadonlySet<number>;
  /** Whether --missing names the variable: then its marks are known. */
  areMarksSaid(variable: Variable): boolean;
  /** Words that mean missing, in lower case. */
  missingWordsOf(variable: Variable): ReadonlySet<string>;
  /** Words, in lower case, that mean a number in the file's unit. */
  readonly readAs: ReadonlyMap<string, number>;
  readonly numbers: NumberStyle;
  /** Axis of arrays → label of its one position. */
  readonly select: ReadonlyMap<string, string>;
  /** What daily values of files are that do not say it. */
  readonly statistic: Statistic | undefined;
  /** How often files tick that do not say so themselves. */
  readonly frequency: Frequency | undefined;
  /** Zone whose local midnights the instants of tables are; undefined: dates are taken as they are written. */
  readonly timeZone: string | undefined;
  /** Where stations lie that files name by number or name. */
  readonly stations: Stations | undefined;
  readonly place: ReadingPlace | undefined;
  readonly calendar: Calendar | undefined;
  /** Folder for values on their way; the system's for temporary files when absent. */
  readonly spool: string | undefined;
}

const MISSING = "missing";
const USUAL_MISSING_WORDS = ["na", "n/a", "nan", "null"];

export function readReadingOptions(words: ReadingWords): ReadingOptions {
  const numbers = readNumberStyle(words);
  return {
    files: words.files,
    map: readPairs("--map", "COLUMN=VARIABLE, such as HighTemp=tasmax", words.map, (_, variable, pair) =>
      checkVariable(`--map ${pair}`, variable),
    ),
    units: byVariable("--units", "VARIABLE=UNIT, such as tasmax=K", words.units, (unit) => unit),
    only: readOnly(words.variables),
    blank: byVariable("--blank", "VARIABLE=NUMBER, such as pr=0", words.blank, readBlank),
    ...readMissing(words.missing, numbers),
    readAs: readWords(words.readAs ?? []),
    numbers,
    select: readPairs("--select", "AXIS=LABEL, such as number=3", words.select ?? [], (_, label) => label),
    statistic: words.statistic,
    frequency: words.frequency,
    timeZone: checkZone(words.timeZone),
    place: readPlace(words),
    calendar: words.calendar,
    spool: words.spool,
    stations: words.station === undefined ? words.stations : undefined,
  };
}

/** For messages. */
export function knownVariables(): string {
  return `Known are ${VARIABLE_NAMES.join(", ")}; --help says what they are.`;
}

/** The variables and what they are, for help. */
export function describeVariables(): string {
  return VARIABLE_NAMES.map((name) => `${name} (${VARIABLES[name].longName}, ${VARIABLES[name].unit})`).join(", ");
}

function readOnly(texts: readonly string[]): ReadonlySet<Variable> | undefined {
  return texts.length === 0 ? undefined : new Set(readVariables("--variables", texts));
}

/** Names of variables, one a word or several with commas. */
export function readVariables(option: string, texts: readonly string[]): Variable[] {
  return texts.flatMap((text) => text.split(",")).map((text) => checkVariable(option, text.trim()));
}

function checkVariable(where: string, name: string): Variable {
  const variable = findVariable(name);
  if (variable !== undefined) return variable;
  throw new RejectedError("UnknownVariable", `${where}: "${name}" is no variable. ${knownVariables()}`);
}

function readPairs<T>(
  option: string,
  form: string,
  texts: readonly string[],
  read: (key: string, value: string, pair: string) => T,
): Map<string, T> {
  const pairs = new Map<string, T>();
  for (const pair of texts.flatMap((text) => text.split(",")).map((text) => text.trim())) {
    const at = pair.lastIndexOf("=");
    const key = pair.slice(0, at).trim();
    const value = pair.slice(at + 1).trim();
    if (at <= 0 || key === "" || value === "") {
      throw new RejectedError(
        "InvalidOption",
        `${option} expects ${form}, several separated by commas, but got "${pair}".`,
      );
    }
    if (pairs.has(key)) throw new RejectedError("InvalidOption", `${option} names "${key}" twice. Give it once.`);
    pairs.set(key, read(key, value, pair));
  }
  return pairs;
}

function byVariable<T>(
  option: string,
  form: string,
  texts: readonly string[],
  read: (value: string, pair: string) => T,
): Map<Variable, T> {
  const pairs = readPairs(option, form, texts, (_, value, pair) => read(value, pair));
  return new Map([...pairs].map(([name, value]) => [checkVariable(option, name), value]));
}

/** `--missing MARK` for all variables, `--missing VARIABLE=MARK` for one. */
function readMissing(
  texts: readonly string[],
  numbers: NumberStyle,
): Pick<ReadingOptions, "marksOf" | "areMarksSaid" | "missingWordsOf"> {
  const marks = texts
    .flatMap((text) => (numbers.decimal === "," || numbers.thousands === "," ? [text] : text.split(",")))
    .map((text) => {
      const [, name, mark] = /^([^=]*)=(.*)$/.exec(text.trim()) ?? [];
      const variable = name === undefined ? undefined : checkVariable(`--missing ${text.trim()}`, name.trim());
      return { variable, text: trimBlanks(mark ?? text) };
    });
  const of = (variable: Variable) => marks.filter((mark) => mark.variable === undefined || mark.variable === variable);
  return {
    marksOf: (variable) =>
      new Set(
        of(variable)
          .flatMap(({ text }) => readNumberText(text, numbers) ?? [])
          .filter((mark) => !Number.isNaN(mark)),
      ),
    areMarksSaid: (variable) => marks.some((mark) => mark.variable === variable),
    missingWordsOf: (variable) =>
      new Set([...USUAL_MISSING_WORDS, ...of(variable).map(({ text }) => text.toLowerCase())]),
  };
}

/** `--read-as WORD=NUMBER` */
function readWords(texts: readonly string[]): ReadonlyMap<string, number> {
  const form = "WORD=NUMBER, such as T=0 for a trace of rain";
  const pairs = readPairs("--read-as", form, texts, (word, value, pair) => {
    const number = readNumberText(value);
    if (number !== undefined && !Number.isNaN(number) && readNumberText(word) === undefined) return number;
    throw new RejectedError("InvalidOption", `--read-as expects ${form}, but got "${pair}".`);
  });
  return new Map([...pairs].map(([word, number]) => [word.toLowerCase(), number]));
}

function checkZone(zone: string | undefined): string | undefined {
  if (zone === undefined) return undefined;
  try {
    return new Intl.DateTimeFormat("en", { timeZone: zone }).resolvedOptions().timeZone && zone;
  } catch (cause) {
    throw new RejectedError(
      "InvalidOption",
      `--time-zone expects a zone such as Asia/Seoul or +09:00, but got "${zone}".`,
      { cause },
    );
  }
}

/** `--decimal` and `--thousands` */
export function readNumberStyle({
  decimal = ".",
  thousands,
}: {
  readonly decimal?: "." | "," | undefined;
  readonly thousands?: string | undefined;
}): NumberStyle {
  if (thousands !== undefined && (thousands === decimal || !/^[.,' \u00a0\u202f_]$/.test(thousands))) {
    throw new RejectedError(
      "InvalidOption",
      `--thousands expects one of , . ' _ or a space, other than the decimal separator "${decimal}", but got "${thousands}".`,
    );
  }
  return { decimal, thousands };
}

function readBlank(text: string, pair: string): number {
  const value = text === MISSING ? Number.NaN : Number(text);
  if (text === MISSING || Number.isFinite(value)) return value;
  throw new RejectedError(
    "InvalidOption",
    `--blank expects VARIABLE=NUMBER, such as pr=0, or VARIABLE=${MISSING}, but got "${pair}".`,
  );
}

function readPlace({ latitude, longitude, station, stations }: ReadingWords): ReadingPlace | undefined {
  if (station !== undefined) return placeOfStation(station, stations, latitude ?? longitude);
  if (latitude === undefined && longitude === undefined) return undefined;
  if (latitude === undefined || longitude === undefined) {
    const [given, missing] = latitude === undefined ? ["--longitude", "--latitude"] : ["--latitude", "--longitude"];
    throw new RejectedError(
      "InvalidOption",
      `${given} is given without ${missing}: a place needs both, such as --latitude 37.57142 --longitude 126.9658.`,
    );
  }
  return { latitude: String(latitude), longitude: String(longitude), options: "--latitude and --longitude" };
}

function placeOfStation(station: string, stations: Stations | undefined, degrees: number | undefined): ReadingPlace {
  if (degrees !== undefined) {
    throw new RejectedError(
      "InvalidOption",
      "--station and --latitude, --longitude say the place twice. Leave one out.",
    );
  }
  if (stations !== undefined) return { ...stations.find(station, "--station"), options: "--station" };
  throw new RejectedError(
    "InvalidOption",
    `--station ${station} needs the places of stations: --stations FILE, a table with the columns station, latitude, longitude.`,
  );
}
