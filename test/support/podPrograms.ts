// Jobs for end-to-end tests: our image, held as tightly as the operator holds it.

/** What the strictest pod security standard asks, and more: no root, nothing to write to, no powers. */
export const TIGHT_CONTAINER = {
  runAsNonRoot: true,
  // Of an image's user Kubernetes takes only the number before the colon; without this the group is root's.
  runAsGroup: 10001,
  readOnlyRootFilesystem: true,
  allowPrivilegeEscalation: false,
  capabilities: { drop: ["ALL"] },
  seccompProfile: { type: "RuntimeDefault" },
} as const;

export interface JobOptions {
  readonly image: string;
  /** Instead of the image's own entry point. */
  readonly command?: readonly string[];
  readonly words?: readonly string[];
  readonly completions?: number;
  readonly parallelism?: number;
  readonly environment?: Readonly<Record<string, string>>;
}

export function indexedJob(name: string, options: JobOptions): object {
  const { image, command, words, completions = 1, parallelism = completions, environment = {} } = options;
  const container = {
    name: "program",
    image,
    imagePullPolicy: "Never",
    ...(command !== undefined && { command }),
    ...(words !== undefined && { args: words }),
    env: Object.entries(environment).map(([variable, value]) => ({ name: variable, value })),
    securityContext: TIGHT_CONTAINER,
  };
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name },
    spec: {
      completionMode: "Indexed",
      completions,
      parallelism,
      backoffLimitPerIndex: 0,
      template: { spec: { restartPolicy: "Never", automountServiceAccountToken: false, containers: [container] } },
    },
  };
}
