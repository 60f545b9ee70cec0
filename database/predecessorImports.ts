// How far the import of a predecessor's table has come: written after each block of places, read when it is started again.
import type { ClientBase } from "pg";
import type { Place } from "./gridCells.ts";

export interface ImportKey {
  readonly source: string;
  readonly relation: string;
  readonly grid: string;
}

/** `after`: all places up to this one are stored; null: none yet. */
export interface ImportState {
  readonly after: Place | null;
  readonly isFinished: boolean;
}

const WHERE = "source = $1 AND relation = $2 AND grid = $3";
const values = ({ source, relation, grid }: ImportKey) => [source, relation, grid];

export async function readImportState(client: ClientBase, key: ImportKey): Promise<ImportState> {
  const { rows } = await client.query(
    `SELECT after_latitude, after_longitude, finished_at FROM climatebatch.predecessor_imports WHERE ${WHERE}`,
    values(key),
  );
  const row = rows[0];
  if (row === undefined) return { after: null, isFinished: false };
  const { after_latitude: latitude, after_longitude: longitude, finished_at } = row;
  return { after: latitude === null ? null : { latitude, longitude }, isFinished: finished_at !== null };
}

export async function noteImported(client: ClientBase, key: ImportKey, { latitude, longitude }: Place): Promise<void> {
  await client.query(
    `INSERT INTO climatebatch.predecessor_imports (source, relation, grid, after_latitude, after_longitude)
     VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (source, relation, grid) DO UPDATE SET after_latitude = $4, after_longitude = $5, finished_at = NULL`,
    [...values(key), latitude, longitude],
  );
}

export async function noteFinished(client: ClientBase, key: ImportKey): Promise<void> {
  await client.query(
    `INSERT INTO climatebatch.predecessor_imports (source, relation, grid, finished_at) VALUES ($1, $2, $3, now())
     ON CONFLICT (source, relation, grid) DO UPDATE SET finished_at = now()`,
    values(key),
  );
}

/** So that everything is imported again. */
export async function forgetImports(client: ClientBase, source: string, grid: string): Promise<void> {
  await client.query("DELETE FROM climatebatch.predecessor_imports WHERE source = $1 AND grid = $2", [source, grid]);
}
