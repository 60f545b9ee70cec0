// NOTIFY not received? Whether a notification comes through to here, whether any session listens, and which requests wait.
import { LISTENER_LIMITS } from "../../database/listener.ts";
import { ListenSession } from "../../database/listenSession.ts";
import { CALCULATIONS } from "../../model/calculations.ts";
import { RejectedError } from "../../model/errors.ts";
import type { DatabaseCheck } from "./examineDatabase.ts";
import { type Finding, fine, problem, warn } from "./finding.ts";

const FULL_QUEUE = 0.1;
/** Longer than polls are apart. */
const LONG_WAIT_SECONDS = 180;
const START = "Start it: climatebatch serve (or, in a cluster, the operator).";

export const channelCheck: DatabaseCheck = {
  name: "channel",
  needs: "connection",
  async look({ client, clock, databaseUrl, random, triggerChannel }) {
    const findings: Finding[] = [];
    const stop = new AbortController();
    let session: ListenSession;
    try {
      session = await ListenSession.open({
        url: databaseUrl,
        owner: "doctor",
        channels: [triggerChannel],
        onNotification: () => undefined,
        limits: LISTENER_LIMITS,
        clock,
        random,
        signal: stop.signal,
      });
    } catch (error) {
      if (error instanceof RejectedError) throw error;
      return [problem(`LISTEN does not work: ${(error as Error).message}`, "See the finding about the server.")];
    }
    try {
      const trouble = await session.probe();
      findings.push(
        trouble === null
          ? fine(`a NOTIFY from another session arrives here; ours is the channel ${triggerChannel}`)
          : problem(trouble, "Give DATABASE_HOST and DATABASE_PORT of PostgreSQL itself, not of a pooler."),
      );
    } finally {
      stop.abort();
      await session.close();
    }
    const { rows } = await client.query("SELECT pg_notification_queue_usage() AS share");
    if (rows[0].share > FULL_QUEUE)
      findings.push(
        warn(
          `${Math.round(100 * rows[0].share)} % of the server's queue of notifications are taken`,
          "A session listens and sits in an open transaction: find it in pg_stat_activity (state idle in transaction) and end it.",
        ),
      );
    return findings;
  },
};

export const listenersCheck: DatabaseCheck = {
  name: "listeners",
  needs: "connection",
  async look({ client, triggerChannel }) {
    const { rows } = await client.query<{ session: string; backend_start: Date }>(
      `SELECT substr(application_name, length('climatebatch listener ') + 1) AS session, backend_start FROM pg_stat_activity
       WHERE application_name LIKE 'climatebatch listener %' AND application_name <> 'climatebatch listener doctor' AND datname = current_database() ORDER BY 2`,
    );
    const words = CALCULATIONS.map((one) => `NOTIFY ${triggerChannel}, '${one}'`).join(" or ");
    if (rows.length === 0)
      return [
        problem(
          "no session listens: a NOTIFY that is sent now is forgotten by PostgreSQL",
          `${START} What must not be lost: SELECT climatebatch.request_batch('probability').`,
        ),
      ];
    const sessions = rows.map((row) => `${row.session} since ${row.backend_start.toISOString()}`).join(", ");
    return [fine(`listening: ${sessions}; expected are ${words}, sent in this database`)];
  },
};

export const requestsCheck: DatabaseCheck = {
  name: "requests",
  needs: "schema",
  async look({ client }) {
    const { rows } = await client.query<
      Record<string, string> & { seconds: number; coalesced: number; alive: boolean }
    >(
      `SELECT request_id, calculation, state, claimed_by, climate_batch, coalesced, requested_at::text,
         extract(epoch FROM clock_timestamp() - coalesce(claimed_at, requested_at))::float8 AS seconds,
         EXISTS (SELECT FROM pg_stat_activity AS a WHERE a.application_name = 'climatebatch serve ' || claimed_by) AS alive,
         EXISTS (SELECT FROM climatebatch.batches AS b WHERE b.state = 'running' AND (b.calculation = 'all' OR r.calculation = 'all' OR b.calculation = r.calculation)) AS behind
       FROM climatebatch.batch_requests AS r WHERE state <> 'finished' ORDER BY request_id`,
    );
    if (rows.length === 0) return [fine("no request waits")];
    return rows.map((row) => {
      const { request_id, calculation, state, claimed_by, climate_batch, seconds } = row;
      const what = `request ${request_id} for ${calculation}`;
      if (climate_batch !== null && row.behind)
        return fine(`${what} is ClimateBatch ${climate_batch}, which waits for the batch that runs`);
      if (state === "waiting" && row.behind)
        return fine(`${what} waits for the batch that runs, and for ${row.coalesced} more requests`);
      if (seconds < LONG_WAIT_SECONDS) return fine(`${what} is ${state} since ${Math.round(seconds)} s`);
      if (state === "waiting")
        return problem(`${what} waits since ${row.requested_at}, and no process takes it`, START);
      if (climate_batch !== null)
        return warn(
          `${what} is ClimateBatch ${climate_batch}, which is not planned yet`,
          `Does ${claimed_by} run? kubectl describe climatebatch ${climate_batch}`,
        );
      if (row.alive)
        return warn(
          `${what} was taken by ${claimed_by} and is not planned yet`,
          "See the log of serve for requestNotAnswered.",
        );
      const withdraw = `UPDATE climatebatch.batch_requests SET state = 'finished', outcome = 'cancelled', finished_at = now() WHERE request_id = ${request_id}`;
      return problem(
        `${what} was taken by the installation "${claimed_by}", which is not here`,
        `Start that installation (CLIMATEBATCH_INSTALLATION=${claimed_by}), or withdraw the request: ${withdraw}`,
      );
    });
  },
};
