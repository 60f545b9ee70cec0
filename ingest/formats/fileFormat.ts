// What a format of files says of itself, and the start of a file, by which its format is recognized.
import { createReadStream } from "node:fs";
import { open, readdir, stat } from "node:fs/promises";
import type { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import type { ArrayFile } from "./arrayFile.ts";
import type { Polygons } from "./polygons.ts";
import type { RasterFile } from "./rasterFile.ts";
import { isReadInPlace } from "./remoteFile.ts";
import type { TableFile } from "./tableFile.ts";
import type { TrackFile } from "./trackFile.ts";
import { explainReading } from "./unreadable.ts";

/** What an opened file of each kind is. */
export interface OpenedAs {
  array: ArrayFile;
  table: TableFile;
  tracks: TrackFile;
  raster: RasterFile;
  polygons: Polygons;
}
export type FormatKind = keyof OpenedAs;

export interface FormatOfKind<Kind extends FormatKind> {
  readonly name: string;
  readonly kind: Kind;
  /** Whether a file that begins so has this format. */
  matches(start: FileStart): boolean;
  /** Decoded by our own code in bounded time and memory: needs no process of its own. */
  readonly isBounded?: true;
  /** `environment`: how servers are reached that need more than an address, such as S3. */
  open(file: string, signal?: AbortSignal, environment?: NodeJS.ProcessEnv): Promise<OpenedAs[Kind]>;
}
export type FileFormat = { [Kind in FormatKind]: FormatOfKind<Kind> }[FormatKind];

export interface FileStart {
  readonly file: string;
  /** The first 64 KiB, a character per byte, unpacked if gzipped; "" for a folder. */
  readonly text: string;
  /** Names of the entries of a folder; undefined for a file. */
  readonly entries: readonly string[] | undefined;
  /** The last 64 KiB of a zip, which hold the names in it. */
  readonly zipEnd: string;
}

const START_BYTES = 1 << 16;

/** Whether a file begins with one of the magic numbers. */
export function beginsWith(...magic: readonly string[]): (start: FileStart) => boolean {
  return ({ text }) => magic.some((bytes) => text.startsWith(bytes));
}

export async function readStart(file: string): Promise<FileStart> {
  // What is on a server shows itself when it is opened.
  if (isReadInPlace(file)) return { file, text: "", entries: undefined, zipEnd: "" };
  try {
    const facts = await stat(file);
    if (facts.isDirectory()) return { file, text: "", entries: await readdir(file), zipEnd: "" };
    const text = (await readSample(file)).bytes.toString("latin1");
    const isZip = text.startsWith("PK\x03\x04");
    return { file, text, entries: undefined, zipEnd: isZip ? await readEnd(file, facts.size) : "" };
  } catch (error) {
    throw explainReading(error, file);
  }
}

/** The first 64 KiB, unpacked if the file is gzipped. */
export async function readSample(file: string): Promise<{ readonly bytes: Buffer; readonly gzip: boolean }> {
  const raw = await readStream(createReadStream(file, { end: START_BYTES - 1 }));
  const gzip = raw[0] === 0x1f && raw[1] === 0x8b;
  if (!gzip) return { bytes: raw, gzip };
  const source = createReadStream(file, { highWaterMark: START_BYTES });
  const unpacked = source.pipe(createGunzip());
  source.on("error", (error) => unpacked.destroy(error));
  return { bytes: await readStream(unpacked).finally(() => source.destroy()), gzip };
}

async function readStream(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes >= START_BYTES) break;
  }
  return Buffer.concat(chunks).subarray(0, START_BYTES);
}

async function readEnd(file: string, size: number): Promise<string> {
  const length = Math.min(size, START_BYTES);
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, size - length);
    return buffer.toString("latin1", 0, bytesRead);
  } finally {
    await handle.close();
  }
}
