// The read API: what can be requested, with which answer, from one table that the OpenAPI document is made of.
import type { ClientBase } from "pg";
import { z } from "zod";
import { rowsView } from "../../database/slots.ts";
import { RejectedError } from "../../model/errors.ts";
import { parsePeriod } from "../../model/periods.ts";
import { FLAGS, NULL_REASONS } from "../../model/reasons.ts";
import { RISKS } from "../../model/risks.ts";
import { REMEDIES } from "../page/remedies.ts";
import { readPlace } from "../readPlace.ts";
import { batchOf, extentOf, findResults } from "../readResults.ts";

const MOST_CELLS = 10_000;
const MOST_BATCHES = 200;

const nullable = z.number().nullable();
const degrees = (most: number, what: string) => z.coerce.number().min(-most).max(most).describe(what);
const names = z
  .string()
  .max(2000)
  .optional()
  .transform((given) => given?.split(",").filter((name) => name !== ""));
const page = (most: number, usual: number) => z.coerce.number().int().min(1).max(most).default(usual);

export interface Operation {
  readonly summary: string;
  readonly parameters: z.ZodObject;
  readonly answer: z.ZodType;
  read(client: ClientBase, parameters: never): Promise<unknown>;
}

/** `read` runs inside a snapshot. */
function define<Parameters extends z.ZodObject, Answer extends z.ZodType>(operation: {
  readonly summary: string;
  readonly parameters: Parameters;
  readonly answer: Answer;
  read(client: ClientBase, parameters: z.output<Parameters>): Promise<z.input<Answer>>;
}): Operation {
  return operation as unknown as Operation;
}

const place = z.strictObject({ latitude: z.number(), longitude: z.number() });

