// What was refused of each batch: it is tried again after growing delays, and each cause is logged once.

import type { ClimateBatch } from "../../model/climateBatch.ts";
import { backoffMs, type Clock } from "../../model/clock.ts";
import { INVALID_TEMPLATE } from "../objects/conditions.ts";
import type { Action, Refusal, Trouble } from "./actions.ts";

/** 2, 4, 8, 12, 12 … s: nothing announces that a quota was raised or a webhook is back, and a person waits 15 s at most. */
const BACKOFF = { minMs: 2_000, maxMs: 12_000, jitter: 0 };
/** A template is corrected in the object itself, which starts again at once. */
const TEMPLATE_BACKOFF = { minMs: 2_000, maxMs: 60_000, jitter: 0 };
const CAUSES_REMEMBERED = 20;

type RefusedTrouble = Trouble & { readonly refusal: Refusal };

interface Refused {
  readonly uid: string;
  readonly generation: number | undefined;
  readonly causes: Set<string>;
  trouble: RefusedTrouble;
  times: number;
  dueAtMs: number;
}

export class Refusals {
  readonly #clock: Clock;
  /** By the name of the batch. */
  readonly #refused = new Map<string, Refused>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** What the action was answered last, until it may be tried again; null: it may. A changed object may at once. */
  waiting(batch: ClimateBatch, action: Action["do"]): RefusedTrouble | null {
    const refused = this.#find(batch, action);
    return refused === null || this.#clock.monotonicMs() >= refused.dueAtMs ? null : refused.trouble;
  }

  /** True: this cause is new. */
  note(batch: ClimateBatch, trouble: RefusedTrouble): boolean {
    const { refusal } = trouble;
    const { name, uid, generation } = batch.metadata;
    const refused = this.#find(batch, refusal.action) ?? {
      ...{ uid, generation, trouble, causes: new Set<string>(), times: 0, dueAtMs: 0 },
    };
    const limits = refusal.reason === INVALID_TEMPLATE ? TEMPLATE_BACKOFF : BACKOFF;
    refused.trouble = trouble;
    refused.dueAtMs = this.#clock.monotonicMs() + backoffMs(refused.times++, limits, () => 0);
    this.#refused.set(name, refused);
    const cause = `${refusal.reason}: ${refusal.message}`;
    const isNew = !refused.causes.has(cause) && refused.causes.size < CAUSES_REMEMBERED;
    refused.causes.add(cause);
    return isNew;
  }

  /** How long the batch waits until what was refused is tried again. */
  delayMs({ metadata: { name } }: ClimateBatch): number {
    return Math.max(0, (this.#refused.get(name)?.dueAtMs ?? 0) - this.#clock.monotonicMs());
  }

  /** The action succeeded, or the batch is gone. */
  forget(name: string): void {
    this.#refused.delete(name);
  }

  #find({ metadata: { name, uid, generation } }: ClimateBatch, action: Action["do"]): Refused | null {
    const refused = this.#refused.get(name);
    const isSame =
      refused !== undefined &&
      refused.uid === uid &&
      refused.generation === generation &&
      refused.trouble.refusal.action === action;
    return isSame ? refused : null;
  }
}
