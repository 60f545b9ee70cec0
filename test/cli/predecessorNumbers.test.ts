// `--methods predecessor` on imported data against the predecessor's table of bins, written here once more as SQL on the
// predecessor's own tables: each risk's values, their bins, and shares to 4 decimals.
import { afterAll, beforeAll, expect, test } from "vitest";
import { cli } from "../support/cli.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { createPredecessorTables } from "../support/predecessorDatabase.ts";

const PLACES = 10;
const BASE = { firstYear: 2021, lastYear: 2040 };
const NEXT = { firstYear: 2041, lastYear: 2060 };
const SCENARIOS = { ssp1: "ssp126", ssp5: "ssp585" } as const;
/** Height of the ground [m] and renewable water [m3 yr-1] of each place, as the test says them to both. */
const ELEVATION = "round((0.25 + (latitude - 37.5) * 3 + (longitude - 126.9) * 9)::numeric, 2)";
const RENEWABLE = 1e8;
const DRAIN_MM = 60;
const KM_PER_DEGREE = 111.12;

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase({ from: "empty" });
  await createPredecessorTables(database.client, { places: PLACES, firstYear: 2021, lastYear: 2060 });
  const run = async (...words: string[]) => {
    const { code, stderr } = await cli(database.url, ...words);
    expect(code, stderr).toBe(0);
  };
  await run("import-predecessor", "--take-over");
  await database.client.query(
    `UPDATE climatebatch.grid_cells SET attributes = jsonb_build_object('elevation', ${ELEVATION}, 'renewableWater', ${RENEWABLE})`,
  );
  const periods = ["--base-period", "2021-2040", "--period", "2041-2060"];
  await run("run", "probability", "--methods", "predecessor", "--scenario", ...Object.values(SCENARIOS), ...periods);
});
afterAll(() => database.drop());

