// One column's values: text in, numbers of the canonical unit out, NaN where missing. What cannot be a value of the variable is
// refused here, with the option that would fix it.
import { RejectedError } from "../../model/errors.ts";
import { conversionOf, convert, unitsOf, unitsOption } from "../../model/units.ts";
import { VARIABLES } from "../../model/variables.ts";
import { hintSeparators, type NumberStyle, readNumberText, shortNumber, trimBlanks } from "../formats/numberText.ts";
import { describeWhere, type Where } from "../formats/tableFile.ts";
import { hintSign, limitsOf } from "./limits.ts";
import type { ReadingOptions } from "./readingOptions.ts";
import { ValueTally } from "./valueTally.ts";
import type { VariableSource } from "./variableSource.ts";

/** -99.9, 9999, -32768, 1e20 and their like: marks for missing values, not measurements. */
const MISSING_MARK = /^-?9{2,}(\.9*0*)?$|^-9(\.9*0*)?$|^-3276[78](\.0*)?$|^-?\d(\.\d+)?e\+?(1[5-9]|[23]\d)$/i;
/** Words for rain too little to measure. */
const TRACE = /^(t|tr|trace)$/i;

export function looksLikeMissingMark(text: string): boolean {
  return MISSING_MARK.test(text);
}

export class ValueReader {
  readonly column: VariableSource;
  /** Of the texts that were values, and of those missing. */
  readonly tally = new ValueTally();
  readonly #min: number;
  readonly #max: number;
  readonly #noise: number;
  readonly #most: number;
  readonly #blank: number | undefined;
  readonly #marks: ReadonlySet<number>;
  readonly #missingWords: ReadonlySet<string>;
  readonly #words: ReadonlyMap<string, number>;
  readonly #style: NumberStyle;

  constructor(column: VariableSource, options: ReadingOptions) {
    this.column = column;
    const { min, max, noise, most } = limitsOf(column.variable);
    this.#min = min;
    this.#max = max;
    this.#noise = noise;
    this.#most = most;
    this.#blank = options.blank.get(column.variable);
    this.#marks = options.marksOf(column.variable);
    this.#missingWords = options.missingWordsOf(column.variable);
    this.#words = options.readAs;
    this.#style = options.numbers;
  }

  /** `days` of the time step matter for amounts only. */
  read(text: string, days: number, where: Where): number {
    const number = readNumberText(text, this.#style);
    if (number === undefined) return this.#readWord(text, days, where);
    if (Number.isNaN(number)) return this.#readBlank(days, where);
    if (this.#marks.size > 0 && this.#marks.has(number)) return this.#countMissing();
    return this.#take(number, text, days, where);
  }

  /** A blank that means 0 in this kind of file. */
  fillZero(): number {
    this.tally.filled++;
    return 0;
  }

  #readBlank(days: number, where: Where): number {
    if (this.#blank === undefined || Number.isNaN(this.#blank)) return this.#countMissing();
    this.tally.filled++;
    return this.#check(this.#blank, String(this.#blank), days, where);
  }

  #readWord(text: string, days: number, where: Where): number {
    const word = trimBlanks(text).toLowerCase();
    const meant = this.#words.get(word);
    if (meant !== undefined) return this.#take(meant, text, days, where);
    if (this.#missingWords.has(word)) return this.#countMissing();
    const { variable } = this.column;
    const missing = `--missing "${variable}=${trimBlanks(text)}"`;
    const zero = `--read-as "${trimBlanks(text)}=0"`;
    const hint =
      hintSeparators(text, this.#style) ??
      (TRACE.test(word) && VARIABLES[variable].unit === "mm d-1"
        ? `If it means a trace, too little to measure, give ${zero}; if it marks a missing value, ${missing}.`
        : /\d/.test(word)
          ? // A value with a mark behind it: read as missing or as 0 it would be lost.
            "Write the number alone, and a mark of its quality in a column of its own."
          : `If it marks a missing value, give ${missing}; if it means a number, such as 0, ${zero}.`);
    throw new RejectedError("InvalidNumber", `${this.#describe(where)}: expected a number, found "${text}". ${hint}`);
  }

  #countMissing(): number {
    this.tally.missing++;
    return Number.NaN;
  }

  #take(number: number, text: string, days: number, where: Where): number {
    const value = this.#check(number, text, days, where);
    this.tally.add(value);
    return value;
  }

  #check(number: number, text: string, days: number, where: Where): number {
    const value = convert(number, this.column.conversion, days);
    if (value < 0 && value >= -this.#noise) {
      this.tally.noise++;
      return 0;
    }
    if (value > this.#most && value <= this.#max) {
      this.tally.clipped++;
      return this.#most;
    }
    if (value >= this.#min && value <= this.#max) return value;
    const { variable, conversion, isUnitAssumed } = this.column;
    const { from, to } = conversion;
    const unit =
      from === to
        ? `${from}${isUnitAssumed ? " (assumed, no unit is given)" : ""}`
        : `${from}, that is ${shortNumber(value)} ${to}`;
    throw new RejectedError(
      "ImplausibleValue",
      `${this.#describe(where)}: expected ${variable} from ${this.#min} to ${this.#max} ${to}, found "${text}" ${unit}. ${this.#remedy(number, text, days)}`,
    );
  }

  #remedy(number: number, text: string, days: number): string {
    const { variable, name } = this.column;
    const missing = `--missing ${variable}=${trimBlanks(text)}`;
    if (MISSING_MARK.test(trimBlanks(text))) return `If it marks a missing value, give ${missing}.`;
    const sign = hintSign(variable, number);
    if (sign !== undefined) return sign;
    const fitting = unitsOf(variable).find((unit) => {
      const value = convert(number, conversionOf(variable, unit, name), days);
      return unit !== this.column.conversion.from && value >= this.#min && value <= this.#max;
    });
    if (fitting !== undefined) return `If the file's unit is ${fitting}, give ${unitsOption(variable, fitting)}.`;
    if (this.#blank === number) return `Blanks became this value by --blank ${variable}=${text}: give a plausible one.`;
    return `Correct the row, or give ${missing} if it marks a missing value.`;
  }

  #describe(where: Where): string {
    return `${describeWhere(where)}, column "${this.column.name}"`;
  }
}
