// What an Event says, what makes two of them the same, and how a repeated one counts as a series.
import { randomUUID } from "node:crypto";
import type { MergePatch, NewEvent } from "./client.ts";
import { type KubeObject, microTime } from "./wireFormat.ts";

export interface EventWords {
  readonly type: "Normal" | "Warning";
  /** One CamelCase word: why. */
  readonly reason: string;
  /** One CamelCase word: what the operator did or tried. */
  readonly action: string;
  readonly note: string;
}

export interface Reporter {
  /** A qualified name, "climate.aiops.dev/operator". */
  readonly controller: string;
  /** The pod. */
  readonly instance: string;
}

/** The API server refuses longer notes (validation/events.go, NoteLengthLimit). */
const LONGEST_NOTE_BYTES = 1024;

/**
 * The note is part of it, unlike in client-go: a stored note cannot be changed, so a second one would be counted under the
 * words of the first.
 */
export function seriesKey(regarding: KubeObject, { type, reason, action, note }: EventWords): string {
  return [regarding.metadata.uid, type, reason, action, note].join("\u0000");
}

export function buildEvent(regarding: KubeObject, words: EventWords, reporter: Reporter, instant: Date): NewEvent {
  const { apiVersion, kind, metadata } = regarding;
  const { name, namespace, uid, resourceVersion } = metadata;
  return {
    apiVersion: "events.k8s.io/v1",
    kind: "Event",
    // A name is at most 253 characters long, ours at most 40; the rest keeps events of one object apart.
    metadata: { name: `${name}.${randomUUID().replaceAll("-", "").slice(0, 16)}`, namespace },
    eventTime: microTime(instant),
    reportingController: reporter.controller,
    reportingInstance: reporter.instance,
    regarding: { apiVersion: apiVersion!, kind: kind!, name, namespace, uid, resourceVersion },
    type: words.type,
    reason: words.reason,
    action: words.action,
    note: shorten(words.note),
  };
}

/** `count` is at least 2: a series of one is refused. */
export function series(count: number, lastObserved: Date) {
  return { count, lastObservedTime: microTime(lastObserved) };
}

export function buildSeriesPatch(count: number, lastObserved: Date): MergePatch {
  return { series: series(count, lastObserved) };
}

function shorten(note: string): string {
  if (Buffer.byteLength(note) <= LONGEST_NOTE_BYTES) return note;
  const bytes = Buffer.from(note).subarray(0, LONGEST_NOTE_BYTES - Buffer.byteLength("…"));
  // A character cut in two decodes to U+FFFD.
  return `${bytes.toString("utf8").replace(/\uFFFD$/, "")}…`;
}
