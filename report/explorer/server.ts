// The explorer: the report's page on what is published now, and the read API. Read-only: each answer is read in a read-only
// snapshot and is of one publication, which its ETag names.
import { createServer, type IncomingMessage } from "node:http";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { ClientBase } from "pg";
import { coerceError, RejectedError, TransientError } from "../../model/errors.ts";
import { type HttpEndpoint, listen } from "../../telemetry/httpEndpoint.ts";
import { collectReport, type ReportContents } from "../collectReport.ts";
import { splitBytes } from "../page/reportData.ts";
import { findResults, withSnapshot } from "../readResults.ts";
import { bundlePage, pageHead } from "../reportFile.ts";
import { OPERATIONS, openApi, readParameters } from "./api.ts";

const compress = promisify(gzip);
/** Publications whose layers are kept: that of now, and the one that pages opened before still show. */
const KEPT = 2;
const REQUEST_LIMIT_MS = 30_000;

export interface ExplorerOptions {
  readonly host: string;
  /** 0 takes any that is free. */
  readonly port: number;
  readonly version: string;
  readonly maxCells: number;
  readonly withClient: <T>(work: (client: ClientBase) => Promise<T>) => Promise<T>;
}

interface Answer {
  readonly status: number;
  readonly body: string | Uint8Array;
  readonly type: string;
  readonly etag?: string;
  /** Never changes under this address. */
  readonly isImmutable?: boolean;
}

const JSON_TYPE = "application/json; charset=utf-8";
const SECURITY = { "x-content-type-options": "nosniff", "referrer-policy": "no-referrer" };

export async function startExplorer(options: ExplorerOptions): Promise<HttpEndpoint> {
  const pages = new Pages(options);
  const server = createServer(async (request, response) => {
    const { status, body, type, etag, isImmutable } = await answer(request, options, pages).catch(describeProblem);
    const isUnchanged = status === 200 && etag !== undefined && request.headers["if-none-match"] === etag;
    const headers = {
      ...SECURITY,
      ...(etag !== undefined && { etag }),
      "cache-control": isImmutable ? "public, max-age=31536000, immutable" : "no-cache",
    };
    if (isUnchanged) return void response.writeHead(304, headers).end();
    const zips = /\bgzip\b/.test(String(request.headers["accept-encoding"])) && body.length > 1000;
    const sent = zips ? await compress(body) : body;
    response
      .writeHead(status, {
        ...headers,
        "content-type": type,
        ...(zips && { "content-encoding": "gzip" }),
        ...(status === 405 && { allow: "GET, HEAD" }),
      })
      .end(request.method === "HEAD" ? undefined : sent);
  });
  server.requestTimeout = REQUEST_LIMIT_MS;
  return listen(server, options);
}

async function answer(request: IncomingMessage, options: ExplorerOptions, pages: Pages): Promise<Answer> {
  if (request.method !== "GET" && request.method !== "HEAD") {
    return problem(405, "ReadOnly", `Only GET and HEAD are answered, not ${request.method}.`);
  }
  const url = new URL(request.url ?? "/", "http://explorer");
  if (url.pathname === "/") return pages.page();
  const [, key, name] = /^\/blocks\/([\w.-]+)\/([\w.]+)$/.exec(url.pathname) ?? [];
  if (key !== undefined && name !== undefined) return pages.block(key, name);
  if (url.pathname === "/api/openapi.json") return json(openApi(options.version));
  const operation = Object.hasOwn(OPERATIONS, url.pathname) ? OPERATIONS[url.pathname]! : undefined;
  if (operation === undefined) {
    const known = ["/", "/api/openapi.json", ...Object.keys(OPERATIONS)].join(", ");
    return problem(404, "NotFound", `There is nothing at ${url.pathname}. There is: ${known}`);
  }
  const parameters = readParameters(operation, url.searchParams);
  return options.withClient((client) =>
    withSnapshot(client, async () => {
      const etag = url.pathname === "/api/batches" ? undefined : `"${await readKey(client)}"`;
      return { ...json(await operation.read(client, parameters)), ...(etag !== undefined && { etag }) };
    }),
  );
}

/** Names what is published: the batch of each calculation. */
async function readKey(client: ClientBase): Promise<string> {
  return (await findResults(client)).map(({ calculation, batchId }) => `${calculation[0]}${batchId}`).join("-");
}

/** The page and its layers, collected once a publication. */
class Pages {
  readonly #options: ExplorerOptions;
  readonly #contents = new Map<string, Promise<ReportContents>>();
  #bundle: ReturnType<typeof bundlePage> | undefined;

  constructor(options: ExplorerOptions) {
    this.#options = options;
  }

  async page(): Promise<Answer> {
    const key = await this.#options.withClient((client) => withSnapshot(client, () => readKey(client)));
    const { header } = await this.#collect(key);
    const { script, style } = await (this.#bundle ??= bundlePage());
    const body = `${pageHead(header.grid, style, "default-src 'none'; connect-src 'self'")}
<script type="application/json" id="header" data-blocks="/blocks/${key}/">${JSON.stringify(header).replaceAll("<", "\\u003c")}</script>
<script>${script}</script></body></html>`;
    return { status: 200, body, type: "text/html; charset=utf-8", etag: `"${key}"` };
  }

  async block(key: string, name: string): Promise<Answer> {
    const contents = await this.#contents.get(key);
    const bytes = contents === undefined ? undefined : blockOf(contents, name);
    if (bytes !== undefined) return { status: 200, body: bytes, type: "application/octet-stream", isImmutable: true };
    return problem(404, "NotFound", "These results are no longer kept here. Load the page again.");
  }

  #collect(key: string): Promise<ReportContents> {
    const known = this.#contents.get(key);
    if (known !== undefined) return known;
    const { withClient, version, maxCells } = this.#options;
    const made = withClient((client) =>
      withSnapshot(client, () => collectReport(client, { maxCells, version, createdAt: new Date() })),
    );
    this.#contents.set(key, made);
    made.catch(() => this.#contents.delete(key));
    if (this.#contents.size > KEPT) this.#contents.delete(this.#contents.keys().next().value!);
    return made;
  }
}

function blockOf({ places, blocks, layers, chunks }: ReportContents, name: string): Uint8Array | undefined {
  if (name === "places") return new Uint8Array(places.buffer);
  const chunk = /^chunk\.(\d+)$/.exec(name);
  if (chunk === null) return blocks.get(name) ?? layers.get(name);
  const values = chunks[Number(chunk[1])];
  return values === undefined ? undefined : splitBytes(values);
}

function json(facts: unknown): Answer {
  return { status: 200, body: JSON.stringify(facts), type: JSON_TYPE };
}

function problem(status: number, reason: string, message: string): Answer {
  return { status, body: JSON.stringify({ reason, message }), type: JSON_TYPE };
}

function describeProblem(thrown: unknown): Answer {
  const error = coerceError(thrown);
  if (error instanceof RejectedError)
    return problem(error.reason === "NoResults" ? 404 : 400, error.reason, error.message);
  if (error instanceof TransientError) return problem(503, "Unavailable", error.message);
  return problem(500, "Failed", error.message);
}
