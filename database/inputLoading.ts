// The guard between loading and batches: a change of an input locks it first, and an unfinished batch that pinned it
// is refused or failed, never surprised.
import type { ClientBase } from "pg";
import { RejectedError } from "../model/errors.ts";
import { endBatch } from "./batches.ts";

/** Waits for shards that are committing and for other loads, and keeps both out until the transaction ends. */
export async function lockInputsForLoading(client: ClientBase, inputs: readonly string[]): Promise<void> {
  await client.query(
    "INSERT INTO climatebatch.input_revisions (input) SELECT unnest($1::text[]) ON CONFLICT DO NOTHING",
    [inputs],
  );
  await client.query("SELECT FROM climatebatch.input_revisions WHERE input = ANY ($1) ORDER BY input FOR UPDATE", [
    inputs,
  ]);
}

/** The unfinished batches that pinned any of the inputs; refused unless they may be failed. */
export async function refuseUnfinishedBatches(
  client: ClientBase,
  inputs: readonly string[],
  mayFail: boolean,
): Promise<readonly string[]> {
  const { rows } = await client.query<{ batch_id: string }>(
    `SELECT DISTINCT b.batch_id FROM climatebatch.batches AS b JOIN climatebatch.batch_inputs AS i USING (batch_id)
     WHERE b.state = 'running' AND i.input = ANY ($1) ORDER BY b.batch_id`,
    [inputs],
  );
  const batches = rows.map(({ batch_id }) => batch_id);
  if (batches.length === 0 || mayFail) return batches;
  const [which, them] =
    batches.length === 1
      ? [`Batch ${batches[0]} is unfinished and uses`, "it"]
      : [`Batches ${batches.join(", ")} are unfinished and use`, "them"];
  throw new RejectedError(
    "InputInUse",
    `${which} ${inputs.join(" and ")}, which this command would change. Finish ${them} first (climatebatch run with the same options goes on where it stopped), ` +
      `or give --fail-running-batches to end ${them} as failed.`,
  );
}

export async function failBatches(client: ClientBase, batches: readonly string[], input: string): Promise<void> {
  const message = `A command with --fail-running-batches changed ${input} while the batch was unfinished. Start it again: climatebatch run.`;
  for (const batchId of batches) await endBatch(client, batchId, "failed", { reason: "InputChanged", message });
}
