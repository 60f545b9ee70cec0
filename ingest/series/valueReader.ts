// One column's values: text in, float32 of the canonical unit out, NaN where missing by the user's rules. What cannot be
// a value of the variable is refused here, with the option that would mend it.

import { RejectedError } from "../../model/errors.ts";
import { conversionOf, convert, unitsOf, unitsOption } from "../../model/units.ts";
import { VARIABLES } from "../../model/variables.ts";
import { describeWhere, type Where } from "../formats/tableFile.ts";
import type { ConvertedColumn } from "./layout.ts";
import type { ReadingOptions } from "./readingOptions.ts";
import { ValueTally } from "./valueTally.ts";

const AFTER_NINE = 58;
const DECIMAL_NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
/** -99.9, 9999, -32768, 1e20 and their like: marks for missing values, not measurements. */
const MISSING_MARK = /^(-99|9{3})9*(\.9*0*)?$|^-3276[78](\.0*)?$|^-?\d(\.\d+)?e\+?(1[5-9]|[23]\d)$/i;

export function looksLikeMissingMark(text: string): boolean {
  return MISSING_MARK.test(text);
}

export class ValueReader {
  readonly column: ConvertedColumn;
  /** Of the texts that were values, and of those missing. */
  readonly tally = new ValueTally();
  /** Blank and filled by --blank. */
  filled = 0;
  readonly #min: number;
  readonly #max: number;
  readonly #blank: number | undefined;
  readonly #missingNumbers: ReadonlySet<number>;
  readonly #missingWords: ReadonlySet<string>;

  constructor(column: ConvertedColumn, options: Pick<ReadingOptions, "blank" | "missingNumbers" | "missingWords">) {
    this.column = column;
    this.#min = VARIABLES[column.variable].plausibleMin;
    this.#max = VARIABLES[column.variable].plausibleMax;
    this.#blank = options.blank.get(column.variable);
    this.#missingNumbers = options.missingNumbers;
    this.#missingWords = options.missingWords;
  }

  /** `days` of the time step matter for amounts only. */
  read(text: string, days: number, where: Where): number {
    if (text === "") return this.#readBlank(days, where);
    const told = Number(text);
    // Number() also takes 0x1F, 0b1 and Infinity, which are no numbers in a CSV file.
    if (!Number.isFinite(told) || (text.charCodeAt(1) >= AFTER_NINE && !DECIMAL_NUMBER.test(text))) {
      return this.#readWord(text, where);
    }
    if (this.#missingNumbers.size > 0 && this.#missingNumbers.has(told)) return this.#countMissing();
    const value = this.#check(told, text, days, where);
    this.tally.add(value);
    return value;
  }

  /** A blank that the file's dialect means as 0. */
  fillZero(): number {
    this.filled++;
    return 0;
  }

  #readBlank(days: number, where: Where): number {
    if (this.#blank === undefined || Number.isNaN(this.#blank)) return this.#countMissing();
    this.filled++;
    return this.#check(this.#blank, String(this.#blank), days, where);
  }

  #readWord(text: string, where: Where): number {
    if (this.#missingWords.has(text.toLowerCase())) return this.#countMissing();
    const hint = /^[+-]?\d+,\d+$/.test(text)
      ? `Write a decimal point: ${text.replace(",", ".")}.`
      : `If it marks a missing value, give --missing "${text}".`;
    throw new RejectedError("InvalidNumber", `${this.#tell(where)}: expected a number, found "${text}". ${hint}`);
  }

  #countMissing(): number {
    this.tally.missing++;
    return Number.NaN;
  }

  #check(told: number, text: string, days: number, where: Where): number {
    const value = convert(told, this.column.conversion, days);
    if (value >= this.#min && value <= this.#max) return value;
    const { variable, conversion, unitAssumed } = this.column;
    const { from, to } = conversion;
    const unit =
      from === to
        ? `${from}${unitAssumed ? " (assumed, no unit is given)" : ""}`
        : `${from}, that is ${shorten(value)} ${to}`;
    throw new RejectedError(
      "ImplausibleValue",
      `${this.#tell(where)}: expected ${variable} from ${this.#min} to ${this.#max} ${to}, found "${text}" ${unit}. ${this.#remedy(told, text, days)}`,
    );
  }

  #remedy(told: number, text: string, days: number): string {
    const { variable, header } = this.column;
    if (MISSING_MARK.test(text)) return `If it marks a missing value, give --missing ${text}.`;
    const fitting = unitsOf(variable).find((unit) => {
      const value = convert(told, conversionOf(variable, unit, header), days);
      return unit !== this.column.conversion.from && value >= this.#min && value <= this.#max;
    });
    if (fitting !== undefined) return `If the file's unit is ${fitting}, give ${unitsOption(variable, fitting)}.`;
    if (this.#blank === told) return `Blanks became this value by --blank ${variable}=${text}: give a plausible one.`;
    return `Correct the row, or give --missing ${text} if it marks a missing value.`;
  }

  #tell(where: Where): string {
    return `${describeWhere(where)}, column "${this.column.header}"`;
  }
}

function shorten(value: number): string {
  return String(Number(value.toPrecision(6)));
}
