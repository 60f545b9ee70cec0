// Series of districts of the Korea Meteorological Administration (SSP and MK-PRISM by sgg261, sido17, dong3501 …; frmat=asc;
// https://apihub.kma.go.kr, ssp_skorea_file_down): a column per district, above it three lines with its code, its province and its
// name; as text, or as the .tar.gz that the API hub sends. As a table of one value a row.
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { createGunzip } from "node:zlib";
import { RejectedError } from "../../model/errors.ts";
import { CP949 } from "./csvFile.ts";
import { type FormatOfKind, readSample } from "./fileFormat.ts";
import { findKmaField } from "./kmaNames.ts";
import type { TableFile } from "./tableFile.ts";
import { explainReading, unreadable } from "./unreadable.ts";

/** 년-월-일, 년-월 or 년 in UTF-8 and in CP949, a character per byte. */
const FIRST_CELL =
  /^(?:\xef\xbb\xbf)?(?:\xeb\x85\x84|\xb3\xe2)(?:-(?:\xec\x9b\x94|\xbf\xf9)(?:-(?:\xec\x9d\xbc|\xc0\xcf))?)?,/;
const LONGEST_CELL = 20;
const [BLOCK, SIZE_AT, SIZE_LENGTH, NAME_LENGTH, MAGIC_AT] = [512, 124, 12, 100, 257];
const MAGIC = "ustar";

export const KMA_DISTRICTS: FormatOfKind<"table"> = {
  name: "KMA districts",
  kind: "table",
  isBounded: true,
  matches: ({ text }) =>
    FIRST_CELL.test(text) || (isTar(text) && blocksOf(text).some((block) => FIRST_CELL.test(block))),
  open: openDistricts,
};

const HEADER = ["date", "district", "variable", "value", "unit"];
/** Name of the values where the file's name has no element. */
const UNNAMED = "value";
const DAILY = "년-월-일";
const HEADER_LINES = 3;
const LONGEST_LINE = 1 << 18;

async function openDistricts(file: string): Promise<TableFile> {
  const { size } = await stat(file);
  let first: { readonly row: readonly string[]; readonly line: number } | undefined;
  await readDistricts(file, (row, line) => {
    first = { row, line };
    return false;
  });
  if (first === undefined) {
    throw new RejectedError("EmptyFile", `${file} has districts but no rows; expected a row per day.`);
  }
  return {
    file,
    bytes: size,
    encoding: undefined,
    header: HEADER,
    firstRow: first.row,
    firstLine: first.line,
    readRows: (onRow, onBytes, signal) =>
      readDistricts(
        file,
        (row, line) => {
          onRow(row, line);
          return true;
        },
        onBytes,
        signal,
      ),
  };
}

/** Calls `onRow` with each value's row until it returns false. */
async function readDistricts(
  file: string,
  onRow: (row: readonly string[], line: number) => boolean,
  onBytes: (bytes: number) => void = () => undefined,
  signal?: AbortSignal,
): Promise<void> {
  let rest = "";
  let reader: MemberReader | undefined;
  let decoder = new TextDecoder();
  const finish = () => {
    const isOpen = reader === undefined || rest.trim() === "" || reader.take(rest, onRow);
    reader?.finish();
    rest = "";
    return isOpen;
  };
  try {
    for await (const { name, bytes, isFirst } of readMembers(file, onBytes)) {
      signal?.throwIfAborted();
      if (isFirst) {
        if (!finish()) return;
        reader = new MemberReader(file, name);
        decoder = new TextDecoder(isUtf8(bytes) ? "utf-8" : CP949);
      }
      const lines = (rest + decoder.decode(bytes, { stream: true })).split("\n");
      rest = lines.pop()!;
      if (rest.length > LONGEST_LINE)
        throw unreadable(file, name, new Error(`a line is longer than ${LONGEST_LINE} characters`));
      for (const line of lines) if (!reader!.take(line, onRow)) return;
    }
    finish();
  } catch (error) {
    throw explainReading(error, file);
  }
}

/** The lines of one text. */
class MemberReader {
  readonly #where: string;
  readonly #file: string;
  #line = 0;
  #codes: readonly string[] = [];
  #first = "";
  readonly #variable: string;
  #unit = "";

  constructor(file: string, name: string) {
    this.#file = file;
    this.#where = name === basename(file) ? file : `${file} (${name})`;
    const element = elementOf(name) ?? elementOf(basename(file));
    const field = element === undefined ? undefined : findKmaField(element);
    // A field without a known unit is no variable yet: it is named by --map and --units.
    const isKnown = field?.unit !== undefined;
    this.#variable = isKnown ? field.variable : (element ?? UNNAMED);
    this.#unit = isKnown ? field.unit! : "";
  }

