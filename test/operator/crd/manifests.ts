// Specs that the API server must refuse, in which words; that it must accept; and changes of either kind.

export interface Manifest {
  readonly what: string;
  readonly spec: Readonly<Record<string, unknown>>;
  readonly name?: string;
}

const all = (more: Record<string, unknown>) => ({ calculation: "All", ...more });
const template = (more: Record<string, unknown>) => all({ template: more });
const years = (startYear: number, endYear: number) => ({ startYear, endYear });
const tooMany = (length: number) => Array.from({ length }, (_, at) => years(1900 + at, 1930 + at));

export const REFUSED: readonly (Manifest & { readonly message: string | RegExp })[] = [
  { what: "a batch that says not what to compute", spec: {}, message: "spec.calculation" },
  { what: "another calculation", spec: { calculation: "Risk" }, message: "Unsupported value" },
  { what: "a calculation in small letters", spec: { calculation: "probability" }, message: "Unsupported value" },
  { what: "other methods", spec: all({ methods: "Best" }), message: "spec.methods: Unsupported value" },
  {
    what: "hazard by the predecessor's methods",
    spec: { calculation: "Hazard", methods: "Predecessor" },
    message: "methods Predecessor computes Probability only",
  },
  {
    what: "both calculations by the predecessor's methods",
    spec: all({ methods: "Predecessor" }),
    message: "methods Predecessor computes Probability only",
  },
  { what: "an empty grid name", spec: all({ grid: "" }), message: "spec.grid" },
  { what: "a grid name with a space", spec: all({ grid: "south korea" }), message: "spec.grid" },
  { what: "an unknown risk", spec: all({ risks: ["Earthquake"] }), message: "spec.risks[0]: Unsupported value" },
  { what: "a risk twice", spec: all({ risks: ["Drought", "Drought"] }), message: "Duplicate value" },
  { what: "no risk at all", spec: all({ risks: [] }), message: "spec.risks" },
  { what: "a scenario twice", spec: all({ scenarios: ["ssp245", "ssp245"] }), message: "Duplicate value" },
  { what: "a scenario name with a slash", spec: all({ scenarios: ["ssp/245"] }), message: "spec.scenarios[0]" },
  {
    what: "more scenarios than 64",
    spec: all({ scenarios: Array.from({ length: 65 }, (_, at) => `s${at}`) }),
    message: "must have at most 64 items",
  },
  {
    what: "a base period of 14 years",
    spec: all({ basePeriod: years(1991, 2004) }),
    message: "basePeriod must have 15 to 40 years",
  },
  {
    what: "a base period of 41 years",
    spec: all({ basePeriod: years(1980, 2020) }),
    message: "basePeriod must have 15 to 40 years",
  },
  {
    what: "a base period that ends before it starts",
    spec: all({ basePeriod: years(2020, 1991) }),
    message: "basePeriod must have 15 to 40 years",
  },
  {
    what: "a base period without an end",
    spec: all({ basePeriod: { startYear: 1991 } }),
    message: "spec.basePeriod.endYear",
  },
  {
    what: "a period of 14 years",
    spec: all({ periods: [years(2021, 2034)] }),
    message: "a period must have 15 to 40 years",
  },
  {
    what: "a period of 41 years",
    spec: all({ periods: [years(2021, 2061)] }),
    message: "a period must have 15 to 40 years",
  },
  {
    what: "a period twice",
    spec: all({ periods: [years(2021, 2040), years(2021, 2040)] }),
    message: "Duplicate value",
  },
  {
    what: "a year of three digits",
    spec: all({ periods: [years(990, 1010)] }),
    message: "should be greater than or equal to 1000",
  },
  {
    what: "a year that is not whole",
    spec: all({ periods: [years(2021.5, 2040)] }),
    message: "must be of type integer",
  },
  { what: "more periods than 24", spec: all({ periods: tooMany(25) }), message: "must have at most 24 items" },
  { what: "shards without cells", spec: all({ cellsPerShard: 0 }), message: "spec.cellsPerShard" },
  { what: "no pod at a time", spec: all({ parallelism: 0 }), message: "spec.parallelism" },
  { what: "too many pods at a time", spec: all({ parallelism: 1001 }), message: "spec.parallelism" },
  { what: "parallelism in words", spec: all({ parallelism: "four" }), message: "must be of type integer" },
  { what: "a negative backoff limit", spec: all({ backoffLimitPerShard: -1 }), message: "spec.backoffLimitPerShard" },
  { what: "a negative number of failed shards", spec: all({ maxFailedShards: -1 }), message: "spec.maxFailedShards" },
  {
    what: "a negative number of rejected cells",
    spec: all({ maxRejectedCells: -1 }),
    message: "spec.maxRejectedCells",
  },
  { what: "no time at all", spec: all({ activeDeadlineSeconds: 0 }), message: "spec.activeDeadlineSeconds" },
  { what: "a negative ttl", spec: all({ ttlSecondsAfterFinished: -1 }), message: "spec.ttlSecondsAfterFinished" },
  { what: "suspend in words", spec: all({ suspend: "yes" }), message: "must be of type boolean" },
  { what: "more retries than a hundred", spec: all({ retries: 101 }), message: "spec.retries" },
  { what: "another concurrency policy", spec: all({ concurrencyPolicy: "Allow" }), message: "Unsupported value" },
  { what: "a request key with a space", spec: all({ requestKey: "yearly probability" }), message: "spec.requestKey" },
  {
    what: "a request key that is too long",
    spec: all({ requestKey: "x".repeat(201) }),
    message: "spec.requestKey: Too long",
  },
  { what: "an unknown field", spec: all({ shards: 12 }), message: 'unknown field "spec.shards"' },
  {
    what: "a name of 41 characters",
    spec: all({}),
    name: "x".repeat(41),
    message: "metadata.name must be at most 40 characters",
  },
  {
    what: "a name with a dot",
    spec: all({}),
    name: "yearly.2028",
    message: "metadata.name must consist of a-z, 0-9 and -",
  },
  {
    what: "a label that is the operator's",
    spec: template({ labels: { "climate.aiops.dev/batch": "x" } }),
    message: "label keys of climate.aiops.dev/",
  },
  {
    what: "an annotation that is Kubernetes'",
    spec: template({ annotations: { "batch.kubernetes.io/job-name": "x" } }),
    message: "annotation keys of climate.aiops.dev/",
  },
  ...[
    "container.apparmor.security.beta.kubernetes.io/shard",
    "cdi.k8s.io/devices",
    "kubernetes.io/config.mirror",
    "cluster-autoscaler.kubernetes.io.k8s.io/a",
  ].map((key) => ({
    what: `the annotation ${key}`,
    spec: template({ annotations: { [key]: "unconfined" } }),
    message: "annotation keys of climate.aiops.dev/",
  })),
  {
    what: "a variable of the pod contract",
    spec: template({ env: [{ name: "CLIMATEBATCH_BATCH", value: "1" }] }),
    message: "only LANG, LC_*, LOG_LEVEL, PGAPPNAME and TZ are allowed",
  },
  {
    what: "another completion index",
    spec: template({ env: [{ name: "JOB_COMPLETION_INDEX", value: "1" }] }),
    message: "only LANG, LC_*, LOG_LEVEL, PGAPPNAME and TZ are allowed",
  },
  {
    what: "another database",
    spec: template({ env: [{ name: "DATABASE_URL", value: "postgres://x" }] }),
    message: "only LANG, LC_*, LOG_LEVEL, PGAPPNAME and TZ are allowed",
  },
  { what: "a variable twice", spec: template({ env: [{ name: "TZ" }, { name: "TZ" }] }), message: "Duplicate value" },
  ...["NODE_OPTIONS", "NODE_EXTRA_CA_CERTS", "LD_PRELOAD", "PATH", "PGSSLMODE", "HTTPS_PROXY", "OPENSSL_CONF"].map(
    (name) => ({
      what: `the variable ${name}`,
      spec: template({ env: [{ name, value: "x" }] }),
      message: "only LANG, LC_*, LOG_LEVEL, PGAPPNAME and TZ are allowed",
    }),
  ),
  {
    what: "a variable from a Secret",
    spec: template({ env: [{ name: "TZ", valueFrom: { secretKeyRef: { name: "s", key: "k" } } }] }),
    message: 'unknown field "spec.template.env[0].valueFrom.secretKeyRef"',
  },
  ...["hostPath", "projected", "csi", "nfs", "downwardAPI"].map((source) => ({
    what: `a volume of ${source}`,
    spec: template({ volumes: [{ name: "a", [source]: {} }] }),
    message: `unknown field "spec.template.volumes[0].${source}"`,
  })),
  {
    what: "a volume without a source",
    spec: template({ volumes: [{ name: "a" }] }),
    message: "a volume has one of configMap, emptyDir, ephemeral, persistentVolumeClaim or secret",
  },
  ...["/app/node_modules", "/etc/climatebatch", "/usr/lib", "/", "/mnt/../app", "/mnt/./x", "/databases"].map(
    (mountPath) => ({
      what: `a mount at ${mountPath}`,
      spec: template({ volumeMounts: [{ name: "a", mountPath }] }),
      message: "mounts are allowed below /data, /mnt and /scratch",
    }),
  ),
  {
    what: "a mount that propagates",
    spec: template({ volumeMounts: [{ name: "a", mountPath: "/mnt/a", mountPropagation: "Bidirectional" }] }),
    message: 'unknown field "spec.template.volumeMounts[0].mountPropagation"',
  },
  {
    what: "a variable without a name",
    spec: template({ env: [{ value: "1" }] }),
    message: "spec.template.env[0].name",
  },
  {
    what: "the operator's volume",
    spec: template({ volumes: [{ name: "climatebatch-tmp" }] }),
    message: "names of volumes with the prefix climatebatch-",
  },
  {
    what: "a mount over /tmp",
    spec: template({ volumeMounts: [{ name: "a", mountPath: "/tmp" }] }),
    message: "mounts are allowed below /data, /mnt and /scratch",
  },
  {
    what: "requests above limits",
    spec: template({ resources: { requests: { memory: "2Gi" }, limits: { memory: "1G" } } }),
    message: "requests must not exceed limits",
  },
  {
    what: "a quantity that is none",
    spec: template({ resources: { limits: { memory: "much" } } }),
    message: "spec.template.resources.limits.memory",
  },
  {
    what: "unknown overrides",
    spec: template({ hostNetwork: true }),
    message: 'unknown field "spec.template.hostNetwork"',
  },
];

