// What a template may ask of pods: the operator refuses what an older or a changed definition would let through.
import { describe, expect, test } from "vitest";
import type { PodOverrides } from "../../../model/climateBatch.ts";
import {
  ENV_NAMES,
  findForbidden,
  MOUNT_PATHS,
  NOTHING_ALLOWED,
  RESERVED_ANNOTATIONS,
  RESERVED_LABELS,
  VOLUME_SOURCES,
} from "../../../operator/objects/templateRules.ts";
import { readCrd, schemaOf } from "../../../scripts/generateApiDocs.ts";

const ALLOWED = { secrets: ["registry"], serviceAccounts: ["shards"], priorityClasses: ["*"] };

const FORBIDDEN: readonly (readonly [string, PodOverrides])[] = [
  ["env[0].name", { env: [{ name: "NODE_OPTIONS", value: "--import=data:text/javascript,…" }] }],
  ["env[0].name", { env: [{ name: "LD_PRELOAD", value: "/mnt/a.so" }] }],
  ["env[0].name", { env: [{ name: "PGOPTIONS", value: "-c role=owner" }] }],
  ["env[0]", { env: [{ name: "TZ", valueFrom: { secretKeyRef: { name: "database", key: "password" } } }] }],
  ["volumes[0]", { volumes: [{ name: "node", hostPath: { path: "/" } }] }],
  ["volumes[0]", { volumes: [{ name: "token", projected: { sources: [] } }] }],
  ["volumes[0].secret", { volumes: [{ name: "a", secret: { secretName: "database" } }] }],
  ["volumeMounts[0].mountPath", { volumeMounts: [{ name: "a", mountPath: "/app/job" }] }],
  ["volumeMounts[0].mountPath", { volumeMounts: [{ name: "a", mountPath: "/mnt/../app" }] }],
  ["volumeMounts[0].mountPath", { volumeMounts: [{ name: "a", mountPath: "/etc/climatebatch" }] }],
  ["volumeMounts[0]", { volumeMounts: [{ name: "a", mountPath: "/mnt/a", subPathExpr: "$(A)" }] }],
  ["annotations", { annotations: { "container.apparmor.security.beta.kubernetes.io/shard": "unconfined" } }],
  ["annotations", { annotations: { "cdi.k8s.io/devices": "vendor.example/device=all" } }],
  ["annotations", { annotations: { "kubernetes.io/config.mirror": "a" } }],
  ["labels", { labels: { "batch.kubernetes.io/job-completion-index": "0" } }],
  ["serviceAccountName", { serviceAccountName: "admin" }],
  ["imagePullSecrets[0]", { imagePullSecrets: [{ name: "database" }] }],
];

test.each(FORBIDDEN)("%s is refused with its path", (path, template) => {
  expect(findForbidden(template, ALLOWED)).toEqual([expect.stringContaining(`spec.template.${path}: `)]);
});

test("by default no Secret, service account or priority class may be used", () => {
  const template = {
    serviceAccountName: "shards",
    priorityClassName: "low",
    imagePullSecrets: [{ name: "registry" }],
    volumes: [{ name: "a", secret: { secretName: "registry" } }],
  };
  expect(findForbidden(template, NOTHING_ALLOWED)).toHaveLength(4);
  expect(findForbidden(template, ALLOWED)).toEqual([]);
});

test("placement, size, labels and harmless files are allowed", () => {
  const template: PodOverrides = {
    labels: { team: "a" },
    annotations: { "cluster-autoscaler.kubernetes.io/safe-to-evict": "false", "sidecar.istio.io/inject": "false" },
    resources: { limits: { memory: "1Gi" } },
    nodeSelector: { pool: "batch" },
    tolerations: [{ key: "batch", operator: "Exists" }],
    affinity: { nodeAffinity: {} },
    env: [{ name: "TZ", value: "Asia/Seoul" }],
    volumes: [{ name: "scratch", emptyDir: {} }],
    volumeMounts: [{ name: "scratch", mountPath: "/scratch", readOnly: false, subPath: "a" }],
  };
  expect(findForbidden(template, NOTHING_ALLOWED)).toEqual([]);
});

describe("the definition", () => {
  const { template } = schemaOf(readCrd()).properties!.spec!.properties!;
  const text = JSON.stringify(template);

  test("has the same names, sources and paths", () => {
    const { name: _, ...sources } = template!.properties!.volumes!.items!.properties!;
    expect(Object.keys(sources)).toEqual([...VOLUME_SOURCES]);
    expect(text).toContain(`self.matches('${ENV_NAMES.source}')`);
    for (const { source } of [RESERVED_LABELS, RESERVED_ANNOTATIONS])
      expect(text).toContain(`key.matches('${source}')`);
    expect(text).toContain(`self.matches('${MOUNT_PATHS.source.replaceAll("\\/", "/")}')`);
  });

  test("lets no unknown field of a variable, a volume or a mount through", () => {
    for (const list of ["env", "volumes", "volumeMounts"])
      expect(template!.properties![list]!.items).not.toHaveProperty("x-kubernetes-preserve-unknown-fields");
  });
});
