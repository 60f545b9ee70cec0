// How many cell-years of the four daily risks one thread makes: each alone, then all of them from one cell's series; and
// what xclim makes of the same series for the same indices, where its Python environment is there (npm run validate makes it).
// Run: node bench/dailyRisks.bench.ts [cells].
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { coldWave } from "../job/risks/coldWave.ts";
import { drought } from "../job/risks/drought.ts";
import { highTemperature } from "../job/risks/highTemperature.ts";
import type { CellInput, RiskDefinition } from "../job/risks/riskDefinition.ts";
import { wildfire } from "../job/risks/wildfire.ts";
import type { Calendar } from "../model/calendars.ts";
import { DEFAULT_BASE_PERIOD, DEFAULT_PERIODS } from "../model/periods.ts";
import { CellBuilder } from "../test/support/dailyWeather.ts";
import { writeNpy } from "../test/support/npy.ts";
import { type Measurement, measure, report } from "./measure.ts";

const SEED = 20240229;
const FIRST_YEAR = 1981;
const LAST_YEAR = 2100;
const YEARS = LAST_YEAR - FIRST_YEAR + 1;
const RISKS: readonly RiskDefinition[] = [highTemperature, coldWave, drought, wildfire];
const PYTHON = join(import.meta.dirname, "../test/reference/.venv/bin/python");
const PEER = join(import.meta.dirname, "dailyRisksPeer.py");
const PEER_INPUTS = ["tasmin", "tasmax", "pr", "hursmin", "sfcWind"] as const;

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

function benchRisks(cells: readonly CellInput[], calendar: Calendar): Map<string, Measurement> {
  const cellYears = cells.length * YEARS;
  const measured = new Map<string, Measurement>();
  for (const risk of RISKS) {
    measured.set(
      risk.intensity,
      measure(`${risk.longName}, ${calendar}, 5 periods`, cellYears, () => scores(cells, [risk])),
    );
  }
  measured.set(
    "all",
    measure(`All four, ${calendar}, 5 periods`, cellYears, () => scores(cells, RISKS)),
  );
  return measured;
}

/** The indices alone, without leave-one-out, probabilities, return levels and scores: xclim has none of them. */
function benchPeer(cells: readonly CellInput[], ours: ReadonlyMap<string, Measurement>): void {
  if (!existsSync(PYTHON)) {
    console.log("xclim: not measured, test/reference/.venv is not there; npm run validate makes it");
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), "climatebatch-bench-"));
  try {
    const days = cells[0]!.axis.month.length;
    for (const name of PEER_INPUTS) {
      const values = new Float64Array(cells.length * days);
      for (const [cell, { daily }] of cells.entries()) values.set(daily.get(name)!, cell * days);
      writeNpy(join(folder, `${name}.npy`), values, [cells.length, days]);
    }
    const { status, stdout } = spawnSync(PYTHON, [PEER, folder, String(FIRST_YEAR), String(LAST_YEAR)], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "inherit"],
    });
    if (status !== 0) throw new Error(`${PEER} ended with exit code ${status}`);
    const { version, seconds } = JSON.parse(stdout) as { version: string; seconds: Record<string, number[]> };
    for (const [name, rounds] of Object.entries(seconds)) {
      const theirs = report(`xclim ${version}, ${name}`, cells.length * YEARS, rounds);
      const ratio = theirs.fastestSeconds / ours.get(name)!.fastestSeconds;
      console.log(`  ours is ${ratio.toFixed(1)} times as fast, by the fastest rounds`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const count = Number(process.argv[2] ?? 64);
const noleap = makeCells(count, "noleap");
const measured = benchRisks(noleap, "noleap");
benchPeer(noleap, measured);
benchRisks(makeCells(Math.max(1, count >> 2), "standard"), "standard");
