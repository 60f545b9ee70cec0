// The read API on what is published: a place, cells in a box, scenarios, risks with their explanation, and the words of results.
import { z } from "zod";
import { rowsView } from "../../database/slots.ts";
import { formatPeriod } from "../../model/periods.ts";
import { FLAGS, NULL_REASONS } from "../../model/reasons.ts";
import { RISKS } from "../../model/risks.ts";
import { REMEDIES } from "../page/remedies.ts";
import { type PlaceAnswer, readPlace } from "../readPlace.ts";
import { batchOf, extentOf, findResults, notFound } from "../readResults.ts";
import { EXPLAINED_RISK } from "./explainedRisk.ts";
import { defineOperation, degrees, limit, names, type Operation, tableOf, whole } from "./operation.ts";

const MOST_CELLS = 10_000;

const nullable = z.number().nullable();
const place = z.strictObject({ latitude: z.number(), longitude: z.number() });
const PERIOD = /^\d{4}-\d{4}$/;

export const RESULT_OPERATIONS: Readonly<Record<string, Operation>> = {
  "/api/place": defineOperation({
    summary: "All results of the nearest cell, as climatebatch place --json returns them",
    isOfPublication: true,
    parameters: z.strictObject({
      latitude: degrees(90, "degrees north"),
      longitude: degrees(180, "degrees east"),
      scenario: names("scenarios, separated by commas; all unless given"),
      period: names("periods, such as 2021-2040,2041-2060; all unless given"),
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
    async read({ client }, { latitude, longitude, scenario, period }) {
      return readPlace(client, { latitude, longitude, scenarios: scenario, periods: period });
    },
    tabulate: (answer) => tabulatePlace(answer as PlaceAnswer),
  }),
  "/api/cells": defineOperation({
    summary: "Scores and damage rates of the cells in a box, page by page",
    isOfPublication: true,
    parameters: z.strictObject({
      risk: z.enum(RISKS),
      scenario: z.string().max(200),
      period: z.string().regex(PERIOD, "expected FIRST-LAST, such as 2041-2060").describe("such as 2041-2060"),
      west: degrees(180, "degrees east; east of `east`, the box crosses the date line").default(-180),
      south: degrees(90, "degrees north").default(-90),
      east: degrees(180, "degrees east").default(180),
      north: degrees(90, "degrees north").default(90),
      limit: limit(MOST_CELLS, 1000),
      after: whole(0, 2 ** 31 - 1, "`next` of the page before").default(0),
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
    async read({ client }, { risk, scenario, period, west, south, east, north, limit, after }) {
      const batches = await findResults(client);
      const [hazard, probability] = [batchOf(batches, "hazard"), batchOf(batches, "probability")];
      const extent = extentOf(batches);
      const computed = RISKS.filter((one) => batches.some((batch) => batch.risks.includes(one)));
      if (!computed.includes(risk)) throw notFound("risk", risk, computed);
      if (!extent.scenarios.includes(scenario)) throw notFound("scenario", scenario, extent.scenarios);
      const known = extent.periods.map(formatPeriod);
      if (!known.includes(period)) throw notFound("period", period, known);
      const [first, last] = period.split("-").map(Number);
      const result = (name: string, slot: string) =>
        `${name}.slot = ${slot} AND ${name}.cell_id = c.cell_id AND ${name}.risk = $9 AND ${name}.scenario = $10
           AND ${name}.first_year = $11 AND ${name}.last_year = $12`;
      const { rows } = await client.query(
        `SELECT c.cell_id AS id, c.latitude, c.longitude, h.hazard_score_100 AS score, h.hazard_level AS level,
           h.score_absolute AS "scoreAbsolute", h.level_absolute AS "levelAbsolute", 'notApplicable' = ANY (coalesce(h.flags, p.flags)) AS "notApplicable",
           p.probability AS "damagingYear", p.damage_bins AS damage
         FROM (SELECT cell_id, latitude, longitude FROM climatebatch.grid_cells JOIN climatebatch.grids USING (grid_id)
           WHERE name = $1 AND cell_id > $2 AND latitude BETWEEN $4 AND $6
             AND CASE WHEN $3::float8 <= $5::float8 THEN longitude BETWEEN $3 AND $5 ELSE longitude >= $3 OR longitude <= $5 END) AS c
         LEFT JOIN ${rowsView("hazard")} AS h ON ${result("h", "$7")}
         LEFT JOIN ${rowsView("probability")} AS p ON ${result("p", "$8")}
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
    tabulate: ({ cells }) =>
      tableOf(
        [
          "latitude",
          "longitude",
          "score",
          "level",
          "scoreAbsolute",
          "levelAbsolute",
          "damagingYear",
          "damage",
          "notApplicable",
        ],
        cells,
      ),
    next: ({ next }) => (next === null ? null : { after: next }),
  }),
  "/api/results": defineOperation({
    summary: "What is published: grid, risks, scenarios, periods and batches",
    isOfPublication: true,
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
    async read({ client }) {
      const batches = await findResults(client);
      const { scenarios, periods } = extentOf(batches);
      return {
        grid: batches[0]!.grid,
        risks: RISKS.filter((risk) => batches.some(({ risks }) => risks.includes(risk))),
        scenarios: [...scenarios],
        periods: periods.map(formatPeriod),
        batches: batches.map(({ calculation, batchId, methods, finishedAt }) => ({
          ...{ calculation, batch: batchId, methods },
          finished: finishedAt.toISOString(),
        })),
      };
    },
    tabulate: ({ batches }) => tableOf(["calculation", "batch", "methods", "finished"], batches),
  }),
  "/api/scenarios": defineOperation({
    summary: "The scenarios with results: experiment, model, member, parent, and periods",
    isOfPublication: true,
    parameters: z.strictObject({}),
    answer: z.array(
      z.strictObject({
        scenario: z.string(),
        experiment: z.string().nullable(),
        model: z.string().nullable(),
        member: z.string().nullable(),
        parent: z.string().nullable(),
        periods: z.array(z.string()),
      }),
    ),
    async read({ client }) {
      const batches = await findResults(client);
      const { rows } = await client.query(
        `SELECT s.name AS scenario, s.experiment, s.model, s.member, p.name AS parent
         FROM climatebatch.scenarios AS s LEFT JOIN climatebatch.scenarios AS p ON p.scenario_id = s.parent_id
         WHERE s.name = ANY ($1) ORDER BY s.name`,
        [extentOf(batches).scenarios],
      );
      return rows.map((row) => {
        const own = batches.filter(({ scenarios }) => scenarios.includes(row.scenario));
        return { ...row, periods: extentOf(own).periods.map(formatPeriod) };
      });
    },
    tabulate: (scenarios) => tableOf(["scenario", "experiment", "model", "member", "parent", "periods"], scenarios),
  }),
  "/api/risks": defineOperation({
    summary:
      "The risks with results: definition, inputs, bins, rates, anchors and sources, as climatebatch explain --json",
    isOfPublication: true,
    parameters: z.strictObject({ risk: z.enum(RISKS).optional().describe("only this one") }),
    answer: z.array(EXPLAINED_RISK),
    async read({ client, explainRisk }, { risk: chosen }) {
      const batches = await findResults(client);
      const computed = RISKS.filter((risk) => batches.some(({ risks }) => risks.includes(risk)));
      if (chosen !== undefined && !computed.includes(chosen)) throw notFound("risk", chosen, computed);
      const { methods, overrides } = batches[0]!;
      return Promise.all(
        computed
          .filter((risk) => chosen === undefined || risk === chosen)
          .map((risk) => explainRisk(risk, methods, overrides)),
      );
    },
    tabulate: (risks) => tableOf(["risk", "longName", "methodSet", "intensity", "definition"], risks),
  }),
  "/api/words": defineOperation({
    summary: "What each reason and flag means, and what to do",
    isOfPublication: false,
    parameters: z.strictObject({}),
    answer: z.array(
      z.strictObject({ word: z.string(), kind: z.enum(["reason", "flag"]), meaning: z.string(), remedy: z.string() }),
    ),
    read: async () =>
      Object.entries({ ...NULL_REASONS, ...FLAGS }).map(([word, meaning]) => ({
        ...{ word, meaning, remedy: REMEDIES[word as keyof typeof REMEDIES] },
        kind: Object.hasOwn(NULL_REASONS, word) ? "reason" : "flag",
      })),
    tabulate: (words) => tableOf(["word", "kind", "meaning", "remedy"], words),
  }),
};

const PLACE_COLUMNS = [
  ...[
    "latitude",
    "longitude",
    "distance_km",
    "risk",
    "scenario",
    "period",
    "score",
    "score_low",
    "score_high",
    "level",
  ],
  ...[
    "intensity",
    "unit",
    "value",
    "damaging_year",
    "damage",
    "damage_low",
    "damage_high",
    "rate_set",
    "reason",
    "flags",
  ],
];

/** A row a risk, scenario and period. */
function tabulatePlace({ cell, results }: PlaceAnswer) {
  const rows = results.map(({ risk, scenario, firstYear, lastYear, hazard, probability, reason, flags }) => [
    ...[cell.latitude, cell.longitude, cell.distanceKm, risk, scenario, formatPeriod({ firstYear, lastYear })],
    ...[hazard?.score, hazard?.scoreLow, hazard?.scoreHigh, hazard?.level],
    ...[hazard?.intensity, hazard?.unit, hazard?.value],
    ...[probability?.damagingYear, probability?.damage, probability?.damageLow, probability?.damageHigh],
    ...[probability?.rateSet, reason, flags],
  ]);
  return { columns: PLACE_COLUMNS, rows };
}
