// Which cluster a command works on: --kubeconfig, else KUBECONFIG, else the pod's own service account, else ~/.kube/config.
import { text } from "./optionKinds.ts";

export const clusterOptions = {
  kubeconfig: {
    ...text,
    describe:
      "file that says which cluster and as whom [default: KUBECONFIG, else the pod's service account, else ~/.kube/config]",
  },
  namespace: {
    ...text,
    alias: "n",
    describe: "namespace of the ClimateBatches [default: the context's, else default]",
  },
} as const;

export interface ClusterArguments {
  readonly kubeconfig?: string | undefined;
  readonly namespace?: string | undefined;
}
