// Files at s3:// addresses, in Amazon S3 or whatever speaks its protocol. Credentials, region and endpoint come from where the
// tools of AWS find them: AWS_ACCESS_KEY_ID, AWS_PROFILE, AWS_REGION, AWS_ENDPOINT_URL_S3, a pod's service account.
import { GetObjectCommand, HeadObjectCommand, paginateListObjectsV2, S3Client } from "@aws-sdk/client-s3";
import { coerceError, RejectedError, TransientError } from "../../model/errors.ts";
import type { PieceServer } from "./pieceServer.ts";
import type { RemoteObject, RemoteSource } from "./remoteSource.ts";

const DEFAULT_REGION = "us-east-1";
/** The object was replaced, or is shorter now: 412 and 416. */
const NOT_THE_REST = new Set([412, 416]);

interface S3Error extends Error {
  readonly $metadata?: { readonly httpStatusCode?: number };
}

function connect(environment: NodeJS.ProcessEnv): S3Client {
  const { AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, AWS_REGION, AWS_DEFAULT_REGION } = environment;
  const hasEndpoint = Boolean(AWS_ENDPOINT_URL_S3 || AWS_ENDPOINT_URL);
  // Servers other than Amazon's rarely have a host name for each bucket.
  return new S3Client({
    region: AWS_REGION || AWS_DEFAULT_REGION || DEFAULT_REGION,
    forcePathStyle: hasEndpoint,
  });
}

/** Objects below an address, and parts of them, where they are. */
export function openS3Pieces(address: string, environment: NodeJS.ProcessEnv): PieceServer {
  const client = connect(environment);
  const { bucket, key: prefix } = parseAddress(address.replace(/\/+$/, ""));
  return {
    async request(key, { method, headers, signal }) {
      const object = { Bucket: bucket, Key: `${prefix}${key}` };
      try {
        if (method === "HEAD") {
          const { ContentLength } = await client.send(new HeadObjectCommand(object), { abortSignal: signal });
          return new Response(null, { headers: { "content-length": String(ContentLength) } });
        }
        const { Range } = headers;
        const answer = await client.send(new GetObjectCommand({ ...object, Range }), { abortSignal: signal });
        return new Response(answer.Body?.transformToWebStream() ?? null, {
          status: Range === undefined ? 200 : 206,
          headers: {
            "content-length": String(answer.ContentLength),
            "content-range": answer.ContentRange ?? "",
            etag: answer.ETag ?? "",
          },
        });
      } catch (error) {
        const { name, $metadata } = error as S3Error;
        if ($metadata?.httpStatusCode === 404 && name !== "NoSuchBucket") return new Response(null, { status: 404 });
        throw explain(`s3://${object.Bucket}/${object.Key}`, coerceError(error));
      }
    },

    async listFolders(key, signal) {
      const within = `${prefix}${key}`;
      const pages = paginateListObjectsV2(
        { client },
        { Bucket: bucket, Prefix: within, Delimiter: "/" },
        { abortSignal: signal },
      );
      const names: string[] = [];
      for await (const page of explained(address, pages)) {
        for (const { Prefix = "" } of page.CommonPrefixes ?? []) names.push(Prefix.slice(within.length, -1));
      }
      return names;
    },
  };
}

