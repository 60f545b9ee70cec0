// Every operation of the read API by its path.
import { BATCH_OPERATIONS } from "./batchesApi.ts";
import type { Operation } from "./operation.ts";
import { RESULT_OPERATIONS } from "./resultsApi.ts";

export const OPERATIONS: Readonly<Record<string, Operation>> = { ...RESULT_OPERATIONS, ...BATCH_OPERATIONS };
