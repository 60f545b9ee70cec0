// Requests for batches as rows: recorded once, claimed by exactly one installation, settled with their outcome.
import type { ClientBase, DatabaseError } from "pg";
import { type BatchRequest, type RequestOptions, readBatchRequest } from "../model/batchRequest.ts";
import type { Calculation, CalculationRequest } from "../model/calculations.ts";
import { RejectedError } from "../model/errors.ts";
import type { RequestSource } from "../model/requests.ts";
import { isSqlState } from "./troubles.ts";

const INVALID_PARAMETER = "22023";

/** recorded: a new row waits. coalesced: an equal one waited already. known: the key was used before, now or years ago. */
export interface RecordedRequest {
  readonly requestId: string;
  readonly how: "recorded" | "coalesced" | "known";
}

export interface RequestToRecord {
  readonly calculation: CalculationRequest;
  readonly options?: RequestOptions;
  readonly source: RequestSource;
  /** Unique permanently, such as "yearly/probability/2028". */
  readonly requestKey?: string | undefined;
}

/** Records a request and wakes the processes that handle requests. */
export async function recordRequest(client: ClientBase, request: RequestToRecord): Promise<RecordedRequest> {
  const { calculation, options = {}, source, requestKey } = request;
  return record(client, [calculation, JSON.stringify(options), source, requestKey ?? null, 1]);
}

export interface HeardNotify {
  /** NOTIFYs that this represents. */
  readonly times: number;
  /**
   * How long ago the last of them was heard, by the listener's monotonic clock. The database subtracts it from its own
   * time, so that the two clocks are never compared.
   */
  readonly heardMsAgo: number;
}

/**
 * Writes down a NOTIFY: at least one batch of this calculation starts after it. A request claimed since it was heard is
 * that batch's; one that waits takes it up; else there is a new one.
 */
export async function recordNotify(
  client: ClientBase,
  calculation: Calculation,
  { times, heardMsAgo }: HeardNotify,
): Promise<RecordedRequest> {
  const { rows } = await client.query(
    `UPDATE climatebatch.batch_requests SET coalesced = coalesced + $3 WHERE request_id = (
       SELECT max(request_id) FROM climatebatch.batch_requests WHERE calculation = $1 AND options = '{}'
         AND claimed_at >= clock_timestamp() - make_interval(secs => $2))
     RETURNING request_id AS "requestId", 'coalesced' AS how`,
    [calculation, heardMsAgo / 1000, times],
  );
  return rows[0] ?? record(client, [calculation, "{}", "notify", null, times]);
}

async function record(client: ClientBase, parameters: readonly unknown[]): Promise<RecordedRequest> {
  try {
    const { rows } = await client.query(
      `SELECT request AS "requestId", how FROM climatebatch.record_request($1, $2, $3, $4, $5)`,
      [...parameters],
    );
    return rows[0];
  } catch (error) {
    if (!isSqlState(error, INVALID_PARAMETER)) throw error;
    const { message, hint } = error as DatabaseError;
    throw new RejectedError("InvalidRequest", `${message}. ${hint}`, { cause: error });
  }
}

export interface RequestDescription {
  readonly requestId: string;
  readonly calculation: Calculation;
  /** A claim since then still answers. */
  readonly claimedWithinMs: number;
}

const ANSWERS = `request_id = $1 AND calculation = $2 AND options = '{}'
  AND (state = 'waiting' OR claimed_at >= clock_timestamp() - make_interval(secs => $3))`;

/**
 * Whether a request that was notified on the request channel after a NOTIFY answers it: read again, since any session may notify
 * anything. One that waits does; one claimed by now does if that was not long before the NOTIFY was heard.
 */
export async function answersNotify(client: ClientBase, notified: RequestDescription): Promise<boolean> {
  const { rows } = await client.query(`SELECT FROM climatebatch.batch_requests WHERE ${ANSWERS}`, [
    notified.requestId,
    notified.calculation,
    notified.claimedWithinMs / 1000,
  ]);
  return rows.length > 0;
}

/** The same, and if so counts the NOTIFYs there. Claims skip the row for that moment: look again afterwards. */
export async function countNotify(client: ClientBase, notified: RequestDescription, times: number): Promise<boolean> {
  const { rowCount } = await client.query(
    `UPDATE climatebatch.batch_requests SET coalesced = coalesced + $4 WHERE ${ANSWERS}`,
    [notified.requestId, notified.calculation, notified.claimedWithinMs / 1000, times],
  );
  return rowCount === 1;
}

