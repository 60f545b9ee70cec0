// What checks of an installation in a cluster are given: its namespace, and the operators that were found there.
import type { Clock } from "../../../model/clock.ts";
import { DEFAULT_TRIGGER_CHANNEL } from "../../../model/requests.ts";
import { DEFAULT_LEASE } from "../../../operator/config.ts";
import { LABELS } from "../../../operator/objects/labels.ts";
import type { ClusterReader, Deployment } from "./clusterReader.ts";

export interface ClusterCheckContext {
  readonly cluster: ClusterReader;
  readonly clock: Clock;
  readonly operators: readonly FoundOperator[];
}

/** A Deployment of the operator, and the settings of its that matter here. */
export interface FoundOperator {
  readonly deployment: Deployment;
  readonly installation: string;
  readonly lease: string;
  readonly triggerChannel: string;
  readonly serviceAccount: string;
}

export const OPERATOR_SELECTOR = `${LABELS.appComponent}=operator`;

export async function findOperators(cluster: ClusterReader): Promise<readonly FoundOperator[]> {
  const deployments = await cluster.deployments(OPERATOR_SELECTOR);
  return deployments.flatMap((deployment): FoundOperator[] => {
    const pod = deployment.spec?.template.spec;
    const variables = pod?.containers.flatMap(({ env = [] }) => env) ?? [];
    const setting = (name: string) => variables.find((one) => one.name === name)?.value;
    const installation = setting("CLIMATEBATCH_INSTALLATION");
    if (installation === undefined) return [];
    return [
      {
        deployment,
        installation,
        lease: setting("LEASE_NAME") ?? DEFAULT_LEASE,
        triggerChannel: setting("NOTIFY_CHANNEL") ?? DEFAULT_TRIGGER_CHANNEL,
        serviceAccount: pod?.serviceAccountName ?? "default",
      },
    ];
  });
}