/** Of each risk: a bin from 0 for every value, with its place and year. `$` is the scenario's column. */
const VALUES: Readonly<Record<string, string>> = {
  high_temperature: yearly("wsdi_data", "WHEN v < 3 THEN 0 WHEN v < 8 THEN 1 WHEN v < 20 THEN 2 ELSE 3"),
  cold_wave: yearly("csdi_data", "WHEN v < 3 THEN 0 WHEN v < 7 THEN 1 WHEN v < 15 THEN 2 ELSE 3"),
  drought: `SELECT latitude, longitude, extract(year FROM observation_date) AS year,
      CASE WHEN $ > -1 THEN 0 WHEN $ > -1.5 THEN 1 WHEN $ > -2 THEN 2 ELSE 3 END AS bin FROM spei12_data`,
  // A value below the lowest class falls into the last one: its defect.
  wildfire: `SELECT latitude, longitude, year, CASE WHEN v < 11.2 THEN 3 WHEN v < 21.3 THEN 0 WHEN v < 38 THEN 1 WHEN v < 50 THEN 2 ELSE 3 END AS bin
    FROM (SELECT latitude, longitude, extract(year FROM observation_date) AS year,
        greatest(0, (1 - h.$ / 100) * 0.5 * (w.$ + 1) * exp(0.05 * (t.$ - 10)) * exp(-0.001 * r.$)) AS v
      FROM ta_data AS t JOIN rhm_data AS h USING (latitude, longitude, observation_date)
      JOIN ws_data AS w USING (latitude, longitude, observation_date) JOIN rn_data AS r USING (latitude, longitude, observation_date)) AS f`,
  inland_flood: `SELECT x.latitude, x.longitude, x.year,
      CASE WHEN x.$ < q[1] THEN 0 WHEN x.$ < q[2] THEN 1 WHEN x.$ < q[3] THEN 2 ELSE 3 END AS bin
    FROM rx1day_data AS x JOIN (SELECT latitude, longitude, percentile_cont(ARRAY[0.80, 0.95, 0.99]) WITHIN GROUP (ORDER BY $) AS q
      FROM rx1day_data WHERE year BETWEEN 2021 AND 2040 GROUP BY 1, 2) AS b USING (latitude, longitude)`,
  urban_flood: depth(`SELECT latitude, longitude, year, 0.01 * greatest(0, $ - ${DRAIN_MM}) AS v FROM rain80_data`),
  // The nearest point of the coarse grid is 37.5, 126.5 for all places.
  coastal_flood:
    depth(`SELECT p.latitude, p.longitude, s.year, max(greatest(s.$ / 100 - ${ELEVATION.replaceAll("latitude", "p.latitude").replaceAll("longitude", "p.longitude")}, 0)) AS v
    FROM (SELECT DISTINCT latitude, longitude FROM wsdi_data) AS p,
      (SELECT * FROM sea_level_data WHERE latitude = 37.5 AND longitude = 126.5) AS s GROUP BY 1, 2, 3`),
  typhoon: `SELECT latitude, longitude, year, CASE WHEN v = 0 THEN 0 WHEN v <= 5 THEN 1 WHEN v <= 15 THEN 2 ELSE 3 END AS bin
    FROM (SELECT p.latitude, p.longitude, t.year, sum(CASE
          WHEN inside_storm AND grade = 'TY' THEN 6 WHEN inside_storm THEN 3 WHEN inside_gale AND grade IN ('TS', 'STS', 'TY') THEN 1 ELSE 0 END) AS v
      FROM (SELECT DISTINCT latitude, longitude FROM wsdi_data) AS p, typhoon_besttrack AS t,
        LATERAL (SELECT ${KM_PER_DEGREE} * acosd(sind(t.lat) * sind(p.latitude) + cosd(t.lat) * cosd(p.latitude) * cosd(p.longitude - t.lon)) AS km,
          atan2d(sind(p.longitude - t.lon) * cosd(p.latitude),
            cosd(t.lat) * sind(p.latitude) - sind(t.lat) * cosd(p.latitude) * cosd(p.longitude - t.lon)) AS bearing) AS d,
        -- The short radius points north-west and the long one the other way: the long axis lies along that line.
        LATERAL (SELECT (km * cosd(bearing + 45) / storm_long) ^ 2 + (km * sind(bearing + 45) / storm_short) ^ 2 <= 1 AS inside_storm,
          (km * cosd(bearing + 45) / gale_long) ^ 2 + (km * sind(bearing + 45) / gale_short) ^ 2 <= 1 AS inside_gale) AS e
      GROUP BY 1, 2, 3) AS y`,
  water_scarcity: `WITH balance AS (SELECT latitude, longitude, extract(year FROM observation_date) AS year, sum(rain - 30 * et0) AS mm
      FROM (${referenceEvapotranspiration()}) AS m GROUP BY 1, 2, 3),
    scaled AS (SELECT latitude, longitude, year, mm / (SELECT avg(mm) FROM balance AS b
        WHERE b.latitude = a.latitude AND b.longitude = a.longitude AND b.year BETWEEN 2021 AND 2040) AS scale FROM balance AS a)
    SELECT latitude, longitude, year, CASE WHEN v < 0.2 THEN 0 WHEN v < 0.4 THEN 1 WHEN v < 0.8 THEN 2 ELSE 3 END AS bin
    FROM (SELECT latitude, longitude, year, CASE WHEN scale > 0 THEN w.$ / (0.63 * ${RENEWABLE} * scale) ELSE 0 END AS v
      FROM scaled JOIN withdrawal_data AS w USING (latitude, longitude, year)) AS x`,
};

function yearly(table: string, cases: string): string {
  return `SELECT latitude, longitude, year, CASE ${cases} END AS bin FROM (SELECT latitude, longitude, year, $ AS v FROM ${table}) AS t`;
}

function depth(values: string): string {
  return `SELECT latitude, longitude, year, CASE WHEN v = 0 THEN 0 WHEN v < 0.3 THEN 1 WHEN v < 1 THEN 2 ELSE 3 END AS bin FROM (${values}) AS d`;
}

