// Publishing: one transaction that checks a batch whole and moves the pointer that the views follow.
import type { ClientBase } from "pg";
import { type Calculation, calculationsOf } from "../model/calculations.ts";
import { RejectedError } from "../model/errors.ts";
import { formatPeriod, samePeriod } from "../model/periods.ts";
import { type BatchSpecification, resultsPerCell } from "../model/specification.ts";
import { transaction } from "./connect.ts";
import { slotTable } from "./slots.ts";

export interface PublishOptions {
  /** Publish although the published batch covers another grid. */
  readonly replaceGrid: boolean;
  /** Publish although fewer risks, scenarios or periods than now would be visible. */
  readonly allowFewer: boolean;
  /** Publish although a newer batch is published: a person goes back. */
  readonly goBack: boolean;
}

/** Why a complete batch was not published, where the same request and inputs would come to the same end. */
export const LASTING_REFUSALS: readonly string[] = ["OtherGrid", "Incomplete", "NoNumbers"];

export type Publication =
  | { readonly published: true; readonly calculations: readonly Calculation[] }
  | { readonly published: false; readonly reason: string; readonly message: string };

/** Makes the results of a complete batch the ones that consumers see, all its calculations at once, or says why not. */
export async function publishBatch(client: ClientBase, batchId: string, options: PublishOptions): Promise<Publication> {
  return transaction(client, async () => {
    await lockPublications(client);
    return publishLocked(client, batchId, options);
  });
}

/** Everybody who plans, publishes or empties takes these rows first: no two decide at the same time. */
export async function lockPublications(client: ClientBase): Promise<void> {
  await client.query("SELECT FROM climatebatch.publications ORDER BY calculation FOR UPDATE");
}

/** The same inside the caller's transaction, which holds `lockPublications`. */
export async function publishLocked(
  client: ClientBase,
  batchId: string,
  options: PublishOptions,
): Promise<Publication> {
  const batch = await checkComplete(client, batchId);
  const { specification } = batch;
  const calculations = calculationsOf(specification.calculation);
  let refusal = refuseOtherRows(batchId, batch);
  for (const calculation of calculations)
    refusal ??= await findRefusal(client, batchId, specification, calculation, options);
  if (refusal !== null) {
    await noteRefusal(client, batchId, refusal);
    return { published: false, ...refusal };
  }
  for (const calculation of calculations) await movePointer(client, batchId, specification, calculation);
  await noteRefusal(client, batchId, null);
  return { published: true, calculations };
}

interface CompleteBatch {
  readonly specification: BatchSpecification;
  readonly cells: number;
  readonly resultRows: number;
}

async function checkComplete(client: ClientBase, batchId: string): Promise<CompleteBatch> {
  const { rows } = await client.query(
    `SELECT b.specification, b.cells, b.state, b.reason,
       (SELECT count(*)::int FROM climatebatch.batch_shards AS s WHERE s.batch_id = b.batch_id AND s.state <> 'done') AS missing_shards,
       (SELECT coalesce(sum(s.result_rows), 0) FROM climatebatch.batch_shards AS s WHERE s.batch_id = b.batch_id) AS result_rows
     FROM climatebatch.batches AS b WHERE b.batch_id = $1`,
    [batchId],
  );
  const batch = rows[0];
  if (batch === undefined)
    throw new RejectedError("UnknownBatch", `There is no batch ${batchId}. List them: climatebatch status`);
  if (batch.state !== "complete") {
    const missing = batch.missing_shards > 0 ? ` and lacks ${batch.missing_shards} shards` : "";
    throw new RejectedError(
      batch.missing_shards > 0 ? "ShardsMissing" : "NotComplete",
      batch.state === "running"
        ? `Batch ${batchId} is unfinished${missing}: it cannot be published. Finish it first: climatebatch run with the same options goes on where it stopped.`
        : `Batch ${batchId} is ${batch.state} (${batch.reason})${missing}: it cannot be published. See climatebatch logs ${batchId}; when the cause is gone: climatebatch retry ${batchId}`,
    );
  }
  return { specification: batch.specification, cells: Number(batch.cells), resultRows: Number(batch.result_rows) };
}

