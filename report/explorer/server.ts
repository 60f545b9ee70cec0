// The explorer's HTTP server: GET and HEAD only, compressed, with ETags, limits and probes. What it answers is loaded with the
// first request, so that a program that is never looked at carries none of it.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { coerceError, RejectedError } from "../../model/errors.ts";
import { type HttpEndpoint, listen } from "../../telemetry/httpEndpoint.ts";
import { type Answer, type ExplorerContext, matches, problem } from "./answer.ts";
import type { AnswerRequest } from "./answers.ts";

const compress = promisify(gzip);
const COMPRESSED_FROM_BYTES = 1000;
/** Of a request, from its first byte to its last; none has a body. */
const REQUEST_LIMIT_MS = 10_000;
const LONGEST_HEADER_BYTES = 16_384;
/** Requests in work or waiting; beyond it they are refused at once rather than after a long wait. */
const MOST_REQUESTS = 1000;
const RETRY_AFTER_SECONDS = 2;

export interface ExplorerOptions extends ExplorerContext {
  readonly host: string;
  /** 0 takes any that is free. */
  readonly port: number;
}

const SECURITY = {
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "x-frame-options": "DENY",
  "cross-origin-resource-policy": "same-origin",
};

export async function startExplorer(options: ExplorerOptions): Promise<HttpEndpoint> {
  let answers: Promise<AnswerRequest> | undefined;
  let open = 0;
  const answer = async (request: IncomingMessage): Promise<Answer> => {
    const { method, headers, url = "/" } = request;
    if (method !== "GET" && method !== "HEAD") {
      return problem(405, "ReadOnly", `Only GET and HEAD are answered, not ${method}.`);
    }
    if (url === "/healthz") return { status: 200, body: "ok\n", type: "text/plain" };
    if (url === "/readyz") return answerReady(options);
    if (open > MOST_REQUESTS) return problem(503, "TooManyRequests", "Too many requests at once. Try again.");
    answers ??= import("./answers.ts").then(({ makeAnswers }) => makeAnswers(options));
    return (await answers)(url, headers["if-none-match"]);
  };
  const server = createServer({ maxHeaderSize: LONGEST_HEADER_BYTES }, async (request, response) => {
    open++;
    try {
      await send(request, response, await answer(request));
    } catch (thrown) {
      await send(request, response, problem(500, "Failed", coerceError(thrown).message));
    } finally {
      open--;
    }
  });
  server.requestTimeout = server.headersTimeout = REQUEST_LIMIT_MS;
  return listen(server, options).catch((thrown) => {
    const { host, port } = options;
    throw new RejectedError(
      "PortTaken",
      `Cannot listen on ${host}:${port}: ${coerceError(thrown).message}. Give another port.`,
      { cause: thrown },
    );
  });
}

/** 200 once the database answers with a schema of this version. */
async function answerReady({ withClient }: ExplorerContext): Promise<Answer> {
  return withClient((client) => client.query("SELECT 1")).then(
    () => ({ status: 200, body: "ok\n", type: "text/plain" }),
    (thrown) => ({ status: 503, body: `${coerceError(thrown).message}\n`, type: "text/plain" }),
  );
}

async function send(request: IncomingMessage, response: ServerResponse, answer: Answer): Promise<void> {
  const { status, body, type, etag, next, isImmutable } = answer;
  const headers: Record<string, string> = {
    ...SECURITY,
    vary: "accept-encoding",
    ...(etag !== undefined && { etag }),
    ...(next !== undefined && { link: `<${next}>; rel="next"` }),
    "cache-control": isImmutable ? "public, max-age=31536000, immutable" : "no-cache",
  };
  if (status === 200 && etag !== undefined && matches(request.headers["if-none-match"], etag)) {
    return void response.writeHead(304, headers).end();
  }
  const zips = /\bgzip\b/.test(String(request.headers["accept-encoding"])) && body.length > COMPRESSED_FROM_BYTES;
  const sent = zips ? await compress(body) : body;
  response
    .writeHead(status, {
      ...headers,
      "content-type": type,
      ...(zips && { "content-encoding": "gzip" }),
      ...(status === 405 && { allow: "GET, HEAD" }),
      ...(status === 503 && { "retry-after": String(RETRY_AFTER_SECONDS) }),
    })
    .end(request.method === "HEAD" ? undefined : sent);
}
