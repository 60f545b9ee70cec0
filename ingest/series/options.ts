// Options of a load of climate series beside how its files are read: scenario, grid, parent.
import type { ConflictRule } from "../../database/climateMerge.ts";
import { RejectedError } from "../../model/errors.ts";
import { FIRST_YEAR, LAST_YEAR } from "../cf/dates.ts";
import { DERIVABLE, type Derivable } from "./derivation.ts";
import { type ReadingOptions, type ReadingWords, readReadingOptions } from "./readingOptions.ts";

export interface IngestWords extends ReadingWords {
  readonly scenario: string;
  readonly grid: string;
  readonly onConflict: ConflictRule;
  readonly parent: string | undefined;
  readonly firstYear: number | undefined;
  readonly derive: readonly string[];
  readonly failRunningBatches: boolean;
  readonly check: boolean;
}

export interface IngestOptions extends ReadingOptions {
  readonly scenario: string;
  readonly grid: string;
  readonly onConflict: ConflictRule;
  readonly parent: { readonly name: string; readonly firstYear: number } | undefined;
  readonly failRunningBatches: boolean;
  readonly derive: readonly Derivable[];
  /** Say what would happen, and write nothing. */
  readonly check: boolean;
}

const NAME = /^[\p{L}\p{N}_.+-]{1,100}$/u;

export function readIngestOptions(words: IngestWords): IngestOptions {
  return {
    scenario: checkName("--scenario", words.scenario),
    grid: checkName("--grid", words.grid),
    ...readReadingOptions(words),
    onConflict: words.onConflict,
    parent: readParent(words),
    failRunningBatches: words.failRunningBatches,
    derive: words.derive.flatMap((text) => text.split(",")).map((text) => readDerivable(text.trim())),
    check: words.check,
  };
}

function checkName(option: string, name: string): string {
  if (NAME.test(name)) return name;
  throw new RejectedError(
    "InvalidName",
    `${option} expects a name of letters, digits and . _ + -, such as ssp245, but got "${name}".`,
  );
}

function readDerivable(text: string): Derivable {
  const found = DERIVABLE.find((variable) => variable === text);
  if (found !== undefined) return found;
  throw new RejectedError(
    "InvalidOption",
    `--derive expects ${DERIVABLE.join(" or ")}, several separated by commas, but got "${text}".`,
  );
}

function readParent({ scenario, parent, firstYear }: IngestWords): IngestOptions["parent"] {
  if (parent === undefined && firstYear === undefined) return undefined;
  if (parent === undefined || firstYear === undefined) {
    throw new RejectedError(
      "InvalidOption",
      `${parent === undefined ? "--first-year is given without --parent" : "--parent is given without --first-year"}: ` +
        "years before --first-year come from --parent, such as --parent historical --first-year 2015.",
    );
  }
  if (parent === scenario) {
    throw new RejectedError("InvalidOption", `--parent ${parent} is the scenario itself. Name the one it continues.`);
  }
  if (!Number.isInteger(firstYear) || firstYear < FIRST_YEAR || firstYear > LAST_YEAR) {
    throw new RejectedError("InvalidOption", `--first-year expects a year, such as 2015, but got "${firstYear}".`);
  }
  return { name: checkName("--parent", parent), firstYear };
}