export const OPERATIONS: Readonly<Record<string, Operation>> = {
  "/api/place": define({
    summary: "All results of the nearest cell, as climatebatch place --json",
    parameters: z.strictObject({
      latitude: degrees(90, "degrees north"),
      longitude: degrees(180, "degrees east"),
      scenario: names.describe("scenarios, separated by commas"),
      period: names.describe("periods, such as 2021-2040,2041-2060"),
    }),
    answer: z.strictObject({
      requested: place,
      cell: place.extend({ distanceKm: z.number() }),
      grid: z.string(),
      batches: z.array(z.strictObject({ calculation: z.string(), batch: z.string(), methods: z.string() })),
      results: z.array(
        z.strictObject({
          risk: z.enum(RISKS),
          scenario: z.string(),
          firstYear: z.number(),
          lastYear: z.number(),
          reason: z.string().nullable(),
          flags: z.array(z.string()),
          hazard: z
            .strictObject({
              score: nullable,
              scoreLow: nullable,
              scoreHigh: nullable,
              level: z.string().nullable().describe("of heat, cold and drought: against the place's own climate"),
              scoreAbsolute: nullable.describe("against fixed thresholds: heat and cold with daily series"),
              levelAbsolute: z.string().nullable(),
              intensity: z.string(),
              unit: z.string(),
              value: nullable,
              valueLow: nullable,
              valueHigh: nullable,
              valueChange: nullable,
              indicators: z.array(z.strictObject({ name: z.string(), unit: z.string(), value: nullable })),
            })
            .nullable(),
          probability: z
            .strictObject({
              damagingYear: nullable,
              bins: z
                .array(
                  z.strictObject({
                    range: z.string(),
                    probability: z.number(),
                    low: nullable,
                    high: nullable,
                    baseDamageRate: nullable,
                    years: nullable,
                  }),
                )
                .nullable(),
              damage: nullable,
              damageLow: nullable,
              damageHigh: nullable,
              damageContinuous: nullable,
              damageChange: nullable,
              damageChangeOf: z.string().nullable(),
              rateSet: z.string().nullable(),
              returnLevelOf: z.string(),
              returnLevelUnit: z.string(),
              returnLevels: z
                .array(z.strictObject({ returnPeriod: z.number(), level: nullable, extrapolated: z.boolean() }))
                .nullable(),
            })
            .nullable(),
        }),
      ),
    }),
    read: async (client, { latitude, longitude, scenario, period }) =>
      (await readPlace(client, {
        latitude,
        longitude,
        scenarios: scenario,
        periods: period?.map((text) => parsePeriod(text, "period")),
      })) as never,
  }),
  "/api/cells": define({
    summary: "Scores and damage rates of the cells in a box, page by page",
    parameters: z.strictObject({
      risk: z.enum(RISKS),
      scenario: z.string().max(200),
      period: z.string().max(20).describe("such as 2041-2060"),
      west: degrees(180, "degrees east").default(-180),
      south: degrees(90, "degrees north").default(-90),
      east: degrees(180, "degrees east").default(180),
      north: degrees(90, "degrees north").default(90),
      limit: page(MOST_CELLS, 1000),
      after: z.coerce
        .number()
        .int()
        .min(0)
        .max(2 ** 31 - 1)
        .default(0)
        .describe("`next` of the page before"),
    }),
    answer: z.strictObject({
      batches: z.array(z.string()),
      cells: z.array(
        place.extend({
          score: nullable,
          level: z.string().nullable(),
          scoreAbsolute: nullable,
          levelAbsolute: z.string().nullable(),
          damagingYear: nullable,
          damage: nullable,
          notApplicable: z.boolean().describe("the hazard cannot do harm there"),
        }),
      ),
      next: z.number().nullable(),
    }),
    async read(client, { risk, scenario, period, west, south, east, north, limit, after }) {
      const batches = await findResults(client);
      const [hazard, probability] = [batchOf(batches, "hazard"), batchOf(batches, "probability")];
      const [first, last] = Object.values(parsePeriod(period, "period"));
      const { rows } = await client.query(
        `SELECT c.cell_id AS id, c.latitude, c.longitude, h.hazard_score_100 AS score, h.hazard_level AS level,
           h.score_absolute AS "scoreAbsolute", h.level_absolute AS "levelAbsolute", 'notApplicable' = ANY (coalesce(h.flags, p.flags)) AS "notApplicable",
           p.probability AS "damagingYear", p.damage_bins AS damage
         FROM (SELECT cell_id, latitude, longitude FROM climatebatch.grid_cells JOIN climatebatch.grids USING (grid_id)
           WHERE name = $1 AND cell_id > $2 AND longitude BETWEEN $3 AND $5 AND latitude BETWEEN $4 AND $6) AS c
         LEFT JOIN ${rowsView("hazard")} AS h ON h.slot = $7 AND h.cell_id = c.cell_id AND h.risk = $9 AND h.scenario = $10 AND h.first_year = $11 AND h.last_year = $12
         LEFT JOIN ${rowsView("probability")} AS p ON p.slot = $8 AND p.cell_id = c.cell_id AND p.risk = $9 AND p.scenario = $10 AND p.first_year = $11 AND p.last_year = $12
         WHERE h.cell_id IS NOT NULL OR p.cell_id IS NOT NULL ORDER BY c.cell_id LIMIT $13`,
        [
          ...[batches[0]!.grid, after, west, south, east, north, hazard?.slot ?? -1, probability?.slot ?? -1],
          ...[risk, scenario, first, last, limit],
        ],
      );
      return {
        batches: batches.map(({ batchId }) => batchId),
        cells: rows.map(({ id, ...cell }) => cell),
        next: rows.length < limit ? null : rows.at(-1)!.id,
      };
    },
  }),
  "/api/results": define({
    summary: "What is published: grid, risks, scenarios, periods and batches",
    parameters: z.strictObject({}),
    answer: z.strictObject({
      grid: z.string(),
      risks: z.array(z.enum(RISKS)),
      scenarios: z.array(z.string()),
      periods: z.array(z.string()),
      batches: z.array(
        z.strictObject({ calculation: z.string(), batch: z.string(), methods: z.string(), finished: z.string() }),
      ),
    }),
    async read(client) {
      const batches = await findResults(client);
      const { scenarios, periods } = extentOf(batches);
      return {
        grid: batches[0]!.grid,
        risks: RISKS.filter((risk) => batches.some(({ risks }) => risks.includes(risk))),
        scenarios: [...scenarios],
        periods: periods.map(({ firstYear, lastYear }) => `${firstYear}-${lastYear}`),
        batches: batches.map(({ calculation, batchId, methods, finishedAt }) => ({
          ...{ calculation, batch: batchId, methods },
          finished: finishedAt.toISOString(),
        })),
      };
    },
  }),
  "/api/words": define({
    summary: "What each reason and flag means, and what to do",
    parameters: z.strictObject({}),
    answer: z.array(
      z.strictObject({ word: z.string(), kind: z.enum(["reason", "flag"]), meaning: z.string(), remedy: z.string() }),
    ),
    read: async () =>
      Object.entries({ ...NULL_REASONS, ...FLAGS }).map(([word, meaning]) => ({
        ...{ word, meaning, remedy: REMEDIES[word as keyof typeof REMEDIES] },
        kind: Object.hasOwn(NULL_REASONS, word) ? ("reason" as const) : ("flag" as const),
      })),
  }),
  "/api/batches": define({
    summary: "The last batches with their progress, and why some failed",
    parameters: z.strictObject({ limit: page(MOST_BATCHES, 50) }),
    answer: z.array(
      z.strictObject({
        batch: z.string(),
        calculation: z.string(),
        state: z.string(),
        started: z.string().nullable(),
        finished: z.string().nullable(),
        cells: nullable,
        done: nullable,
        rejected: nullable,
        published: z.boolean(),
        reason: z.string().nullable(),
        message: z.string().nullable(),
      }),
    ),
    async read(client, { limit }) {
      const { rows } = await client.query(
        `SELECT id::text AS batch, job_type AS calculation, status AS state, to_json(started_at) #>> '{}' AS started,
           to_json(completed_at) #>> '{}' AS finished, total_cells::float8 AS cells, processed_cells::float8 AS done,
           rejected_cells::float8 AS rejected, published, error_reason AS reason, error_message AS message
         FROM public.batch_job_logs ORDER BY started_at DESC NULLS FIRST, id DESC LIMIT $1`,
        [limit],
      );
      return rows;
    },
  }),
};