export function openS3(environment: NodeJS.ProcessEnv): RemoteSource {
  const client = connect(environment);
  return {
    async find(address, signal) {
      const { bucket, key } = parseAddress(address);
      const found: RemoteObject[] = [];
      const isFolder = key === "" || key.endsWith("/");
      // The list gives size and version, and needs no right beyond those of a folder.
      for await (const page of explained(address, list(client, bucket, key, signal))) {
        for (const { Key = "", Size = null, ETag = null } of page.Contents ?? []) {
          if (!isFolder && Key !== key) continue;
          if (Key.endsWith("/")) continue;
          const path = isFolder ? pathBelow(bucket, key, Key) : Key.split("/").at(-1)!;
          found.push({ address: `s3://${bucket}/${Key}`, path, size: Size, version: ETag });
        }
        if (!isFolder && found.length > 0) break;
      }
      if (found.length > 0) return found;
      throw new RejectedError(
        "RemoteNotFound",
        isFolder
          ? `${address} has no files. Check bucket and prefix.`
          : `${address} does not exist. Check bucket and key; an address of all files below a prefix ends in "/".`,
      );
    },

    async read({ address, version }, from, signal) {
      const { bucket, key } = parseAddress(address);
      const get = (rest: { Range?: string; IfMatch?: string }) =>
        client.send(new GetObjectCommand({ Bucket: bucket, Key: key, ...rest }), { abortSignal: signal });
      let begin = version === null ? 0 : from;
      try {
        const answer = await (begin === 0
          ? get({})
          : get({ Range: `bytes=${begin}-`, IfMatch: version! }).catch((error: S3Error) => {
              if (!NOT_THE_REST.has(error.$metadata?.httpStatusCode ?? 0)) throw error;
              begin = 0;
              return get({});
            }));
        const { Body, ContentLength, ETag = null } = answer;
        if (Body === undefined) throw new TransientError(`${address}: the server sent no content.`);
        const size = ContentLength === undefined ? null : begin + ContentLength;
        return { from: begin, size, version: ETag, chunks: Body as AsyncIterable<Uint8Array> };
      } catch (error) {
        throw explain(address, coerceError(error));
      }
    },
  };
}

function list(client: S3Client, bucket: string, prefix: string, signal: AbortSignal) {
  return paginateListObjectsV2({ client }, { Bucket: bucket, Prefix: prefix }, { abortSignal: signal });
}

async function* explained<T>(address: string, pages: AsyncIterable<T>): AsyncIterable<T> {
  try {
    yield* pages;
  } catch (error) {
    throw explain(address, coerceError(error));
  }
}

function parseAddress(address: string): { bucket: string; key: string } {
  const parts = /^s3:\/\/([^/]+)\/?(.*)$/s.exec(address);
  if (parts === null) {
    throw new RejectedError(
      "RemoteNotFound",
      `An s3:// address is s3://BUCKET/KEY, or s3://BUCKET/PREFIX/ for all files below it, but got ${address}.`,
    );
  }
  return { bucket: parts[1]!, key: parts[2]! };
}

/** The folder keeps its name. A key may have any name, but a path must stay below its folder. */
function pathBelow(bucket: string, prefix: string, key: string): string {
  const folder = prefix.split("/").at(-2) ?? bucket;
  const names = [folder, ...key.slice(prefix.length).split("/")];
  if (names.every((name) => name !== "" && name !== "." && name !== "..")) return names.join("/");
  throw new RejectedError(
    "RemoteName",
    `s3://${bucket}/${key} cannot be a file below a folder: a part of its name is empty, "." or "..". Rename it, or give the addresses of the other files.`,
  );
}

function explain(address: string, error: S3Error): Error {
  const status = error.$metadata?.httpStatusCode;
  const options = { cause: error };
  if (error instanceof RejectedError || error instanceof TransientError) return error;
  if (error.name === "CredentialsProviderError") {
    return new RejectedError(
      "NoCredentials",
      `${address}: no credentials were found (${error.message}). Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or give the pod's service account a role.`,
      options,
    );
  }
  if (status === 401 || status === 403) {
    return new RejectedError(
      "RemoteRefused",
      `${address}: the server refuses these credentials (${error.name}). They need s3:GetObject on the files and s3:ListBucket on the bucket.`,
      options,
    );
  }
  if (status === 301 || error.name === "PermanentRedirect") {
    return new RejectedError(
      "RemoteRegion",
      `${address} is in another region. Set AWS_REGION to the bucket's.`,
      options,
    );
  }
  if (status === 404)
    return new RejectedError(
      "RemoteNotFound",
      `${address} does not exist (${error.name}). Check bucket and key.`,
      options,
    );
  if (status === undefined && !/^(Timeout|TimeoutError|NetworkingError)$/.test(error.name)) return error;
  return new TransientError(`${address}: the server answers ${status ?? error.name} (${error.message}).`, options);
}
