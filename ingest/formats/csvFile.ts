// CSV, plain or gzipped, in UTF-8, UTF-16 or CP949: what its first lines say, and then its rows, streamed.
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { CsvError, type Options, parse } from "csv-parse";
import { parse as parseNow } from "csv-parse/sync";
import { RejectedError } from "../../model/errors.ts";
import { type FormatOfKind, readSample } from "./fileFormat.ts";
import type { TableFile } from "./tableFile.ts";
import { explainReading } from "./unreadable.ts";

/** Last in the list: whatever no other format recognizes. */
export const CSV: FormatOfKind<"table"> = {
  name: "CSV",
  kind: "table",
  isBounded: true,
  matches: () => true,
  open: openCsv,
};

const UTF_8 = "utf-8";
/** The encoding that WHATWG calls euc-kr is CP949: https://encoding.spec.whatwg.org/#euc-kr */
export const CP949 = "euc-kr";
const SAMPLE_BYTES = 1 << 16;
const CHUNK_BYTES = 1 << 18;
/** No row of climate data is longer; a file with other line ends or none is. */
const LONGEST_ROW = 1 << 17;
const DELIMITERS = [",", ";", "\t"];
/** NASA POWER describes its columns above them; the climate statistics of the KMA repeat what was searched for. */
const PREAMBLES = [
  /^-BEGIN HEADER-[ \t]*\r?\n(?:[^\n]*\n)*?-END HEADER-[ \t]*\r?\n/,
  /^[^\n]*\n"?\[검색조건\][^\n]*\n(?:[^\n]*\n)*?(?="?(?:날짜|일시))/,
];

interface CsvFile {
  /** Line of the header. */
  readonly headerLine: number;
  readonly file: string;
  readonly gzip: boolean;
  readonly delimiter: string;
  readonly encoding: string;
  readonly header: readonly string[];
}

/** Reads the header and the first row. */
export async function openCsv(file: string): Promise<TableFile> {
  const { size, sample, gzip } = await readBeginning(file);
  const { text, encoding } = decodeSample(file, sample);
  const preamble = PREAMBLES.map((one) => one.exec(text)?.[0]).find((one) => one !== undefined) ?? "";
  const headerLine = preamble.split("\n").length;
  const beginning = text.slice(preamble.length);
  const firstLine = beginning.slice(0, beginning.search(/[\r\n]|$/));
  const count = (delimiter: string) => firstLine.split(delimiter).length;
  const delimiter = DELIMITERS.toSorted((a, b) => count(b) - count(a))[0]!;
  let rows: string[][];
  try {
    // A row cut off by the end of the sample is left out, unless it is all there is.
    const whole = sample.length < SAMPLE_BYTES ? text : text.slice(0, text.lastIndexOf("\n") + 1) || text;
    rows = parseNow(whole, { ...parserOptions(delimiter, headerLine), to: 2 });
  } catch (error) {
    throw explainCsv(error, file);
  }
  const [header, firstRow] = rows;
  if (header === undefined) {
    throw new RejectedError("EmptyFile", `${file} is empty; expected a CSV file with a header line and a row per day.`);
  }
  if (firstRow === undefined) {
    throw new RejectedError("EmptyFile", `${file} has a header line but no rows; expected a row per day.`);
  }
  const csv: CsvFile = { file, gzip, delimiter, encoding, header, headerLine };
  return {
    file,
    bytes: size,
    encoding,
    header,
    firstRow,
    firstLine: headerLine + 1,
    readRows: (onRow, onBytes, signal) => readRows(csv, onRow, onBytes, signal),
  };
}

