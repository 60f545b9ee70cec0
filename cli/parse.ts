// From the words of a command line to the arguments that a command works with. All problems of a line are reported together.
import { parseArgs } from "node:util";
import { coerceError, RejectedError } from "../model/errors.ts";
import type { Option, Options, Usage } from "./options.ts";

type Arguments = Record<string, unknown>;

/** The reason of a refusal of the words themselves. */
export const WRONG_WORDS = "WrongWords";

/** Throws RejectedError with everything that is wrong. */
export function parseWords({ arguments: named = {}, options }: Usage, words: readonly string[]): Arguments {
  const { given, unknown, loose, problems } = sortWords(options, words);
  if (unknown.length > 0) {
    const names = unknown.join(", ");
    throw refuse([`Unknown option${unknown.length > 1 ? "s" : ""} ${names}. Options: ${optionNames(options)}`]);
  }
  const before = placeLooseWords(named, loose, given, problems);
  const parsed: Arguments = {};
  for (const [name, option] of Object.entries(named))
    parsed[camelCase(name)] = readValue(name.toUpperCase(), option, before.get(name) ?? [], problems);
  for (const [name, option] of Object.entries(options))
    parsed[camelCase(name)] = readOption(name, option, given.get(name), problems);
  if (problems.length > 0) throw refuse(problems);
  return parsed;
}

function refuse(problems: readonly string[]): RejectedError {
  return new RejectedError(WRONG_WORDS, problems.join("\n"));
}

function optionNames(options: Options): string {
  return [...Object.keys(options), "help"].map((name) => `--${name}`).join(", ");
}

/** Values of options by name: true and false for flags, null where a value is missing. */
type Given = Map<string, (string | boolean | null)[]>;

interface LooseWord {
  readonly word: string;
  /** The list that it follows, to which it belongs unless an argument takes it. */
  readonly after: string | null;
}

const isFlag = ({ type }: Option) => type === "flag" || type === "switch";
const isList = ({ type }: Option) => type === "list" || type === "files";

function sortWords(options: Options, words: readonly string[]) {
  const nameOf = new Map<string, string>();
  const kinds = Object.entries(options).flatMap(([name, option]) => {
    const { formerly, short } = option;
    const type = isFlag(option) ? "boolean" : "string";
    nameOf.set(name, name).set(formerly ?? name, name);
    return [
      [name, { type, ...(short !== undefined && { short }) }],
      [formerly ?? name, { type }],
    ] as const;
  });
  // An option is no value of another: --workers --json lacks the number.
  const isWithoutValue = (word: string, next = "--") =>
    /^-(-|[a-z]$)/i.test(next) && kinds.some(([name, { type }]) => word === `--${name}` && type === "string");
  const { tokens } = parseArgs({
    args: words.map((word, at) => (isWithoutValue(word, words[at + 1]) ? `${word}=` : word)),
    options: Object.fromEntries(kinds.toReversed()),
    strict: false,
    allowPositionals: true,
    allowNegative: true,
    tokens: true,
  });
  const given: Given = new Map();
  const unknown: string[] = [];
  const loose: LooseWord[] = [];
  const problems: string[] = [];
  let after: string | null = null;
  for (const token of tokens) {
    if (token.kind === "positional") loose.push({ word: token.value, after });
    if (token.kind === "option-terminator") after = null;
    if (token.kind !== "option") continue;
    const { rawName, value } = token;
    const name = nameOf.get(token.name);
    const option = name === undefined ? undefined : options[name];
    const isNegative = rawName.startsWith("--no-");
    if (name === undefined || option === undefined || (isNegative && !isFlag(option))) {
      unknown.push(rawName);
      after = null;
      continue;
    }
    after = isList(option) ? name : null;
    if (isFlag(option) && value !== undefined) problems.push(`${rawName} takes no value, but got "${value}".`);
    if (!isFlag(option) && !value) problems.push(`${rawName} expects a value.`);
    const values = given.get(name) ?? [];
    values.push(isFlag(option) ? !isNegative : value || null);
    given.set(name, values);
  }
  return { given, unknown, loose, problems };
}

