// Whether a batch could compute anything at all, before it is planned.
import type { ClientBase } from "pg";
import { hasAnySeries } from "../database/scenarios.ts";
import { readStormYears } from "../database/stormReader.ts";
import { unionOf } from "../job/cellStream.ts";
import { definitionsOf } from "../job/risks/registry.ts";
import { RejectedError } from "../model/errors.ts";
import { STORM_RISKS } from "../model/risks.ts";
import type { BatchSpecification } from "../model/specification.ts";

/** A batch of nothing but absent numbers is refused; one risk that can be computed is enough. */
export async function refuseWithoutInput(client: ClientBase, specification: BatchSpecification): Promise<void> {
  const { grid, risks, scenarios } = specification;
  const all = definitionsOf(specification);
  const definitions = risks.map((risk) => all[risk]);
  const inputs = definitions.map((definition) => definition.inputs);
  const others = definitions.filter((definition) => Object.keys(definition.inputs).length === 0);
  const onStorms = others.filter(({ risk }) => STORM_RISKS.includes(risk));
  // What reads neither series nor storms cannot be judged here.
  if (others.length > onStorms.length || (onStorms.length > 0 && (await readStormYears(client)) !== null)) return;
  const wanted = unionOf(inputs);
  if (await hasAnySeries(client, scenarios, wanted)) return;
  const needs = definitions.map(({ accepts, risk }) => `${risk}: ${accepts.join(" or ")}`);
  const storms = onStorms.length > 0 ? " Storms: climatebatch ingest-storms FILE." : "";
  throw new RejectedError(
    "NoInput",
    `Nothing that the asked risks are computed from is there for ${scenarios.join(", ")}. Load some: climatebatch ingest FILE --scenario ${scenarios[0]} --grid ${grid}.${storms}\n${needs.join("\n")}`,
  );
}