/** Each shard reports what it has written in the transaction that wrote it, so another sum means that rows were changed by others. */
function refuseOtherRows(batchId: string, { specification, cells, resultRows }: CompleteBatch): Refusal | null {
  const expected = cells * resultsPerCell(specification) * calculationsOf(specification.calculation).length;
  if (resultRows === expected) return null;
  return {
    reason: "RowCountMismatch",
    message: `Batch ${batchId}: its shards report ${resultRows} result rows, but it must have ${expected}. It is never published. Compute it again: climatebatch run CALCULATION --new, or a new request.`,
  };
}

interface Refusal {
  readonly reason: string;
  readonly message: string;
}

async function findRefusal(
  client: ClientBase,
  batchId: string,
  specification: BatchSpecification,
  calculation: Calculation,
  options: PublishOptions,
): Promise<Refusal | null> {
  const slots = await client.query(
    "SELECT slot, emptied FROM climatebatch.slots WHERE calculation = $1 AND batch_id = $2",
    [calculation, batchId],
  );
  if (slots.rows.length === 0) {
    return {
      reason: "ResultsGone",
      message: `The ${calculation} rows of batch ${batchId} are gone: a later batch took their slot. Run it again.`,
    };
  }
  const now = await readPublished(client, calculation);
  if (now === undefined) return null;
  if (BigInt(now.batch_id) > BigInt(batchId) && !options.goBack) {
    return {
      reason: "Superseded",
      message: `Batch ${now.batch_id}, requested later, is published already. To go back on purpose: climatebatch publish ${batchId}`,
    };
  }
  const published = now.specification;
  if (published.grid !== specification.grid && !options.replaceGrid) {
    return {
      reason: "OtherGrid",
      message: `The published ${calculation} results cover the grid "${published.grid}", this batch "${specification.grid}". To replace them: climatebatch publish ${batchId} --replace-grid`,
    };
  }
  const lost = listLost(published, specification);
  if (lost.length > 0 && !options.allowFewer) {
    return {
      reason: "Incomplete",
      message: `Readers would lose what is published now: ${lost.join(", ")}. Run the batch with them too, or on purpose: climatebatch publish ${batchId} --allow-fewer`,
    };
  }
  return options.allowFewer ? null : refuseWithoutNumbers(client, batchId, calculation, slots.rows[0].slot);
}

/** A complete batch says why readers do not see it. */
async function noteRefusal(client: ClientBase, batchId: string, refusal: Refusal | null): Promise<void> {
  await client.query(
    `UPDATE climatebatch.batches SET reason = $2, message = $3
     WHERE batch_id = $1 AND state = 'complete' AND (reason, message) IS DISTINCT FROM ($2, $3)`,
    [batchId, refusal?.reason ?? null, refusal?.message ?? null],
  );
}

async function readPublished(
  client: ClientBase,
  calculation: Calculation,
): Promise<{ batch_id: string; specification: BatchSpecification } | undefined> {
  const { rows } = await client.query(
    `SELECT p.batch_id, b.specification FROM climatebatch.publications AS p
     JOIN climatebatch.batches AS b USING (batch_id) WHERE p.calculation = $1`,
    [calculation],
  );
  return rows[0];
}

/** What readers of a calculation would lose when a batch of this specification is published. */
export interface Loss {
  readonly calculation: Calculation;
  /** The published grid, when it is another one. */
  readonly grid: string | null;
  /** Risks, scenarios and periods. */
  readonly lost: readonly string[];
}

export async function findLosses(client: ClientBase, specification: BatchSpecification): Promise<Loss[]> {
  const losses: Loss[] = [];
  for (const calculation of calculationsOf(specification.calculation)) {
    const published = (await readPublished(client, calculation))?.specification;
    if (published === undefined) continue;
    const grid = published.grid === specification.grid ? null : published.grid;
    losses.push({ calculation, grid, lost: listLost(published, specification) });
  }
  return losses.filter(({ grid, lost }) => grid !== null || lost.length > 0);
}

