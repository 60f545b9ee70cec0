// The ClimateBatch that answers a request. Its name is a function of the request, so that creating it twice collides.
import type { BatchRequest } from "../../model/batchRequest.ts";
import type { CalculationRequest } from "../../model/calculations.ts";
import {
  CLIMATE_BATCH,
  type NewClimateBatchSpec,
  WIRE_CALCULATIONS,
  WIRE_METHODS,
  WIRE_RISKS,
} from "../../model/climateBatch.ts";
import type { Period } from "../../model/periods.ts";
import { ANNOTATIONS } from "./labels.ts";

export interface NewClimateBatch {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name?: string;
    readonly generateName?: string;
    readonly namespace?: string;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec: NewClimateBatchSpec;
}

function requestedBatchName(calculation: CalculationRequest, requestId: string): string {
  return `${calculation}-r${requestId}`;
}

export function buildRequestedBatch(
  requestId: string,
  request: BatchRequest,
  defaults: Partial<NewClimateBatchSpec>,
): NewClimateBatch {
  return {
    apiVersion: CLIMATE_BATCH.apiVersion,
    kind: CLIMATE_BATCH.kind,
    metadata: {
      name: requestedBatchName(request.calculation, requestId),
      annotations: { [ANNOTATIONS.request]: requestId },
    },
    spec: { ...defaults, ...buildSpec(request) },
  };
}

/** A request in the words of the object. */
export function buildSpec(request: BatchRequest): NewClimateBatchSpec {
  const {
    calculation,
    methods,
    grid,
    risks,
    scenarios,
    basePeriod,
    periods,
    cellsPerShard,
    parallelism,
    maxRejectedCells,
  } = request;
  return {
    calculation: toWire(WIRE_CALCULATIONS, calculation),
    ...(methods !== undefined && { methods: toWire(WIRE_METHODS, methods) }),
    ...(grid !== undefined && { grid }),
    ...(risks !== undefined && { risks: risks.map((risk) => toWire(WIRE_RISKS, risk)) }),
    ...(scenarios !== undefined && { scenarios }),
    ...(basePeriod !== undefined && { basePeriod: toWirePeriod(basePeriod) }),
    ...(periods !== undefined && { periods: periods.map(toWirePeriod) }),
    ...(cellsPerShard !== undefined && { cellsPerShard }),
    ...(parallelism !== undefined && { parallelism }),
    ...(maxRejectedCells !== undefined && { maxRejectedCells }),
  };
}

function toWirePeriod({ firstYear, lastYear }: Period) {
  return { startYear: firstYear, endYear: lastYear };
}

function toWire<Wire extends string, Word>(words: Readonly<Record<Wire, Word>>, word: Word): Wire {
  const found = (Object.keys(words) as Wire[]).find((wire) => words[wire] === word);
  if (found === undefined) throw new Error(`the API has no value for "${word}"`);
  return found;
}
