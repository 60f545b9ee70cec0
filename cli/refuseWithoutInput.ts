// Whether a batch could compute anything at all, before it is planned.
import type { ClientBase } from "pg";
import { hasAnySeries } from "../database/scenarios.ts";
import { readStormYears } from "../database/stormReader.ts";
import { RejectedError } from "../model/errors.ts";
import { inputsOfRisk, seriesOf, waysOf } from "../model/riskInputs.ts";
import type { Risk } from "../model/risks.ts";
import type { BatchSpecification } from "../model/specification.ts";

/** A batch of nothing but absent numbers is refused; one risk that can be computed is enough. */
export async function refuseWithoutInput(client: ClientBase, specification: BatchSpecification): Promise<void> {
  const { grid, methods, risks, scenarios } = specification;
  const withoutSeries = risks.filter((risk) => waysOf(methods, risk).every(({ series }) => series.length === 0));
  const onStorms = withoutSeries.filter((risk) => inputsOfRisk(methods, risk)!.neededTables.includes("storms"));
  // What reads neither series nor storms cannot be judged here.
  if (withoutSeries.length > onStorms.length) return;
  if (onStorms.length > 0 && (await readStormYears(client)) !== null) return;
  if (await hasAnySeries(client, scenarios, seriesOf(methods, risks))) return;
  const texts = (risk: Risk) => waysOf(methods, risk).map(({ text }) => text);
  const needs = risks.map((risk) => `${risk}: ${texts(risk).join(" or ")}`);
  const storms = onStorms.length > 0 ? " Storms: climatebatch ingest-storms FILE." : "";
  throw new RejectedError(
    "NoInput",
    `Nothing that the asked risks are computed from is there for ${scenarios.join(", ")}. Load some: climatebatch ingest FILE --scenario ${scenarios[0]} --grid ${grid}.${storms}\n${needs.join("\n")}`,
  );
}
