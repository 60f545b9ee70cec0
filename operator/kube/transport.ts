// Calls and streams of JSON over the API server's REST: rate limited, each with a deadline, throttling waited out.
import type { IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import type { KubeConfig } from "@kubernetes/client-node";
import { type Clock, pause } from "../../model/clock.ts";
import { ApiError, coerceApiError, isThrottled, NO_ANSWER, readErrorBody } from "./apiError.ts";
import { Connections, type Exchange, type Request } from "./connections.ts";
import { withDeadline } from "./signals.ts";
import { TokenBucket } from "./tokenBucket.ts";

export interface TransportOptions {
  readonly kubeConfig: KubeConfig;
  /** Client-side rate limit; watches count once, when they open. */
  readonly qps: number;
  readonly burst: number;
  /** For each try of a call, from the request to the last byte of the answer. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly random: () => number;
}

export interface StreamRequest extends Request {
  /** The stream fails after so long without a byte, its head included. */
  readonly inactivityMs: number;
}

/** As client-go (rest/request.go): a server that keeps throttling is tried again this often. */
const THROTTLED_RETRIES = 10;
/** Beyond this the caller decides: a reconcile is queued again instead of blocking a worker. */
const LONGEST_RETRY_AFTER_MS = 30_000;
/** Keeps clients that got the same Retry-After from returning at the same moment. */
const RETRY_AFTER_JITTER = 0.2;

export class Transport {
  readonly #options: TransportOptions;
  readonly #connections: Connections;
  readonly #bucket: TokenBucket;

  constructor(options: TransportOptions) {
    this.#options = options;
    this.#connections = new Connections(options.kubeConfig);
    this.#bucket = new TokenBucket(options);
  }

  /** The parsed answer. 429 and 503 with Retry-After are tried again; every other failure is an ApiError. */
  async call<T>(request: Request, signal?: AbortSignal): Promise<T> {
    const { clock, random, timeoutMs } = this.#options;
    const what = describe(request);
    const makeReason = () => new ApiError(0, NO_ANSWER.timeout, `${what}: no answer within ${timeoutMs} ms`);
    for (let retries = 0; ; retries++) {
      await this.#bucket.take(signal);
      try {
        return await withDeadline({ clock, delayMs: timeoutMs, makeReason }, signal, (tryingSignal) =>
          this.#callOnce<T>(request, tryingSignal),
        );
      } catch (thrown) {
        signal?.throwIfAborted();
        const error = coerceApiError(thrown, what);
        if (error.reason === NO_ANSWER.timeout) this.#connections.abandonPool();
        if (!isThrottled(error) || retries >= THROTTLED_RETRIES || error.retryAfterMs > LONGEST_RETRY_AFTER_MS) {
          throw error;
        }
        await pause(clock, error.retryAfterMs * (1 + RETRY_AFTER_JITTER * random()), signal);
      }
    }
  }

  /** Lines of JSON as they arrive. Resolves when the server accepts; ends when the server ends it, else throws an ApiError. */
  async stream<T>(request: StreamRequest, signal: AbortSignal): Promise<AsyncIterable<T>> {
    const what = describe(request);
    await this.#bucket.take(signal);
    const exchange = await this.#connections.open({ ...request, freshSocket: true });
    const watchdog = this.#guard(exchange, request.inactivityMs, what, signal);
    try {
      const response = await exchange.answer;
      if (response.statusCode !== 200) throw await readFailure(what, response);
      watchdog.touch();
      return readLines<T>(response, what, signal, watchdog);
    } catch (thrown) {
      watchdog.release();
      signal.throwIfAborted();
      throw coerceApiError(thrown, what);
    }
  }

  close(): void {
    this.#connections.close();
  }

  async #callOnce<T>(request: Request, signal: AbortSignal): Promise<T> {
    const first = await this.#exchange(request, signal);
    // The server closed an idle socket as we took it. Nothing was read, so all but a POST may be sent again.
    const lostRace = first.error?.code === "ECONNRESET" && first.isReused && request.method !== "POST";
    const { response, error } = lostRace ? await this.#exchange({ ...request, freshSocket: true }, signal) : first;
    if (response === undefined) throw error;
    const what = describe(request);
    if (response.statusCode! >= 300) throw await readFailure(what, response);
    return parse<T>(await text(response), what);
  }

  async #exchange(request: Request, signal: AbortSignal) {
    const exchange = await this.#connections.open(request);
    const onAbort = () => exchange.destroy(signal.reason);
    // Never removed: the signal belongs to this try alone.
    signal.addEventListener("abort", onAbort, { once: true });
    if (signal.aborted) onAbort();
    try {
      return { response: await exchange.answer, error: undefined, isReused: exchange.isReused() };
    } catch (thrown) {
      return { response: undefined, error: thrown as NodeJS.ErrnoException, isReused: exchange.isReused() };
    }
  }

  #guard(exchange: Exchange, inactivityMs: number, what: string, signal: AbortSignal): Watchdog {
    const onInactive = () => {
      // What silenced this socket has likely silenced the idle ones, too.
      this.#connections.abandonPool();
      exchange.destroy(new ApiError(0, NO_ANSWER.inactive, `${what}: no byte for ${inactivityMs} ms`));
    };
    let cancel = this.#options.clock.after(inactivityMs, onInactive);
    const onAbort = () => exchange.destroy(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    if (signal.aborted) onAbort();
    return {
      touch: () => {
        cancel();
        cancel = this.#options.clock.after(inactivityMs, onInactive);
      },
      release: () => {
        cancel();
        signal.removeEventListener("abort", onAbort);
        exchange.destroy(new ApiError(0, NO_ANSWER.inactive, `${what}: no reader is left`));
      },
    };
  }
}

interface Watchdog {
  /** A byte came. */
  touch(): void;
  /** Lets go of the socket, the timer and the signal. */
  release(): void;
}

async function* readLines<T>(
  response: IncomingMessage,
  what: string,
  signal: AbortSignal,
  watchdog: Watchdog,
): AsyncGenerator<T> {
  let unfinished = "";
  try {
    for await (const chunk of response.setEncoding("utf8")) {
      watchdog.touch();
      const lines = (unfinished + chunk).split("\n");
      unfinished = lines.pop()!;
      for (const line of lines) if (line !== "") yield parse<T>(line, what);
    }
  } catch (thrown) {
    signal.throwIfAborted();
    throw coerceApiError(thrown, what);
  } finally {
    watchdog.release();
  }
  if (unfinished !== "") yield parse<T>(unfinished, what);
}

async function readFailure(what: string, response: IncomingMessage): Promise<ApiError> {
  return readErrorBody(what, response.statusCode!, await text(response), response.headers["retry-after"]);
}

function parse<T>(json: string, what: string): T {
  try {
    return JSON.parse(json) as T;
  } catch (cause) {
    throw new ApiError(0, NO_ANSWER.unreadable, `${what}: expected JSON, found "${json.slice(0, 200)}"`, { cause });
  }
}

function describe({ method, path }: Request): string {
  return `${method} ${path.split("?")[0]}`;
}
