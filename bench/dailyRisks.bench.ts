// How many cell-years of the four daily risks one thread makes: each alone, then all of them from one cell's series.
// climateIndices.bench.ts compares their indices with those of other packages.
// Run: node bench/dailyRisks.bench.ts [cells].
import { coldWave } from "../job/risks/coldWave.ts";
import { drought } from "../job/risks/drought.ts";
import { highTemperature } from "../job/risks/highTemperature.ts";
import type { CellInput, RiskDefinition } from "../job/risks/riskDefinition.ts";
import { wildfire } from "../job/risks/wildfire.ts";
import type { Calendar } from "../model/calendars.ts";
import { DEFAULT_BASE_PERIOD, DEFAULT_PERIODS } from "../model/periods.ts";
import { CellBuilder } from "../test/support/dailyWeather.ts";
import { measure } from "./measure.ts";

const SEED = 20240229;
const FIRST_YEAR = 1981;
const LAST_YEAR = 2100;
const YEARS = LAST_YEAR - FIRST_YEAR + 1;
const RISKS: readonly RiskDefinition[] = [highTemperature, coldWave, drought, wildfire];

function makeCells(count: number, calendar: Calendar): CellInput[] {
  return Array.from({ length: count }, (_, cell) =>
    new CellBuilder(calendar, FIRST_YEAR, LAST_YEAR, DEFAULT_BASE_PERIOD)
      .weather(SEED + cell)
      .periods(DEFAULT_BASE_PERIOD, ...DEFAULT_PERIODS)
      .build(),
  );
}

/** The sum of all scores: depends on everything that was computed. */
function scores(cells: readonly CellInput[], risks: readonly RiskDefinition[]): number {
  let sum = 0;
  for (const cell of cells) {
    for (const risk of risks) for (const { hazard } of risk.compute(cell)) sum += hazard?.score ?? 0;
  }
  return sum;
}

function benchRisks(cells: readonly CellInput[], calendar: Calendar): void {
  const cellYears = cells.length * YEARS;
  for (const risk of RISKS) {
    measure(`${risk.longName}, ${calendar}, 5 periods`, cellYears, () => scores(cells, [risk]));
  }
  measure(`All four, ${calendar}, 5 periods`, cellYears, () => scores(cells, RISKS));
}

const count = Number(process.argv[2] ?? 64);
benchRisks(makeCells(count, "noleap"), "noleap");
benchRisks(makeCells(Math.max(1, count >> 2), "standard"), "standard");
