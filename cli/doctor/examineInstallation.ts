// An installation in a cluster: the namespace as the API server shows it, and the operator's database where its address is known.
import type { ReadReplicas } from "../../database/address.ts";
import { systemClock } from "../../model/clock.ts";
import { coerceError } from "../../model/errors.ts";
import { DEFAULT_TRIGGER_CHANNEL } from "../../model/requests.ts";
import type { Cluster } from "../../operator/kube/kubeConfig.ts";
import { batchesCheck } from "./batchesCheck.ts";
import { climateBatchesCheck } from "./cluster/climateBatchesCheck.ts";
import { type ClusterCheckContext, type FoundOperator, findOperators } from "./cluster/clusterCheckContext.ts";
import { ClusterReader } from "./cluster/clusterReader.ts";
import { definitionCheck, leaderCheck, operatorCheck, rightsCheck } from "./cluster/operatorChecks.ts";
import { lastFiringsCheck, nextFiringsCheck } from "./cluster/scheduleChecks.ts";
import { makePermissionsCheck, OPERATOR_RIGHTS, schemaCheck, serverCheck } from "./connectionChecks.ts";
import { coverageCheck } from "./coverageCheck.ts";
import { CONNECTION, type DatabaseCheck, examineDatabase, type Session } from "./examineDatabase.ts";
import { type Check, type CheckReport, type Finding, fine, look, notLookedAt, problem } from "./finding.ts";
import { channelCheck, listenersCheck, requestsCheck } from "./listeningChecks.ts";
import { replicasCheck } from "./replicasCheck.ts";

/** The check that finds the API server; without it no other of the cluster is looked at. */
export const API_SERVER = "API server";

/** In the order in which trouble follows from trouble. */
export const CLUSTER_CHECKS: readonly Check<ClusterCheckContext>[] = [
  definitionCheck,
  operatorCheck,
  leaderCheck,
  rightsCheck,
  nextFiringsCheck,
  lastFiringsCheck,
  climateBatchesCheck,
];
export const OPERATOR_DATABASE_CHECKS: readonly DatabaseCheck[] = [
  serverCheck,
  schemaCheck,
  makePermissionsCheck(OPERATOR_RIGHTS, "climatebatch_operator"),
  replicasCheck,
  channelCheck,
  listenersCheck,
  requestsCheck,
  coverageCheck,
  batchesCheck,
];

/** `database` null: nothing here says where it is. */
export async function examineInstallation(
  cluster: Cluster,
  namespace: string,
  database: { readonly url: string; readonly replicas: ReadReplicas } | null,
  signal: AbortSignal,
): Promise<CheckReport[]> {
  const reader = new ClusterReader(cluster, namespace, signal);
  try {
    const { reports, operators } = await examineCluster(reader);
    if (database === null) {
      const why = "no address is known here; helm test looks from inside, --database or DATABASE_* from here";
      const connection = notLookedAt(why)({ name: CONNECTION });
      return [...reports, connection, ...OPERATOR_DATABASE_CHECKS.map(notLookedAt("there is no connection"))];
    }
    const triggerChannel = operators[0]?.triggerChannel ?? DEFAULT_TRIGGER_CHANNEL;
    const admit = (session: Session) => ({ ...session, triggerChannel });
    return [...reports, ...(await examineDatabase(database, OPERATOR_DATABASE_CHECKS, admit))];
  } finally {
    reader.close();
  }
}

async function examineCluster(
  cluster: ClusterReader,
): Promise<{ reports: CheckReport[]; operators: readonly FoundOperator[] }> {
  let version: string;
  try {
    version = await cluster.version();
  } catch (thrown) {
    const found = `no answer from ${cluster.server}: ${coerceError(thrown).message}`;
    const away = problem(found, "Check --kubeconfig and KUBECONFIG: does kubectl version answer?");
    const unseen = CLUSTER_CHECKS.map(notLookedAt("the API server does not answer"));
    return { reports: [{ check: API_SERVER, findings: [away] }, ...unseen], operators: [] };
  }
  const found = fine(`Kubernetes ${version} at ${cluster.server}, namespace ${cluster.namespace}`);
  const reports: CheckReport[] = [{ check: API_SERVER, findings: [found] }];
  const advice = `May you read this in namespace ${cluster.namespace}? kubectl auth can-i --list -n ${cluster.namespace}; helm test has the rights.`;
  let operators: readonly FoundOperator[] = [];
  let unread: Finding | null = null;
  try {
    operators = await findOperators(cluster);
  } catch (thrown) {
    unread = problem(`Deployments cannot be read: ${coerceError(thrown).message}`, advice);
  }
  const patient: ClusterCheckContext = { cluster, clock: systemClock, operators };
  for (const check of CLUSTER_CHECKS)
    if (check === operatorCheck && unread !== null) reports.push({ check: check.name, findings: [unread] });
    else reports.push(await look(check, patient, advice));
  return { reports, operators };
}
