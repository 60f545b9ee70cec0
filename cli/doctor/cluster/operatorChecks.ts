// Does the cluster know what it needs to know, does an operator run and lead, and may it do its work?
import { CLIMATE_BATCH } from "../../../model/climateBatch.ts";
import { DEFAULT_LEASE } from "../../../operator/config.ts";
import { findMissingFields } from "../../../operator/definition.ts";
import { KUBE_RESOURCES } from "../../../operator/kube/client.ts";
import { type Check, type Finding, fine, problem, unseen, warn } from "../finding.ts";
import { type ClusterCheckContext, type FoundOperator, OPERATOR_SELECTOR } from "./clusterCheckContext.ts";
import type { Permission } from "./clusterReader.ts";

const RENEW =
  "helm upgrade, with crds.create true; or kubectl apply --server-side -f crds/climatebatches.yaml of this version.";

export const definitionCheck: Check<ClusterCheckContext> = {
  name: "definition",
  async look({ cluster }) {
    if (!(await cluster.knowsClimateBatches()))
      return [problem(`the API server does not know ${CLIMATE_BATCH.plural} in ${CLIMATE_BATCH.apiVersion}`, RENEW)];
    const served = await cluster.schemas();
    if (served === null)
      return [
        unseen(`${CLIMATE_BATCH.plural} were registered moments ago; their schema is not published yet; try again`),
      ];
    const missing = await findMissingFields(served);
    if (missing.length > 0)
      return [problem(`the definition is older than this program: it lacks ${missing.join(", ")}`, RENEW)];
    return [
      fine(`${CLIMATE_BATCH.plural} are served as ${CLIMATE_BATCH.apiVersion}, with all that this version knows`),
    ];
  },
};

export const operatorCheck: Check<ClusterCheckContext> = {
  name: "operator",
  async look({ cluster, operators }) {
    if (operators.length > 0) return operators.map(judgeOperator);
    return [
      warn(
        `no Deployment of an operator is in namespace ${cluster.namespace}`,
        "Is it another namespace (--namespace)? helm list --all-namespaces. Or does climatebatch operator run outside of the cluster?",
      ),
    ];
  },
};

function judgeOperator({ deployment: { metadata, spec, status }, installation }: FoundOperator): Finding {
  const { name, namespace } = metadata;
  const wanted = spec?.replicas ?? 1;
  const ready = status?.readyReplicas ?? 0;
  const images = spec?.template.spec?.containers.map(({ image }) => image).join(", ");
  const state = `${name} (installation ${installation}): ${ready} of ${wanted} are ready; ${images}`;
  if (wanted === 0)
    return problem(`${state}: it was scaled to 0`, `kubectl scale deployment/${name} -n ${namespace} --replicas=2`);
  if (ready === wanted) return fine(state);
  const advice = `kubectl describe pods and kubectl logs deployment/${name} -n ${namespace} --all-containers (docs/troubleshooting-cluster.md)`;
  return ready === 0 ? problem(state, advice) : warn(state, advice);
}

export const leaderCheck: Check<ClusterCheckContext> = {
  name: "leader",
  async look({ cluster, clock, operators }) {
    // An operator that runs outside of the cluster has a lease, and no Deployment.
    const leases = operators.length === 0 ? [DEFAULT_LEASE] : operators.map(({ lease }) => lease);
    const advice = `The operator's log says which replica competes for the lease, and why it fails: kubectl logs -n ${cluster.namespace} --selector=${OPERATOR_SELECTOR} --prefix`;
    return Promise.all(
      leases.map(async (lease) => {
        const {
          holderIdentity,
          renewTime,
          acquireTime,
          leaseDurationSeconds = 0,
        } = (await cluster.lease(lease))?.spec ?? {};
        if (!holderIdentity || renewTime === undefined)
          return problem(`no replica holds the lease ${lease}: nothing is planned and nothing published`, advice);
        const age = Math.round((clock.now().getTime() - new Date(renewTime).getTime()) / 1000);
        if (age > leaseDurationSeconds)
          return problem(`${holderIdentity} renewed the lease ${lease} ${age} s ago, and leads no more`, advice);
        return fine(`${holderIdentity} leads${acquireTime === undefined ? "" : ` since ${acquireTime.slice(0, 19)}Z`}`);
      }),
    );
  },
};

export const rightsCheck: Check<ClusterCheckContext> = {
  name: "rights",
  async look({ cluster, operators }) {
    if (operators.length === 0) return [unseen("no account is known without a Deployment")];
    return Promise.all(
      operators.map(async ({ serviceAccount, lease }) => {
        const answers = await Promise.all(
          permissionsOfOperator(lease).map(async (permission) =>
            (await cluster.mayDo(serviceAccount, permission)) ? null : permission,
          ),
        );
        const refused = answers.filter((permission) => permission !== null);
        if (refused.length === 0)
          return fine(`ServiceAccount ${serviceAccount} may do all that the operator does (${answers.length} rights)`);
        const state = refused.map(
          ({ verb, resource, group }) => `${verb} ${group === "" ? resource : `${resource}.${group}`}`,
        );
        return problem(
          `ServiceAccount ${serviceAccount} may not ${state.join(", ")}`,
          "helm upgrade with rbac.create true, or give it a Role as charts/climatebatch/templates/rbac.yaml has.",
        );
      }),
    );
  },
};

/** An existing lease is checked by its name: rights may be given for that one only. */
function permissionsOfOperator(lease: string): readonly Permission[] {
  return Object.values(KUBE_RESOURCES).flatMap(({ group, resource, verbs }) =>
    verbs.map((verb) => ({
      group,
      resource,
      verb,
      ...(resource === "leases" && verb !== "create" && { name: lease }),
    })),
  );
}