/** FAO-56 equation 6, by the numbers of the paper's other equations; rain [mm] and et0 [mm d-1] of each month. */
function referenceEvapotranspiration(): string {
  const e0 = (t: string) => `0.6108 * exp(17.27 * ${t} / (${t} + 237.3))`;
  return `SELECT latitude, longitude, observation_date, rain,
      (0.408 * delta * (0.77 * rs - rnl) + gamma * 900 / (tmean + 273) * u2 * (es - ea)) / (delta + gamma * (1 + 0.34 * u2)) AS et0
    FROM (SELECT *, 4098 * ${e0("tmean")} / (tmean + 237.3) ^ 2 AS delta,
        0.665e-3 * 101.3 * ((293 - 0.0065 * z) / 293) ^ 5.26 AS gamma,
        4.903e-9 * ((high + 273.16) ^ 4 + (low + 273.16) ^ 4) / 2 * (0.34 - 0.14 * sqrt(ea)) * (1.35 * least(rs / ((0.75 + 2e-5 * z) * ra), 1) - 0.35) AS rnl
      FROM (SELECT *, rh / 100 * es AS ea, (high + low) / 2 AS tmean,
          24 * 60 / pi() * 0.0820 * dr * (ws * sind(latitude) * sin(declination) + cosd(latitude) * cos(declination) * sin(ws)) AS ra
        FROM (SELECT *, acos(-tand(latitude) * tan(declination)) AS ws, (${e0("high")} + ${e0("low")}) / 2 AS es
          FROM (SELECT latitude, longitude, observation_date, r.$::float8 AS rain, h.$::float8 AS high, l.$::float8 AS low, m.$::float8 AS rh,
              w.$ * 4.87 / ln(67.8 * 10 - 5.42) AS u2, greatest(0, ${ELEVATION})::float8 AS z,
              s.$ / extract(day FROM observation_date + interval '1 month' - interval '1 day')::float8 AS rs,
              1 + 0.033 * cos(2 * pi() / 365 * j) AS dr, 0.409 * sin(2 * pi() / 365 * j - 1.39) AS declination
            FROM rn_data AS r JOIN tamax_data AS h USING (latitude, longitude, observation_date) JOIN tamin_data AS l USING (latitude, longitude, observation_date)
            JOIN rhm_data AS m USING (latitude, longitude, observation_date) JOIN ws_data AS w USING (latitude, longitude, observation_date)
            JOIN si_data AS s USING (latitude, longitude, observation_date), LATERAL (SELECT floor(30.4 * extract(month FROM observation_date) - 15)::float8 AS j) AS middle) AS a) AS b) AS c) AS d`;
}

interface Row {
  readonly place: string;
  readonly probabilities: readonly number[];
}

async function expected(risk: string, column: string, { firstYear, lastYear }: typeof BASE): Promise<Row[]> {
  const { rows } = await database.client.query<Row>(
    `SELECT latitude::float8 || ' ' || longitude::float8 AS place,
       ARRAY(SELECT round(count(*) FILTER (WHERE v.bin = k)::numeric / count(*), 4)::float8 FROM unnest(array_agg(bin)) AS v (bin), generate_series(0, 3) AS k GROUP BY k ORDER BY k) AS probabilities
     FROM (${VALUES[risk]!.replaceAll("$", column)}) AS x WHERE year BETWEEN ${firstYear} AND ${lastYear} GROUP BY latitude, longitude ORDER BY 1`,
  );
  return rows;
}

async function computed(risk: string, scenario: string, { firstYear }: typeof BASE): Promise<Row[]> {
  const { rows } = await database.client.query<Row>(
    `SELECT latitude || ' ' || longitude AS place, probabilities FROM climatebatch.probability_results
     WHERE risk_type = $1 AND scenario = $2 AND first_year = $3 AND methods = 'predecessor' ORDER BY 1`,
    [risk, scenario, firstYear],
  );
  return rows;
}

test.each(Object.keys(VALUES))("%s has the predecessor's shares at every place, to 4 decimals", async (risk) => {
  // Storms are known up to 2034: the later period has none.
  const periods = risk === "typhoon" ? [BASE] : [BASE, NEXT];
  const seen = new Set<number>();
  for (const [column, scenario] of Object.entries(SCENARIOS)) {
    for (const period of periods) {
      const rows = await expected(risk, column, period);
      expect(rows).toHaveLength(PLACES);
      expect(await computed(risk, scenario, period)).toEqual(rows);
      for (const { probabilities } of rows) for (const [bin, p] of probabilities.entries()) if (p > 0) seen.add(bin);
    }
  }
  // The comparison means something only where values differ.
  expect(seen.size).toBeGreaterThanOrEqual(3);
});
