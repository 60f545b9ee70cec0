// Batches whose results are made up in the test and loaded by the product's own planning, writing and settling: quick, and
// every number of a batch identifies its batch.
import type { Client } from "pg";
import { type BatchOutcome, finishBatch } from "../../database/batches.ts";
import { transaction } from "../../database/connect.ts";
import { planBatch } from "../../database/plan.ts";
import type { PublishOptions } from "../../database/publish.ts";
import { ResultWriter } from "../../database/resultWriter.ts";
import { describeRisks } from "../../database/riskDescriptions.ts";
import { readScenarioSeries } from "../../database/scenarios.ts";
import { claimShard, finishShard } from "../../database/shards.ts";
import { emptySlots } from "../../database/slots.ts";
import type { Calculation } from "../../model/calculations.ts";
import type { Period } from "../../model/periods.ts";
import { type ComparedResult, RETURN_PERIODS } from "../../model/results.ts";
import type { BatchSpecification } from "../../model/specification.ts";

const BASE: Period = { firstYear: 1991, lastYear: 2020 };
const NEXT: Period = { firstYear: 2021, lastYear: 2040 };
const GRID = "made-up";

export function specification(more: Partial<BatchSpecification> = {}): BatchSpecification {
  return {
    calculation: "all",
    methods: "published",
    grid: GRID,
    risks: ["cold_wave", "high_temperature"],
    scenarios: ["future"],
    basePeriod: BASE,
    periods: [BASE, NEXT],
    ...more,
  };
}

/** Cells of a grid with a year of data each, so that they are planned. */
export async function writePlaces(
  client: Client,
  cells: number,
  { grid = GRID, scenarios = ["future"] }: { grid?: string; scenarios?: readonly string[] } = {},
): Promise<void> {
  await client.query("INSERT INTO climatebatch.grids (name) VALUES ($1) ON CONFLICT DO NOTHING", [grid]);
  await client.query(
    `INSERT INTO climatebatch.grid_cells (grid_id, latitude, longitude)
     SELECT grid_id, 33 + at % 50, 127 + at / 50 FROM climatebatch.grids, generate_series(0, $2::int - 1) AS at WHERE name = $1 ORDER BY at`,
    [grid, cells],
  );
  await client.query(
    `INSERT INTO climatebatch.scenarios (name, calendar, data_first_year, data_last_year)
     SELECT unnest($1::text[]), 'standard', 2020, 2020 ON CONFLICT DO NOTHING`,
    [scenarios],
  );
  await client.query(
    `INSERT INTO climatebatch.climate_data (cell_id, scenario_id, year, variable, frequency, values)
     SELECT c.cell_id, s.scenario_id, 2020, 'tasmax', 'yearly', '\\x00000000'
     FROM climatebatch.grid_cells AS c JOIN climatebatch.grids USING (grid_id), climatebatch.scenarios AS s
     WHERE grids.name = $1 AND s.name = ANY ($2)`,
    [grid, scenarios],
  );
}

/** A result whose score [0..100] and probabilities follow from one number. */
function madeUpResult(period: Period, score: number): ComparedResult {
  const share = score / 100;
  return {
    period,
    input: "made up",
    reason: null,
    flags: [],
    yearsUsed: 20,
    block: null,
    probability: {
      probabilities: [1 - share, share],
      probabilitiesLow: [0, 0],
      probabilitiesHigh: [1, 1],
      counts: [10, 10],
      returnLevels: RETURN_PERIODS.map(() => score),
      rateSet: "only",
      rateScale: 1,
      damageBins: share,
      damageLow: 0,
      damageHigh: 1,
      damageContinuous: null,
    },
    hazard: {
      value: score,
      valueLow: 0,
      valueHigh: 100,
      score,
      scoreLow: 0,
      scoreHigh: 100,
      undefendedValue: null,
      companions: [score],
    },
    damageChange: { difference: 0, ratio: 1, of: "bins" },
    valueChange: { difference: 0, ratio: 1 },
  };
}

const NO_EXCEPTIONS: PublishOptions = { replaceGrid: false, allowFewer: false, goBack: false };

export interface LoadWords {
  readonly score?: (cell: number) => number;
  readonly cellsPerShard?: number;
  readonly publish?: Partial<PublishOptions> | null;
}

/** Plans, loads and settles a batch; by default it is published. */
export async function loadBatch(
  client: Client,
  requested: BatchSpecification,
  { publish = {}, ...words }: LoadWords = {},
): Promise<{ batchId: string; outcome: BatchOutcome }> {
  const batchId = await planLoad(client, requested, words);
  const { rows } = await client.query("SELECT shard FROM climatebatch.batch_shards WHERE batch_id = $1", [batchId]);
  for (const { shard } of rows) await loadShard(client, batchId, shard, words);
  const outcome = await finishBatch(client, batchId, publish === null ? null : { ...NO_EXCEPTIONS, ...publish });
  return { batchId, outcome };
}

export async function planLoad(client: Client, requested: BatchSpecification, words: LoadWords = {}): Promise<string> {
  const options = { cellsPerShard: words.cellsPerShard ?? null, parallelism: 1, maxRejectedCells: null };
  const { batchId } = await transaction(client, () => planBatch(client, requested, options));
  await emptySlots(client, batchId);
  return batchId;
}

export async function loadShard(
  client: Client,
  batchId: string,
  completionIndex: number,
  { score = () => Number(batchId) }: LoadWords = {},
): Promise<void> {
  const shard = (await claimShard(client, { batchId, jobAttempt: 1, completionIndex, worker: "test" }))!;
  const { risks, scenarios, periods, grid } = shard.specification;
  const series = await readScenarioSeries(client, scenarios);
  const cells = await client.query(
    `SELECT cell_id FROM climatebatch.grid_cells JOIN climatebatch.grids USING (grid_id)
     WHERE name = $1 AND cell_id BETWEEN $2 AND $3 ORDER BY cell_id`,
    [grid, shard.firstCell, shard.lastCell],
  );
  const writer = new ResultWriter(shard.slots as ReadonlyMap<Calculation, number>);
  cells.rows.forEach(({ cell_id }, at) => {
    for (const risk of risks)
      for (const { scenarioId } of series)
        for (const period of periods) writer.add(cell_id, scenarioId, risk, madeUpResult(period, score(at)));
  });
  await client.query("BEGIN");
  await writer.write(client);
  await describeRisks(
    client,
    batchId,
    risks.map((risk) => ({
      risk,
      intensity: "made up",
      unit: "1",
      edges: [3],
      rateSets: { only: [0, 1] },
      impactType: "none",
      returnLevelOf: "made up",
      returnLevelUnit: "1",
      companions: [{ name: "same", unit: "1" }],
    })),
    1,
  );
  const nothingRejected = { rejectedCells: 0, rejections: [], rejectedCounts: [] };
  await finishShard(client, shard, { resultRows: writer.rows, replicaTrouble: null, ...nothingRejected });
  await client.query("COMMIT");
}
