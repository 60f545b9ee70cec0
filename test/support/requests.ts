// Requests as tests make and see them.
import type { Client, ClientBase } from "pg";
import { claimRequests } from "../../database/requests.ts";

export async function emptyRequests(client: Client): Promise<void> {
  await client.query("TRUNCATE climatebatch.batch_requests, climatebatch.batch_request_keys RESTART IDENTITY CASCADE");
  await client.query("DELETE FROM climatebatch.batches");
}

/** What people type; returns the number of the request. */
export async function requestBatch(client: Client, ...parameters: unknown[]): Promise<string> {
  const places = parameters.map((_, at) => `$${at + 1}`).join();
  const { rows } = await client.query(`SELECT climatebatch.request_batch(${places}) AS id`, parameters);
  return rows[0].id;
}

export async function readRequestRows(client: Client): Promise<Record<string, unknown>[]> {
  const { rows } = await client.query("SELECT * FROM climatebatch.batch_requests ORDER BY request_id");
  return rows;
}

/** The oldest that wait, up to `limit`. */
export async function claimOldest(client: ClientBase, installation: string, limit: number) {
  return claimRequests(client, installation, await readWaitingIds(client, limit));
}

export async function readWaitingIds(client: ClientBase, limit: number): Promise<string[]> {
  const { rows } = await client.query<{ id: string }>(
    "SELECT request_id AS id FROM climatebatch.batch_requests WHERE state = 'waiting' ORDER BY request_id LIMIT $1",
    [limit],
  );
  return rows.map(({ id }) => id);
}

/** A running batch without shards. */
export async function insertBatch(client: Client): Promise<string> {
  const { rows } = await client.query(
    `WITH grid AS (INSERT INTO climatebatch.grids (name) VALUES (gen_random_uuid()) RETURNING grid_id)
     INSERT INTO climatebatch.batches (calculation, specification, specification_key, grid_id)
     SELECT 'hazard', '{}', '', grid_id FROM grid RETURNING batch_id`,
  );
  return rows[0].batch_id;
}
