// Who of several processes of one installation does the work: the one whose session holds an advisory lock. When that
// session ends, whatever the reason, the next one takes over.
import type { Client } from "pg";
import type { Logger } from "pino";
import { backoffMs, type Clock, rest, within } from "../model/clock.ts";
import { coerceError, TransientError } from "../model/errors.ts";
import { connect, leave } from "./connect.ts";
import { endSession, identifySession, type SessionIdentity } from "./silence.ts";

/** First key of the advisory locks by which one process of an installation leads. */
const LEADER_LOCK = 4_211_873;
const STANDBY_RETRY_MS = 2_000;
const HEARTBEAT_MS = 10_000;
const ANSWER_TIMEOUT_MS = 5_000;
const BACKOFF = { minMs: 500, maxMs: 30_000, jitter: 0.5 };

export interface LeadershipOptions {
  readonly installation: string;
  readonly readUrl: () => string | Promise<string>;
  readonly onStartedLeading: () => void;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Pick<Logger, "info" | "warn">;
}

/** leading: works. standby: another process does. away: no session. */
export type LeadershipState = "leading" | "standby" | "away";

export class Leadership {
  readonly #options: LeadershipOptions;
  #state: LeadershipState = "away";
  /** The last session; its lock may outlive the connection. */
  #lost: SessionIdentity | null = null;

  constructor(options: LeadershipOptions) {
    this.#options = options;
  }

  get state(): LeadershipState {
    return this.#state;
  }

  /** Competes until the signal; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, random, log } = this.#options;
    for (let failures = 0; !signal.aborted; ) {
      try {
        await this.#holdSession(signal, () => {
          failures = 0;
        });
      } catch (thrown) {
        const error = coerceError(thrown);
        if (signal.aborted) return;
        const retryInMs = backoffMs(failures++, BACKOFF, random);
        log.warn({ event: "leadershipLost", message: error.message, retryInMs: Math.round(retryInMs) });
        await rest(clock, retryInMs, signal);
      } finally {
        this.#state = "away";
      }
    }
  }

  async #holdSession(signal: AbortSignal, onConnected: () => void): Promise<void> {
    const { clock, readUrl, log, installation, onStartedLeading } = this.#options;
    const client = await connect(await readUrl(), { purpose: `serve ${installation}`, patienceMs: 0, signal });
    try {
      onConnected();
      // A session that we lost may not have noticed, and would keep the lock from us.
      if (this.#lost !== null) await this.#within(endSession(client, this.#lost));
      this.#lost = await this.#within(identifySession(client));
      while (!signal.aborted) {
        if (this.#state === "leading") {
          await this.#ask(client, "SELECT 1", []);
          await rest(clock, HEARTBEAT_MS, signal);
        } else if (await this.#takeLock(client)) {
          this.#state = "leading";
          log.info({ event: "leading", installation });
          onStartedLeading();
        } else {
          if (this.#state !== "standby") log.info({ event: "standby", installation });
          this.#state = "standby";
          await rest(clock, STANDBY_RETRY_MS, signal);
        }
      }
    } finally {
      await leave(client);
    }
  }

  /** Tried again and again, not waited for: a waiting statement would keep dead rows from being removed. */
  async #takeLock(client: Client): Promise<boolean> {
    const { rows } = await this.#ask(client, "SELECT pg_try_advisory_lock($1, hashtext($2)) AS mine", [
      LEADER_LOCK,
      this.#options.installation,
    ]);
    return rows[0].mine;
  }

  #ask(client: Client, statement: string, parameters: unknown[]) {
    return this.#within(client.query(statement, parameters));
  }

  #within<T>(answer: Promise<T>): Promise<T> {
    const silence = () => new TransientError(`the database gave no answer within ${ANSWER_TIMEOUT_MS / 1000} s`);
    return within(this.#options.clock, ANSWER_TIMEOUT_MS, silence, answer);
  }
}
