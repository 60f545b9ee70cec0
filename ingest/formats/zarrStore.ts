// Zarr v2 and v3, in a folder, a zip, over HTTP or from S3, through zarrita: arrays of all groups and boxes of their values.
// A piece that would unpack to more than its chunk holds is refused before it is unpacked.
import { openAsBlob } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { FileSystemStore, ZipFileStore } from "@zarrita/storage";
import type { Array as ZarrArray } from "zarrita";
import { RejectedError } from "../../model/errors.ts";
import {
  type ArrayFile,
  type ArrayVariable,
  checkTexts,
  type NumberArray,
  trimText,
  unreadableArray,
  valuesIn,
} from "./arrayFile.ts";
import type { FormatOfKind } from "./fileFormat.ts";
import { isRemoteStore, openRemoteStore } from "./remoteStore.ts";
import { unreadable } from "./unreadable.ts";
import { declaredBytes, describeArray, readAttributes, refuseShortChunks } from "./zarrArrays.ts";
import { foldersIn, listArrays } from "./zarrNodes.ts";

export const ZARR: FormatOfKind<"array"> = {
  name: "Zarr",
  kind: "array",
  matches: ({ file, text, entries }) =>
    isRemoteStore(file) ||
    text.startsWith("PK\x03\x04") ||
    (entries !== undefined &&
      (/\.zarr\/*$/.test(file) || entries.includes(".zgroup") || entries.includes("zarr.json"))),
  open: openZarr,
};

type Key = `/${string}`;
type Part = { readonly offset: number; readonly length: number };
/** What a folder, a zip and a server have in common. */
interface Store {
  get(key: Key): Promise<Uint8Array | undefined>;
  getRange(key: Key, part: Part): Promise<Uint8Array | undefined>;
}
/** As zarrita reads it: parts of shards, of which the last bytes hold the index. */
interface BoundedStore {
  get(key: Key): Promise<Uint8Array | undefined>;
  getRange(key: Key, part: Part | { readonly suffixLength: number }): Promise<Uint8Array | undefined>;
}

/** Of an array, from its description. */
interface Limits {
  readonly bytesPerChunk: number;
  /** zarrita looks for the index of a shard at its end only. */
  readonly isIndexAtStart: boolean;
}

const MOST_METADATA_BYTES = 1 << 24;
/** A chunk is unpacked whole. */
const MOST_CHUNK_BYTES = 1 << 28;
const METADATA = /(^|\/)(\.zarray|\.zattrs|\.zgroup|\.zmetadata|zarr\.json)$/;

async function openZarr(file: string, _signal?: AbortSignal, environment: NodeJS.ProcessEnv = {}): Promise<ArrayFile> {
  const found = await lookInto(file, environment);
  const version = found.root.endsWith("zarr.json") ? 3 : 2;
  const prefix = found.root.slice(0, -(version === 3 ? "zarr.json" : ".zgroup").length);
  const zarr = await import("zarrita");
  const limits = new Map<string, Limits>();
  const store = boundedStore(file, found.store(prefix), (key) => found.sizeOf(`${prefix}${key.slice(1)}`), limits);
  const group = await zarr.open(zarr.root(store), { kind: "group" }).catch((error) => {
    throw unreadable(file, "its Zarr group", error);
  });
  const arrays = new Map<string, ZarrArray<"float32">>();
  const variables: ArrayVariable[] = [];
  const names = await found.arrays(prefix).catch((error) => {
    throw error instanceof RejectedError ? error : unreadable(file, "its list of arrays", error);
  });
  const isKnown = new Set(names);
  for (const name of names) {
    try {
      const array = (await zarr.open(group.resolve(name), { kind: "array" })) as ZarrArray<"float32">;
      refuseShortChunks(array);
      const stored = await store.get(`/${name}/${version === 3 ? "zarr.json" : ".zattrs"}`);
      const description = stored === undefined ? "{}" : Buffer.from(stored).toString("utf8");
      const variable = describeArray(name, array, version, description, isKnown);
      limits.set(name, {
        bytesPerChunk: valuesIn(variable.chunk!) * (variable.bytesPerValue ?? 1024),
        isIndexAtStart: version === 3 && isIndexAtStart(description),
      });
      arrays.set(name, array);
      variables.push(variable);
    } catch (error) {
      variables.push(unreadableArray(name, unreadable(file, `the description of array "${name}"`, error)));
    }
  }
  return {
    file,
    format: `${ZARR.name} v${version}`,
    bytes: found.bytes,
    variables,
    attributes: readAttributes(group.attrs),
    read: async (variable, start, count) => {
      const array = arrays.get(variable.name)!;
      try {
        const box = start.map((from, axis) => zarr.slice(from, from + count[axis]!));
        const got = await zarr.get(array, box);
        if (typeof got !== "object") return Float64Array.of(Number(got));
        return inRowOrder(got.data, got.shape, got.stride);
      } catch (error) {
        throw error instanceof RejectedError ? error : unreadable(file, `array "${variable.name}"`, error);
      }
    },
    readTexts: async (variable) => {
      checkTexts(file, variable);
      try {
        const got = await zarr.get(arrays.get(variable.name)! as unknown as ZarrArray<"string">);
        const texts = typeof got === "object" ? [...(got.data as Iterable<unknown>)] : [got];
        return texts.map((text) => trimText(String(text)));
      } catch (error) {
        throw error instanceof RejectedError ? error : unreadable(file, `array "${variable.name}"`, error);
      }
    },
    close: () => undefined,
  };
}

interface Found {
  readonly bytes: number;
  /** Key of the root group's description. */
  readonly root: string;
  /** Paths of the arrays below it. */
  arrays(prefix: string): Promise<readonly string[]>;
  /** Bytes of a piece; undefined where there is none. */
  sizeOf(name: string): Promise<number | undefined>;
  store(prefix: string): Store;
}

async function lookInto(file: string, environment: NodeJS.ProcessEnv): Promise<Found> {
  if (isRemoteStore(file)) return lookIntoRemote(file, environment);
  return (await stat(file)).isDirectory() ? lookIntoFolder(file) : lookIntoZip(file);
}

async function lookIntoRemote(file: string, environment: NodeJS.ProcessEnv): Promise<Found> {
  const store = await openRemoteStore(file, environment);
  return {
    bytes: 0,
    root: store.version === 3 ? "zarr.json" : ".zgroup",
    arrays: async () => store.arrays,
    sizeOf: (name) => store.sizeOf(`/${name}`),
    store: () => store,
  };
}

async function lookIntoFolder(folder: string): Promise<Found> {
  const names = await readdir(folder);
  const root = ["zarr.json", ".zgroup"].find((name) => names.includes(name));
  if (root === undefined) throw noGroup(folder, names);
  const bytes = await folderBytes(folder);
  const sizeOf = async (name: string) => (await stat(join(folder, name)).catch(() => undefined))?.size;
  const describe = async (key: string) => {
    const size = await sizeOf(key);
    return size === undefined || size > MOST_METADATA_BYTES ? undefined : readFile(join(folder, key));
  };
  const folders = async (path: string) =>
    (await readdir(join(folder, path), { withFileTypes: true }))
      .filter((entry) => entry.isDirectory() || entry.isSymbolicLink())
      .map(({ name }) => name);
  const version = root === "zarr.json" ? 3 : 2;
  return {
    bytes,
    root,
    arrays: () => listArrays(version, { describe, folders }),
    sizeOf,
    store: (prefix) => new FileSystemStore(join(folder, prefix)),
  };
}

async function lookIntoZip(file: string): Promise<Found> {
  const blob = await openAsBlob(file);
  let names: string[];
  let sizes: Map<string, number>;
  try {
    sizes = await listZip(blob);
    names = [...sizes.keys()];
  } catch (error) {
    throw unreadable(file, "its list of zip entries", error);
  }
  const root = names
    .filter((name) => /(^|\/)(\.zgroup|zarr\.json)$/.test(name))
    .sort((a, b) => a.split("/").length - b.split("/").length || a.length - b.length)[0];
  if (root === undefined) throw noGroup(file, names);
  for (const [name, size] of sizes) {
    if (size > (METADATA.test(name) ? MOST_METADATA_BYTES : MOST_CHUNK_BYTES)) throw tooLarge(file, name, size);
  }
  const zip = (prefix: string) =>
    ZipFileStore.fromBlob(blob, {
      transformEntries: (entries) =>
        Object.fromEntries(
          Object.entries(entries)
            .filter(([name]) => name.startsWith(prefix))
            .map(([name, entry]) => [name.slice(prefix.length), entry]),
        ),
    });
  const arrays = (prefix: string) => {
    const store = zip(prefix);
    const keys = names.filter((name) => name.startsWith(prefix)).map((name) => `/${name.slice(prefix.length)}`);
    const describe = async (key: string) => (keys.includes(key) ? store.get(key as Key) : undefined);
    return listArrays(root.endsWith("zarr.json") ? 3 : 2, { describe, folders: (path) => foldersIn(keys, path) });
  };
  return { bytes: blob.size, root, arrays, sizeOf: async (name) => sizes.get(name), store: zip };
}

/** Unpacked size by name, from the zip's directory. */
async function listZip(blob: Blob): Promise<Map<string, number>> {
  const sizes = new Map<string, number>();
  const store = ZipFileStore.fromBlob(blob, {
    transformEntries: (entries) => {
      for (const [name, { size }] of Object.entries(entries)) sizes.set(name, size);
      return entries;
    },
  });
  // The directory is read with the first key.
  await store.has("/.zgroup");
  return sizes;
}

/** Refuses pieces that would unpack to more than the array's chunks hold, and parts that a shard does not have. */
function boundedStore(
  file: string,
  store: Store,
  sizeOf: (key: Key) => Promise<number | undefined>,
  limits: ReadonlyMap<string, Limits>,
): BoundedStore {
  /** Of shards whose index has been read. */
  const indexBytes = new Map<Key, number>();
  const limitsOf = (key: Key): Limits | undefined => {
    for (let path = key.slice(1); path.includes("/"); ) {
      path = path.slice(0, path.lastIndexOf("/"));
      const own = limits.get(path);
      if (own !== undefined) return own;
    }
    return undefined;
  };
  const limitOf = (key: Key) =>
    METADATA.test(key) ? MOST_METADATA_BYTES : (limitsOf(key)?.bytesPerChunk ?? MOST_CHUNK_BYTES);
  const check = (key: Key, bytes: Uint8Array): Uint8Array => {
    const limit = limitOf(key);
    const size = METADATA.test(key) ? bytes.length : Math.max(declaredBytes(bytes), bytes.length - (1 << 16));
    if (size > 2 * limit) throw tooLarge(file, key.slice(1), size, limit);
    return bytes;
  };
  return {
    get: async (key) => {
      const bytes = await store.get(key);
      return bytes === undefined ? undefined : check(key, bytes);
    },
    getRange: async (key, part) => {
      const size = await sizeOf(key);
      if (size === undefined) return undefined;
      const isIndex = "suffixLength" in part;
      const length = isIndex ? part.suffixLength : part.length;
      const atStart = limitsOf(key)?.isIndexAtStart === true;
      const offset = isIndex ? (atStart ? 0 : size - length) : part.offset;
      if (isIndex) indexBytes.set(key, length);
      const index = isIndex ? 0 : (indexBytes.get(key) ?? 0);
      const [from, to] = atStart ? [index, size] : [0, size - index];
      // What is not there would be read as zeros, and the index as values.
      if (offset < from || offset + length > to) {
        const bytes = `bytes ${offset} to ${offset + length}`;
        throw new Error(`shard "${key.slice(1)}" has ${size} bytes, and no chunk at its ${bytes}`);
      }
      const most = isIndex ? MOST_METADATA_BYTES : 2 * limitOf(key) + (1 << 16);
      if (length > most) throw tooLarge(file, key.slice(1), length, limitOf(key));
      const bytes = await store.getRange(key, { offset, length });
      if (bytes === undefined || isIndex) return bytes;
      return check(key, bytes);
    },
  };
}

/** https://zarr-specs.readthedocs.io/en/latest/v3/codecs/sharding-indexed/index.html */
function isIndexAtStart(description: string): boolean {
  return /"index_location"\s*:\s*"start"/.test(description);
}

/** Arrays stored column by column come out so. */
function inRowOrder(data: unknown, shape: readonly number[], stride: readonly number[]): NumberArray {
  if (!ArrayBuffer.isView(data)) throw new Error("values that are no numbers");
  const values = data as Float64Array;
  const expected = shape.map((_, axis) => valuesIn(shape.slice(axis + 1)));
  if (stride.every((step, axis) => step === expected[axis] || shape[axis] === 1)) return values;
  const ordered = values.slice();
  const position = shape.map(() => 0);
  for (let at = 0; at < ordered.length; at++) {
    ordered[at] = values[position.reduce((sum, place, axis) => sum + place * stride[axis]!, 0)]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      if (++position[axis]! < shape[axis]!) break;
      position[axis] = 0;
    }
  }
  return ordered;
}

async function folderBytes(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  let bytes = 0;
  for (const entry of entries) if (entry.isFile()) bytes += (await stat(join(entry.parentPath, entry.name))).size;
  return bytes;
}

function noGroup(file: string, names: readonly string[]): RejectedError {
  const shown = names.slice(0, 5).join('", "');
  return new RejectedError(
    "NotZarr",
    `${file}: expected a Zarr group (a file .zgroup or zarr.json in it), found ${names.length === 0 ? "nothing" : `"${shown}"${names.length > 5 ? ", …" : ""}`}. Name the store's own folder or zip; if other files are in it, unpack it and name those.`,
  );
}

function tooLarge(file: string, key: string, size: number, limit?: number): RejectedError {
  const mebibytes = (bytes: number) => `${Math.ceil(bytes / (1 << 20)).toLocaleString("en")} MiB`;
  return new RejectedError(
    "TooLargeInside",
    `${file}: "${key}" would unpack to ${mebibytes(size)}, more than ${limit === undefined ? "any chunk may" : `the array's chunks hold (${mebibytes(limit)})`}. The store is damaged or made to fill memory: fetch it again from its source.`,
  );
}
