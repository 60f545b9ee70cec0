// Pieces of what lies on a server, read in place: whole objects or ranges of bytes, over HTTP or from S3. Requests are few at a time,
// limited in time and in size, and repeated when the server or the network fails.
import { setTimeout as pause } from "node:timers/promises";
import { coerceError, RejectedError } from "../../model/errors.ts";
import { hideUser, withoutUser } from "./httpSource.ts";
import type { PieceRequest, PieceServer } from "./pieceServer.ts";

export interface Range {
  readonly offset: number;
  readonly length: number;
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

/** `environment` says how S3 is reached. */
export async function openPieces(
  address: string,
  environment: NodeJS.ProcessEnv,
  settings: RemoteSettings = SETTINGS,
): Promise<RemotePieces> {
  if (!/^s3:/i.test(address)) return new RemotePieces(address, { request: requestOver(address) }, settings);
  const { openS3Pieces } = await import("./s3Source.ts");
  return new RemotePieces(address, openS3Pieces(address, environment), settings);
}

function requestOver(address: string): PieceServer["request"] {
  const { url, headers: own } = withoutUser(address);
  const path = url.pathname.replace(/\/+$/, "");
  return (key, { method, headers, signal }) => {
    const whole = new URL(url);
    whole.pathname = `${path}${key}`;
    return fetch(whole, { method, headers: { ...own, ...headers }, signal });
  };
}

function nameOf(key: string): string {
  return key === "" ? "it" : key;
}

export class RemotePieces {
  readonly #file: string;
  readonly #server: PieceServer;
  readonly #settings: RemoteSettings;
  #running = 0;
  readonly #waiting: (() => void)[] = [];
  /** Of what is read in ranges, by key, as the server named it first. */
  readonly #versions = new Map<string, string>();

  constructor(address: string, server: PieceServer, settings: RemoteSettings) {
    this.#file = hideUser(address);
    this.#server = server;
    this.#settings = settings;
  }

  /** undefined: the server has no such key. */
  read(key: string, range?: Range): Promise<Uint8Array | undefined> {
    return this.#inTurn(key, async () => {
      const headers: Record<string, string> =
        range === undefined ? {} : { Range: `bytes=${range.offset}-${range.offset + range.length - 1}` };
      const response = await this.#request(key, "GET", headers);
      if (response === undefined) return undefined;
      if (range !== undefined) this.#refuseOther(key, response);
      const bytes = await this.#readBody(key, response);
      // Servers that know no ranges send the whole.
      if (range === undefined || response.status === PARTIAL) return bytes;
      return bytes.subarray(range.offset, range.offset + range.length);
    });
  }

  /** Whether there is such a key; false as well where the server keeps it to itself. */
  async has(key: string): Promise<boolean> {
    try {
      const response = await this.#inTurn(key, () => this.#request(key, "HEAD", {}));
      return response !== undefined;
    } catch (error) {
      if (error instanceof RejectedError && error.reason !== "RemoteStoreFails") return false;
      throw error;
    }
  }

  /** Bytes of what the address names, from a server that sends parts of it; else undefined. Addresses may be signed for GET alone. */
  sizeOfParts(): Promise<number | undefined> {
    return this.#inTurn("", async () => {
      const response = await this.#request("", "GET", { Range: "bytes=0-0", "accept-encoding": "identity" });
      await response?.body?.cancel();
      if (response !== undefined) this.#refuseOther("", response);
      const whole = /^bytes 0-0\/(\d+)$/.exec(response?.headers.get("content-range") ?? "")?.[1];
      return response?.status === PARTIAL && whole !== undefined ? Number(whole) : undefined;
    });
  }

  /** Names of folders right below a key that ends in a slash; undefined: the server has no lists. */
  async listFolders(key: string): Promise<readonly string[] | undefined> {
    const { listFolders } = this.#server;
    if (listFolders === undefined) return undefined;
    return this.#inTurn(key, () => listFolders(key, AbortSignal.timeout(this.#settings.timeoutMs)));
  }

  sizeOf(key: string): Promise<number | undefined> {
    return this.#inTurn(key, async () => {
      const response = await this.#request(key, "HEAD", { "accept-encoding": "identity" });
      if (response === undefined) return undefined;
      const size = response.headers.get("content-length");
      if (size !== null) return Number(size);
      throw new RejectedError(
        "RemoteStoreRefuses",
        `${this.#file}: the server does not say how long ${nameOf(key)} is (no Content-Length), which is needed to read a part of it. Download it.`,
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
      `${this.#file}: ${nameOf(key)} could not be read in ${tries} tries (${[...new Set(failures)].slice(0, MOST_SHOWN).join("; ")}). Check the address and the network, and run the command again.`,
    );
  }

  /** undefined: the server has no such key. */
  async #request(
    key: string,
    method: PieceRequest["method"],
    headers: PieceRequest["headers"],
  ): Promise<Response | undefined> {
    const signal = AbortSignal.timeout(this.#settings.timeoutMs);
    const response = await this.#server.request(key, { method, headers, signal });
    if (response.ok) return response;
    await response.body?.cancel();
    if (response.status === NOT_FOUND) return undefined;
    const words = `HTTP status ${response.status} ${response.statusText}`.trim();
    if (MAY_PASS(response.status)) throw new Error(words);
    throw new RejectedError(
      "RemoteStoreRefuses",
      `${this.#file}: the server refuses ${nameOf(key)} (${words}). Check the address; user and password may be in it: https://USER:PASSWORD@HOST/NAME. Else download it.`,
    );
  }

  /** Pieces of two versions would be read as one. */
  #refuseOther(key: string, { headers }: Response): void {
    const tag = headers.get("etag");
    if (tag === null || tag.startsWith("W/")) return;
    const known = this.#versions.get(key) ?? tag;
    this.#versions.set(key, known);
    if (known === tag) return;
    throw new RejectedError(
      "RemoteChanged",
      `${this.#file}${key} has changed while it was read. Run the command again when it is complete.`,
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
      `${this.#file}: ${nameOf(key)} has more than ${mostBytes >> 20} MiB, more than any piece may. Store it in smaller chunks: xarray's chunk and to_zarr.`,
    );
  }
}
