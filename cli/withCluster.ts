// Work on a cluster's ClimateBatches, with errors of the API server explained.
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../model/clock.ts";
import { RejectedError, TransientError } from "../model/errors.ts";
import type { StoredBatch } from "../operator/context.ts";
import { ApiError, isRetryable } from "../operator/kube/apiError.ts";
import { type KubeApi, makeKubeApi } from "../operator/kube/client.ts";
import { type Cluster, loadCluster } from "../operator/kube/kubeConfig.ts";
import { isInCluster } from "../operator/kube/serviceAccount.ts";

export interface ClusterArguments {
  readonly kubeconfig: string | undefined;
  readonly namespace: string | undefined;
}

const DEFAULT_NAMESPACE = "default";
/** A person waits: a command makes few calls, and none may hang. */
const RATE = { qps: 10, burst: 20, timeoutMs: 15_000 };

/** The kubeconfig file to use; undefined: the service account decides. */
export function findKubeconfig({ kubeconfig }: ClusterArguments): string | undefined {
  const named = kubeconfig ?? process.env.KUBECONFIG;
  if (named) return named;
  const usual = join(homedir(), ".kube", "config");
  return isInCluster() || !existsSync(usual) ? undefined : usual;
}

export function findCluster(argv: ClusterArguments): { readonly cluster: Cluster; readonly namespace: string } {
  const cluster = loadCluster(findKubeconfig(argv));
  return { cluster, namespace: argv.namespace ?? cluster.namespace ?? DEFAULT_NAMESPACE };
}

export async function withCluster<T>(
  argv: ClusterArguments,
  work: (api: KubeApi<StoredBatch>, namespace: string) => Promise<T>,
): Promise<T> {
  const { cluster, namespace } = findCluster(argv);
  const api = makeKubeApi<StoredBatch>({
    ...RATE,
    kubeConfig: cluster.kubeConfig,
    namespace,
    clock: systemClock,
    random: Math.random,
  });
  try {
    return await work(api, namespace);
  } catch (error) {
    throw error instanceof ApiError ? explain(error, namespace) : error;
  } finally {
    api.close();
  }
}

function explain(error: ApiError, namespace: string): Error {
  const { reason, message } = error;
  const options = { cause: error };
  if (isRetryable(error)) return new TransientError(`Cannot reach the API server: ${message}.`, options);
  if (reason === "Forbidden" || reason === "Unauthorized")
    return new RejectedError(
      reason,
      `The API server does not allow it: ${message}. Check --kubeconfig and the rights in namespace ${namespace}.`,
      options,
    );
  if (reason === "NotFound")
    return new RejectedError(
      reason,
      `${message}. Check --namespace, and whether the cluster knows ClimateBatches: kubectl get crd climatebatches.climate.aiops.dev`,
      options,
    );
  return new RejectedError(reason, `The API server refuses it: ${message}`, options);
}
