// All results of one place, as `place` prints them and the API answers.
import type { ClientBase } from "pg";
import { rowsView } from "../database/slots.ts";
import { RejectedError } from "../model/errors.ts";
import { formatPeriod } from "../model/periods.ts";
import { findResults, notFound, type ResultBatch } from "./readResults.ts";

export interface PlaceRequest {
  readonly latitude: number;
  readonly longitude: number;
  readonly scenarios?: readonly string[] | undefined;
  /** As formatPeriod spells them. */
  readonly periods?: readonly string[] | undefined;
  readonly batchId?: string | undefined;
}

export interface PlaceResult {
  readonly risk: string;
  readonly scenario: string;
  readonly firstYear: number;
  readonly lastYear: number;
  readonly reason: string | null;
  readonly flags: readonly string[];
  readonly hazard: {
    readonly score: number | null;
    readonly scoreLow: number | null;
    readonly scoreHigh: number | null;
    readonly level: string | null;
    /** Against fixed thresholds: heat and cold with daily series. */
    readonly scoreAbsolute: number | null;
    readonly levelAbsolute: string | null;
    readonly intensity: string;
    readonly unit: string;
    readonly value: number | null;
    readonly valueLow: number | null;
    readonly valueHigh: number | null;
    readonly valueChange: number | null;
    readonly indicators: readonly { readonly name: string; readonly unit: string; readonly value: number | null }[];
  } | null;
  readonly probability: {
    readonly damagingYear: number | null;
    readonly bins:
      | readonly {
          readonly range: string;
          readonly probability: number;
          readonly low: number | null;
          readonly high: number | null;
          readonly baseDamageRate: number | null;
          readonly years: number;
        }[]
      | null;
    readonly damage: number | null;
    readonly damageLow: number | null;
    readonly damageHigh: number | null;
    readonly damageContinuous: number | null;
    /** Against the same scenario's base period, of the continuous damage or of the bin sums. */
    readonly damageChange: number | null;
    readonly damageChangeOf: string | null;
    readonly rateSet: string | null;
    readonly returnLevelOf: string;
    readonly returnLevelUnit: string;
    readonly returnLevels:
      | readonly { readonly returnPeriod: number; readonly level: number | null; readonly extrapolated: boolean }[]
      | null;
  } | null;
}

export interface PlaceAnswer {
  readonly requested: { readonly latitude: number; readonly longitude: number };
  readonly cell: { readonly latitude: number; readonly longitude: number; readonly distanceKm: number };
  readonly grid: string;
  readonly batches: readonly { readonly calculation: string; readonly batch: string; readonly methods: string }[];
  readonly results: readonly PlaceResult[];
}

/** Great circle in km by the haversine formula, in SQL: $1 latitude, $2 longitude. */
const DISTANCE_KM = `2 * 6371.0088 * asin(sqrt(least(1, sin(radians(latitude - $1) / 2) ^ 2
  + cos(radians($1)) * cos(radians(latitude)) * sin(radians(longitude - $2) / 2) ^ 2)))`;
const KM_PER_DEGREE = 111.19;
/** Half the Earth's circumference, and a little. */
const FARTHEST_KM = 20_100;
/** A search begins so near, and goes so many times farther when it finds nothing. */
const FIRST_KM = 5;
const FARTHER = 4;
/** Cells of the sea around a grid may have no results: so many of the nearest are looked at. */
const CANDIDATES = 500;

/** Inside a snapshot, so that both calculations are of what is published at one moment. */
export async function readPlace(client: ClientBase, request: PlaceRequest): Promise<PlaceAnswer> {
  checkPlace(request);
  const batches = await findResults(client, request.batchId);
  const cell = await findNearest(client, batches, request);
  const rows = new Map<string, PlaceResult>();
  for (const batch of batches) {
    refuseUnknown("scenario", request.scenarios, batch.scenarios);
    refuseUnknown("period", request.periods, batch.periods.map(formatPeriod));
    const part = batch.calculation === "hazard" ? HAZARD : PROBABILITY;
    const { rows: found } = await client.query(
      `SELECT risk_type AS risk, scenario, first_year AS "firstYear", last_year AS "lastYear", reason, flags, ${part} AS part
       FROM ${rowsView(batch.calculation)} WHERE slot = $1 AND cell_id = $2
         AND ($3::text[] IS NULL OR scenario = ANY ($3))
         AND ($4::text[] IS NULL OR first_year || '-' || last_year = ANY ($4))
       ORDER BY risk_type, scenario, first_year, last_year`,
      [batch.slot, cell.cellId, request.scenarios ?? null, request.periods ?? null],
    );
    for (const { part: values, ...row } of found) {
      const key = `${row.risk} ${row.scenario} ${row.firstYear} ${row.lastYear}`;
      rows.set(key, { hazard: null, probability: null, ...row, ...rows.get(key), [batch.calculation]: values });
    }
  }
  const { latitude, longitude } = request;
  return {
    requested: { latitude, longitude },
    cell: { latitude: cell.latitude, longitude: cell.longitude, distanceKm: Math.round(100 * cell.km) / 100 },
    grid: batches[0]!.grid,
    batches: batches.map(({ calculation, batchId, methods }) => ({ calculation, batch: batchId, methods })),
    results: [...rows.values()],
  };
}

