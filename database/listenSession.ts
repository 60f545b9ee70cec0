// One session that listens: opened and registered, proven by a NOTIFY from elsewhere, checked by a heartbeat, closed
// whatever state the network is in. Opening it again after a loss is the listener's.
import { Socket } from "node:net";
import pg from "pg";
import { type Clock, within } from "../model/clock.ts";
import { coerceError, TransientError } from "../model/errors.ts";
import { connect, SESSION_SETTINGS } from "./connect.ts";
import { explainTls, makeClient } from "./tls.ts";
import { isSqlState } from "./troubles.ts";

const READ_ONLY_TRANSACTION = "25006";
const KEEPALIVE_MS = 10_000;
const CLOSE_PATIENCE_MS = 1_000;
/** PostgreSQL cuts names at 63 bytes, silently in LISTEN and with an error in pg_notify(). */
const CHANNEL_MAX_BYTES = 63;

export interface SessionLimits {
  readonly connectTimeoutMs: number;
  /** For the answer to LISTEN and to each heartbeat. */
  readonly answerTimeoutMs: number;
  /** From a NOTIFY of our own to its arrival. */
  readonly probeTimeoutMs: number;
}

export interface SessionOptions {
  readonly url: string;
  /** Whose it is, for pg_stat_activity. */
  readonly owner: string;
  readonly channels: readonly string[];
  readonly onNotification: (channel: string, payload: string) => void;
  readonly limits: SessionLimits;
  readonly clock: Clock;
  readonly random: () => number;
  /** Aborted: the same as `close`, also while it is being opened. */
  readonly signal: AbortSignal;
}

export function isChannelName(name: string): boolean {
  const bytes = Buffer.byteLength(name);
  return bytes > 0 && bytes <= CHANNEL_MAX_BYTES && !name.includes("\0");
}

export class ListenSession {
  readonly #client: pg.Client;
  /** Ours, so that a dead socket can be destroyed. */
  readonly #socket: Socket;
  readonly #options: SessionOptions;
  readonly #probeChannel: string;
  readonly #lost = new AbortController();
  readonly #onAbort = () => void this.close();
  readonly #awaited = new Map<string, () => void>();
  #probes = 0;
  #closing: Promise<void> | null = null;

  /** Resolves when LISTEN has committed: what was sent before then is for the caller to catch up. */
  static async open(options: SessionOptions): Promise<ListenSession> {
    const session = new ListenSession(options);
    try {
      await session.#connect();
      await session.#listen();
      return session;
    } catch (thrown) {
      await session.close();
      const error = coerceError(thrown);
      if (!isSqlState(error, READ_ONLY_TRANSACTION)) throw explainTls(error, options.url);
      throw new TransientError(
        `expected a primary server, found a standby (${error.message}); waiting until it is promoted or the address leads elsewhere`,
        { cause: error },
      );
    }
  }

