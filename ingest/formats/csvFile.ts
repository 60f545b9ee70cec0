// One CSV file, plain or gzipped, in UTF-8, UTF-16 or CP949: what its first lines tell, and then its rows, streamed. What the
// columns mean is left to layout.ts.
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { type Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { CsvError, type Options, parse } from "csv-parse";
import { parse as parseNow } from "csv-parse/sync";
import { RejectedError } from "../../model/errors.ts";
import type { TableFile } from "./tableFile.ts";

const UTF_8 = "utf-8";
/** The encoding that WHATWG calls euc-kr is CP949: https://encoding.spec.whatwg.org/#euc-kr */
export const CP949 = "euc-kr";
const SAMPLE_BYTES = 1 << 16;
const CHUNK_BYTES = 1 << 18;
/** No row of climate data is longer; a file with other line ends or none is. */
const LONGEST_ROW = 1 << 17;
const DELIMITERS = [",", ";", "\t"];
const FOREIGN_FORMATS: readonly (readonly [magic: string, name: string])[] = [
  ["GRIB", "GRIB; convert it to NetCDF first: cdo -f nc4 copy"],
  ["CDF", "NetCDF of an unknown version"],
  ["II*\0", "TIFF"],
  ["MM\0*", "TIFF"],
  ["\xd0\xcf\x11\xe0", "an old Excel workbook; save it as CSV"],
  ["BZh", "packed by bzip2; unpack it first"],
  ["\xfd7zXZ", "packed by xz; unpack it first"],
  ["%PDF", "PDF"],
  ["<", "HTML or XML, perhaps a page that says why there is no file; look into it"],
];

interface CsvFile {
  readonly file: string;
  readonly gzip: boolean;
  readonly delimiter: string;
  readonly encoding: string;
  readonly header: readonly string[];
}

/** Reads the header and the first row. */
export async function openCsv(file: string): Promise<TableFile> {
  const bytes = await sizeOf(file);
  const raw = await readSample(file, false);
  const gzip = raw[0] === 0x1f && raw[1] === 0x8b;
  const sample = gzip ? await readSample(file, true) : raw;
  const { text, encoding } = decodeSample(file, sample);
  const firstLine = text.slice(0, text.search(/[\r\n]|$/));
  const count = (delimiter: string) => firstLine.split(delimiter).length;
  const delimiter = DELIMITERS.toSorted((a, b) => count(b) - count(a))[0]!;
  let rows: string[][];
  try {
    // A row cut off by the end of the sample is left out, unless it is all there is.
    const whole = sample.length < SAMPLE_BYTES ? text : text.slice(0, text.lastIndexOf("\n") + 1) || text;
    rows = parseNow(whole, { ...parserOptions(delimiter), to: 2 });
  } catch (error) {
    throw explainReading(error, file);
  }
  const [header, firstRow] = rows;
  if (header === undefined) {
    throw new RejectedError("EmptyFile", `${file} is empty; expected a CSV file with a header line and a row per day.`);
  }
  if (firstRow === undefined) {
    throw new RejectedError("EmptyFile", `${file} has a header line but no rows; expected a row per day.`);
  }
  const csv: CsvFile = { file, gzip, delimiter, encoding, header };
  return {
    file,
    bytes,
    encoding,
    header,
    firstRow,
    firstLine: 2,
    readRows: (onRow, onBytes, signal) => readRows(csv, onRow, onBytes, signal),
  };
}

/** Calls `onRow` for every row after the header, with the number of its line; rows of another width are refused. */
async function readRows(
  { file, gzip, delimiter, encoding, header }: CsvFile,
  onRow: (row: readonly string[], line: number) => void,
  onBytes: (bytes: number) => void,
  signal: AbortSignal,
): Promise<void> {
  const parser = parse({
    ...parserOptions(delimiter),
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
    throw explainReading(error, file);
  }
}

function parserOptions(delimiter: string): Options {
  return {
    delimiter,
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

async function sizeOf(file: string): Promise<number> {
  try {
    const facts = await stat(file);
    if (facts.isFile()) return facts.size;
  } catch (error) {
    throw explainReading(error, file);
  }
  throw new RejectedError(
    "NotAFile",
    `${file} is a directory and no Zarr store; expected a file. Name the files in it.`,
  );
}

async function readSample(file: string, gzip: boolean): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const source = createReadStream(file, { highWaterMark: SAMPLE_BYTES });
  const stream: Readable = gzip ? source.pipe(createGunzip()) : source;
  source.on("error", (error) => stream.destroy(error));
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes >= SAMPLE_BYTES) break;
    }
  } catch (error) {
    throw explainReading(error, file);
  } finally {
    source.destroy();
  }
  return Buffer.concat(chunks).subarray(0, SAMPLE_BYTES);
}

function decodeSample(file: string, sample: Buffer): { readonly text: string; readonly encoding: string } {
  const start = sample.toString("latin1", 0, 8);
  const foreign = FOREIGN_FORMATS.find(([magic]) => start.startsWith(magic));
  if (foreign !== undefined) {
    throw new RejectedError("NotCsv", `${file}: expected NetCDF, Zarr, Parquet or CSV; found ${foreign[1]}.`);
  }
  const encodings = start.startsWith("\xff\xfe") ? ["utf-16le"] : [UTF_8, CP949];
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
    `${file}: expected NetCDF, Zarr, Parquet, or CSV as text in UTF-8 or CP949; found bytes that are none of them. If it is text of another encoding, convert it: iconv -f ENCODING -t UTF-8 "${file}" > utf8.csv`,
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

/** Trouble of the file system, gzip and the CSV parser in words; anything else is passed on. */
export function explainReading(error: unknown, file: string): unknown {
  if (!(error instanceof Error) || error instanceof RejectedError) return error;
  const { code } = error as { code?: string };
  if (error instanceof CsvError) {
    const line = /at line (\d+)/.exec(error.message)?.[1] ?? error.lines;
    const words =
      code === "CSV_QUOTE_NOT_CLOSED"
        ? 'the file ends within a quoted text, whose quote (") opens on this line or before'
        : code === "CSV_MAX_RECORD_SIZE"
          ? `a row is longer than ${LONGEST_ROW} characters`
          : 'a quote (") stands inside a text; write it twice ("") within a quoted text';
    return new RejectedError(
      "BrokenCsv",
      `${file}:${line}: ${words}. Expected CSV as spreadsheets write it. Correct the line.`,
      {
        cause: error,
      },
    );
  }
  const words =
    code === "ENOENT"
      ? "does not exist. Check the name; a relative one is looked for in the working folder."
      : code === "EACCES" || code === "EPERM"
        ? "may not be read by this user. Change its permissions."
        : code?.startsWith("Z_")
          ? `is damaged: its gzip stream cannot be read (${error.message}). Fetch it again.`
          : undefined;
  return words === undefined ? error : new RejectedError("UnreadableFile", `${file} ${words}`, { cause: error });
}
