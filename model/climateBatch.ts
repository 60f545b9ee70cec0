// The ClimateBatch object as the API server stores it, and the words of a request in its spelling and in ours.
import type { BatchRequest } from "./batchRequest.ts";
import { type Calculation, type CalculationRequest, calculationsOf, type Methods } from "./calculations.ts";
import type { Period } from "./periods.ts";
import { RISKS, type Risk } from "./risks.ts";

export const CLIMATE_BATCH = {
  group: "climate.aiops.dev",
  version: "v1alpha1",
  apiVersion: "climate.aiops.dev/v1alpha1",
  kind: "ClimateBatch",
  plural: "climatebatches",
} as const;

/** As CEL refuses it: a Job adds the batch's uid and attempt, a pod its completion index, to 63 characters in all. */
export const BATCH_NAME_MAX_LENGTH = 40;

export const WIRE_CALCULATIONS = {
  Probability: "probability",
  Hazard: "hazard",
  All: "all",
} as const satisfies Record<string, CalculationRequest>;
export type WireCalculation = keyof typeof WIRE_CALCULATIONS;

export const WIRE_METHODS = {
  Published: "published",
  Predecessor: "predecessor",
} as const satisfies Record<string, Methods>;
export type WireMethods = keyof typeof WIRE_METHODS;

type CamelCase<Id extends string> = Id extends `${infer First}_${infer Rest}`
  ? `${Capitalize<First>}${CamelCase<Rest>}`
  : Capitalize<Id>;
export type WireRisk = CamelCase<Risk>;

/** Each risk by its name in CamelCase. */
export const WIRE_RISKS = Object.fromEntries(
  RISKS.map((risk) => [risk.replace(/(?:^|_)(.)/g, (_, letter: string) => letter.toUpperCase()), risk]),
) as Readonly<Record<WireRisk, Risk>>;

export const CONCURRENCY_POLICIES = ["Queue", "Replace"] as const;
export type ConcurrencyPolicy = (typeof CONCURRENCY_POLICIES)[number];

export interface WirePeriod {
  readonly startYear: number;
  readonly endYear: number;
}

/** As in a pod; what the API server does not look into, neither do we. */
export type AsInPod = Readonly<Record<string, unknown>>;
export type Quantities = Readonly<Record<string, string | number>>;

export interface PodOverrides {
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly resources?: { readonly requests?: Quantities; readonly limits?: Quantities };
  readonly nodeSelector?: Readonly<Record<string, string>>;
  readonly tolerations?: readonly AsInPod[];
  readonly affinity?: AsInPod;
  readonly topologySpreadConstraints?: readonly AsInPod[];
  readonly priorityClassName?: string;
  readonly runtimeClassName?: string;
  readonly serviceAccountName?: string;
  readonly imagePullSecrets?: readonly { readonly name: string }[];
  readonly env?: readonly (AsInPod & { readonly name: string })[];
  readonly volumes?: readonly (AsInPod & { readonly name: string })[];
  readonly volumeMounts?: readonly (AsInPod & { readonly name: string; readonly mountPath: string })[];
}

/** A request, spelled as Kubernetes spells words. */
type WireRequest = {
  readonly [Field in keyof BatchRequest]: Wire<BatchRequest[Field]>;
};
type Wire<Value> = Value extends CalculationRequest
  ? WireCalculation
  : Value extends Methods
    ? WireMethods
    : Value extends Risk
      ? WireRisk
      : Value extends Period
        ? WirePeriod
        : Value extends readonly (infer Item)[]
          ? readonly Wire<Item>[]
          : Value;
type Defaulted = "methods" | "risks" | "basePeriod" | "parallelism";

/** As the API server stores it: a field that has a default is present. */
export interface ClimateBatchSpec extends Omit<WireRequest, Defaulted>, Required<Pick<WireRequest, Defaulted>> {
  readonly backoffLimitPerShard: number;
  readonly maxFailedShards?: number;
  readonly activeDeadlineSeconds?: number;
  readonly ttlSecondsAfterFinished?: number;
  readonly suspend: boolean;
  readonly retries: number;
  readonly publish: boolean;
  readonly concurrencyPolicy: ConcurrencyPolicy;
  readonly requestKey?: string;
  readonly template: PodOverrides;
}

/** As a person writes it: the rest gets its default. */
export type NewClimateBatchSpec = Partial<ClimateBatchSpec> & Pick<ClimateBatchSpec, "calculation">;

export const CONDITION_TYPES = [
  "Planned",
  "Progressing",
  "Complete",
  "Failed",
  "Suspended",
  "Published",
  "ShardStuck",
] as const;
export type ConditionType = (typeof CONDITION_TYPES)[number];

export interface Condition {
  readonly type: ConditionType;
  readonly status: "True" | "False" | "Unknown";
  readonly observedGeneration: number;
  readonly lastTransitionTime: string;
  readonly reason: string;
  readonly message: string;
}

export interface ShardCounts {
  readonly total: number;
  readonly pending: number;
  readonly running: number;
  readonly done: number;
  readonly failed: number;
}

export interface ClimateBatchStatus {
  readonly observedGeneration?: number;
  readonly conditions?: readonly Condition[];
  readonly batchId?: string;
  readonly jobName?: string;
  readonly attempt?: number;
  readonly retriesUsed?: number;
  readonly cells?: number;
  readonly shards?: ShardCounts;
  readonly progress?: string;
  readonly failedShards?: string;
  readonly rejectedCells?: number;
  readonly rowsWritten?: number;
  readonly startTime?: string;
  readonly completionTime?: string;
  readonly publishedTime?: string;
}

export interface ClimateBatchMetadata {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly generation?: number;
  readonly creationTimestamp: string;
  readonly deletionTimestamp?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface ClimateBatch {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: ClimateBatchMetadata;
  readonly spec: ClimateBatchSpec;
  readonly status?: ClimateBatchStatus;
}

/** What the spec requests, in the words of every other program. */
export function requestOfSpec(spec: ClimateBatchSpec): BatchRequest {
  const { grid, scenarios, periods, cellsPerShard, parallelism, maxRejectedCells } = spec;
  return {
    calculation: WIRE_CALCULATIONS[spec.calculation],
    methods: WIRE_METHODS[spec.methods],
    risks: spec.risks.map((risk) => WIRE_RISKS[risk]),
    basePeriod: readPeriod(spec.basePeriod),
    parallelism,
    ...(grid !== undefined && { grid }),
    ...(scenarios !== undefined && { scenarios }),
    ...(periods !== undefined && { periods: periods.map(readPeriod) }),
    ...(cellsPerShard !== undefined && { cellsPerShard }),
    ...(maxRejectedCells !== undefined && { maxRejectedCells }),
  };
}

function readPeriod({ startYear, endYear }: WirePeriod): Period {
  return { firstYear: startYear, lastYear: endYear };
}

export function calculationsOfBatch({ calculation }: Pick<ClimateBatchSpec, "calculation">): readonly Calculation[] {
  return calculationsOf(WIRE_CALCULATIONS[calculation]);
}

export function findCondition(
  status: Pick<ClimateBatchStatus, "conditions"> | undefined,
  type: ConditionType,
): Condition | undefined {
  return status?.conditions?.find((condition) => condition.type === type);
}

export function isConditionTrue(
  status: Pick<ClimateBatchStatus, "conditions"> | undefined,
  type: ConditionType,
): boolean {
  return findCondition(status, type)?.status === "True";
}