/** Rows that are all null would take everything from readers; the reasons name the missing input. */
async function refuseWithoutNumbers(
  client: ClientBase,
  batchId: string,
  calculation: Calculation,
  slot: number,
): Promise<Refusal | null> {
  const table = slotTable(calculation, slot);
  const any = await client.query<{ found: boolean }>(
    `SELECT EXISTS (SELECT FROM ${table} WHERE slot = $1 AND reason IS NULL) AS found`,
    [slot],
  );
  if (any.rows[0]!.found) return null;
  const { rows } = await client.query<{ reason: string; results: string }>(
    `SELECT reason, count(*) AS results FROM ${table} WHERE slot = $1 GROUP BY reason ORDER BY count(*) DESC, reason`,
    [slot],
  );
  const reasons = rows.map(({ reason, results }) => `${reason} ${results}`).join(", ");
  return {
    reason: "NoNumbers",
    message: `None of the ${calculation} results of batch ${batchId} has numbers (${reasons}), but those published now have. Load the missing input and run again, or to publish anyway: climatebatch publish ${batchId} --allow-fewer`,
  };
}

function listLost(published: BatchSpecification, next: BatchSpecification): string[] {
  return [
    ...published.risks.filter((risk) => !next.risks.includes(risk)),
    ...published.scenarios.filter((scenario) => !next.scenarios.includes(scenario)),
    ...published.periods.filter((period) => !next.periods.some((other) => samePeriod(period, other))).map(formatPeriod),
  ];
}

/** Consumers keep the scenario and period they are shown while the new results have it; else the first of each. */
async function movePointer(
  client: ClientBase,
  batchId: string,
  specification: BatchSpecification,
  calculation: Calculation,
): Promise<void> {
  const { scenarios, periods } = specification;
  const shown = periods[1] ?? periods[0]!;
  await client.query(
    `UPDATE climatebatch.slots AS k SET released_at = now(), released_xid = pg_current_xact_id()
     FROM climatebatch.publications AS p
     WHERE p.calculation = $1 AND k.calculation = $1 AND k.slot = p.slot AND p.batch_id <> $2`,
    [calculation, batchId],
  );
  await client.query(
    `UPDATE climatebatch.publications AS p SET
       batch_id = k.batch_id, slot = k.slot, published_at = now(),
       previous_slot = CASE WHEN p.slot = k.slot THEN p.previous_slot ELSE p.slot END,
       shown_scenario_id = CASE WHEN keeps.scenario THEN p.shown_scenario_id
         ELSE (SELECT scenario_id FROM climatebatch.scenarios WHERE name = $4) END,
       shown_first_year = CASE WHEN keeps.period THEN p.shown_first_year ELSE $6 END,
       shown_last_year = CASE WHEN keeps.period THEN p.shown_last_year ELSE $7 END
     FROM climatebatch.slots AS k, climatebatch.publications AS q, LATERAL (SELECT
       EXISTS (SELECT FROM climatebatch.scenarios WHERE name = ANY ($3) AND scenario_id = q.shown_scenario_id) AS scenario,
       EXISTS (SELECT FROM jsonb_to_recordset($5) AS period ("firstYear" int, "lastYear" int)
         WHERE "firstYear" = q.shown_first_year AND "lastYear" = q.shown_last_year) AS period) AS keeps
     WHERE p.calculation = $1 AND q.calculation = $1 AND k.calculation = $1 AND k.batch_id = $2`,
    [calculation, batchId, scenarios, scenarios[0], JSON.stringify(periods), shown.firstYear, shown.lastYear],
  );
  await client.query(
    "UPDATE climatebatch.slots SET released_at = NULL, released_xid = NULL WHERE calculation = $1 AND batch_id = $2",
    [calculation, batchId],
  );
}
