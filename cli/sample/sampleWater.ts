// Water of the sample: river basins, cell areas and what is withdrawn, synthetic like its climate; and the sums over basins.
import type { Client } from "pg";
import { writeClimate } from "../../database/climateWriter.ts";
import { transaction } from "../../database/connect.ts";
import { resolveSpecification } from "../../database/specification.ts";
import { makeBasins } from "../../job/basinSupply.ts";
import { DEFAULT_BASE_PERIOD } from "../../model/periods.ts";
import { SAMPLE_CALENDAR, SAMPLE_GRID, SAMPLE_SCENARIOS, type SamplePlace, sampleCityShare } from "./sampleClimate.ts";

/** A cell belongs to the river whose middle course is nearest: [number, longitude, latitude]. */
const RIVERS: readonly (readonly [basin: number, longitude: number, latitude: number])[] = [
  [1, 127.5, 37.6],
  [2, 128.6, 35.9],
  [3, 127.2, 36.4],
  [4, 127.0, 35.1],
  [5, 129.0, 37.4],
];
const KM_PER_DEGREE = 111.12;
const RADIANS = Math.PI / 180;
/** mm a year withdrawn in the country, and as much more in a city's core, for the little rain of the sample; share more a year. */
const RURAL_USE_MM = 30;
const CITY_USE_MM = 150;
/** Fu's parameter that suits Korea. */
const OMEGA = 1.9;
const GROWTH: Readonly<Record<string, number>> = { "sample-ssp245": 0.002, "sample-ssp585": 0.006 };
const M3_PER_MM_KM2 = 1000;
const FIRST_FUTURE_YEAR = 2015;

/** Loads what is missing of it. Sums are made last: they are of everything else. */
export async function addSampleWater(
  client: Client,
  places: readonly SamplePlace[],
  signal: AbortSignal,
): Promise<void> {
  if (await hasSampleWater(client)) return;
  await client.query(
    `UPDATE climatebatch.grid_cells AS c SET attributes = attributes || jsonb_build_object('basin', p.basin, 'cellArea', p.area, 'budykoOmega', $6::float8)
     FROM climatebatch.grids AS g, unnest($2::float8[], $3::float8[], $4::int[], $5::float8[]) AS p (latitude, longitude, basin, area)
     WHERE g.name = $1 AND (c.grid_id, c.latitude, c.longitude) = (g.grid_id, p.latitude, p.longitude)`,
    [
      SAMPLE_GRID,
      places.map(({ latitude }) => latitude),
      places.map(({ longitude }) => longitude),
      places.map(basinOf),
      places.map((place) => areaOf(place, stepOf(places))),
      OMEGA,
    ],
  );
  for (const scenario of SAMPLE_SCENARIOS) await writeWithdrawal(client, scenario, places);
  const specification = await resolveSpecification(client, {
    calculation: "all",
    methods: "published",
    grid: SAMPLE_GRID,
    risks: ["water_scarcity"],
    basePeriod: DEFAULT_BASE_PERIOD,
  });
  await transaction(client, () => makeBasins(client, specification, true, signal));
}

async function hasSampleWater(client: Client): Promise<boolean> {
  const { rows } = await client.query<{ found: boolean }>(
    "SELECT EXISTS (SELECT FROM climatebatch.basin_sets) AS found",
  );
  return rows[0]!.found;
}

async function writeWithdrawal(
  client: Client,
  { firstYear, lastYear, name, parent }: (typeof SAMPLE_SCENARIOS)[number],
  places: readonly SamplePlace[],
): Promise<void> {
  const step = stepOf(places);
  const growth = GROWTH[name] ?? 0;
  await writeClimate(client, {
    grid: SAMPLE_GRID,
    scenario: { name, parent },
    calendar: SAMPLE_CALENDAR,
    onConflict: "replace",
    failRunningBatches: true,
    series: {
      frequency: "yearly",
      variables: ["withdrawal"],
      firstYear,
      lastYear,
      places,
      *yearsOf(at) {
        const place = places[at]!;
        const depth = RURAL_USE_MM + CITY_USE_MM * sampleCityShare(place);
        for (let year = firstYear; year <= lastYear; year++) {
          const grown = 1 + growth * Math.max(0, year - FIRST_FUTURE_YEAR);
          const volume = depth * grown * areaOf(place, step) * M3_PER_MM_KM2;
          yield { variable: "withdrawal", year, values: Float32Array.of(volume) };
        }
      },
    },
  });
}

function basinOf({ latitude, longitude }: SamplePlace): number {
  const distance = ([, x, y]: (typeof RIVERS)[number]) => Math.hypot((longitude - x) * 0.8, latitude - y);
  return RIVERS.reduce((nearest, river) => (distance(river) < distance(nearest) ? river : nearest))[0];
}

/** Degrees between neighbouring places of the regular grid. */
function stepOf(places: readonly SamplePlace[]): number {
  const latitudes = [...new Set(places.map(({ latitude }) => latitude))].sort((a, b) => a - b);
  return latitudes.length < 2 ? 1 : Number((latitudes[1]! - latitudes[0]!).toFixed(2));
}

/** km2 */
function areaOf({ latitude }: SamplePlace, step: number): number {
  return Math.round((step * KM_PER_DEGREE) ** 2 * Math.cos(latitude * RADIANS) * 10) / 10;
}