/** Gives loose words to the arguments in order; those beyond their number go to the lists that they follow. */
function placeLooseWords(
  named: Options,
  loose: readonly LooseWord[],
  given: Given,
  problems: string[],
): Map<string, string[]> {
  const names = Object.keys(named);
  const last = names.at(-1);
  const takesMany = last !== undefined && isList(named[last]!);
  let surplus = takesMany ? 0 : Math.max(0, loose.length - names.length);
  const placed = new Map<string, string[]>();
  for (const { word, after } of loose) {
    if (surplus > 0 && after !== null) {
      surplus--;
      given.get(after)!.push(word);
      continue;
    }
    const name = names.find((one) => !placed.has(one)) ?? (takesMany ? last : undefined);
    if (name === undefined) problems.push(`Unexpected word "${word}".`);
    else placed.set(name, [...(placed.get(name) ?? []), word]);
  }
  return placed;
}

function readOption(
  name: string,
  option: Option,
  given: readonly (string | boolean | null)[] = [],
  problems: string[],
): unknown {
  if (given.length > 1 && !isList(option) && option.type !== "texts" && !isFlag(option)) {
    // An address may hold a password.
    const shown = name === "database" ? "" : ` (${given.join(", ")})`;
    problems.push(`--${name} takes one value, but is given ${given.length} times${shown}. Give it once.`);
    return undefined;
  }
  if (isFlag(option)) return given.at(-1) ?? option.default ?? (option.type === "flag" ? false : undefined);
  if (given.includes(null)) return undefined;
  return readValue(`--${name}`, option, given as readonly string[], problems);
}

/** `label`: as messages name it, `--grid` or `BATCH`. */
function readValue(label: string, option: Option, given: readonly string[], problems: string[]): unknown {
  if (option.type === "texts") return given;
  if (given.length === 0) {
    if (option.required !== true) return option.default === undefined ? undefined : parseOne(String(option.default));
    const isArgument = !label.startsWith("--");
    if (isArgument)
      problems.push(`Missing ${label}${option.choices === undefined ? "" : `: ${anyOf(option.choices)}`}`);
    else problems.push(`Missing required option ${label} ${valueName(label.slice(2), option)}`);
    return undefined;
  }
  const values = option.type === "list" ? given.flatMap((one) => one.split(",")) : given;
  return isList(option) ? values.map(parseOne) : parseOne(values[0]!);

  function parseOne(value: string): unknown {
    try {
      return option.parse === undefined ? checkValue(label, option, value) : option.parse(value, label);
    } catch (thrown) {
      const error = coerceError(thrown);
      if (!(error instanceof RejectedError)) throw error;
      problems.push(error.message);
      return undefined;
    }
  }
}

function checkValue(label: string, { type, choices, least }: Option, value: string): string | number {
  if (choices !== undefined && !choices.includes(value)) throw invalid(label, anyOf(choices), value);
  if (type !== "number") return value;
  const parsed = value.trim() === "" ? Number.NaN : Number(value);
  if (least !== undefined && !(Number.isInteger(parsed) && parsed >= least))
    throw invalid(label, `a whole number, at least ${least}`, value);
  if (!Number.isFinite(parsed)) throw invalid(label, "a number", value);
  return parsed;
}

function invalid(label: string, expected: string, value: string): RejectedError {
  return new RejectedError("InvalidOption", `Invalid value for ${label}: expected ${expected}, got "${value}".`);
}

function anyOf(choices: readonly string[]): string {
  return choices.length === 1 ? choices[0]! : `${choices.slice(0, -1).join(", ")} or ${choices.at(-1)}`;
}

/** What help and messages show for the value of an option. */
export function valueName(name: string, { type, value }: Option): string {
  if (value !== undefined) return type === "files" ? `${value}…` : type === "list" ? `${value},…` : value;
  const usual = type === "number" ? "N" : name.replace(/^.*-/, "").toUpperCase();
  return type === "list" || type === "texts" ? `${usual},…` : usual;
}

function camelCase(name: string): string {
  return name.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}
