// What the words that say how files are read mean: every option checked before any file is opened.
// Which columns they fit is left to layout.ts; what a command does with the series, to the command.
import type { Calendar } from "../../model/calendars.ts";
import { RejectedError } from "../../model/errors.ts";
import { VARIABLE_NAMES, VARIABLES, type Variable } from "../../model/variables.ts";
import type { Stations } from "./stations.ts";

export interface ReadingWords {
  readonly files: readonly string[];
  readonly map: readonly string[];
  readonly units: readonly string[];
  readonly blank: readonly string[];
  readonly missing: readonly string[];
  readonly variables: readonly string[];
  readonly latitude: number | undefined;
  readonly longitude: number | undefined;
  readonly calendar: Calendar | undefined;
  readonly spool: string | undefined;
  readonly stations: Stations | undefined;
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
  readonly missingNumbers: ReadonlySet<number>;
  /** In lower case. */
  readonly missingWords: ReadonlySet<string>;
  /** Where stations lie that files name by number. */
  readonly stations: Stations | undefined;
  readonly place: { readonly latitude: string; readonly longitude: string } | undefined;
  readonly calendar: Calendar | undefined;
  /** Folder for values on their way; the system's for temporary files when absent. */
  readonly spool: string | undefined;
}

const MISSING = "missing";
const USUAL_MISSING_WORDS = ["na", "n/a", "nan", "null"];

export function readReadingOptions(words: ReadingWords): ReadingOptions {
  const missing = words.missing.flatMap((text) => text.split(",")).map((text) => text.trim());
  return {
    files: words.files,
    map: readPairs("--map", "COLUMN=VARIABLE, such as HighTemp=tasmax", words.map, (_, variable, pair) =>
      checkVariable(`--map ${pair}`, variable),
    ),
    units: byVariable("--units", "VARIABLE=UNIT, such as tasmax=K", words.units, (unit) => unit),
    only: readOnly(words.variables),
    blank: byVariable("--blank", "VARIABLE=NUMBER, such as pr=0", words.blank, readBlank),
    missingNumbers: new Set(missing.filter((text) => text !== "" && !Number.isNaN(Number(text))).map(Number)),
    missingWords: new Set([...USUAL_MISSING_WORDS, ...missing.map((text) => text.toLowerCase())]),
    place: readPlace(words),
    calendar: words.calendar,
    spool: words.spool,
    stations: words.stations,
  };
}

/** A variable by its CMIP short name, whatever its case. */
export function findVariable(name: string): Variable | undefined {
  const lower = name.toLowerCase();
  return VARIABLE_NAMES.find((variable) => variable.toLowerCase() === lower);
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

function readBlank(text: string, pair: string): number {
  const value = text === MISSING ? Number.NaN : Number(text);
  if (text === MISSING || Number.isFinite(value)) return value;
  throw new RejectedError(
    "InvalidOption",
    `--blank expects VARIABLE=NUMBER, such as pr=0, or VARIABLE=${MISSING}, but got "${pair}".`,
  );
}

function readPlace({ latitude, longitude }: ReadingWords): ReadingOptions["place"] {
  if (latitude === undefined && longitude === undefined) return undefined;
  if (latitude === undefined || longitude === undefined) {
    const [given, wanting] = latitude === undefined ? ["--longitude", "--latitude"] : ["--latitude", "--longitude"];
    throw new RejectedError(
      "InvalidOption",
      `${given} is given without ${wanting}: a place needs both, such as --latitude 37.57142 --longitude 126.9658.`,
    );
  }
  return { latitude: String(latitude), longitude: String(longitude) };
}