  take(text: string, onRow: (row: readonly string[], line: number) => boolean): boolean {
    this.#line++;
    if (text.trim() === "") return true;
    const cells = text
      .replace(/^\ufeff/, "")
      .split(",")
      .map((cell) => cell.trim());
    if (this.#line <= HEADER_LINES) {
      this.#takeHeader(cells);
      return true;
    }
    if (cells.length !== this.#codes.length + 1)
      throw this.#broken(
        `${this.#codes.length + 1} columns, a date and a value for each code`,
        `${cells.length}: "${text.slice(0, 60)}"`,
      );
    const date = cells[0]!;
    for (let at = 1; at < cells.length; at++) {
      if (!onRow([date, this.#codes[at - 1]!, this.#variable, cells[at]!, this.#unit], this.#line)) return false;
    }
    return true;
  }

  finish(): void {
    if (this.#line < HEADER_LINES) throw this.#broken("three lines of codes, provinces and names", `${this.#line}`);
  }

  #takeHeader([first, ...cells]: readonly string[]): void {
    if (this.#line > 1) {
      if (first === this.#first && cells.length === this.#codes.length) return;
      throw this.#broken(
        `the line of ${this.#line === 2 ? "provinces" : "names"} of ${this.#codes.length} districts, which begins "${this.#first}"`,
        `"${first}" and ${cells.length}`,
      );
    }
    const odd = cells.find((code, at) => !/^\d{2,10}$/.test(code) || cells.indexOf(code) !== at);
    if (odd !== undefined || cells.length === 0)
      throw this.#broken("a line of codes of districts, each once", `"${odd ?? ""}"`);
    this.#first = first!;
    this.#codes = cells;
    // A sum of a month or a year needs --units, as everywhere.
    if (first !== DAILY && this.#unit === "mm") this.#unit = "";
  }

  #broken(expected: string, found: string): RejectedError {
    return new RejectedError(
      "BrokenDistricts",
      `${this.#where}:${this.#line}: expected ${expected}, found ${found}. Fetch ${basename(this.#file)} again.`,
    );
  }
}

/** TAMAX of SSP126_TAMAX_sgg261_daily_2021-2100.asc: the word before the kind of districts. */
function elementOf(name: string): string | undefined {
  return /(?:^|_)([A-Z]{2,8})_(?:sgg|sido|dong)\d+/.exec(name)?.[1];
}

interface Piece {
  readonly name: string;
  readonly bytes: Buffer;
  /** The first of a text. */
  readonly isFirst: boolean;
}

/** The texts of a file: itself, or those of its archive, unpacked piece by piece. */
async function* readMembers(file: string, onBytes: (bytes: number) => void): AsyncGenerator<Piece> {
  const { bytes, gzip } = await readSample(file);
  const source = createReadStream(file);
  source.on("data", (chunk) => onBytes(chunk.length));
  const unpacked = gzip ? source.pipe(createGunzip()) : source;
  source.on("error", (error) => unpacked.destroy(error));
  try {
    const chunks = unpacked as AsyncIterable<Buffer>;
    if (isTar(bytes.toString("latin1"))) yield* readTar(file, chunks);
    else {
      let isFirst = true;
      for await (const chunk of chunks) {
        yield { name: basename(file), bytes: chunk, isFirst };
        isFirst = false;
      }
    }
  } finally {
    source.destroy();
  }
}

/** POSIX.1-1988 (ustar): blocks of 512 bytes, a header and the content of each member. */
async function* readTar(file: string, chunks: AsyncIterable<Buffer>): AsyncGenerator<Piece> {
  let held: Buffer = Buffer.alloc(0);
  let left = 0;
  let padding = 0;
  let name = "";
  let isText = false;
  let isFirst = false;
  for await (const chunk of chunks) {
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    while (held.length > 0) {
      if (left > 0) {
        if (isFirst && held.length < Math.min(left, LONGEST_CELL)) break;
        // Names are no help: other records of the archive hold the long ones.
        if (isFirst) isText = FIRST_CELL.test(held.toString("latin1", 0, LONGEST_CELL));
        const bytes = held.subarray(0, left);
        held = held.subarray(bytes.length);
        left -= bytes.length;
        if (isText) yield { name, bytes, isFirst };
        isFirst = false;
      } else if (padding > 0) {
        const skipped = Math.min(padding, held.length);
        held = held.subarray(skipped);
        padding -= skipped;
      } else if (held.length >= BLOCK) {
        const header = held.toString("latin1", 0, BLOCK);
        held = held.subarray(BLOCK);
        if (/^\0+$/.test(header)) continue;
        const size = Number.parseInt(header.slice(SIZE_AT, SIZE_AT + SIZE_LENGTH), 8);
        if (!isTar(header) || !(size >= 0))
          throw unreadable(file, "its archive", new Error("no header where a member begins"));
        name = basename(header.slice(0, NAME_LENGTH).replace(/\0.*$/s, ""));
        [left, padding, isFirst] = [size, (BLOCK - (size % BLOCK)) % BLOCK, true];
      } else break;
    }
  }
  if (left > 0 || held.length > 0) throw unreadable(file, `"${name}"`, new Error("the archive ends within it"));
}

function blocksOf(text: string): string[] {
  return Array.from({ length: Math.floor(text.length / BLOCK) }, (_, at) => text.slice(at * BLOCK, (at + 1) * BLOCK));
}

function isTar(text: string): boolean {
  return text.slice(MAGIC_AT, MAGIC_AT + MAGIC.length) === MAGIC;
}

function isUtf8(bytes: Buffer): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
}
