// A Zarr store read over HTTP in place: its consolidated metadata once, then its pieces as they are needed. Requests are few at a
// time, limited in time and in size, and repeated when the server or the network fails.
import { setTimeout as pause } from "node:timers/promises";
import { coerceError, RejectedError } from "../../model/errors.ts";

export interface Range {
  readonly offset: number;
  readonly length: number;
}

export interface RemoteStore {
  /** 2: .zmetadata, 3: zarr.json */
  readonly version: 2 | 3;
  /** Names of the arrays right below the root. */
  readonly arrays: readonly string[];
  /** Bytes of a piece; undefined where there is none. */
  sizeOf(key: string): Promise<number | undefined>;
  get(key: string): Promise<Uint8Array | undefined>;
  getRange(key: string, range: Range): Promise<Uint8Array | undefined>;
}

export interface RemoteSettings {
  readonly timeoutMs: number;
  /** Before the second try; twice as long before each further one. */
  readonly pauseMs: number;
  readonly tries: number;
  readonly atOnce: number;
  readonly mostBytes: number;
}

const SETTINGS: RemoteSettings = { timeoutMs: 20_000, pauseMs: 500, tries: 4, atOnce: 8, mostBytes: 1 << 26 };
/** Statuses that may pass: too many requests, and failures of servers. */
const MAY_PASS = (status: number) => status === 408 || status === 429 || status >= 500;
const [NOT_FOUND, PARTIAL] = [404, 206];
const MOST_SHOWN = 3;

