// Which cluster a command works on: --kubeconfig, else KUBECONFIG, else the pod's own service account, else ~/.kube/config.

export const clusterOptions = {
  kubeconfig: {
    type: "string",
    describe:
      "file that says which cluster and as whom [default: KUBECONFIG, else the pod's service account, else ~/.kube/config]",
    requiresArg: true,
  },
  namespace: {
    alias: "n",
    type: "string",
    describe: "namespace of the ClimateBatches [default: the context's, else default]",
    requiresArg: true,
  },
} as const;

export interface ClusterArguments {
  readonly kubeconfig?: string | undefined;
  readonly namespace?: string | undefined;
}
