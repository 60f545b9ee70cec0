// A Zarr store read in place, over HTTP or from S3: its descriptions once, consolidated or found by lists, then its pieces as they are
// needed.
import { coerceError, RejectedError } from "../../model/errors.ts";
import { hideUser } from "../remote/httpSource.ts";
import { openPieces, type Range, type RemotePieces, type RemoteSettings } from "../remote/remotePieces.ts";
import { foldersIn, listArrays } from "./zarrNodes.ts";

export interface RemoteStore {
  readonly version: 2 | 3;
  /** Paths of its arrays. */
  readonly arrays: readonly string[];
  /** Bytes of a piece; undefined where there is none. */
  sizeOf(key: string): Promise<number | undefined>;
  get(key: string): Promise<Uint8Array | undefined>;
  getRange(key: string, range: Range): Promise<Uint8Array | undefined>;
}

/** Its path ends in .zarr: it is read in place. */
export function isRemoteStore(file: string): boolean {
  return /^(https?|s3):\/\/[^?#]*\.zarr\/*([?#]|$)/i.test(file);
}

export async function openRemoteStore(
  address: string,
  environment: NodeJS.ProcessEnv,
  settings?: RemoteSettings,
): Promise<RemoteStore> {
  const pieces = await openPieces(address, environment, settings);
  const file = hideUser(address);
  const metadata = new Map<string, Uint8Array | undefined>();
  const read = async (key: string) => {
    if (!metadata.has(key)) metadata.set(key, await pieces.read(key));
    return metadata.get(key);
  };
  const consolidated = (await readVersion3(file, read, metadata)) ?? (await readVersion2(file, read, metadata));
  const isListed = consolidated === undefined && (await pieces.listFolders("/")) !== undefined;
  const version = consolidated ?? (isListed ? await findVersion(read) : undefined);
  if (version === undefined) {
    throw new RejectedError(
      "NotZarr",
      isListed
        ? `${file}: expected a Zarr store (zarr.json or .zgroup below it), found neither. Check bucket and prefix.`
        : `${file}: expected a Zarr store with consolidated metadata (zarr.json that holds it, or .zmetadata), found neither. ` +
            "Over HTTP a store cannot be listed: consolidate it by zarr.consolidate_metadata, or download it.",
    );
  }
  // Nothing that is not consolidated is looked for.
  const describe = async (key: string) => (isListed ? read(key) : metadata.get(key));
  const folders = (path: string) => (isListed ? listFolders(pieces, path) : foldersIn([...metadata.keys()], path));
  return {
    version,
    arrays: await listArrays(version, { describe, folders }),
    sizeOf: (key) => pieces.sizeOf(key),
    get: (key) => (isMetadata(key) ? describe(key) : pieces.read(key)),
    getRange: (key, range) => pieces.read(key, range),
  };
}

async function listFolders(pieces: RemotePieces, path: string): Promise<readonly string[]> {
  return (await pieces.listFolders(path)) ?? [];
}

async function findVersion(read: Read): Promise<2 | 3 | undefined> {
  if ((await read("/zarr.json")) !== undefined) return 3;
  return (await read("/.zgroup")) === undefined ? undefined : 2;
}

type Read = (key: string) => Promise<Uint8Array | undefined>;
type Metadata = Map<string, Uint8Array | undefined>;

function isMetadata(key: string): boolean {
  return /\/(\.zarray|\.zattrs|\.zgroup|zarr\.json)$/.test(key);
}

async function readVersion3(file: string, read: Read, metadata: Metadata): Promise<3 | undefined> {
  const bytes = await read("/zarr.json");
  if (bytes === undefined) return undefined;
  const root = parse(file, "zarr.json", bytes) as { consolidated_metadata?: { metadata?: object } | null };
  const nodes = root.consolidated_metadata?.metadata;
  if (nodes === undefined) return undefined;
  for (const [path, node] of Object.entries(nodes))
    metadata.set(`/${path}/zarr.json`, Buffer.from(JSON.stringify(node)));
  return 3;
}

async function readVersion2(file: string, read: Read, metadata: Metadata): Promise<2 | undefined> {
  const bytes = await read("/.zmetadata");
  if (bytes === undefined) return undefined;
  const { metadata: nodes } = parse(file, ".zmetadata", bytes) as { metadata?: object };
  if (nodes === undefined) return undefined;
  for (const [path, node] of Object.entries(nodes)) metadata.set(`/${path}`, Buffer.from(JSON.stringify(node)));
  return 2;
}

function parse(file: string, name: string, bytes: Uint8Array): unknown {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString("utf8"));
    if (typeof value === "object" && value !== null) return value;
    throw new Error("no object");
  } catch (cause) {
    throw new RejectedError(
      "UnreadableFile",
      `${file}: its ${name} is no JSON of a Zarr store (${coerceError(cause).message}). Check the address: a page that says why there is no file is no store either.`,
      { cause },
    );
  }
}
