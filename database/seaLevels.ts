// Sea levels and their rise as stored: written by ingest, read by a shard.
import type { ClientBase } from "pg";
import type { RiseSeries, SeaLevelStation, StationLevels } from "../model/seaLevels.ts";
import { transaction } from "./connect.ts";
import { failBatches, lockInputsForLoading, refuseUnfinishedBatches } from "./inputLoading.ts";
import { readRevision } from "./inputRevisions.ts";

const EXTREME_SEA_LEVELS = "extreme_sea_levels";
const SEA_LEVEL_RISE = "sea_level_rise";

const COLUMNS =
  "station, latitude, longitude, location, scale, shape, return_periods, levels, years, maxima, reference_year, record_years, datum_offset";

export interface SeaLevelOutcome {
  readonly written: number;
  readonly revision: number;
  readonly failedBatches: readonly string[];
}

export async function hasSeaLevels(client: ClientBase): Promise<boolean> {
  const { rows } = await client.query<{ found: boolean }>(
    "SELECT EXISTS (SELECT FROM climatebatch.extreme_sea_levels) AS found",
  );
  return rows[0]!.found;
}

/** Stations of one name are one: the later numbers stay. */
export async function writeSeaLevels(
  client: ClientBase,
  stations: readonly SeaLevelStation[],
  mayFailBatches: boolean,
): Promise<SeaLevelOutcome> {
  return replaceInput(client, EXTREME_SEA_LEVELS, mayFailBatches, async () => {
    const rows = stations.map(({ name, record, latitude, longitude, ...known }) => ({
      ...{ station: name, latitude, longitude, ...record },
      ...{ return_periods: record.kind === "levels" ? record.returnPeriods : null },
      ...{ reference_year: known.referenceYear, record_years: known.recordYears, datum_offset: known.datumOffset },
    }));
    await client.query("DELETE FROM climatebatch.extreme_sea_levels WHERE station = ANY ($1)", [
      stations.map(({ name }) => name),
    ]);
    await client.query(
      `INSERT INTO climatebatch.extreme_sea_levels (${COLUMNS})
       SELECT ${COLUMNS} FROM jsonb_populate_recordset(NULL::climatebatch.extreme_sea_levels, $1)`,
      [JSON.stringify(rows)],
    );
    return stations.length;
  });
}

export async function writeSeaLevelRise(
  client: ClientBase,
  series: readonly RiseSeries[],
  mayFailBatches: boolean,
): Promise<SeaLevelOutcome> {
  return replaceInput(client, SEA_LEVEL_RISE, mayFailBatches, async () => {
    for (const { series: name, experiment, place, years, rises } of series) {
      await client.query(
        `INSERT INTO climatebatch.sea_level_rise (series, experiment, latitude, longitude, years, rises) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (series, experiment) DO UPDATE SET latitude = EXCLUDED.latitude, longitude = EXCLUDED.longitude,
           years = EXCLUDED.years, rises = EXCLUDED.rises`,
        [name, experiment, place?.latitude, place?.longitude, years, rises],
      );
    }
    return series.length;
  });
}

async function replaceInput(
  client: ClientBase,
  input: string,
  mayFailBatches: boolean,
  write: () => Promise<number>,
): Promise<SeaLevelOutcome> {
  return transaction(client, async () => {
    await lockInputsForLoading(client, [input]);
    const failed = await refuseUnfinishedBatches(client, [input], mayFailBatches);
    const written = await write();
    await failBatches(client, failed, input);
    return { written, revision: await readRevision(client, input), failedBatches: failed };
  });
}

/** Stations that cells of the grid may be near to: those within `marginDegrees` north and south of its cells. */
export async function readStations(
  client: ClientBase,
  grid: string,
  marginDegrees: number,
): Promise<SeaLevelStation[]> {
  const { rows } = await client.query(
    `SELECT s.station AS name, s.latitude, s.longitude, s.location, s.scale, s.shape, s.return_periods AS "returnPeriods", s.levels,
       s.years, s.maxima, s.reference_year AS "referenceYear", s.record_years AS "recordYears", s.datum_offset AS "datumOffset"
     FROM climatebatch.extreme_sea_levels AS s, (
       SELECT min(latitude) - $2 AS south, max(latitude) + $2 AS north
       FROM climatebatch.grid_cells JOIN climatebatch.grids USING (grid_id) WHERE name = $1
     ) AS g WHERE s.latitude BETWEEN g.south AND g.north ORDER BY s.station`,
    [grid, marginDegrees],
  );
  return rows.map(
    ({ name, latitude, longitude, referenceYear, recordYears, datumOffset, location, scale, shape, ...more }) => {
      const { returnPeriods, levels, years, maxima } = more;
      const record: StationLevels =
        location !== null
          ? { kind: "parameters", location, scale, shape }
          : years !== null
            ? { kind: "maxima", years, maxima }
            : { kind: "levels", returnPeriods, levels };
      return { name, latitude, longitude, record, referenceYear, recordYears, datumOffset };
    },
  );
}

export async function readRises(client: ClientBase): Promise<RiseSeries[]> {
  const { rows } = await client.query(
    "SELECT series, experiment, latitude, longitude, years, rises FROM climatebatch.sea_level_rise ORDER BY series, experiment",
  );
  return rows.map(({ series, experiment, latitude, longitude, years, rises }) => ({
    series,
    experiment,
    place: latitude === null ? null : { latitude, longitude },
    years,
    rises,
  }));
}