export const ACCEPTED: readonly Manifest[] = [
  { what: "probability and nothing else", spec: { calculation: "Probability" } },
  { what: "hazard and nothing else", spec: { calculation: "Hazard" } },
  { what: "both calculations", spec: all({}) },
  { what: "a name of 40 characters", spec: all({}), name: "x".repeat(40) },
  { what: "a name that begins with a digit", spec: all({}), name: "2028-probability" },
  { what: "probability by the predecessor's methods", spec: { calculation: "Probability", methods: "Predecessor" } },
  { what: "a grid with letters of any language", spec: all({ grid: "한국-1km" }) },
  { what: "one risk", spec: all({ risks: ["WaterScarcity"] }) },
  { what: "risks in any order", spec: all({ risks: ["Wildfire", "CoastalFlood"] }) },
  {
    what: "64 scenarios",
    spec: all({ scenarios: Array.from({ length: 64 }, (_, at) => `ssp${at}.r1i1p1f1+adj`) }),
  },
  { what: "a base period of 15 years", spec: all({ basePeriod: years(2000, 2014) }) },
  { what: "a base period of 40 years", spec: all({ basePeriod: years(1981, 2020) }) },
  { what: "24 periods that overlap", spec: all({ periods: tooMany(24) }) },
  { what: "periods that share a year", spec: all({ periods: [years(2021, 2040), years(2021, 2050)] }) },
  { what: "a shard per cell", spec: all({ cellsPerShard: 1, parallelism: 1000 }) },
  {
    what: "limits at zero",
    spec: all({ backoffLimitPerShard: 0, maxFailedShards: 0, maxRejectedCells: 0, ttlSecondsAfterFinished: 0 }),
  },
  { what: "a deadline of a year", spec: all({ activeDeadlineSeconds: 31_536_000 }) },
  { what: "a batch suspended from the start", spec: all({ suspend: true, retries: 100 }) },
  { what: "a batch that replaces and is not published", spec: all({ concurrencyPolicy: "Replace", publish: false }) },
  { what: "a request key", spec: all({ requestKey: "yearly/probability/2028" }) },
  {
    what: "requests equal to limits in other words",
    spec: template({ resources: { requests: { memory: "1Gi", cpu: 1 }, limits: { memory: "1024Mi", cpu: "1000m" } } }),
  },
  {
    what: "requests of what has no limit",
    spec: template({ resources: { requests: { cpu: "500m" }, limits: { memory: "1Gi" } } }),
  },
  {
    what: "variables that change no code",
    spec: template({
      env: [
        { name: "TZ", value: "Asia/Seoul" },
        { name: "LC_ALL", valueFrom: { configMapKeyRef: { name: "s", key: "k" } } },
      ],
    }),
  },
  {
    what: "a volume that lives as long as the pod",
    spec: template({
      volumes: [{ name: "scratch", ephemeral: { volumeClaimTemplate: {} } }],
      volumeMounts: [{ name: "scratch", mountPath: "/scratch", readOnly: false }],
    }),
  },
  {
    what: "annotations that loosen nothing",
    spec: template({
      annotations: {
        "cluster-autoscaler.kubernetes.io/safe-to-evict": "false",
        "kueue.x-k8s.io/pod-group-name": "a",
        "sidecar.istio.io/inject": "false",
        note: "a",
      },
    }),
  },
  {
    what: "a place in the cluster",
    spec: template({
      nodeSelector: { pool: "batch" },
      tolerations: [{ key: "a", operator: "Exists" }],
      affinity: { podAntiAffinity: {} },
      topologySpreadConstraints: [{ maxSkew: 1 }],
      priorityClassName: "low",
    }),
  },
];

