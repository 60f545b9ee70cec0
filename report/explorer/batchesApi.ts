// The read API on the work: batches with their progress, one with its shards, and the requests that wait.
import { z } from "zod";
import { readBatch, readRecentBatches, readRejected, readRequests, readShards } from "../../database/batchReports.ts";
import { describeBatch, explainBatch, explainBatches, remedyOfRequest } from "../batchWords.ts";
import { defineOperation, limit, type Operation, tableOf, whole } from "./operation.ts";

const MOST_BATCHES = 200;
const MOST_SHARDS = 10_000;
const MOST_REQUESTS = 1000;
const REJECTED_CELLS = 50;

const word = z.string().nullable();
const batchNumber = (description: string) =>
  z
    .string()
    .regex(/^\d{1,18}$/, "expected the number of a batch")
    .describe(description);

const BATCH = z.strictObject({
  batchId: z.string(),
  calculation: z.string(),
  state: z.enum(["running", "complete", "failed", "cancelled"]),
  reason: word,
  message: word,
  grid: z.string(),
  cells: z.number(),
  cellsDone: z.number(),
  shards: z.number(),
  shardsDone: z.number(),
  shardsFailed: z.number(),
  rejectedCells: z.number(),
  resultRows: z.number(),
  startedAt: z.string(),
  finishedAt: word,
  published: z.array(z.string()).describe("calculations whose published results are this batch's"),
  specification: z.looseObject({}),
  obstacle: z.strictObject({ reason: z.string(), message: z.string() }).nullable().describe("why it does not move"),
  remedy: word.describe("what to do about a batch that failed"),
});

export const BATCH_OPERATIONS: Readonly<Record<string, Operation>> = {
  "/api/batches": defineOperation({
    summary: "The latest batches with their progress, and why some failed",
    isOfPublication: false,
    parameters: z.strictObject({
      limit: limit(MOST_BATCHES, 50),
      before: batchNumber("`next` of the page before").optional(),
    }),
    answer: z.strictObject({ batches: z.array(BATCH), next: word }),
    async read({ client }, { limit, before }) {
      const batches = await explainBatches(client, await readRecentBatches(client, limit, before));
      return { batches, next: batches.length < limit ? null : batches.at(-1)!.batchId };
    },
    tabulate: ({ batches }) =>
      tableOf(
        [
          ...([
            "batchId",
            "calculation",
            "state",
            "reason",
            "message",
            "remedy",
            "grid",
            "cells",
            "cellsDone",
          ] as const),
          ...([
            "shards",
            "shardsDone",
            "shardsFailed",
            "rejectedCells",
            "startedAt",
            "finishedAt",
            "published",
          ] as const),
        ],
        batches,
      ),
    next: ({ next }) => (next === null ? null : { before: next }),
  }),
  "/api/batch": defineOperation({
    summary: "One batch: its facts in words as climatebatch status prints them, its shards, its rejected cells",
    isOfPublication: false,
    parameters: z.strictObject({
      batch: batchNumber("number of the batch"),
      limit: limit(MOST_SHARDS, 1000),
      first: whole(0, 2 ** 31 - 1, "`next` of the page before: the first shard shown").default(0),
    }),
    answer: z.strictObject({
      batch: BATCH,
      facts: z.array(z.strictObject({ name: z.string(), value: z.string() })),
      shards: z.array(
        z.strictObject({
          shard: z.number(),
          state: z.enum(["pending", "running", "done", "failed"]),
          attempt: z.number(),
          cells: z.number(),
          worker: word,
          seconds: z.number().nullable(),
          reason: word,
          message: word,
        }),
      ),
      next: z.number().nullable(),
      rejectedCounts: z.array(z.strictObject({ risk: z.string(), reason: z.string(), cells: z.number() })),
      rejectedCells: z
        .array(
          z.strictObject({
            risk: z.string(),
            scenario: z.string(),
            latitude: z.number(),
            longitude: z.number(),
            reason: z.string(),
            detail: z.string(),
          }),
        )
        .describe(`the first ${REJECTED_CELLS}`),
    }),
    async read({ client }, { batch: batchId, limit, first }) {
      const batch = await explainBatch(client, await readBatch(client, batchId));
      const shards = await readShards(client, batchId, { first, limit });
      return {
        batch,
        facts: describeBatch(batch),
        shards,
        next: shards.length < limit ? null : shards.at(-1)!.shard + 1,
        ...(await readRejected(client, batchId, REJECTED_CELLS)),
      };
    },
    tabulate: ({ shards }) =>
      tableOf(["shard", "state", "attempt", "cells", "worker", "seconds", "reason", "message"], shards),
    next: ({ next }) => (next === null ? null : { first: next }),
  }),
  "/api/requests": defineOperation({
    summary: "Requests for batches: those that wait in their order, then the finished ones, the latest first",
    isOfPublication: false,
    parameters: z.strictObject({ limit: limit(MOST_REQUESTS, 50) }),
    answer: z.array(
      z.strictObject({
        requestId: z.string(),
        calculation: z.string(),
        source: z.string(),
        state: z.enum(["waiting", "claimed", "finished"]),
        requestedAt: z.string(),
        coalesced: z.number().describe("further requests that are answered with this one"),
        claimedBy: word,
        climateBatch: word,
        batchId: word,
        outcome: z.enum(["batch", "failed", "cancelled"]).nullable(),
        reason: word,
        message: word,
        remedy: word,
      }),
    ),
    read: async ({ client }, { limit }) =>
      (await readRequests(client, limit)).map((request) => ({
        ...request,
        remedy: request.outcome === "failed" ? remedyOfRequest(request.calculation) : null,
      })),
    tabulate: (requests) =>
      tableOf(
        [
          ...(["requestId", "calculation", "source", "state", "requestedAt", "coalesced", "claimedBy"] as const),
          ...(["climateBatch", "batchId", "outcome", "reason", "message", "remedy"] as const),
        ],
        requests,
      ),
  }),
};
