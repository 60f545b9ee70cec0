// Failures of calls to the API server, and whether they pass. The only place for status numbers and system codes.

/** A meta/v1 Status, or the failure to get one; `retryAfterMs` from its details or the Retry-After header. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  /** HTTP status; 0 when there was no answer. */
  readonly status: number;
  /** The Status' one word ("Conflict", "Expired"), or the system's ("ECONNRESET"), or one of NO_ANSWER. */
  readonly reason: string;
  readonly retryAfterMs: number | undefined;

  constructor(
    status: number,
    reason: string,
    message: string,
    options: ErrorOptions & { readonly retryAfterMs?: number | undefined } = {},
  ) {
    super(message, options);
    this.status = status;
    this.reason = reason;
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** Our own reasons, for answers that did not come or could not be read. */
export const NO_ANSWER = {
  timeout: "NoAnswerInTime",
  inactive: "StreamInactive",
  unreadable: "UnreadableAnswer",
  shortWatch: "WatchEndedAtOnce",
  missed: "WatchMissedChanges",
} as const;

const NOT_FOUND = 404;
const CONFLICT = 409;
const GONE = 410;
const INVALID_STATUSES: ReadonlySet<number> = new Set([400, 422]);

/** Answers that may differ the next time. */
const TRANSIENT_STATUSES: ReadonlySet<number> = new Set([
  401, // a service account token rotated while it was being read; the next call reads it again
  408, // request timeout
  429, // too many requests
  500, // internal error, e.g. etcd is changing its leader
  502, // bad gateway, from a load balancer
  503, // service unavailable: starting up or shutting down
  504, // timeout, e.g. the watch cache is not fresh enough yet
]);

/** No answer, for reasons that pass. Certificate errors are absent: a person must fix those. */
const TRANSIENT_REASONS: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EPIPE",
  "ETIMEDOUT",
  "EAI_AGAIN",
  "ENOTFOUND", // cluster DNS is restarting
  ...Object.values(NO_ANSWER),
]);

/** With a Retry-After the client itself retries these: the server has not begun the work. */
const THROTTLED_STATUSES: ReadonlySet<number> = new Set([429, 503]);

export function isRetryable(error: unknown): boolean {
  if (!(error instanceof ApiError)) return false;
  return error.status === 0 ? TRANSIENT_REASONS.has(error.reason) : TRANSIENT_STATUSES.has(error.status);
}

export function isNotFound(error: unknown): error is ApiError {
  return error instanceof ApiError && error.status === NOT_FOUND;
}

/** Another client wrote first: read again, decide again. */
export function isConflict(error: unknown): error is ApiError {
  return error instanceof ApiError && error.status === CONFLICT && error.reason !== "AlreadyExists";
}

/** The other 409: an object of this name exists. */
export function isAlreadyExists(error: unknown): error is ApiError {
  return error instanceof ApiError && error.status === CONFLICT && error.reason === "AlreadyExists";
}

/** The object is not valid: a rule refuses it, or a field is unknown. */
export function isInvalid(error: unknown): boolean {
  return error instanceof ApiError && INVALID_STATUSES.has(error.status);
}

/** The resourceVersion or the continue token is too old. */
export function isGone(error: unknown): error is ApiError {
  return error instanceof ApiError && error.status === GONE;
}

export function isThrottled(error: unknown): error is ApiError & { readonly retryAfterMs: number } {
  return error instanceof ApiError && THROTTLED_STATUSES.has(error.status) && error.retryAfterMs !== undefined;
}

/** Anything thrown by a call, as an ApiError that keeps its cause. */
export function coerceApiError(thrown: unknown, what: string): ApiError {
  if (thrown instanceof ApiError) return thrown;
  const { code, message } = thrown as { code?: unknown; message?: unknown };
  const reason = typeof code === "string" ? code : "Unknown";
  return new ApiError(0, reason, `${what}: ${typeof message === "string" ? message : String(thrown)}`, {
    cause: thrown,
  });
}

interface Status {
  readonly code?: number;
  readonly reason?: string;
  readonly message?: string;
  readonly details?: { readonly retryAfterSeconds?: number };
}

/** A Status, from the body of a failed call or from an ERROR event of a watch. */
export function readStatus(what: string, status: Status, httpStatus: number, retryAfter?: string): ApiError {
  const seconds = Number(retryAfter ?? status.details?.retryAfterSeconds ?? Number.NaN);
  return new ApiError(
    status.code ?? httpStatus,
    status.reason ?? "Unknown",
    `${what}: ${status.message ?? "no message"}`,
    { retryAfterMs: Number.isFinite(seconds) ? Math.max(0, seconds) * 1000 : undefined },
  );
}

/** The body of a failed call: a Status as JSON, or plain text from a filter or a load balancer in front. */
export function readErrorBody(what: string, httpStatus: number, body: string, retryAfter?: string): ApiError {
  let status: Status;
  try {
    status = JSON.parse(body) as Status;
  } catch {
    status = { reason: "Unknown", message: `HTTP ${httpStatus} "${body.trim().slice(0, 200)}"` };
  }
  return readStatus(what, { ...status, code: httpStatus }, httpStatus, retryAfter);
}