/** Its path ends in .zarr: it is read in place. Files at other addresses are brought here first. */
export function isRemoteStore(file: string): boolean {
  return /^https?:\/\/[^?#]*\.zarr\/*([?#]|$)/i.test(file);
}

export async function openRemoteStore(file: string, settings: RemoteSettings = SETTINGS): Promise<RemoteStore> {
  const http = new Http(file, settings);
  const metadata = new Map<string, Uint8Array>();
  const version = (await readVersion3(file, http, metadata)) ?? (await readVersion2(file, http, metadata));
  if (version === undefined) {
    throw new RejectedError(
      "NotZarr",
      `${file}: expected a Zarr store with consolidated metadata (zarr.json that holds it, or .zmetadata), found neither. ` +
        "Over HTTP a store cannot be listed: consolidate it by zarr.consolidate_metadata, or download it.",
    );
  }
  const description = version === 3 ? /^\/([^/]+)\/zarr\.json$/ : /^\/([^/]+)\/\.zarray$/;
  const isArray = (bytes: Uint8Array) =>
    version === 2 || /"node_type"\s*:\s*"array"/.test(Buffer.from(bytes).toString("utf8"));
  const arrays = [...metadata].flatMap(([key, bytes]) => (isArray(bytes) ? (description.exec(key)?.[1] ?? []) : []));
  return {
    version,
    arrays: arrays.sort(),
    sizeOf: (key) => http.sizeOf(key),
    get: async (key) => (isMetadata(key) ? metadata.get(key) : http.read(key)),
    getRange: (key, range) => http.read(key, range),
  };
}

function isMetadata(key: string): boolean {
  return /\/(\.zarray|\.zattrs|\.zgroup|zarr\.json)$/.test(key);
}

async function readVersion3(file: string, http: Http, metadata: Map<string, Uint8Array>): Promise<3 | undefined> {
  const bytes = await http.read("/zarr.json");
  if (bytes === undefined) return undefined;
  const root = parse(file, "zarr.json", bytes) as { consolidated_metadata?: { metadata?: object } | null };
  const nodes = root.consolidated_metadata?.metadata;
  if (nodes === undefined) return undefined;
  metadata.set("/zarr.json", bytes);
  for (const [path, node] of Object.entries(nodes))
    metadata.set(`/${path}/zarr.json`, Buffer.from(JSON.stringify(node)));
  return 3;
}

async function readVersion2(file: string, http: Http, metadata: Map<string, Uint8Array>): Promise<2 | undefined> {
  const bytes = await http.read("/.zmetadata");
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

class Http {
  readonly #file: string;
  readonly #settings: RemoteSettings;
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(file: string, settings: RemoteSettings) {
    this.#file = file;
    this.#settings = settings;
  }

  /** undefined: the server has no such key. */
  read(key: string, range?: Range): Promise<Uint8Array | undefined> {
    return this.#inTurn(key, async () => {
      const headers: Record<string, string> =
        range === undefined ? {} : { Range: `bytes=${range.offset}-${range.offset + range.length - 1}` };
      const response = await this.#request(key, { headers });
      if (response === undefined) return undefined;
      const bytes = await this.#readBody(key, response);
      // Servers that know no ranges send the whole.
      if (range === undefined || response.status === PARTIAL) return bytes;
      return bytes.subarray(range.offset, range.offset + range.length);
    });
  }

  sizeOf(key: string): Promise<number | undefined> {
    return this.#inTurn(key, async () => {
      const response = await this.#request(key, { method: "HEAD", headers: { "accept-encoding": "identity" } });
      if (response === undefined) return undefined;
      const size = response.headers.get("content-length");
      if (size !== null) return Number(size);
      throw new RejectedError(
        "RemoteStoreRefuses",
        `${this.#file}: the server does not say how long ${key} is (no Content-Length), so chunks within shards cannot be found. Download the store.`,
      );
    });
  }

  /** A few at a time, each tried again when it may pass. */
  async #inTurn<T>(key: string, work: () => Promise<T>): Promise<T> {
    const { atOnce } = this.#settings;
    if (this.#running >= atOnce) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#running++;
    try {
      return await this.#patiently(key, work);
    } finally {
      // The next one takes this place.
      const next = this.#waiting.shift();
      if (next === undefined) this.#running--;
      else next();
    }
  }

  async #patiently<T>(key: string, work: () => Promise<T>): Promise<T> {
    const { tries, pauseMs } = this.#settings;
    const failures: string[] = [];
    for (let attempt = 0; attempt < tries; attempt++) {
      if (attempt > 0) await pause(pauseMs * 2 ** (attempt - 1));
      try {
        return await work();
      } catch (error) {
        if (error instanceof RejectedError) throw error;
        const { message, cause } = coerceError(error);
        failures.push(cause === undefined ? message : `${message}: ${coerceError(cause).message}`);
      }
    }
    throw new RejectedError(
      "RemoteStoreFails",
      `${this.#file}: ${key} could not be read in ${tries} tries (${[...new Set(failures)].slice(0, MOST_SHOWN).join("; ")}). Check the address and the network, and run the command again.`,
    );
  }

  /** undefined: the server has no such key. */
  async #request(key: string, init: RequestInit): Promise<Response | undefined> {
    const address = new URL(this.#file);
    address.pathname = `${address.pathname.replace(/\/+$/, "")}${key}`;
    const response = await fetch(address, { ...init, signal: AbortSignal.timeout(this.#settings.timeoutMs) });
    if (response.ok) return response;
    await response.body?.cancel();
    if (response.status === NOT_FOUND) return undefined;
    const words = `HTTP status ${response.status} ${response.statusText}`.trim();
    if (MAY_PASS(response.status)) throw new Error(words);
    throw new RejectedError(
      "RemoteStoreRefuses",
      `${this.#file}: the server refuses ${key} (${words}). Check the address, and whether the store may be read without an account; else download it.`,
    );
  }

  async #readBody(key: string, response: Response): Promise<Uint8Array> {
    const { mostBytes } = this.#settings;
    const pieces: Uint8Array[] = [];
    let bytes = 0;
    if (Number(response.headers.get("content-length") ?? 0) <= mostBytes) {
      for await (const piece of response.body ?? []) {
        pieces.push(piece);
        bytes += piece.length;
        if (bytes > mostBytes) break;
      }
      if (bytes <= mostBytes) return Buffer.concat(pieces);
    }
    await response.body?.cancel().catch(() => undefined);
    throw new RejectedError(
      "TooLargeInside",
      `${this.#file}: ${key} has more than ${mostBytes >> 20} MiB, more than any piece may. Store it in smaller chunks: xarray's chunk and to_zarr.`,
    );
  }
}
