// Files at https:// and http:// addresses. Reading continues where it stopped if the server gives a strong ETag or a
// Last-Modified and takes ranges (RFC 9110, sections 13.1.5 and 14).
import { RejectedError, TransientError } from "../../model/errors.ts";
import type { RemoteObject, RemoteSource } from "./remoteSource.ts";

/** Answers that a later request may not get: RFC 9110, RFC 6585 and what proxies add. */
const PASSING_STATUS = new Set([408, 425, 429, 500, 502, 503, 504]);
/** Servers that do not answer HEAD as they answer GET. */
const NO_HEAD = new Set([403, 405, 501]);

export const httpSource: RemoteSource = {
  async find(address, signal) {
    if (new URL(address).pathname.endsWith("/")) {
      throw new RejectedError(
        "RemoteFolder",
        `${hideUser(address)} is a folder, and HTTP has no list of its files. Give the address of each file.`,
      );
    }
    const response = await request(address, { method: "HEAD", signal });
    if (NO_HEAD.has(response.status)) return [describe(address, null, null)];
    refuse(address, response);
    return [describe(address, readSize(response), readVersion(response))];
  },

  async read({ address, version }, from, signal) {
    // Compressed on its way, a body has other bytes than its ranges.
    const headers = { "accept-encoding": "identity" };
    const rangeHeaders = { ...headers, range: `bytes=${from}-`, "if-range": version ?? "" };
    const isResumable = from > 0 && version !== null;
    let response = await request(address, { headers: isResumable ? rangeHeaders : headers, signal });
    // It is shorter now.
    if (response.status === 416) response = await request(address, { headers, signal });
    refuse(address, response);
    if (response.body === null) throw new TransientError(`${hideUser(address)}: the server sent no content.`);
    const rest = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(response.headers.get("content-range") ?? "");
    const isRest = response.status === 206 && rest !== null && Number(rest[1]) === from;
    if (response.status === 206 && !isRest)
      throw new TransientError(`${hideUser(address)}: the server sent another range than the one requested.`);
    const whole = isRest ? (rest[2] === "*" ? null : Number(rest[2])) : readSize(response);
    return { from: isRest ? from : 0, size: whole, version: readVersion(response), chunks: response.body };
  },
};

function describe(address: string, size: number | null, version: string | null): RemoteObject {
  const name = decodeURIComponent(new URL(address).pathname.split("/").at(-1)!).replaceAll(/[/\\\0]/g, "_");
  return { address, path: name, size, version };
}

async function request(address: string, init: RequestInit): Promise<Response> {
  const { url, headers } = withoutUser(address);
  return fetch(url, { ...init, headers: { ...headers, ...(init.headers as Record<string, string>) } });
}

/** fetch takes no user and password in an address. */
export function withoutUser(address: string): { url: URL; headers: Record<string, string> } {
  const url = new URL(address);
  const { username, password } = url;
  url.username = "";
  url.password = "";
  const words = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString("base64");
  return { url, headers: username === "" && password === "" ? {} : { authorization: `Basic ${words}` } };
}

/** The address without user and password, for messages. */
export function hideUser(address: string): string {
  return withoutUser(address).url.href;
}

function refuse(address: string, response: Response): void {
  const { status, statusText } = response;
  if (response.ok) return;
  void response.body?.cancel();
  const problem = `${hideUser(address)}: the server answers ${status} ${statusText}`.trimEnd();
  if (PASSING_STATUS.has(status)) throw new TransientError(`${problem}.`);
  if (status === 401 || status === 403) {
    throw new RejectedError(
      "RemoteRefused",
      `${problem}. Put user and password into the address, as in https://USER:PASSWORD@HOST/FILE, or use an address that is signed.`,
    );
  }
  throw new RejectedError("RemoteNotFound", `${problem}. Check the address: it must be that of one file.`);
}

function readSize({ headers }: Response): number | null {
  const size = headers.get("content-length");
  return size === null || headers.has("content-encoding") ? null : Number(size);
}

/** A strong ETag, else the date of the last change: what If-Range may name. */
function readVersion({ headers }: Response): string | null {
  const tag = headers.get("etag");
  return tag === null || tag.startsWith("W/") ? headers.get("last-modified") : tag;
}
