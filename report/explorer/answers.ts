// What the explorer answers to a path: its pages and their layers, the OpenAPI document, the operations of the read API. Each
// answer is read in one read-only snapshot, so that it is of one publication, which its ETag names.

import { isPassing } from "../../database/troubles.ts";
import { coerceError, RejectedError, TransientError } from "../../model/errors.ts";
import { withSnapshot } from "../readResults.ts";
import { type Answer, type ExplorerContext, json, matches, problem } from "./answer.ts";
import { openApi } from "./openApi.ts";
import { formatCsv, type Operation, readParameters } from "./operation.ts";
import { OPERATIONS } from "./operations.ts";
import { Pages, readKey } from "./pages.ts";

const CSV_TYPE = "text/csv; charset=utf-8; header=present";
const STATEMENT_CANCELLED = "57014";
const WRONG: ReadonlySet<string> = new Set(["InvalidParameter", "InvalidPlace"]);
const NOT_THERE: ReadonlySet<string> = new Set(["NoResults", "NotFound", "NotComplete", "UnknownBatch"]);

export type AnswerRequest = (address: string, ifNoneMatch: string | undefined) => Promise<Answer>;

export function makeAnswers(context: ExplorerContext): AnswerRequest {
  const pages = new Pages(context);
  return (address, ifNoneMatch) => answer(address, ifNoneMatch, context, pages).catch(describeProblem);
}

async function answer(
  address: string,
  ifNoneMatch: string | undefined,
  context: ExplorerContext,
  pages: Pages,
): Promise<Answer> {
  // URL would read the first part of //host/path as a host.
  const url = URL.parse(address.replace(/^\/*/, "/"), "http://explorer");
  if (url === null) return problem(400, "InvalidAddress", "The path cannot be read.");
  if (url.pathname === "/") return pages.results();
  if (url.pathname === "/batches") return pages.batches();
  const [, key, name] = /^\/blocks\/([\w.-]+)\/([\w.]+)$/.exec(url.pathname) ?? [];
  if (key !== undefined && name !== undefined) return pages.block(key, name);
  if (url.pathname === "/api/openapi.json") return json(openApi(context.version));
  const operation = Object.hasOwn(OPERATIONS, url.pathname) ? OPERATIONS[url.pathname]! : undefined;
  if (operation !== undefined) return answerOperation(operation, url, ifNoneMatch, context);
  const known = ["/", "/batches", "/api/openapi.json", ...Object.keys(OPERATIONS)].join(", ");
  return problem(404, "NotFound", `There is nothing at ${url.pathname}. There is: ${known}`);
}

async function answerOperation(
  operation: Operation,
  url: URL,
  ifNoneMatch: string | undefined,
  { withClient, explainRisk }: ExplorerContext,
): Promise<Answer> {
  const parameters = readParameters(operation, url.searchParams);
  return withClient((client) =>
    withSnapshot(client, async () => {
      const etag = operation.isOfPublication ? `"${await readKey(client)}"` : undefined;
      // The client's copy is still that of the batches published in this snapshot: nothing more is read.
      if (etag !== undefined && matches(ifNoneMatch, etag)) return { ...json(null), etag };
      const found = (await operation.read({ client, explainRisk }, parameters as never)) as never;
      const body: Answer =
        parameters.format === "csv"
          ? { status: 200, body: formatCsv(operation.tabulate(found)), type: CSV_TYPE }
          : json(found);
      const next = operation.next?.(found) ?? null;
      return {
        ...body,
        ...(etag !== undefined && { etag }),
        ...(next !== null && { next: nextAddress(url, next) }),
      };
    }),
  );
}

function nextAddress(url: URL, next: Readonly<Record<string, string | number>>): string {
  const search = new URLSearchParams(url.searchParams);
  for (const [name, value] of Object.entries(next)) search.set(name, String(value));
  return `${url.pathname}?${search}`;
}

function describeProblem(thrown: unknown): Answer {
  const error = coerceError(thrown);
  if (error instanceof RejectedError) {
    // The rest is about the database, which a reader cannot put right: its address, its certificate, its schema.
    const status = WRONG.has(error.reason) ? 400 : NOT_THERE.has(error.reason) ? 404 : 503;
    return problem(status, error.reason, error.message);
  }
  if ((error as { code?: unknown }).code === STATEMENT_CANCELLED)
    return problem(503, "TooSlow", "The database took too long. Ask for less at once, or try again.");
  if (error instanceof TransientError || isPassing(error)) return problem(503, "Unavailable", error.message);
  return problem(500, "Failed", error.message);
}
