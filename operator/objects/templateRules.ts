// What spec.template may ask of the pods: placement, size, labels and harmless files. The right to create a ClimateBatch must not
// become the right to run other code, to read Secrets or to reach a node. The definition has the same lists; a test compares them.
import type { PodOverrides } from "../../model/climateBatch.ts";

export const ENV_NAMES = /^(LANG|LC_[A-Z]+|LOG_LEVEL|PGAPPNAME|TZ)$/;
export const ENV_SOURCES = ["configMapKeyRef", "fieldRef", "resourceFieldRef"] as const;
export const VOLUME_SOURCES = ["configMap", "emptyDir", "ephemeral", "persistentVolumeClaim", "secret"] as const;
export const MOUNT_PATHS = /^\/(data|mnt|scratch)(\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$/;
/** Keys of the operator, and those by which Kubernetes finds pods of a Job. */
export const RESERVED_LABELS = /^(climate[.]aiops[.]dev|batch[.]kubernetes[.]io|app[.]kubernetes[.]io)[/]/;
/** Some of Kubernetes' annotations loosen what confines a container, or give it devices. */
export const RESERVED_ANNOTATIONS = /^(climate[.]aiops[.]dev|([^/]+[.])?(kubernetes|k8s)[.]io)[/]/;
const HARMLESS_ANNOTATIONS = "cluster-autoscaler.kubernetes.io/";
const MOUNT_FIELDS = ["name", "mountPath", "readOnly", "subPath"];

/** Names that templates may use in this installation; "*" allows all. */
export interface AllowedReferences {
  readonly secrets: readonly string[];
  readonly serviceAccounts: readonly string[];
  readonly priorityClasses: readonly string[];
}

export const NOTHING_ALLOWED: AllowedReferences = { secrets: [], serviceAccounts: [], priorityClasses: [] };

/** What the template must not have, each with its path; empty when it may be used. */
export function findForbidden(template: PodOverrides, allowed: AllowedReferences): string[] {
  const problems: string[] = [];
  const check = (isFine: boolean, path: string, problem: string) => {
    if (!isFine) problems.push(`spec.template.${path}: ${problem}`);
  };
  const refer = (kind: keyof AllowedReferences, name: unknown, path: string, value: string) => {
    const names = allowed[kind];
    const isFine = names.includes("*") || (typeof name === "string" && names.includes(name));
    check(isFine, path, `${JSON.stringify(name)} is not allowed in this installation (${value} of the chart)`);
  };
  for (const key of Object.keys(template.labels ?? {}))
    check(!RESERVED_LABELS.test(key), "labels", `${key} belongs to the operator or to Kubernetes`);
  for (const key of Object.keys(template.annotations ?? {})) {
    const isFine = !RESERVED_ANNOTATIONS.test(key) || key.startsWith(HARMLESS_ANNOTATIONS);
    check(isFine, "annotations", `${key} belongs to the operator or to Kubernetes`);
  }
  const { serviceAccountName, priorityClassName } = template;
  if (serviceAccountName !== undefined)
    refer("serviceAccounts", serviceAccountName, "serviceAccountName", "job.allow.serviceAccounts");
  if (priorityClassName !== undefined)
    refer("priorityClasses", priorityClassName, "priorityClassName", "job.allow.priorityClasses");
  for (const [at, { name }] of (template.imagePullSecrets ?? []).entries())
    refer("secrets", name, `imagePullSecrets[${at}]`, "job.allow.secrets");
  for (const [at, { name, value: _, valueFrom = {}, ...rest }] of (template.env ?? []).entries()) {
    check(ENV_NAMES.test(name), `env[${at}].name`, `expected LANG, LC_*, LOG_LEVEL, PGAPPNAME or TZ, found ${name}`);
    const unknown = [...Object.keys(rest), ...keysBeyond(valueFrom, ENV_SOURCES)];
    check(unknown.length === 0, `env[${at}]`, `${unknown.join(", ")} is not allowed`);
  }
  for (const [at, { name: _, ...sources }] of (template.volumes ?? []).entries()) {
    const unknown = keysBeyond(sources, VOLUME_SOURCES);
    check(unknown.length === 0, `volumes[${at}]`, `expected ${VOLUME_SOURCES.join(", ")}, found ${unknown.join(", ")}`);
    if (sources.secret !== undefined) {
      const { secretName } = sources.secret as { secretName?: unknown };
      refer("secrets", secretName, `volumes[${at}].secret`, "job.allow.secrets");
    }
  }
  for (const [at, mount] of (template.volumeMounts ?? []).entries()) {
    const path = `volumeMounts[${at}]`;
    check(MOUNT_PATHS.test(mount.mountPath), `${path}.mountPath`, `expected a path below /data, /mnt or /scratch`);
    const unknown = keysBeyond(mount, MOUNT_FIELDS);
    check(unknown.length === 0, path, `${unknown.join(", ")} is not allowed`);
  }
  return problems;
}

function keysBeyond(object: unknown, known: readonly string[]): string[] {
  return Object.keys(object as object).filter((key) => !known.includes(key));
}
