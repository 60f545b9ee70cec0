// Files that are given by address: brought into a folder of this process before they are read. What a killed run has brought is
// taken over, and a file that was cut off continues where it stopped.

import { createHash } from "node:crypto";
import {
  createWriteStream,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { statfs } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import pMap from "p-map";
import { findTrouble, isDistrust } from "../../database/troubles.ts";
import { type BackoffLimits, backoffMs, type Clock, pause } from "../../model/clock.ts";
import { coerceError, RejectedError, TransientError } from "../../model/errors.ts";
import { isReadInPlace, isRemoteRaster } from "../formats/remoteFile.ts";
import { DOWNLOADS, openOwnFolder } from "../series/spoolRoot.ts";
import { hideUser, httpSource } from "./httpSource.ts";
import { openPieces } from "./remotePieces.ts";
import type { RemoteObject, RemoteSource } from "./remoteSource.ts";

/** Without a byte for so long, a transfer is begun again, and after this much longer it is given up. */
const STALL_MS = 30_000;
const PATIENCE_MS = 120_000;
const BACKOFF: BackoffLimits = { minMs: 500, maxMs: 15_000, jitter: 0.5 };
/** A store of many small files is limited by answers, not by bytes. */
const CONCURRENCY = 4;

export interface RemoteProgress {
  /** `bytes`: of all files; null: a server does not say. */
  onFound(files: number, bytes: number | null): void;
  onBytes(bytes: number): void;
}

export interface LocalFiles {
  /** The local files in place of their addresses; a name that is no address is unchanged. */
  readonly files: readonly string[];
  /** The text with addresses in place of local paths, without users and passwords. */
  restore(text: string): string;
  /** Removes what was brought, or leaves it for the next run. */
  close(keep: boolean): void;
}

export interface BringOptions {
  /** Where the folder is made; undefined: the system's for temporary files. */
  readonly above: string | undefined;
  readonly environment: NodeJS.ProcessEnv;
  readonly clock: Clock;
  readonly progress: RemoteProgress;
  readonly signal: AbortSignal;
}

/** Whether a file must be brought before it can be read. */
async function mustBeBrought(name: string, { environment }: BringOptions): Promise<boolean> {
  if (!/^(https?|s3):\/\//i.test(name)) return false;
  if (!isReadInPlace(name)) return true;
  return isRemoteRaster(name) && (await (await openPieces(name, environment)).sizeOfParts()) === undefined;
}

/** One file to bring, and where what has arrived of it is kept meanwhile. */
interface Transfer {
  readonly object: RemoteObject;
  readonly source: RemoteSource;
  readonly file: string;
  readonly part: string;
}

/** Throws RejectedError for what is not there or not allowed, TransientError when a server stays away. */
export async function bringFiles(names: readonly string[], options: BringOptions): Promise<LocalFiles> {
  const addresses: string[] = [];
  for (const name of new Set(names)) if (await mustBeBrought(name, options)) addresses.push(name);
  const inPlace = names.filter((name) => isReadInPlace(name) && !addresses.includes(name));
  const restoreInPlace = (text: string) =>
    inPlace.reduce((restored, name) => restored.replaceAll(name, hideUser(name)), text);
  if (addresses.length === 0) return { files: names, restore: restoreInPlace, close: () => undefined };
  const folder = openOwnFolder(options.above, DOWNLOADS, digestOf(addresses.join("\n")).slice(0, 16));
  try {
    const transfers = new Map<string, readonly Transfer[]>();
    for (const address of addresses) transfers.set(address, await find(address, folder.path, options));
    await bringAll([...transfers.values()].flat(), folder.path, options);
    const restoreBrought = makeRestore(transfers, folder.path);
    return {
      files: names.flatMap((name) => {
        const brought = transfers.get(name);
        return brought === undefined ? [name] : filesOf(brought, folder.path);
      }),
      restore: (text) => restoreInPlace(restoreBrought(text)),
      close: folder.close,
    };
  } catch (error) {
    folder.close(true);
    throw error;
  }
}

async function find(address: string, folder: string, options: BringOptions): Promise<readonly Transfer[]> {
  const source = /^s3:/i.test(address) ? (await import("./s3Source.ts")).openS3(options.environment) : httpSource;
  const objects = await patiently(hideUser(address), options, (signal) => source.find(address, signal));
  return objects.map((object) => ({
    object,
    source,
    file: join(folderOf(address, folder), object.path),
    part: join(folder, "parts", digestOf(object.address)),
  }));
}

function folderOf(address: string, folder: string): string {
  return join(folder, digestOf(address).slice(0, 8));
}

async function bringAll(transfers: readonly Transfer[], folder: string, options: BringOptions): Promise<void> {
  const { progress, signal } = options;
  const sizes = transfers.map(({ object }) => object.size);
  const bytes = sizes.every((size) => size !== null) ? sizes.reduce((sum, size) => sum + size, 0) : null;
  progress.onFound(transfers.length, bytes);
  mkdirSync(join(folder, "parts"), { recursive: true, mode: 0o700 });
  await checkRoom(folder, transfers);
  let done = 0;
  const onMore = (more: number) => {
    done += more;
    progress.onBytes(done);
  };
  await pMap(transfers, (transfer) => bring(transfer, onMore, options), { concurrency: CONCURRENCY, signal });
}

async function bring({ object, source, file, part }: Transfer, onMore: (bytes: number) => void, options: BringOptions) {
  const versionFile = `${part}.version`;
  let { version } = object;
  let counted = 0;
  const count = (bytes: number) => {
    onMore(bytes - counted);
    counted = bytes;
  };
  const isOfVersion = () => version !== null && readText(versionFile) === version;
  if (isOfVersion() && existsSync(file)) return count(sizeOf(file));
  rmSync(file, { force: true });
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  await patiently(hideUser(object.address), options, async (signal, onArrival) => {
    const had = isOfVersion() ? sizeOf(part) : 0;
    const body = await source.read({ ...object, version }, had, signal);
    version = body.version;
    writeFileSync(versionFile, version ?? "", { mode: 0o600 });
    count(body.from);
    const write = createWriteStream(part, {
      ...(body.from === 0 ? { flags: "w" } : { flags: "r+", start: body.from }),
      mode: 0o600,
      flush: true,
    });
    const watch = async function* (chunks: AsyncIterable<Uint8Array>) {
      for await (const chunk of chunks) {
        onArrival();
        count(counted + chunk.length);
        yield chunk;
      }
    };
    await pipeline(body.chunks, watch, write, { signal });
    if (body.size !== null && counted !== body.size)
      throw new TransientError(`${hideUser(object.address)} was cut off after ${counted} of ${body.size} bytes.`);
    renameSync(part, file);
  });
}

/** Tries until it succeeds, or until nothing has arrived for PATIENCE_MS. */
async function patiently<T>(
  what: string,
  { clock, signal }: BringOptions,
  attempt: (signal: AbortSignal, onArrival: () => void) => Promise<T>,
): Promise<T> {
  let failures = 0;
  let lastMs = clock.monotonicMs();
  for (;;) {
    const stall = new AbortController();
    const watch = () =>
      clock.after(STALL_MS, () =>
        stall.abort(new TransientError(`${what}: nothing arrived for ${STALL_MS / 1000} s.`)),
      );
    let cancel = watch();
    const onArrival = () => {
      cancel();
      cancel = watch();
      failures = 0;
      lastMs = clock.monotonicMs();
    };
    try {
      return await attempt(AbortSignal.any([signal, stall.signal]), onArrival);
    } catch (thrown) {
      signal.throwIfAborted();
      const error = stall.signal.aborted ? stall.signal.reason : explain(what, coerceError(thrown));
      const delayMs = backoffMs(failures++, BACKOFF, Math.random);
      const isPassing = error instanceof TransientError || findTrouble(error)?.fate === "passing";
      if (!isPassing || clock.monotonicMs() + delayMs - lastMs > PATIENCE_MS) throw error;
      await pause(clock, delayMs, signal);
    } finally {
      cancel();
    }
  }
}

/** What fetch says in two words, as what it means. */
function explain(what: string, error: Error): Error {
  if (error instanceof RejectedError || error instanceof TransientError) return error;
  const cause = error.cause instanceof Error ? error.cause : error;
  const options = { cause: error };
  const trouble = isDistrust(cause) ? null : findTrouble(error);
  if (trouble !== null) return new TransientError(`${what}: ${trouble.meaning} (${cause.message}).`, options);
  const { code } = cause as NodeJS.ErrnoException;
  if (code?.startsWith("UND_ERR_")) return new TransientError(`${what}: ${cause.message}.`, options);
  if (!(error instanceof TypeError)) return error;
  return new RejectedError(
    "RemoteRefused",
    `${what} cannot be read: ${cause.message}. If the certificate is of your own authority, name its file in NODE_EXTRA_CA_CERTS.`,
    options,
  );
}

async function checkRoom(folder: string, transfers: readonly Transfer[]): Promise<void> {
  const missing = transfers.reduce((sum, { object, file, part }) => {
    return sum + Math.max(0, (object.size ?? 0) - Math.max(sizeOf(file), sizeOf(part)));
  }, 0);
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize >= missing) return;
  const gibibytes = (size: number) => (size / 2 ** 30).toFixed(1);
  throw new RejectedError(
    "NoRoom",
    `The files need ${gibibytes(missing)} GiB of room, but ${folder} has ${gibibytes(bavail * bsize)} GiB left. ` +
      "Name a folder on a larger disk: TMPDIR, or --spool FOLDER where the command has it.",
  );
}

/** Names of files that mark a folder as a Zarr store. */
const STORE_MARKS = new Set(["zarr.json", ".zgroup", ".zmetadata", ".zarray"]);

/** Each file once, and of a Zarr store its folder. */
function filesOf(transfers: readonly Transfer[], folder: string): readonly string[] {
  const stores = transfers.map(({ file }) => file).filter((file) => STORE_MARKS.has(basename(file)));
  const roots = stores.map((file) => dirname(file)).sort((a, b) => a.length - b.length);
  const localName = ({ file }: Transfer) =>
    roots.find((root) => root !== folder && file.startsWith(`${root}/`)) ?? file;
  return [...new Set(transfers.map(localName))];
}

function makeRestore(transfers: ReadonlyMap<string, readonly Transfer[]>, folder: string): LocalFiles["restore"] {
  const pairs = [...transfers].flatMap(([address, found]) => [
    ...found.map(({ file, object }) => [file, hideUser(object.address)] as const),
    [
      folderOf(address, folder),
      hideUser(address)
        .replace(/\/$/, "")
        .replace(/\/[^/]*$/, ""),
    ] as const,
  ]);
  const longestFirst = pairs.sort(([a], [b]) => b.length - a.length);
  return (text) => longestFirst.reduce((restored, [file, address]) => restored.replaceAll(file, address), text);
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

function readText(file: string): string | undefined {
  return existsSync(file) ? readFileSync(file, "utf8") : undefined;
}

function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}
