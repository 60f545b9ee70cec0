// Requests for batches: the channels they come by, the words they are made of, and what a replica remembers of a NOTIFY
// until it is recorded.
import { CALCULATIONS, type Calculation } from "./calculations.ts";

/** `NOTIFY aiops_trigger, 'probability'`; a setting may name another. */
export const DEFAULT_TRIGGER_CHANNEL = "aiops_trigger";
/**
 * Channel of recorded requests. Not the trigger channel: a listener there would write a second request for the one that
 * request_batch() has written, and the predecessor, still running beside us, would start too.
 */
export const REQUEST_CHANNEL = "climatebatch_requests";

export const REQUEST_SOURCES = ["notify", "function", "schedule", "cli"] as const;
export type RequestSource = (typeof REQUEST_SOURCES)[number];

/** Any session may send anything on a channel: only these exact words count. */
export function parseTriggerPayload(payload: string): Calculation | null {
  return CALCULATIONS.find((calculation) => calculation === payload) ?? null;
}

/** "hazard 17"; null for anything else, and for calculations that no trigger can ask for. */
export function parseRequestPayload(payload: string): { calculation: Calculation; requestId: string } | null {
  const [word, requestId, ...more] = payload.split(" ");
  const calculation = parseTriggerPayload(word!);
  if (calculation === null || requestId === undefined || more.length > 0 || !/^\d{1,18}$/.test(requestId)) return null;
  return { calculation, requestId };
}

const SHOWN_CHARACTERS = 100;

/** A payload as logs and events may show it: quoted, on one line, of bounded length. */
export function describePayload(payload: string): string {
  const shown = [...payload.slice(0, 2 * SHOWN_CHARACTERS)].slice(0, SHOWN_CHARACTERS).join("");
  return shown.length === payload.length
    ? JSON.stringify(payload)
    : `${JSON.stringify(shown)}… (${payload.length} characters)`;
}

/** `payload` as describePayload reports it; without it, the same words for every payload. */
export function refusalOfPayload(channel: string, payload = "something else"): string {
  return `NOTIFY ${channel} expects ${CALCULATIONS.join(" or ")}, found ${payload}: nothing is started.`;
}

/** NOTIFYs for one calculation that no request row is known to cover. */
export interface UnwrittenTrigger {
  readonly calculation: Calculation;
  readonly times: number;
  /** Represents all of them; `settle` takes it. */
  readonly upTo: number;
  /** Monotonic. */
  readonly firstHeardMs: number;
  readonly lastHeardMs: number;
}

/**
 * What a session heard on the trigger channel, in order. PostgreSQL delivers in order of commit, the same to everybody: a
 * request that is notified after a NOTIFY was recorded after it and covers it; clocks and delays do not matter.
 */
export class HeardTriggers {
  readonly #heard = new Map<Calculation, { count: number; covered: number; firstMs: number; lastMs: number }>();

  hear(calculation: Calculation, nowMs: number): void {
    const known = this.#heard.get(calculation) ?? { count: 0, covered: 0, firstMs: nowMs, lastMs: nowMs };
    if (known.covered === known.count) known.firstMs = nowMs;
    known.lastMs = nowMs;
    known.count++;
    this.#heard.set(calculation, known);
  }

  unwritten(): UnwrittenTrigger[] {
    return [...this.#heard.keys()].map((calculation) => this.unwrittenOf(calculation)).filter((one) => one !== null);
  }

  /** Those of a calculation, heard up to then. */
  unwrittenOf(calculation: Calculation, upTo = Number.POSITIVE_INFINITY): UnwrittenTrigger | null {
    const known = this.#heard.get(calculation);
    if (known === undefined || Math.min(upTo, known.count) <= known.covered) return null;
    const last = Math.min(upTo, known.count);
    const { covered, firstMs, lastMs } = known;
    return { calculation, times: last - covered, upTo: last, firstHeardMs: firstMs, lastHeardMs: lastMs };
  }

  /** These and all heard before them are covered by a request. */
  settle({ calculation, upTo }: Pick<UnwrittenTrigger, "calculation" | "upTo">): void {
    const known = this.#heard.get(calculation);
    if (known === undefined || upTo <= known.covered) return;
    known.covered = upTo;
    // When the first of the rest came is not kept; by the last, they wait a little longer.
    known.firstMs = known.lastMs;
  }
}