export interface StoredRequest {
  readonly requestId: string;
  readonly calculation: CalculationRequest;
  /** As stored: see `readStoredRequest`. */
  readonly options: unknown;
  readonly source: RequestSource;
  readonly requestedAt: Date;
  readonly requestKeys: readonly string[];
  /** Further requests that are answered with this one. */
  readonly coalesced: number;
  readonly state: "waiting" | "claimed" | "finished";
  readonly claimedBy: string | null;
  readonly climateBatch: string | null;
  readonly batchId: string | null;
  readonly outcome: "batch" | "failed" | "cancelled" | null;
  readonly reason: string | null;
  readonly message: string | null;
}

const STORED_REQUEST = `request_id AS "requestId", calculation, options, source, requested_at AS "requestedAt", coalesced, state,
  claimed_by AS "claimedBy", climate_batch AS "climateBatch", batch_id AS "batchId", outcome, reason, message,
  ARRAY(SELECT k.request_key FROM climatebatch.batch_request_keys AS k WHERE k.request_id = r.request_id ORDER BY 1) AS "requestKeys"`;

/** Takes the requests that still wait and that no other session is taking. */
export async function claimRequests(
  client: ClientBase,
  installation: string,
  requestIds: readonly string[],
): Promise<StoredRequest[]> {
  const { rows } = await client.query(
    `WITH next AS MATERIALIZED (
       SELECT request_id AS id FROM climatebatch.batch_requests
       WHERE request_id = ANY ($2) AND state = 'waiting' FOR UPDATE SKIP LOCKED),
     claimed AS (
       UPDATE climatebatch.batch_requests AS r SET state = 'claimed', claimed_by = $1, claimed_at = clock_timestamp()
       FROM next WHERE r.request_id = next.id RETURNING r.*)
     SELECT ${STORED_REQUEST} FROM claimed AS r ORDER BY request_id`,
    [installation, requestIds],
  );
  return rows;
}

/** What this installation has claimed and not settled: after a restart it goes on with these. */
export async function readClaimedRequests(client: ClientBase, installation: string): Promise<StoredRequest[]> {
  const { rows } = await client.query(
    `SELECT ${STORED_REQUEST} FROM climatebatch.batch_requests AS r
     WHERE state = 'claimed' AND claimed_by = $1 ORDER BY r.request_id`,
    [installation],
  );
  return rows;
}

/** The request of a key, whatever its outcome; null when the key was never used. */
export async function findByKey(client: ClientBase, requestKey: string): Promise<StoredRequest | null> {
  const { rows } = await client.query(
    `SELECT ${STORED_REQUEST} FROM climatebatch.batch_requests AS r
     WHERE r.request_id = (SELECT request_id FROM climatebatch.batch_request_keys WHERE request_key = $1)`,
    [requestKey],
  );
  return rows[0] ?? null;
}

/** Notes the ClimateBatch that answers a claimed request; false when it is not this installation's any more. */
export async function noteClimateBatch(
  client: ClientBase,
  { installation, requestId, name }: { installation: string; requestId: string; name: string },
): Promise<boolean> {
  const { rowCount } = await client.query(
    `UPDATE climatebatch.batch_requests SET climate_batch = $3
     WHERE request_id = $1 AND claimed_by = $2 AND state = 'claimed'`,
    [requestId, installation, name],
  );
  return rowCount === 1;
}

export type RequestOutcome =
  | { readonly outcome: "batch"; readonly batchId: string }
  | { readonly outcome: "failed" | "cancelled"; readonly reason: string; readonly message: string };

/**
 * Says what became of a claimed request, once; false when that was said before. Inside the transaction that plans the batch
 * no kill can leave a batch whose request asks for another.
 */
export async function settleRequest(
  client: ClientBase,
  { installation, requestId }: { installation: string; requestId: string },
  end: RequestOutcome,
): Promise<boolean> {
  const [batchId, reason, message] =
    end.outcome === "batch" ? [end.batchId, null, null] : [null, end.reason, end.message];
  const { rowCount } = await client.query(
    `UPDATE climatebatch.batch_requests SET state = 'finished', finished_at = clock_timestamp(),
       outcome = $3, batch_id = $4, reason = $5, message = $6
     WHERE request_id = $1 AND claimed_by = $2 AND state = 'claimed'`,
    [requestId, installation, end.outcome, batchId, reason, message],
  );
  return rowCount === 1;
}

/** What a stored request asks for. The row may be another version's, or written by hand. */
export function readStoredRequest(stored: Pick<StoredRequest, "requestId" | "calculation" | "options">): BatchRequest {
  const { requestId, calculation, options } = stored;
  return readBatchRequest(
    { ...(options as object), calculation },
    `Request ${requestId} (${JSON.stringify(options).slice(0, 200)}) cannot be read by this version`,
  );
}
