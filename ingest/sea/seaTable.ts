// Tables about the sea: columns found by the names people give them, numbers checked, lengths in metres.
import { RejectedError } from "../../model/errors.ts";
import { openFile } from "../formats/formats.ts";
import { hintSeparators, type NumberStyle, PLAIN_NUMBERS, readNumberText, trimBlanks } from "../formats/numberText.ts";
import { hintTableCommand, type TableCommand } from "../formats/tableContent.ts";
import type { TableFile } from "../formats/tableFile.ts";
import { looksLikeMissingMark } from "../series/valueReader.ts";
import { HEADERS, type SeaColumn } from "./seaHeaders.ts";

export const LENGTH_UNITS = { m: 1, cm: 0.01, mm: 0.001 } as const;
export type LengthUnit = keyof typeof LENGTH_UNITS;

/** How the numbers of a table are written, and which of them mean missing. */
export interface SeaTableOptions {
  readonly numbers?: NumberStyle | undefined;
  readonly missing?: readonly string[] | undefined;
}

const MISSING_WORDS = ["na", "n/a", "nan", "null"];

export class SeaTable {
  readonly file: string;
  readonly header: readonly string[];
  readonly #csv: TableFile;
  #row: readonly string[] = [];
  #line = 0;

  readonly #numbers: NumberStyle;
  readonly #missing: ReadonlySet<string | number>;

  private constructor(csv: TableFile, { numbers = PLAIN_NUMBERS, missing = [] }: SeaTableOptions) {
    this.#csv = csv;
    this.#numbers = numbers;
    const marks = missing.flatMap((text) => (numbers.decimal === "," ? [text] : text.split(","))).map(trimBlanks);
    this.#missing = new Set([
      ...MISSING_WORDS,
      ...marks.map((mark) => readNumberText(mark, numbers) ?? mark.toLowerCase()),
    ]);
    this.file = csv.file;
    this.header = csv.header;
  }

  static async open(file: string, options: SeaTableOptions): Promise<SeaTable> {
    return new SeaTable(await openFile(file, "table"), options);
  }

  has(column: SeaColumn): boolean {
    return this.#at(column) !== -1;
  }

  /** Calls once a row; `text` and `number` then speak of that row. */
  async readRows(onRow: () => void, signal: AbortSignal): Promise<void> {
    await this.#csv.readRows(
      (row, line) => {
        this.#row = row;
        this.#line = line;
        onRow();
      },
      () => undefined,
      signal,
    );
  }

  get where(): string {
    return `${this.file}:${this.#line}`;
  }

  /** "" where the table has no such column. */
  text(column: SeaColumn): string {
    return trimBlanks(this.#row[this.#at(column)] ?? "");
  }

  /** The number in a column, null where it is blank or there is no such column. */
  number(column: SeaColumn, min: number, max: number, unit: string): number | null {
    const at = this.#at(column);
    return at === -1 ? null : this.numberAt(at, min, max, unit);
  }

  /** The same by position; `max` and `min` are in the table's own unit. */
  numberAt(at: number, min: number, max: number, unit: string): number | null {
    const text = this.#row[at]!;
    const value = readNumberText(text, this.#numbers);
    if (Number.isNaN(value) || this.#missing.has(value ?? trimBlanks(text).toLowerCase())) return null;
    if (value !== undefined && value >= min && value <= max) return value;
    const hint =
      hintSeparators(text, this.#numbers) ??
      (looksLikeMissingMark(trimBlanks(text))
        ? `If it marks a missing value, give --missing ${trimBlanks(text)}.`
        : value === undefined
          ? `Correct it, or, if it marks a missing value, give --missing "${trimBlanks(text)}".`
          : `Correct it${unit === "" ? "" : ", or give the unit of the table by --unit"}.`);
    throw new RejectedError(
      "InvalidNumber",
      `${this.where}: expected ${this.header[at]} to be a number from ${min} to ${max}${unit === "" ? "" : ` ${unit}`}, found "${text}". ${hint}`,
    );
  }

  require(column: SeaColumn, min: number, max: number, unit: string): number {
    const value = this.number(column, min, max, unit);
    if (value !== null) return value;
    throw new RejectedError(
      "MissingNumber",
      `${this.where}: expected ${column}, found nothing. Leave the row out, or fill it.`,
    );
  }

  /** Refuses a table without one of the columns; `command` is the one that reads it. */
  requireColumns(command: TableCommand, ...columns: readonly SeaColumn[]): void {
    for (const column of columns) {
      if (this.has(column)) continue;
      throw new RejectedError(
        "MissingColumn",
        `${this.file} has no column ${column}; expected one named ${HEADERS[column].join(" or ")} among ${this.header.join(", ")}.${hintTableCommand(this.header, command)}`,
      );
    }
  }

  #at(column: SeaColumn): number {
    return this.header.findIndex((title) =>
      (HEADERS[column] as readonly string[]).includes(title.trim().toLowerCase()),
    );
  }
}
