// A few sessions for a program that lives long: opened when needed, kept while idle, replaced when lost.
import type { Socket } from "node:net";
import type { Client } from "pg";
import { type Clock, within } from "../model/clock.ts";
import { TransientError } from "../model/errors.ts";
import { connect } from "./connect.ts";
import { checkSchemaVersion } from "./migrate.ts";

const GOODBYE_MS = 1_000;

export interface SessionsOptions {
  readonly purpose: string;
  /** Read at every connect: credentials rotate. */
  readonly readUrl: () => string | Promise<string>;
  readonly most: number;
  /** Work that takes longer has lost its server without noticing. */
  readonly limitMs: number;
  readonly clock: Clock;
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
    await Promise.allSettled(this.#idle.splice(0).map((client) => client.end()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #enter(): Promise<void> {
    while (this.#taken >= this.#options.most) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#taken++;
  }

  async #open(): Promise<Client> {
    const { readUrl, purpose } = this.#options;
    const client = await connect(readUrl, { purpose, patienceMs: 2_000, waitsForSettings: true });
    try {
      await checkSchemaVersion(client);
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

  /** Not waited for; a server that is gone would never say goodbye. */
  #end(client: Client): void {
    const { stream } = (client as unknown as { connection: { stream: Socket } }).connection;
    const cancel = this.#options.clock.after(GOODBYE_MS, () => stream.destroy());
    client
      .end()
      .catch(() => undefined)
      .finally(cancel);
  }

  #limit<T>(work: Promise<T>): Promise<T> {
    const { clock, limitMs } = this.#options;
    const makeReason = () => new TransientError(`the database gave no answer within ${limitMs / 1000} s`);
    return within(clock, limitMs, makeReason, work);
  }
}