const HAZARD = `json_build_object('score', hazard_score_100, 'scoreLow', score_low, 'scoreHigh', score_high, 'level', hazard_level,
  'scoreAbsolute', score_absolute, 'levelAbsolute', level_absolute,
  'intensity', intensity, 'unit', unit, 'value', value, 'valueLow', value_low, 'valueHigh', value_high,
  'valueChange', value_change, 'indicators', coalesce(indicators, '[]'::json))`;
const PROBABILITY = `json_build_object('damagingYear', probability, 'bins', (
    SELECT json_agg(json_build_object('range', bin ->> 'range', 'probability', bin -> 'probability',
      'low', probabilities_low[at], 'high', probabilities_high[at],
      'baseDamageRate', bin -> 'base_damage_rate', 'years', bin -> 'years') ORDER BY at)
    FROM json_array_elements(bin_data) WITH ORDINALITY AS bins (bin, at)),
  'damage', damage_bins, 'damageLow', damage_low, 'damageHigh', damage_high, 'damageContinuous', damage_continuous,
  'damageChange', damage_change, 'damageChangeOf', damage_change_of,
  'rateSet', rate_set, 'returnLevelOf', return_level_of, 'returnLevelUnit', return_level_unit, 'returnLevels', (
    SELECT json_agg(json_build_object('returnPeriod', level -> 'return_period', 'level', level -> 'level',
      'extrapolated', level -> 'extrapolated') ORDER BY at)
    FROM json_array_elements(return_levels) WITH ORDINALITY AS levels (level, at)))`;

interface NearestCell {
  readonly cellId: number;
  readonly latitude: number;
  readonly longitude: number;
  readonly km: number;
}

/** In boxes that grow, which an index of the cells serves: of a whole country only the cells around the place are read. */
async function findNearest(
  client: ClientBase,
  batches: readonly ResultBatch[],
  { latitude, longitude }: PlaceRequest,
): Promise<NearestCell> {
  const [{ calculation, slot, grid }] = batches as [ResultBatch];
  for (let reach = FIRST_KM; ; reach *= FARTHER) {
    const isWhole = reach >= FARTHEST_KM;
    const { rows } = await client.query<NearestCell>(
      `SELECT cell_id AS "cellId", latitude, longitude, km FROM (
         SELECT cell_id, latitude, longitude, ${DISTANCE_KM} AS km
         FROM climatebatch.grid_cells WHERE grid_id = (SELECT grid_id FROM climatebatch.grids WHERE name = $3)
           ${isWhole ? "" : insideBox(latitude, longitude, reach)} ORDER BY km LIMIT ${CANDIDATES}) AS c
       WHERE EXISTS (SELECT FROM ${rowsView(calculation)} AS r WHERE r.slot = $4 AND r.cell_id = c.cell_id)
       ORDER BY km LIMIT 1`,
      [latitude, longitude, grid, slot],
    );
    const [cell] = rows;
    // In a corner of the box there may be one that is farther than one outside it.
    if (cell !== undefined && (isWhole || cell.km <= reach)) return cell;
    if (isWhole) throw new RejectedError("NoResults", `No cell near ${latitude}, ${longitude} has results.`);
  }
}

/** A condition that all places within `reach` km keep. */
function insideBox(latitude: number, longitude: number, reach: number): string {
  const [south, north] = [latitude - reach / KM_PER_DEGREE, latitude + reach / KM_PER_DEGREE];
  const widest = Math.max(Math.abs(south), Math.abs(north));
  const inLatitude = `AND latitude BETWEEN ${south} AND ${north}`;
  if (widest >= 89) return inLatitude;
  const width = reach / (KM_PER_DEGREE * Math.cos((widest * Math.PI) / 180));
  const [west, east] = [longitude - width, longitude + width];
  if (west < -180 || east > 180) return inLatitude;
  return `${inLatitude} AND longitude BETWEEN ${west} AND ${east}`;
}

export function checkPlace({ latitude, longitude }: { readonly latitude: number; readonly longitude: number }): void {
  if (Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180) return;
  throw new RejectedError(
    "InvalidPlace",
    `A place is a latitude from -90 to 90 and a longitude from -180 to 180 in degrees, but got ${latitude}, ${longitude}.`,
  );
}

function refuseUnknown(what: string, requested: readonly string[] | undefined, existing: readonly string[]): void {
  const unknown = requested?.find((name) => !existing.includes(name));
  if (unknown !== undefined) throw notFound(what, unknown, existing);
}
