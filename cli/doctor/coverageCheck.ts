// What data there are for each risk, as `climatebatch data` judges them on a sample of cells, and what to load where something
// is missing.
import { readDataSummary } from "../../database/dataSummary.ts";
import { readStormYears } from "../../database/stormReader.ts";
import { DEFAULT_BASE_PERIOD } from "../../model/periods.ts";
import { inputsOfRisk } from "../../model/riskInputs.ts";
import { judgeRisks, type Readiness } from "../data/readiness.ts";
import type { DatabaseCheck } from "./examineDatabase.ts";
import { type Finding, fine, warn } from "./finding.ts";

export const coverageCheck: DatabaseCheck = {
  name: "data",
  needs: "schema",
  async look({ client }) {
    const summary = await readDataSummary(client);
    const targets = summary.grids.filter(({ role }) => role === "target");
    if (targets.length === 0) {
      const load = "Load some: climatebatch load climate FILE --scenario NAME, or climatebatch import-predecessor.";
      return [warn("there are no places and no climate data", load)];
    }
    const findings = targets.map(({ grid, cells, cellsSeen }) =>
      fine(`grid ${grid}: ${cells} cells, of which ${cellsSeen} were looked at`),
    );
    if (targets.length > 1) {
      const options = `'{"grid": "${targets[0]!.grid}"}'`;
      const ask = `Ask with the grid: SELECT climatebatch.request_batch('hazard', ${options})`;
      findings.push(warn(`there are ${targets.length} target grids: a NOTIFY cannot say which is meant`, ask));
    }
    const storms = await readStormYears(client);
    const judged = judgeRisks(summary, DEFAULT_BASE_PERIOD).map((one) =>
      inputsOfRisk("published", one.risk)!.neededTables.includes("storms") ? { ...one, ...judgeStorms(storms) } : one,
    );
    const alike = Map.groupBy(judged, ({ grid, risk, canRun, from, remark }) =>
      JSON.stringify([grid, risk, canRun, from, remark]),
    );
    return [...findings, ...[...alike.values()].map(describe)];
  },
};

function judgeStorms(
  storms: Awaited<ReturnType<typeof readStormYears>>,
): Pick<Readiness, "canRun" | "from" | "remark"> {
  if (storms === null) return { canRun: false, from: null, remark: "no storms: climatebatch load storms FILE" };
  return { canRun: true, from: `storms of ${storms.agency} ${storms.firstYear}-${storms.lastYear}`, remark: null };
}

/** Scenarios of which the same is true. */
function describe(alike: readonly Readiness[]): Finding {
  const { risk, canRun, from, remark } = alike[0]!;
  const scenarios = alike.map(({ scenario }) => scenario).join(", ");
  const words = [from, remark].filter((word) => word !== null).join("; ");
  if (canRun === true) return fine(`${risk}: ${words} (${scenarios})`);
  if (canRun === null) return fine(`${risk}: not judged; ${words} (${scenarios})`);
  return warn(
    `${risk}: cannot be computed: ${words} (${scenarios})`,
    `climatebatch explain ${risk} says what it accepts; climatebatch data, what there is.`,
  );
}
