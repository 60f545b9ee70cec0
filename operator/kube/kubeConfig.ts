// The cluster and its credentials: from the files that KUBECONFIG names, or from the pod's service account.
import { delimiter } from "node:path";
import { KubeConfig } from "@kubernetes/client-node";
import { RejectedError } from "../../model/errors.ts";
import { isInCluster, SERVICE_ACCOUNT_TOKEN } from "./serviceAccount.ts";

export interface Cluster {
  readonly kubeConfig: KubeConfig;
  /** Of the context or the service account; undefined when neither names one. */
  readonly namespace: string | undefined;
}

/** `kubeconfig`: paths as KUBECONFIG has them; without it the service account of the pod. */
export function loadCluster(kubeconfig: string | undefined): Cluster {
  const kubeConfig = kubeconfig ? readFiles(kubeconfig) : readServiceAccount();
  const context = kubeConfig.getContextObject(kubeConfig.getCurrentContext());
  if (kubeConfig.getCurrentCluster() === null) {
    throw new RejectedError(
      "KubeConfigIncomplete",
      `expected a current context that names a cluster, found context "${kubeConfig.getCurrentContext()}" in ` +
        `${kubeconfig ?? "the service account"}: choose one with kubectl config use-context`,
    );
  }
  return { kubeConfig, namespace: context?.namespace?.trim() || undefined };
}

function readFiles(kubeconfig: string): KubeConfig {
  const [first, ...others] = kubeconfig.split(delimiter).filter((path) => path !== "");
  const merged = readFile(first ?? kubeconfig);
  // As kubectl: the first file that names a current context decides.
  for (const path of others) merged.mergeConfig(readFile(path), Boolean(merged.getCurrentContext()));
  return merged;
}

function readFile(path: string): KubeConfig {
  const kubeConfig = new KubeConfig();
  try {
    kubeConfig.loadFromFile(path);
  } catch (cause) {
    throw new RejectedError("KubeConfigUnreadable", `KUBECONFIG names "${path}", which is not a readable kubeconfig`, {
      cause,
    });
  }
  return kubeConfig;
}

function readServiceAccount(): KubeConfig {
  if (!isInCluster()) {
    throw new RejectedError(
      "NoCluster",
      `found neither KUBECONFIG nor ${SERVICE_ACCOUNT_TOKEN}: set KUBECONFIG, or run in a pod with a service account`,
    );
  }
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromCluster();
  return kubeConfig;
}
