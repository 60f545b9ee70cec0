// A portfolio: a table of sites returned whole and in its order, with the nine risks of each site's cell beside it.
import { createReadStream } from "node:fs";
import { parse } from "csv-parse";
import type { ClientBase } from "pg";
import { rowsView } from "../database/slots.ts";
import { RejectedError } from "../model/errors.ts";
import { formatPeriod, type Period } from "../model/periods.ts";
import type { Risk } from "../model/risks.ts";
import type { ReportSite } from "./collectReport.ts";
import type { Column } from "./exportSelection.ts";
import { nameKey } from "./page/reportData.ts";
import { batchOf, type ResultBatch, type ResultPlace, readInPortions } from "./readResults.ts";
import { makeNearest, middlesOf } from "./sites.ts";

export interface Sites {
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Positions of columns; null where there is none. A table without a district has both coordinates. */
  readonly latitude: number | null;
  readonly longitude: number | null;
  readonly district: number | null;
  readonly value: number | null;
  readonly name: number | null;
}

const NAMES = {
  latitude: ["latitude", "lat", "y", "위도"],
  longitude: ["longitude", "lon", "lng", "long", "x", "경도"],
  district: ["district", "시군구"],
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
  const [latitude, longitude, district] = [find(NAMES.latitude), find(NAMES.longitude), find(NAMES.district)];
  if ((latitude === null || longitude === null) && (district === null || latitude !== longitude)) {
    const missing = latitude === null ? "latitude" : "longitude";
    throw new RejectedError(
      "NoPlace",
      `${file} has no column for the ${missing} (${NAMES[missing].join(", ")}); it has ${header.join(", ")}. ` +
        `Add it, or a column for the district (${NAMES.district.join(", ")}) in place of coordinates.`,
    );
  }
  return { header, rows: sites, latitude, longitude, district, value: find(NAMES.value), name: find(NAMES.name) };
}

/** What the file calls a site, with its line. */
function nameOf({ rows, name }: Sites, at: number): string {
  return name === null ? `line ${at + 2}` : `${rows[at]![name]} (line ${at + 2})`;
}

/** Degrees as the table gives them, NaN where it gives none. */
function coordinatesOf({ rows, latitude, longitude }: Sites, at: number): readonly [number, number] {
  const read = (column: number | null) => Number((column === null ? "" : rows[at]![column]) || Number.NaN);
  return [read(latitude), read(longitude)];
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
  /** Sites that have a place on a map: by their coordinates, else at their cell. */
  readonly mapped: readonly ReportSite[];
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
  const { cells, outside } = findCells(places, sites, request.withinKm);
  const ids = [...new Set(cells.flatMap((found) => (found === null ? [] : [found.place.cellId])))];
  const results = await readCells(client, batches, ids, request);
  const hasMoney = sites.value !== null;
  const perRisk = hasMoney ? [...RESULT, ...MONEY, "rate_set", "note"] : [...RESULT, "rate_set", "note"];
  const totals = new Map<string, Total>();
  const columns = [
    ...sites.header.map((name) => name),
    ...["cell_latitude", "cell_longitude", "distance_km", ...(sites.district === null ? [] : ["found_by"])],
    ...["outside", "scenario", "period"],
    ...request.risks.flatMap((risk) => perRisk.map((name) => `${risk}_${name}`)),
  ].map((name, at): Column => {
    const isWord =
      at < sites.header.length ||
      /^(found_by|outside|scenario|period)$/.test(name) ||
      [...WORDS].some((word) => name.endsWith(`_${word}`));
    return { name, kind: isWord ? "word" : "number", sql: "", unit: "1" };
  });

  function* rows(): Generator<readonly (string | number | null)[]> {
    totals.clear();
    const why = new Map(outside.map(({ site, why }) => [site, why]));
    for (const [at, row] of sites.rows.entries()) {
      const cell = cells[at]!;
      const foundBy = sites.district === null ? [] : [cell?.foundBy ?? null];
      const value = sites.value === null || row[sites.value] === "" ? Number.NaN : Number(row[sites.value]);
      for (const scenario of request.scenarios) {
        for (const period of request.periods.map(formatPeriod)) {
          const place =
            cell === null
              ? [null, null, null, ...foundBy, why.get(nameOf(sites, at)) ?? "outside"]
              : [cell.place.latitude, cell.place.longitude, roundKm(cell.km), ...foundBy, null];
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
    mapped: cells.flatMap((cell, at) => mapSite(sites, at, cell)),
  };
}

function mapSite(sites: Sites, at: number, cell: SiteCell | null): ReportSite[] {
  const [latitude, longitude] =
    cell?.foundBy === "district" ? [cell.place.latitude, cell.place.longitude] : coordinatesOf(sites, at);
  if (!(Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180)) return [];
  const name = sites.name === null ? `line ${at + 2}` : sites.rows[at]![sites.name]!;
  return [{ name, latitude, longitude, cellId: cell?.place.cellId ?? null }];
}

function roundKm(km: number | null): number | null {
  return km === null ? null : Math.round(1000 * km) / 1000;
}

interface SiteCell {
  readonly place: ResultPlace;
  /** null of a site that its district placed */
  readonly km: number | null;
  readonly foundBy: "coordinates" | "district";
}

/** The cell of each site: the nearest to its coordinates, or the middle one of its district where it has none. */
function findCells(places: readonly ResultPlace[], sites: Sites, withinKm: number) {
  const nearest = makeNearest(places);
  const middles = sites.district === null ? new Map<string, ResultPlace>() : middlesOf(places);
  const outside: { site: string; why: string }[] = [];
  const cells = sites.rows.map((row, at): SiteCell | null => {
    const leaveOut = (why: string) => {
      outside.push({ site: nameOf(sites, at), why });
      return null;
    };
    const [latitude, longitude] = coordinatesOf(sites, at);
    const district = sites.district === null ? "" : row[sites.district]!.trim();
    if (Number.isNaN(latitude) && Number.isNaN(longitude) && district !== "") {
      const place = middles.get(nameKey(district));
      if (place !== undefined) return { place, km: null, foundBy: "district" };
      return leaveOut(
        middles.size === 0
          ? "no cell with results has a district: climatebatch load ground --attribute district"
          : `no cell with results is in a district "${district}"`,
      );
    }
    if (!(Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180)) {
      return leaveOut(`no latitude and longitude in degrees${sites.district === null ? "" : ", and no district"}`);
    }
    const found = nearest(latitude, longitude);
    if (found.km <= withinKm) return { ...found, foundBy: "coordinates" };
    return leaveOut(`the nearest cell with results is ${found.km.toFixed(1)} km away`);
  });
  return { cells, outside };
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
