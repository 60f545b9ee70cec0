// The two fates an error may have besides crashing: the user's mistake, and trouble that passes by itself.
// Everything else is a bug and stays a plain Error.

/** Something the user gave is wrong: says what was expected, what was found, where, and how to fix it. Never retried. */
export class RejectedError extends Error {
  override readonly name = "RejectedError";
  /** One CamelCase word for conditions, logs and tables. */
  readonly reason: string;

  constructor(reason: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

/** Trouble that passes: the same work may be tried again unchanged. */
export class TransientError extends Error {
  override readonly name = "TransientError";
}

/** Whatever was thrown, as an Error that keeps its cause. */
export function coerceError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown), { cause: thrown });
}
