// A portfolio: a table of sites returned whole and in its order, with the nine risks of each site's cell beside it.
import { createReadStream } from "node:fs";
import { parse } from "csv-parse";
import type { ClientBase } from "pg";
import { rowsView } from "../database/slots.ts";
import { RejectedError } from "../model/errors.ts";
import { formatPeriod, type Period } from "../model/periods.ts";
import type { Risk } from "../model/risks.ts";
import type { Column } from "./exportSelection.ts";
import { batchOf, type ResultBatch, type ResultPlace, readInPortions } from "./readResults.ts";
import { makeNearest } from "./sites.ts";

export interface Sites {
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Positions of columns; null where there is none. */
  readonly latitude: number;
  readonly longitude: number;
  readonly value: number | null;
  readonly name: number | null;
}

const NAMES = {
  latitude: ["latitude", "lat", "y", "위도"],
  longitude: ["longitude", "lon", "lng", "long", "x", "경도"],
  value: ["value", "tiv", "가액"],
  name: ["id", "site", "name", "이름"],
} as const;

export async function readSites(file: string): Promise<Sites> {
  const rows: string[][] = [];
  const parser = createReadStream(file).pipe(parse({ bom: true, relax_column_count: false, skip_empty_lines: true }));
  try {
    for await (const row of parser) rows.push(row as string[]);
  } catch (cause) {
    throw new RejectedError("UnreadableFile", `${file} cannot be read as CSV: ${(cause as Error).message}.`, { cause });
  }
  const [header, ...sites] = rows;
  if (header === undefined || sites.length === 0) {
    throw new RejectedError("NoSites", `${file} has no sites: expected a line of column names and a line a site.`);
  }
  const find = (names: readonly string[]) => {
    const at = header.findIndex((name) => names.includes(name.trim().toLowerCase()));
    return at === -1 ? null : at;
  };
  const [latitude, longitude] = [find(NAMES.latitude), find(NAMES.longitude)];
  if (latitude === null || longitude === null) {
    const missing = latitude === null ? "latitude" : "longitude";
    throw new RejectedError(
      "NoPlace",
      `${file} has no column for the ${missing} (${NAMES[missing].join(", ")}); it has ${header.join(", ")}.`,
    );
  }
  return { header, rows: sites, latitude, longitude, value: find(NAMES.value), name: find(NAMES.name) };
}

export interface AssetsRequest {
  readonly scenarios: readonly string[];
  readonly periods: readonly Period[];
  readonly risks: readonly Risk[];
  readonly withinKm: number;
}

/** Total over the sites of one risk, scenario, period and rate set: what is summed means the same loss. */
export interface Total {
  readonly risk: string;
  readonly scenario: string;
  readonly period: string;
  readonly rateSet: string;
  sites: number;
  loss: number;
}

export interface Assets {
  readonly columns: readonly Column[];
  /** One a site, scenario and period, in the order of the sites. */
  rows(): Generator<readonly (string | number | null)[]>;
  /** Of the rows read so far. */
  readonly totals: readonly Total[];
  /** Sites without a cell, by what the file calls them. */
  readonly outside: readonly { readonly site: string; readonly why: string }[];
}

const RESULT = [
  "score",
  "score_low",
  "score_high",
  "level",
  "p",
  "damage",
  "damage_low",
  "damage_high",
  "rl100",
] as const;
const MONEY = ["loss", "loss_low", "loss_high"] as const;
const WORDS: ReadonlySet<string> = new Set(["level", "rate_set", "note"]);

interface Found {
  readonly values: (string | number | null)[];
  rateSet: string | null;
  /** Why there are no numbers, or that the hazard cannot do harm here. */
  note: string | null;
}