  private constructor(options: SessionOptions) {
    this.#options = options;
    this.#probeChannel = `climatebatch_probe_${Math.floor(options.random() * 2 ** 48).toString(36)}`;
    this.#socket = new Socket();
    this.#client = makeClient(options.url, {
      application_name: `climatebatch listener ${options.owner}`.trimEnd(),
      keepAlive: true,
      keepAliveInitialDelayMillis: KEEPALIVE_MS,
      stream: () => this.#socket,
    });
    this.#client.on("error", (error) => this.#lose(error));
    this.#client.on("end", () => this.#lose(new TransientError("the server closed the connection")));
    this.#client.on("notification", ({ channel, payload = "" }) => {
      if (channel === this.#probeChannel) this.#awaited.get(payload)?.();
      else options.onNotification(channel, payload);
    });
    if (options.signal.aborted) this.#onAbort();
    options.signal.addEventListener("abort", this.#onAbort, { once: true });
  }

  /** Aborted, with the reason, when the session is lost or closed. */
  get signal(): AbortSignal {
    return this.#lost.signal;
  }

  async #connect(): Promise<void> {
    const { clock, limits } = this.#options;
    const silence = () => new TransientError(`no connection within ${limits.connectTimeoutMs / 1000} s`);
    this.signal.throwIfAborted();
    await within(clock, limits.connectTimeoutMs, silence, this.#whileAlive(this.#client.connect()));
    await this.#ask("the session's settings", SESSION_SETTINGS);
  }

  async #listen(): Promise<void> {
    const channels = [...this.#options.channels, this.#probeChannel];
    await this.#ask("LISTEN", channels.map((channel) => `LISTEN ${pg.escapeIdentifier(channel)}`).join("; "));
  }

  /** Fails when the session does not answer; returns the channels it no longer listens to. */
  async beat(): Promise<string[]> {
    const { rows } = await this.#ask("the heartbeat", "SELECT pg_listening_channels() AS channel");
    const heard = new Set(rows.map(({ channel }) => channel));
    return this.#options.channels.filter((channel) => !heard.has(channel));
  }

  /**
   * Sends a NOTIFY from a session of its own and waits for it here; null when it came, else why not. All that committed
   * before it has been delivered by then. It must be another session: a pooler that hands out one server connection per
   * transaction would deliver what the same statement has sent, and nothing else.
   */
  async probe(): Promise<string | null> {
    const { clock, limits } = this.#options;
    const token = String(++this.#probes);
    const arrival = new Promise<void>((resolve) => this.#awaited.set(token, resolve));
    try {
      const unsent = () => new TransientError(`no answer within ${limits.answerTimeoutMs / 1000} s`);
      await within(clock, limits.answerTimeoutMs, unsent, this.#whileAlive(this.#sendProbe(token)));
    } catch (thrown) {
      return `the self-probe could not be sent: ${coerceError(thrown).message}`;
    }
    const silence = () =>
      new TransientError(
        `LISTEN was accepted, but a NOTIFY from another session did not arrive within ${limits.probeTimeoutMs / 1000} s: is there a ` +
          "connection pooler in transaction mode in between? Give the listener the address of PostgreSQL itself",
      );
    return within(clock, limits.probeTimeoutMs, silence, this.#whileAlive(arrival))
      .then(
        () => null,
        (error: Error) => error.message,
      )
      .finally(() => this.#awaited.delete(token));
  }

  async #sendProbe(token: string): Promise<void> {
    const sender = await connect(this.#options.url, { purpose: "listener probe", patienceMs: 0, signal: this.signal });
    try {
      await sender.query("SELECT pg_notify($1, $2)", [this.#probeChannel, token]);
    } finally {
      await sender.end();
    }
  }

  /** Lets the server notice a dead listener: it would keep the queue of all notifications from being emptied. */
  async keepAliveFromServer(): Promise<void> {
    await this.#ask(
      "SET",
      "SET tcp_keepalives_idle = 30; SET tcp_keepalives_interval = 10; SET tcp_keepalives_count = 3",
    );
  }

  /** Says good-bye, and leaves without an answer if none comes. */
  close(): Promise<void> {
    this.#closing ??= this.#leave();
    return this.#closing;
  }

  async #leave(): Promise<void> {
    this.#options.signal.removeEventListener("abort", this.#onAbort);
    this.#lose(new TransientError("the listener was stopped"));
    const farewell = this.#client.end().catch(() => undefined);
    const silence = () => new TransientError("no answer to the good-bye");
    await within(this.#options.clock, CLOSE_PATIENCE_MS, silence, farewell).catch(() => undefined);
    this.#socket.destroy();
  }

  #ask(what: string, statement: string): Promise<pg.QueryResult> {
    const { clock, limits } = this.#options;
    const silence = () => new TransientError(`${what} got no answer within ${limits.answerTimeoutMs / 1000} s`);
    return within(clock, limits.answerTimeoutMs, silence, this.#whileAlive(this.#client.query(statement)));
  }

  /** Not every promise of the driver settles when the session ends: an end during connecting leaves it open permanently. */
  #whileAlive<T>(work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const onLost = () => reject(this.signal.reason);
      if (this.signal.aborted) onLost();
      this.signal.addEventListener("abort", onLost, { once: true });
      work.then(resolve, reject).finally(() => this.signal.removeEventListener("abort", onLost));
    });
  }

  #lose(reason: Error): void {
    if (!this.signal.aborted) this.#lost.abort(reason);
  }
}
