// A database in the predecessor's layout, made from the contract: its long climate_data, its wide tables with a column per
// scenario, its result tables, and its `.env`.
import type { Client } from "pg";

export const PREDECESSOR_ENV = {
  DATABASE_HOST: "localhost",
  DATABASE_PORT: "5432",
  DATABASE_NAME: "climate_risk_db",
  DATABASE_USER: "postgres",
  DATABASE_PASSWORD: "secret",
  NOTIFY_CHANNEL: "aiops_trigger",
  PARALLEL_WORKERS: "4",
  BATCH_SIZE: "1000",
  PROBABILITY_SCHEDULE_MONTH: "1",
  PROBABILITY_SCHEDULE_DAY: "1",
  PROBABILITY_SCHEDULE_HOUR: "2",
  PROBABILITY_SCHEDULE_MINUTE: "0",
  HAZARD_SCHEDULE_MONTH: "1",
  HAZARD_SCHEDULE_DAY: "1",
  HAZARD_SCHEDULE_HOUR: "4",
  HAZARD_SCHEDULE_MINUTE: "0",
} as const;

export interface PredecessorSize {
  readonly places: number;
  readonly firstYear: number;
  readonly lastYear: number;
}

/** Its wide tables: values of a scenario by month `m` or year `y`, `i` the scenario from 0; seeded. */
const MONTHLY: Readonly<Record<string, string>> = {
  ta_data: "12 - 13 * cos((m - 1) * pi() / 6) + i * 0.5 + 4 * random()",
  tamax_data: "17 - 13 * cos((m - 1) * pi() / 6) + i * 0.5 + 4 * random()",
  tamin_data: "6 - 13 * cos((m - 1) * pi() / 6) + i * 0.5 + 4 * random()",
  rn_data: "10 + 200 * random() * (1 - cos((m - 1) * pi() / 6))",
  ws_data: "1 + 40 * random()",
  rhm_data: "45 + 40 * random()",
  si_data: "250 + 300 * random()",
  spei12_data: "-2.6 + 5 * random()",
};
const YEARLY: Readonly<Record<string, string>> = {
  wsdi_data: "greatest(0, round(30 * random() - 8 + 3 * i))",
  csdi_data: "greatest(0, round(25 * random() - 8))",
  rx1day_data: "40 + 200 * random()",
  rx5day_data: "80 + 400 * random()",
  cdd_data: "round(50 * random())",
  rain80_data: "200 * random()",
  sdii_data: "10 + 10 * random()",
  withdrawal_data: "2e7 + 6e7 * random()",
};
const SCENARIOS = ["ssp1", "ssp2", "ssp3", "ssp5"];

/** Places in rows of ten, a hundredth of a degree apart, from 37.50 N 126.90 E. */
const PLACES = `SELECT 37.50 + at / 10 * 0.01 AS latitude, 126.90 + at % 10 * 0.01 AS longitude FROM generate_series(0, $places - 1) AS at`;

/** Tables as the predecessor had them, in the schema public. */
export async function createPredecessorTables(
  client: Client,
  { places, firstYear, lastYear }: PredecessorSize,
): Promise<void> {
  const placed = PLACES.replace("$places", String(places));
  const years = `generate_series(${firstYear}, ${lastYear}) AS y`;
  const columns = (type: string) => SCENARIOS.map((name) => `${name} ${type}`).join(", ");
  const values = (expression: string) =>
    SCENARIOS.map((_, i) => `(${expression.replace(/\bi\b/g, String(i))})::real`).join(", ");
  await client.query("SELECT setseed(0.25)");
  for (const [table, expression] of Object.entries(MONTHLY)) {
    await client.query(
      `CREATE TABLE public.${table} (latitude numeric(5, 2), longitude numeric(6, 2), observation_date date, ${columns("real")})`,
    );
    await client.query(
      `INSERT INTO public.${table} SELECT latitude, longitude, make_date(y, m, 1), ${values(expression)}
       FROM (${placed}) AS p, ${years}, generate_series(1, 12) AS m`,
    );
  }
  for (const [table, expression] of Object.entries(YEARLY)) {
    await client.query(
      `CREATE TABLE public.${table} (latitude numeric(5, 2), longitude numeric(6, 2), year integer, ${columns("real")})`,
    );
    await client.query(
      `INSERT INTO public.${table} SELECT latitude, longitude, y, ${values(expression)} FROM (${placed}) AS p, ${years}`,
    );
  }
  await client.query(
    `CREATE TABLE public.sea_level_data (latitude real, longitude real, year integer, month integer, ${columns("real")})`,
  );
  await client.query(
    `INSERT INTO public.sea_level_data SELECT lat, lon, y, m, ${values("40 + (y - 2021) * (0.3 + i * 0.2) + 30 * random()")}
     FROM generate_series(36.5, 38.5) AS lat, generate_series(125.5, 127.5) AS lon, ${years}, generate_series(1, 12) AS m`,
  );
  await client.query(
    `CREATE TABLE public.climate_data (latitude double precision, longitude double precision, year integer, month integer,
       ta real, rn real, wsdi real, cdd real, quality text)`,
  );
  await client.query(
    `INSERT INTO public.climate_data SELECT latitude, longitude, y, m, 10 + m, 31 * m, y % 20, 5, 'A'
     FROM (${placed}) AS p, ${years}, generate_series(1, 12) AS m`,
  );
  await createResultsAndTracks(client, placed);
}

async function createResultsAndTracks(client: Client, placed: string): Promise<void> {
  await client.query(
    `CREATE TABLE public.typhoon_besttrack (id serial, grade text, tcid text, year integer, month integer, day integer, hour integer,
       lon real, lat real, max_wind_speed real, central_pressure real, gale_long real, gale_short real, gale_dir text,
       storm_long real, storm_short real, storm_dir text, typhoon_name text)`,
  );
  // A storm a year, northwards past the places; every other year's is a typhoon.
  await client.query(
    `INSERT INTO public.typhoon_besttrack (grade, tcid, year, month, day, hour, lon, lat, max_wind_speed, central_pressure,
       gale_long, gale_short, gale_dir, storm_long, storm_short, storm_dir, typhoon_name)
     SELECT CASE y % 2 WHEN 0 THEN 'TY' ELSE 'STS' END, to_char(y % 100, 'FM00') || '01', y, 8, 1 + p / 4, p % 4 * 6, 122 + y * 7 % 10 * 0.9 + 0.1 * p, 30 + p, 30 + y % 7, 965,
       300, 220, 'NW', 90, 60, 'NW', 'NAME' || y FROM generate_series(2015, 2034) AS y, generate_series(0, 9) AS p`,
  );
  await client.query(
    `CREATE TABLE public.probability_results (id serial PRIMARY KEY, latitude double precision, longitude double precision, risk_type text,
       probability double precision, bin_data json, calculated_at timestamptz DEFAULT now());
     CREATE TABLE public.hazard_results (id serial PRIMARY KEY, latitude double precision, longitude double precision, risk_type text,
       hazard_score double precision, hazard_score_100 double precision, hazard_level text, calculated_at timestamptz DEFAULT now());
     CREATE TABLE public.batch_job_logs (id serial PRIMARY KEY, job_type text, status text, started_at timestamptz, error_message text)`,
  );
  await client.query(
    `INSERT INTO public.probability_results (latitude, longitude, risk_type, probability) SELECT latitude, longitude, 'drought', 0.5 FROM (${placed}) AS p`,
  );
}