/** Reads the results of the cells that have sites, once each. Inside a transaction. */
export async function assess(
  client: ClientBase,
  batches: readonly ResultBatch[],
  places: readonly ResultPlace[],
  sites: Sites,
  request: AssetsRequest,
): Promise<Assets> {
  const nearest = makeNearest(places);
  const outside: { site: string; why: string }[] = [];
  const cells = sites.rows.map((row, at) => {
    const [latitude, longitude] = [
      Number(row[sites.latitude] || Number.NaN),
      Number(row[sites.longitude] || Number.NaN),
    ];
    const site = sites.name === null ? `line ${at + 2}` : `${row[sites.name]} (line ${at + 2})`;
    if (!(Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180)) {
      outside.push({ site, why: "no latitude and longitude in degrees" });
      return null;
    }
    const found = nearest(latitude, longitude);
    if (found.km <= request.withinKm) return found;
    outside.push({ site, why: `the nearest cell with results is ${found.km.toFixed(1)} km away` });
    return null;
  });
  const ids = [...new Set(cells.flatMap((found) => (found === null ? [] : [found.place.cellId])))];
  const results = await readCells(client, batches, ids, request);
  const hasMoney = sites.value !== null;
  const perRisk = hasMoney ? [...RESULT, ...MONEY, "rate_set", "note"] : [...RESULT, "rate_set", "note"];
  const totals = new Map<string, Total>();
  const columns = [
    ...sites.header.map((name) => name),
    ...["cell_latitude", "cell_longitude", "distance_km", "outside", "scenario", "period"],
    ...request.risks.flatMap((risk) => perRisk.map((name) => `${risk}_${name}`)),
  ].map((name, at): Column => {
    const isWord =
      at < sites.header.length ||
      /^(outside|scenario|period)$/.test(name) ||
      [...WORDS].some((word) => name.endsWith(`_${word}`));
    return { name, kind: isWord ? "word" : "number", sql: "", unit: "1" };
  });

  function* rows(): Generator<readonly (string | number | null)[]> {
    totals.clear();
    const why = new Map(outside.map(({ site, why }) => [site, why]));
    for (const [at, row] of sites.rows.entries()) {
      const cell = cells[at]!;
      const site = sites.name === null ? `line ${at + 2}` : `${row[sites.name]} (line ${at + 2})`;
      const value = sites.value === null || row[sites.value] === "" ? Number.NaN : Number(row[sites.value]);
      for (const scenario of request.scenarios) {
        for (const period of request.periods.map(formatPeriod)) {
          const place =
            cell === null
              ? [null, null, null, why.get(site) ?? "outside"]
              : [cell.place.latitude, cell.place.longitude, Math.round(1000 * cell.km) / 1000, null];
          const values = request.risks.flatMap((risk) => {
            const found = cell === null ? undefined : results.get(`${cell.place.cellId} ${risk} ${scenario} ${period}`);
            const numbers = found?.values ?? RESULT.map(() => null);
            if (!hasMoney) return [...numbers, found?.rateSet ?? null, found?.note ?? null];
            const losses = [5, 6, 7].map((i) => {
              const rate = numbers[i];
              return typeof rate !== "number" || Number.isNaN(value) ? null : rate * value;
            });
            if (losses[0] !== null && found?.rateSet != null)
              addLoss(totals, risk, scenario, period, found.rateSet, losses[0]!);
            return [...numbers, ...losses, found?.rateSet ?? null, found?.note ?? null];
          });
          yield [...row, ...place, scenario, period, ...values];
        }
      }
    }
  }
  return {
    columns,
    rows,
    get totals() {
      return [...totals.values()].sort((a, b) => a.risk.localeCompare(b.risk) || a.scenario.localeCompare(b.scenario));
    },
    outside,
  };
}

function addLoss(
  totals: Map<string, Total>,
  risk: string,
  scenario: string,
  period: string,
  rateSet: string,
  loss: number,
): void {
  const key = `${risk} ${scenario} ${period} ${rateSet}`;
  let total = totals.get(key);
  if (total === undefined) totals.set(key, (total = { risk, scenario, period, rateSet, sites: 0, loss: 0 }));
  total.sites++;
  total.loss += loss;
}

/** By "cell risk scenario period". */
async function readCells(
  client: ClientBase,
  batches: readonly ResultBatch[],
  ids: readonly number[],
  { scenarios, periods, risks }: AssetsRequest,
): Promise<ReadonlyMap<string, Found>> {
  const results = new Map<string, Found>();
  for (const calculation of ["hazard", "probability"] as const) {
    const batch = batchOf(batches, calculation);
    if (batch === undefined) continue;
    const columns =
      calculation === "hazard"
        ? "hazard_score_100, score_low, score_high, hazard_level, NULL"
        : "probability, damage_bins, damage_low, damage_high, (return_levels -> 5 ->> 'level')::float8, rate_set";
    const first = calculation === "hazard" ? 0 : 4;
    const count = calculation === "hazard" ? 4 : 5;
    const query = `SELECT cell_id || ' ' || risk_type || ' ' || scenario || ' ' || first_year || '-' || last_year,
        coalesce(reason, CASE WHEN 'notApplicable' = ANY (flags) THEN 'notApplicable' END), ${columns}
      FROM ${rowsView(calculation)} WHERE slot = $1 AND cell_id = ANY ($2) AND scenario = ANY ($3)
        AND first_year || '-' || last_year = ANY ($4) AND risk_type = ANY ($5)`;
    const values = [batch.slot, ids, scenarios, periods.map(formatPeriod), risks];
    for await (const rows of readInPortions(client, query, values)) {
      for (const [key, reason, ...numbers] of rows as [string, string | null, ...(string | number | null)[]][]) {
        let found = results.get(key);
        if (found === undefined)
          results.set(key, (found = { values: RESULT.map(() => null), rateSet: null, note: reason }));
        for (let i = 0; i < count; i++) found.values[first + i] = numbers[i]!;
        if (calculation === "probability") found.rateSet = numbers[count] as string | null;
      }
    }
  }
  return results;
}
