// What planning refuses to go without, and a run can compute by itself: sums over river basins and sea-flooding paths.
import type { Client } from "pg";
import { transaction } from "../database/connect.ts";
import type { PlannedRequest } from "../database/planRequest.ts";
import { resolveSpecification } from "../database/specification.ts";
import { connectSea, describeConnected } from "../ingest/sea/connectSea.ts";
import { describeBasins, makeBasins } from "../job/basinSupply.ts";
import type { BatchRequest } from "../model/batchRequest.ts";
import { RejectedError } from "../model/errors.ts";
import type { MethodSet } from "../model/methodSet.ts";

export interface Preparation {
  readonly client: Client;
  readonly request: BatchRequest;
  readonly overrides: MethodSet | undefined;
  readonly signal: AbortSignal;
  readonly onNotice: (line: string) => void;
}

/** Plans; when planning refuses for want of derived inputs, computes them and plans again. */
export async function planWithInputs(
  plan: () => Promise<PlannedRequest | null>,
  preparation: Preparation,
): Promise<PlannedRequest | null> {
  const prepared = new Set<Derived>();
  for (;;) {
    try {
      return await plan();
    } catch (error) {
      const derived = error instanceof RejectedError ? DERIVED[error.reason] : undefined;
      if (derived === undefined || prepared.has(derived)) throw error;
      prepared.add(derived);
      await derived(preparation);
    }
  }
}

type Derived = (preparation: Preparation) => Promise<void>;

/** By the reason of the refusal. */
const DERIVED: Readonly<Record<string, Derived>> = {
  BasinsMissing: sumBasins,
  BasinsStale: sumBasins,
  StaleInput: findSeaPaths,
};

async function sumBasins({ client, onNotice, overrides, request, signal }: Preparation): Promise<void> {
  onNotice("sums over river basins are missing or stale: computing them");
  const report = await transaction(client, async () => {
    const specification = await resolveSpecification(client, request, overrides);
    return makeBasins(client, specification, false, signal);
  });
  onNotice(describeBasins(report));
}

async function findSeaPaths({ client, onNotice, overrides, request }: Preparation): Promise<void> {
  onNotice("sea-flooding paths are stale: computing them");
  const { grid } = await resolveSpecification(client, request, overrides);
  onNotice(describeConnected(await connectSea(client, grid, false)));
}