/** Calls `onRow` for every row after the header, with the number of its line; rows of another width are refused. */
async function readRows(
  { file, gzip, delimiter, encoding, header, headerLine }: CsvFile,
  onRow: (row: readonly string[], line: number) => void,
  onBytes: (bytes: number) => void,
  signal: AbortSignal,
): Promise<void> {
  const parser = parse({
    ...parserOptions(delimiter, headerLine),
    from: 2,
    on_record: (row: string[], { lines }) => {
      if (row.length !== header.length) throw wrongWidth(`${file}:${lines}`, row, header, delimiter);
      onRow(row, lines);
      return null;
    },
  });
  parser.resume();
  const source = createReadStream(file, { highWaterMark: CHUNK_BYTES });
  source.on("data", (chunk) => onBytes(chunk.length));
  try {
    const unpacked = gzip ? [createGunzip()] : [];
    const decoded = encoding === UTF_8 ? [] : [decodeStream(encoding)];
    await pipeline([source, ...unpacked, ...decoded, parser], { signal });
  } catch (error) {
    throw explainCsv(error, file);
  }
}

function parserOptions(delimiter: string, headerLine: number): Options {
  return {
    delimiter,
    from_line: headerLine,
    bom: true,
    trim: true,
    skip_empty_lines: true,
    relax_column_count: true,
    max_record_size: LONGEST_ROW,
  };
}

function wrongWidth(at: string, row: readonly string[], header: readonly string[], delimiter: string): RejectedError {
  const line = row.join(delimiter);
  const hint =
    row.length < header.length
      ? "The line seems to be cut off."
      : delimiter === ","
        ? 'If numbers are written with a decimal comma, write 21.5 instead of 21,5; if a text holds commas, put it in "quotes".'
        : `If a text holds "${delimiter}", put it in "quotes".`;
  return new RejectedError(
    "WrongColumnCount",
    `${at}: expected ${header.length} columns as in the header, found ${row.length}: "${line.length > 80 ? `${line.slice(0, 77)}…` : line}". ${hint}`,
  );
}

async function readBeginning(file: string): Promise<{ size: number; sample: Buffer; gzip: boolean }> {
  try {
    const facts = await stat(file);
    if (facts.isFile()) {
      const { bytes: sample, gzip } = await readSample(file);
      return { size: facts.size, sample, gzip };
    }
  } catch (error) {
    throw explainReading(error, file);
  }
  throw new RejectedError(
    "NotAFile",
    `${file} is a directory and no Zarr store; expected a file. Name the files in it.`,
  );
}

function decodeSample(file: string, sample: Buffer): { readonly text: string; readonly encoding: string } {
  const isUtf16 = sample[0] === 0xff && sample[1] === 0xfe;
  const encodings = isUtf16 ? ["utf-16le"] : [UTF_8, CP949];
  for (const encoding of encodings) {
    try {
      const text = new TextDecoder(encoding, { fatal: true }).decode(sample, { stream: true });
      if (!text.includes("\0")) return { text, encoding };
    } catch {
      // Not this one.
    }
  }
  throw new RejectedError(
    "NotText",
    `${file}: expected a format that is read, or CSV as text in UTF-8 or CP949; found bytes that are neither. If it is text of another encoding, convert it: iconv -f ENCODING -t UTF-8 "${file}" > utf8.csv`,
  );
}

/** To UTF-8, chunk by chunk. */
function decodeStream(encoding: string): Transform {
  const decoder = new TextDecoder(encoding);
  return new Transform({
    transform: (chunk: Buffer, _, done) => done(null, decoder.decode(chunk, { stream: true })),
    flush: (done) => done(null, decoder.decode()),
  });
}

/** Errors of the CSV parser in words too. */
function explainCsv(error: unknown, file: string): unknown {
  if (!(error instanceof CsvError)) return explainReading(error, file);
  const line = /at line (\d+)/.exec(error.message)?.[1] ?? error.lines;
  const words =
    error.code === "CSV_QUOTE_NOT_CLOSED"
      ? 'the file ends within a quoted text, whose quote (") opens on this line or before'
      : error.code === "CSV_MAX_RECORD_SIZE"
        ? `a row is longer than ${LONGEST_ROW} characters`
        : 'a quote (") is inside a text; write it twice ("") within a quoted text';
  return new RejectedError(
    "BrokenCsv",
    `${file}:${line}: ${words}. Expected CSV as spreadsheets write it. Correct the line.`,
    { cause: error },
  );
}
