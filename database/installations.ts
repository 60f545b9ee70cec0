// Which cluster an installation belongs to. Two clusters with one name would each cancel the batches of the other, whose
// ClimateBatches they do not see.
import type { ClientBase } from "pg";
import { RejectedError } from "../model/errors.ts";

export interface ClusterIdentity {
  /** Uid of the namespace that the operator works in. */
  readonly clusterUid: string;
  readonly namespace: string;
  readonly apiServer: string;
}

export interface InstallationClaim extends ClusterIdentity {
  readonly installation: string;
  /** Take the name from another cluster, which then refuses to work. */
  readonly takeOver: boolean;
}

/** Records that this cluster has the installation. Rejects with InstallationTaken when another one has it. */
export async function claimInstallation(
  client: ClientBase,
  claim: InstallationClaim,
): Promise<{ takenFrom: string | null }> {
  const { installation, clusterUid, namespace, apiServer, takeOver } = claim;
  const before = await readOwner(client, installation);
  const { rowCount } = await client.query(
    `INSERT INTO climatebatch.installations AS i (installation, cluster_uid, namespace, api_server) VALUES ($1, $2, $3, $4)
     ON CONFLICT (installation) DO UPDATE SET cluster_uid = $2, namespace = $3, api_server = $4, seen_at = clock_timestamp(),
       claimed_at = CASE WHEN i.cluster_uid = $2 THEN i.claimed_at ELSE clock_timestamp() END
     WHERE i.cluster_uid = $2 OR $5`,
    [installation, clusterUid, namespace, apiServer, takeOver],
  );
  const isOther = before !== null && before.clusterUid !== clusterUid;
  if (rowCount === 1) return { takenFrom: isOther ? describe(before) : null };
  const owner = (await readOwner(client, installation))!;
  throw new RejectedError(
    "InstallationTaken",
    `Installation "${installation}" belongs to ${describe(owner)}, last seen ${owner.seenAt.toISOString()}; this is ` +
      `${describe(claim)}. Choose another name (installation of the chart, CLIMATEBATCH_INSTALLATION). To move the installation ` +
      "here on purpose, stop the other operator and set takeOver: true (CLIMATEBATCH_TAKE_OVER=true) for one start.",
  );
}

async function readOwner(
  client: ClientBase,
  installation: string,
): Promise<(ClusterIdentity & { seenAt: Date }) | null> {
  const { rows } = await client.query(
    `SELECT cluster_uid AS "clusterUid", namespace, api_server AS "apiServer", seen_at AS "seenAt"
     FROM climatebatch.installations WHERE installation = $1`,
    [installation],
  );
  return rows[0] ?? null;
}

function describe({ clusterUid, namespace, apiServer }: ClusterIdentity): string {
  return `namespace ${namespace} (uid ${clusterUid}) of ${apiServer}`;
}
