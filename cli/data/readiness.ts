// Whether a risk can be computed from the series that the database has, and which are missing; pure.
import type { DataSummary, SeriesSummary } from "../../database/dataSummary.ts";
import { BASE_YEARS_AT_LEAST, formatPeriod, type Period } from "../../model/periods.ts";
import { waysOf } from "../../model/riskInputs.ts";
import { RISKS, type Risk } from "../../model/risks.ts";

export interface Readiness {
  readonly grid: string;
  readonly scenario: string;
  readonly risk: Risk;
  /** null: it also needs what is no climate series, which is not looked at here. */
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
