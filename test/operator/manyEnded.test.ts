// ClimateBatches that have ended and are kept, on a real API server: the end of another one does not look at them, and a new
// leader looks at them after everything else.
import { expect, test } from "vitest";
import { isConditionTrue } from "../../model/climateBatch.ts";
import { EXIT_CODES } from "../../model/podContract.ts";
import { describeOnApiServer } from "../support/apiServer.ts";
import { eventually } from "../support/cli.ts";
import { createTestDatabase } from "../support/database.ts";
import { type SeenRequest, startFaultProxy } from "../support/faultProxy.ts";
import { playJobController } from "../support/jobController.ts";
import { openOperatorCluster } from "../support/operatorCluster.ts";
import { CELLS, createClimate, SIX_SHARDS } from "../support/sixShards.ts";

const ENDED = 8;
const ONE_SHARD = { ...SIX_SHARDS, cellsPerShard: CELLS };

describeOnApiServer("batches that have ended", () => {
  test("are not looked at when another one ends, and last by a new leader", async () => {
    await using cluster = await openOperatorCluster();
    const climate = await createClimate();
    await using database = await createTestDatabase({ from: new URL(climate.url).pathname.slice(1) });
    const space = await cluster.openNamespace(database.url);
    await using proxy = await startFaultProxy(cluster.server.kubeconfig);
    await using _jobs = playJobController(space, { instead: () => EXIT_CODES.failBatch });
    const runToItsEnd = async (name: string, maxRejectedCells: number) => {
      // Each requests something else: of equal ones only the newest would stay.
      await space.apply(name, { ...ONE_SHARD, maxRejectedCells });
      await space.reaches(name, "Failed");
    };
    const looksAt = (name: string) => (request: SeenRequest) =>
      request.method === "GET" && request.path.endsWith(`/climatebatches/${name}`);
    const ended = Array.from({ length: ENDED }, (_, at) => `ended-${at}`);
    await using first = space.start({ through: proxy.kubeConfig });
    for (const [at, name] of ended.entries()) await runToItsEnd(name, at);

    const before = proxy.seen.length;
    await runToItsEnd("another", ENDED);
    const seen = proxy.seen.slice(before);
    expect(seen.filter(looksAt("another")).length).toBeGreaterThan(0);
    // One of them may be looked at because its own status was written late.
    expect(ended.filter((name) => seen.some(looksAt(name))).length).toBeLessThanOrEqual(1);
    await first.stop();

    await space.apply("waiting", { ...ONE_SHARD, suspend: true });
    const changed = proxy.seen.length;
    await using second = space.start({ through: proxy.kubeConfig });
    const looks = await eventually("the new leader has looked at all", () => {
      const all = proxy.seen.slice(changed).filter(({ method }) => method === "GET");
      return [...ended, "another", "waiting"].every((name) => all.some(looksAt(name))) ? all : undefined;
    });
    const firstLook = (name: string) => looks.findIndex(looksAt(name));
    // Two workers take one each at the same moment.
    const isBefore = ended.filter((name) => firstLook(name) < firstLook("waiting"));
    expect(isBefore.length).toBeLessThanOrEqual(1);
    const batches = await space.batches();
    expect(batches.filter(({ status }) => isConditionTrue(status, "Failed"))).toHaveLength(ENDED + 1);
    await second.stop();
  });
});