export interface Change {
  readonly what: string;
  readonly verdict: "refuses" | "accepts";
  readonly before: Readonly<Record<string, unknown>>;
  /** undefined: removed. */
  readonly after: Readonly<Record<string, unknown>>;
  readonly message: string;
}

const refuses = (
  what: string,
  before: Record<string, unknown>,
  after: Record<string, unknown>,
  message = `${what} is immutable`,
): Change => ({
  what,
  verdict: "refuses",
  before,
  after,
  message,
});
const accepts = (what: string, before: Record<string, unknown>, after: Record<string, unknown>): Change => ({
  what,
  verdict: "accepts",
  before,
  after,
  message: "",
});

export const CHANGES: readonly Change[] = [
  refuses("calculation", {}, { calculation: "Hazard" }),
  refuses("methods", {}, { methods: "Predecessor" }),
  refuses("grid", { grid: "korea" }, { grid: "seoul" }),
  refuses("grid", {}, { grid: "seoul" }),
  refuses("grid", { grid: "korea" }, { grid: undefined }),
  refuses("risks", {}, { risks: ["Drought"] }),
  refuses("scenarios", {}, { scenarios: ["ssp245"] }),
  refuses("scenarios", { scenarios: ["ssp245"] }, { scenarios: undefined }),
  refuses("basePeriod", {}, { basePeriod: years(1981, 2010) }),
  refuses("periods", {}, { periods: [years(2021, 2040)] }),
  refuses("periods", { periods: [years(2021, 2040)] }, { periods: [years(2021, 2040), years(2041, 2060)] }),
  refuses("cellsPerShard", {}, { cellsPerShard: 5 }),
  refuses("parallelism", {}, { parallelism: 5 }),
  refuses("backoffLimitPerShard", {}, { backoffLimitPerShard: 5 }),
  refuses("maxFailedShards", {}, { maxFailedShards: 5 }),
  refuses("maxRejectedCells", { maxRejectedCells: 4 }, { maxRejectedCells: 5 }),
  refuses("activeDeadlineSeconds", { activeDeadlineSeconds: 4 }, { activeDeadlineSeconds: undefined }),
  refuses("publish", {}, { publish: false }),
  refuses("concurrencyPolicy", {}, { concurrencyPolicy: "Replace" }),
  refuses("requestKey", {}, { requestKey: "a" }),
  refuses("retries", { retries: 2 }, { retries: 1 }, "retries may only grow"),
  refuses("retries to its default", { retries: 2 }, { retries: undefined }, "retries may only grow"),
  accepts("retries upwards", { retries: 1 }, { retries: 2 }),
  accepts("suspend", {}, { suspend: true }),
  accepts("suspend back", { suspend: true }, { suspend: false }),
  accepts("ttlSecondsAfterFinished", {}, { ttlSecondsAfterFinished: 60 }),
  accepts("ttlSecondsAfterFinished to none", { ttlSecondsAfterFinished: 60 }, { ttlSecondsAfterFinished: undefined }),
  accepts("template", {}, { template: { resources: { limits: { memory: "4Gi" } } } }),
];
