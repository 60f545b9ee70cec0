// Inputs that are made from another input by a command of their own: which state of it they were made from, and whether
// that still stands.
import type { ClientBase } from "pg";
import { RejectedError } from "../model/errors.ts";
import { readsSea } from "../model/risks.ts";
import type { BatchSpecification } from "../model/specification.ts";
import { elevationInput, readRevision } from "./inputRevisions.ts";

export const connectivityOf = (grid: string) => `sea_connections/${grid}`;

/** Notes the present state of `input` as what `derived` was made from. */
export async function stampDerived(client: ClientBase, derived: string, input: string): Promise<void> {
  await client.query(
    `INSERT INTO climatebatch.derived_inputs (derived, input, revision) VALUES ($1, $2, $3)
     ON CONFLICT (derived) DO UPDATE SET input = EXCLUDED.input, revision = EXCLUDED.revision`,
    [derived, input, await readRevision(client, input)],
  );
}

/** Refuses a batch that would read what was made from another state of its input than the present one. */
export async function refuseStaleInputs(
  client: ClientBase,
  { grid, methods, risks }: Pick<BatchSpecification, "grid" | "methods" | "risks">,
): Promise<void> {
  if (!readsSea({ methods, risks })) return;
  const { rows } = await client.query<{ revision: string; present: string }>(
    `SELECT d.revision, coalesce(r.revision, 0) AS present
     FROM climatebatch.derived_inputs AS d LEFT JOIN climatebatch.input_revisions AS r USING (input) WHERE d.derived = $1`,
    [connectivityOf(grid)],
  );
  const stamp = rows[0];
  if (stamp === undefined || stamp.revision === stamp.present) return;
  throw new RejectedError(
    "StaleInput",
    `The sea's ways to the cells of grid "${grid}" were found on revision ${stamp.revision} of ${elevationInput(grid)}, which is now at ${stamp.present}: elevations or sea cells have changed since. ` +
      `Find them again: climatebatch connectivity --grid ${grid}. Or leave coastal_flood out of the risks: --risk.`,
  );
}
