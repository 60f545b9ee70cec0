// A few sessions for a program that lives long: opened when needed, kept while idle, replaced when lost.
import type { Client } from "pg";
import { type Clock, within } from "../model/clock.ts";
import { TransientError } from "../model/errors.ts";
import { connect, leave } from "./connect.ts";
import { checkSchemaVersion } from "./migrate.ts";
import { watchForSilence } from "./silence.ts";
import { isPassing } from "./troubles.ts";

export interface SessionsOptions {
  readonly purpose: string;
  /** Read at every connect: credentials rotate. */
  readonly readUrl: () => string | Promise<string>;
  readonly most: number;
  /** Work that takes longer has lost its server without noticing. */
  readonly limitMs: number;
  readonly clock: Clock;
  /** Done once with each new session. */
  readonly prepare?: (client: Client) => Promise<void>;
}

export class Sessions implements AsyncDisposable {
  readonly #options: SessionsOptions;
  readonly #idle: Client[] = [];
  readonly #waiting: (() => void)[] = [];
  #taken = 0;
  #isClosed = false;

  constructor(options: SessionsOptions) {
    this.#options = options;
  }

  /** Runs the work on a session of its own; one that it failed on is not used again. */
  async withClient<T>(work: (client: Client) => Promise<T>): Promise<T> {
    await this.#enter();
    try {
      const client = this.#idle.pop() ?? (await this.#open());
      let isGood = false;
      try {
        const value = await this.#limit(work(client));
        isGood = true;
        return value;
      } catch (error) {
        // What happened to this connection has happened to those that are idle.
        if (isPassing(error)) for (const idle of this.#idle.splice(0)) this.#end(idle);
        throw error;
      } finally {
        if (isGood && !this.#isClosed) this.#idle.push(client);
        else this.#end(client);
      }
    } finally {
      this.#taken--;
      this.#waiting.shift()?.();
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.allSettled(this.#idle.splice(0).map(leave));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #enter(): Promise<void> {
    while (this.#taken >= this.#options.most) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#taken++;
  }

  async #open(): Promise<Client> {
    const { readUrl, purpose, prepare } = this.#options;
    const client = await connect(readUrl, { purpose, patienceMs: 2_000, waitsForSettings: true });
    try {
      await this.#limit(checkSchemaVersion(client));
      if (prepare !== undefined) await this.#limit(prepare(client));
      await watchForSilence(client, readUrl, { clock: this.#options.clock });
    } catch (error) {
      this.#end(client);
      throw error;
    }
    client.once("end", () => {
      const at = this.#idle.indexOf(client);
      if (at !== -1) this.#idle.splice(at, 1);
    });
    return client;
  }

  /** Not waited for. */
  #end(client: Client): void {
    void leave(client);
  }

  #limit<T>(work: Promise<T>): Promise<T> {
    const { clock, limitMs } = this.#options;
    const makeReason = () => new TransientError(`the database gave no answer within ${limitMs / 1000} s`);
    return within(clock, limitMs, makeReason, work);
  }
}
