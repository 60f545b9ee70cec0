// Whether this process runs in a pod with a service account; apart from kubeConfig.ts, because the Kubernetes client is 900 modules.
import { existsSync } from "node:fs";

export const SERVICE_ACCOUNT_TOKEN = "/var/run/secrets/kubernetes.io/serviceaccount/token";

export function isInCluster(): boolean {
  return existsSync(SERVICE_ACCOUNT_TOKEN);
}
