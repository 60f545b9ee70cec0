// An answer of the explorer, and the options that its parts share.
import type { ClientBase } from "pg";
import type { ExplainRisk } from "./explainedRisk.ts";

export interface Answer {
  readonly status: number;
  readonly body: string | Uint8Array;
  readonly type: string;
  /** Names what is published; absent where the answer is of the present. */
  readonly etag?: string;
  /** Address of the next page. */
  readonly next?: string;
  /** Never changes under this address. */
  readonly isImmutable?: boolean;
}

export interface ExplorerContext {
  readonly version: string;
  /** Of a larger grid the page shows every second, third, … row and column. */
  readonly maxCells: number;
  readonly withClient: <T>(work: (client: ClientBase) => Promise<T>) => Promise<T>;
  readonly explainRisk: ExplainRisk;
}

const JSON_TYPE = "application/json; charset=utf-8";

export function json(facts: unknown): Answer {
  return { status: 200, body: JSON.stringify(facts), type: JSON_TYPE };
}

export function problem(status: number, reason: string, message: string): Answer {
  return { status, body: JSON.stringify({ reason, message }), type: JSON_TYPE };
}

/** Whether If-None-Match names the tag; a proxy may have made it weak. */
export function matches(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  const tags = ifNoneMatch.split(",").map((tag) => tag.trim().replace(/^W\//, ""));
  return tags.includes(etag) || tags.includes("*");
}
