// Do the standbys that shards read inputs from answer, are they of this server, and how far behind are they?
import type { Client } from "pg";
import { connect, leave } from "../../database/connect.ts";
import { locateReplicas, type Replica } from "../../database/replicas.ts";
import { coerceError } from "../../model/errors.ts";
import type { DatabaseCheck } from "./examineDatabase.ts";
import { type Finding, fine, warn } from "./finding.ts";

const MEBIBYTE = 2 ** 20;

export const replicasCheck: DatabaseCheck = {
  name: "standbys",
  needs: "connection",
  async look({ client, databaseUrl, replicas }) {
    if (replicas.hosts.length === 0) return [fine("none is named: shards read inputs from the primary")];
    const findings: Finding[] = [];
    for (const replica of locateReplicas(replicas, databaseUrl))
      findings.push(await examineReplica(client, replica, replicas.waitSeconds));
    return findings;
  },
};

interface State {
  readonly server: string;
  readonly isStandby: boolean;
  readonly lsn: string;
}

const STATE = `SELECT (SELECT system_identifier::text FROM pg_control_system()) AS server, pg_is_in_recovery() AS "isStandby",
  CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END::text AS lsn`;

async function examineReplica(primary: Client, { host, url }: Replica, waitSeconds: number): Promise<Finding> {
  let client: Client;
  try {
    client = await connect(url, { purpose: "doctor", patienceMs: 0 });
  } catch (thrown) {
    return warn(
      `${host} does not answer (${coerceError(thrown).message}): shards pass it over`,
      "Start it, or correct DATABASE_READ_HOSTS (in the chart database.read.hosts). User, password, database and TLS are the primary's.",
    );
  }
  try {
    const [ours, theirs] = [(await primary.query<State>(STATE)).rows[0]!, (await client.query<State>(STATE)).rows[0]!];
    if (!theirs.isStandby || ours.server !== theirs.server)
      return warn(
        `${host} is no standby of this server: shards pass it over`,
        "Name hosts that replicate by streaming; a service of CloudNativePG for reading ends in -ro.",
      );
    const { rows } = await client.query<Lag>(
      `SELECT greatest(0, pg_wal_lsn_diff($1::pg_lsn, pg_last_wal_replay_lsn()))::float8 AS bytes,
         extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp())::float8 AS seconds,
         pg_is_wal_replay_paused() AS "isPaused",
         current_setting('hot_standby_feedback')::bool OR current_setting('max_standby_streaming_delay') = '-1' AS "keepsReads"`,
      [ours.lsn],
    );
    return describeLag(host, rows[0]!, waitSeconds);
  } finally {
    await leave(client);
  }
}

interface Lag {
  readonly bytes: number;
  readonly seconds: number | null;
  readonly isPaused: boolean;
  /** The primary waits with what its reads still see. */
  readonly keepsReads: boolean;
}

function describeLag(host: string, { bytes, seconds, isPaused, keepsReads }: Lag, waitSeconds: number): Finding {
  if (isPaused)
    return warn(
      `${host} does not replay: it was paused`,
      "SELECT pg_wal_replay_resume() there. Until then shards read what it lacks from the primary.",
    );
  if (!keepsReads)
    return warn(
      `${host} ends reads that conflict with what it replays: shards then continue on the primary`,
      "Set hot_standby_feedback = on there, and reload.",
    );
  if (bytes === 0) return fine(`${host} is a standby and has replayed everything`);
  const behind = `${host} is ${(bytes / MEBIBYTE).toFixed(1)} MiB behind`;
  // An idle primary writes a little that is no transaction.
  if (seconds === null || seconds <= waitSeconds || bytes < MEBIBYTE) return fine(behind);
  return warn(
    `${behind}; its last transaction is ${Math.round(seconds)} s old, shards wait ${waitSeconds} s`,
    "Look at pg_stat_replication on the primary: network, disk, or a long query there (max_standby_streaming_delay).",
  );
}
