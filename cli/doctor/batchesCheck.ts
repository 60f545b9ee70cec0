// Batch failing? How the last ones ended, what is published, and whether a process works on those that run.
import type { ClientBase } from "pg";
import { type BatchLine, readRecentBatches } from "../../database/batchReports.ts";
import { CALCULATIONS, type Calculation, METHODS_VERSIONS, type Methods } from "../../model/calculations.ts";
import { remedyOf, remedyOfRequest } from "../../report/batchWords.ts";
import type { DatabaseCheck } from "./examineDatabase.ts";
import { type Finding, fine, problem, warn } from "./finding.ts";

const RECENT = 10;

export const batchesCheck: DatabaseCheck = {
  name: "batches",
  needs: "schema",
  async look({ client, triggerChannel }) {
    const batches = await readRecentBatches(client, RECENT);
    const findings: Finding[] = [];
    for (const batch of batches.filter(({ state }) => state === "running"))
      findings.push(await judgeRunning(client, batch));
    for (const calculation of CALCULATIONS) {
      const last = batches.find(
        (one) => one.state !== "running" && (one.calculation === calculation || one.calculation === "all"),
      );
      if (last !== undefined) findings.push(judgeEnded(calculation, last));
    }
    return [
      ...findings,
      ...(await judgePublished(client, triggerChannel)),
      ...(await judgeMethods(client)),
      ...(await judgeFailedRequests(client)),
    ];
  },
};

/** Published results of older methods than this version's. */
async function judgeMethods(client: ClientBase): Promise<Finding[]> {
  const { rows } = await client.query<{ calculation: Calculation; methods: Methods; version: number }>(
    `SELECT p.calculation, b.specification ->> 'methods' AS methods, min(coalesce(r.methods_version, 1))::int AS version
     FROM climatebatch.publications AS p JOIN climatebatch.batches AS b USING (batch_id) JOIN climatebatch.batch_risks AS r USING (batch_id)
     GROUP BY p.calculation, 2 ORDER BY 1`,
  );
  return rows
    .filter(({ methods, version }) => version < METHODS_VERSIONS[methods])
    .map(({ calculation, methods, version }) =>
      warn(
        `the published ${calculation} was made by version ${version} of the methods ${methods}; this is version ${METHODS_VERSIONS[methods]}`,
        `Compute it again: climatebatch run ${calculation}. docs/validation.md lists what changed.`,
      ),
    );
}

async function judgeRunning(
  client: ClientBase,
  { batchId, calculation, shards, shardsDone }: BatchLine,
): Promise<Finding> {
  const { rows } = await client.query(
    `SELECT b.installation, EXISTS (SELECT FROM pg_stat_activity AS a WHERE a.application_name LIKE 'climatebatch shard ' || b.batch_id || '/%'
       OR a.application_name = 'climatebatch serve batch ' || b.batch_id) AS worked
     FROM climatebatch.batches AS b WHERE batch_id = $1`,
    [batchId],
  );
  const state = `batch ${batchId} (${calculation}) runs, ${shardsDone} of ${shards} shards are done`;
  if (rows[0].worked || rows[0].installation !== null) return fine(state);
  return warn(
    `${state}; no process works on it now`,
    "What serve began, serve goes on with when it is started; what a person began: the same climatebatch run again.",
  );
}

function judgeEnded(calculation: string, batch: BatchLine): Finding {
  const { batchId, state, reason, message, startedAt } = batch;
  const summary = `last ${calculation}: batch ${batchId} of ${startedAt.toISOString().slice(0, 16).replace("T", " ")} UTC is ${state}`;
  const remedy = remedyOf(batch);
  if (remedy !== null) return problem(`${summary} (${reason}): ${message}`, remedy);
  if (state !== "complete" || reason === null || reason === "Superseded") return fine(summary);
  const refused = `${summary}, but not published (${reason}): ${message}`;
  return reason === "RowCountMismatch"
    ? problem(refused, `Compute it again: climatebatch run ${batch.calculation} --new`)
    : warn(refused, "Readers see the results before, which are complete.");
}

async function judgePublished(client: ClientBase, channel: string): Promise<Finding[]> {
  const { rows } = await client.query(
    `SELECT p.calculation, p.batch_id, p.published_at, s.name AS scenario, p.shown_first_year, p.shown_last_year
     FROM climatebatch.publications AS p LEFT JOIN climatebatch.scenarios AS s ON s.scenario_id = p.shown_scenario_id ORDER BY 1 DESC`,
  );
  return rows.map(({ calculation, batch_id, published_at, scenario, shown_first_year, shown_last_year }) =>
    batch_id === null
      ? warn(
          `${calculation}: nothing is published yet`,
          `Ask for a batch: NOTIFY ${channel}, '${calculation}', or climatebatch run ${calculation}`,
        )
      : fine(
          `${calculation}: batch ${batch_id} is published since ${published_at.toISOString().slice(0, 16).replace("T", " ")} UTC; ${calculation}_results shows ${scenario}, ${shown_first_year}-${shown_last_year}`,
        ),
  );
}

/** The newest request of each calculation, if no batch came of it. */
async function judgeFailedRequests(client: ClientBase): Promise<Finding[]> {
  const { rows } = await client.query(
    `SELECT DISTINCT ON (calculation) request_id, calculation, outcome, reason, message
     FROM climatebatch.batch_requests WHERE state = 'finished' ORDER BY calculation, request_id DESC`,
  );
  return rows
    .filter(({ outcome }) => outcome === "failed")
    .map(({ request_id, calculation, reason, message }) =>
      problem(
        `request ${request_id} for ${calculation} became no batch (${reason}): ${message}`,
        remedyOfRequest(calculation),
      ),
    );
}