/** Every problem of the query at once. */
export function readParameters({ parameters }: Operation, search: URLSearchParams): never {
  const given = Object.fromEntries(search);
  const repeated = [...search.keys()].find((name, at, all) => all.indexOf(name) !== at);
  if (repeated !== undefined) throw new RejectedError("InvalidParameter", `${repeated} was given twice. Give it once.`);
  const parsed = parameters.safeParse(given);
  if (parsed.success) return parsed.data as never;
  const problems = parsed.error.issues.map(({ path, message }) => `${path.join(".") || "query"}: ${message}`);
  throw new RejectedError("InvalidParameter", problems.join("; "));
}

export function openApi(version: string): object {
  const json = { "application/json": {} };
  const problem = {
    description: "What is wrong with the request, or that nothing is published",
    content: { "application/json": { schema: { $ref: "#/components/schemas/Problem" } } },
  };
  const paths = Object.entries(OPERATIONS).map(([path, { summary, parameters, answer }]) => {
    const { properties = {}, required = [] } = z.toJSONSchema(parameters, { io: "input", unrepresentable: "any" });
    return [
      path,
      {
        get: {
          summary,
          parameters: Object.entries(properties).map(([name, schema]) => ({
            name,
            in: "query",
            required: required.includes(name),
            schema: queryType(parameters, name, schema),
          })),
          responses: {
            200: {
              description: summary,
              headers: { ETag: { schema: { type: "string" }, description: "of what is published" } },
              content: { ...json, "application/json": { schema: z.toJSONSchema(answer, { io: "input" }) } },
            },
            304: { description: "Unchanged since the ETag of If-None-Match" },
            400: problem,
            404: problem,
            503: problem,
          },
        },
      },
    ];
  });
  return {
    openapi: "3.1.0",
    info: { title: "climatebatch", version, description: "Published climate risks, read-only." },
    paths: Object.fromEntries(paths),
    components: {
      schemas: {
        Problem: {
          type: "object",
          required: ["reason", "message"],
          properties: { reason: { type: "string" }, message: { type: "string" } },
        },
      },
    },
  };
}

/** A coerced number accepts anything as its input; the document says what it is after. */
function queryType(parameters: z.ZodObject, name: string, input: unknown): unknown {
  const { properties = {} } = z.toJSONSchema(parameters, { io: "output", unrepresentable: "any" });
  const output = properties[name] as { type?: string } | undefined;
  return output?.type === "number" || output?.type === "integer" ? output : input;
}
