// Whether a risk can be computed from what the database has: by its series, and by computing a few cells.
import type { ClientBase } from "pg";
import { countBasinCells } from "../../database/basinWater.ts";
import type { DataSummary, SeriesSummary } from "../../database/dataSummary.ts";
import { resolveSpecification } from "../../database/specification.ts";
import { computeTrial, type TrialOutcome } from "../../job/trial.ts";
import { RejectedError } from "../../model/errors.ts";
import { BASE_YEARS_AT_LEAST, formatPeriod, type Period } from "../../model/periods.ts";
import { waysOf } from "../../model/riskInputs.ts";
import { RISKS, type Risk } from "../../model/risks.ts";
import { explainWord } from "../../report/page/words.ts";

export interface Readiness {
  readonly grid: string;
  readonly scenario: string;
  readonly risk: Risk;
  /** null: series alone do not decide, and no cell could be tried. */
  readonly canRun: boolean | null;
  /** What it would be computed from. */
  readonly from: string | null;
  /** What is missing, or what a reader should know. */
  readonly remark: string | null;
}

type NeededSeries = Pick<SeriesSummary, "frequency" | "variable">;

/** Series that a grid has of a scenario: its own and its parents', from its own cells and linked ones. */
interface Available extends SeriesSummary {
  readonly share: number;
}

/** Cells that are computed for the judgement. */
const TRIAL_CELLS = 8;

/** What a run would find: series name what is missing, a trial shows whether ground, sea and storms suffice. */
export async function judgeByTrial(client: ClientBase, summary: DataSummary, basePeriod: Period): Promise<Readiness[]> {
  const judged = judgeRisks(summary, basePeriod);
  const trials = new Map<string, TrialOutcome>();
  const basins = new Set<string>();
  for (const grid of new Set(judged.map((one) => one.grid))) {
    for (const outcome of await tryGrid(client, grid, basePeriod))
      trials.set(`${grid} ${outcome.scenario} ${outcome.risk}`, outcome);
    if ((await countBasinCells(client, grid)).size > 0) basins.add(grid);
  }
  return judged.map((one) => {
    const trial = trials.get(`${one.grid} ${one.scenario} ${one.risk}`);
    return trial === undefined ? one : { ...one, ...readTrial(one, trial, basins.has(one.grid)) };
  });
}

/** Empty when no batch of the grid could be requested at all, such as without a period that has data. */
async function tryGrid(client: ClientBase, grid: string, basePeriod: Period): Promise<readonly TrialOutcome[]> {
  try {
    const specification = await resolveSpecification(client, { calculation: "all", grid, basePeriod });
    return await computeTrial(client, specification, TRIAL_CELLS);
  } catch (error) {
    if (error instanceof RejectedError) return [];
    throw error;
  }
}

function readTrial(
  { canRun, remark }: Readiness,
  { computed, reasons }: TrialOutcome,
  hasBasins: boolean,
): Pick<Readiness, "canRun" | "remark"> {
  if (computed > 0) return { canRun: true, remark: canRun === true ? remark : null };
  if (hasBasins && reasons.has("noBasin")) return { canRun: true, remark: "run sums the water of river basins first" };
  if (canRun === false) return { canRun, remark };
  const found = [...reasons.keys()].map((reason) => `${reason}: ${explainWord("en", reason)}`);
  return { canRun: false, remark: found.join(" ") };
}

export function judgeRisks(summary: DataSummary, basePeriod: Period): Readiness[] {
  const targets = summary.grids.filter(({ role }) => role === "target");
  const parents = new Set(summary.scenarios.map(({ parent }) => parent));
  return targets.flatMap(({ grid }) =>
    summary.scenarios
      .filter(({ scenario }) => !parents.has(scenario))
      .flatMap(({ scenario }) => {
        const available = availableTo(summary, grid, scenario);
        if (available.length === 0) return [];
        return RISKS.map((risk) => ({ grid, scenario, risk, ...judge(risk, available, basePeriod) }));
      }),
  );
}

function availableTo({ grids, links, scenarios, series }: DataSummary, grid: string, scenario: string): Available[] {
  const lineage: string[] = [];
  for (let at: string | null | undefined = scenario; at && !lineage.includes(at); ) {
    lineage.push(at);
    at = scenarios.find((one) => one.scenario === at)?.parent;
  }
  const cellsOf = (name: string) => grids.find((one) => one.grid === name)!;
  const own = series
    .filter((one) => one.grid === grid && lineage.includes(one.scenario))
    .map((one) => ({ ...one, share: one.cells / cellsOf(grid).cellsSeen }));
  const linked = links
    .filter((link) => link.grid === grid)
    .flatMap((link) =>
      series
        .filter((one) => one.grid === link.from && one.variable === link.variable && one.frequency === link.frequency)
        .filter((one) => lineage.includes(one.scenario))
        .map((one) => ({ ...one, share: link.cells / cellsOf(grid).cells })),
    );
  return [...own, ...linked];
}

function judge(
  risk: Risk,
  available: readonly Available[],
  basePeriod: Period,
): Pick<Readiness, "canRun" | "from" | "remark"> {
  const ways = waysOf("published", risk);
  const known = ways
    .filter(({ series }) => series.length > 0)
    .map((way) => ({
      ...way,
      needs: way.series.flatMap(({ frequency, variables }) => variables.map((variable) => ({ frequency, variable }))),
    }));
  if (known.length === 0)
    return { canRun: null, from: null, remark: `needs ${ways.map(({ text }) => text).join(", or ")}` };
  const missingOf = (needs: readonly NeededSeries[]) => needs.filter((need) => seriesOf(available, need).length === 0);
  const possible = known.find(({ needs }) => missingOf(needs).length === 0);
  if (possible === undefined) {
    const [nearest] = known.toSorted((a, b) => missingOf(a.needs).length - missingOf(b.needs).length);
    const missing = missingOf(nearest!.needs).map(({ variable, frequency }) => `${frequency} ${variable}`);
    return { canRun: false, from: null, remark: `missing ${missing.join(", ")} (for ${nearest!.text})` };
  }
  const years = yearsOf(available, possible.needs, basePeriod);
  const share = Math.min(
    ...possible.needs.map((need) => Math.max(...seriesOf(available, need).map((one) => one.share))),
  );
  if (possible.needsBasePeriod && years < BASE_YEARS_AT_LEAST) {
    const remark = `${years} years in the base period ${formatPeriod(basePeriod)}, it needs ${BASE_YEARS_AT_LEAST}`;
    return { canRun: false, from: possible.text, remark };
  }
  return { canRun: true, from: possible.text, remark: share < 1 ? `${Math.round(100 * share)} % of the cells` : null };
}

function seriesOf(available: readonly Available[], { variable, frequency }: NeededSeries): Available[] {
  return available.filter((one) => one.variable === variable && one.frequency === frequency);
}

/** Years of the base period that lie within the years of every needed series. */
function yearsOf(
  available: readonly Available[],
  needs: readonly NeededSeries[],
  { firstYear, lastYear }: Period,
): number {
  const spans = needs.map((need) => {
    const own = seriesOf(available, need);
    return [Math.min(...own.map((one) => one.firstYear)), Math.max(...own.map((one) => one.lastYear))] as const;
  });
  const from = Math.max(firstYear, ...spans.map(([first]) => first));
  const to = Math.min(lastYear, ...spans.map(([, last]) => last));
  return Math.max(0, to - from + 1);
}
