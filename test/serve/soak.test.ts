// `serve` for a long time on a network that resets its connections again and again: every request is answered, nothing is stuck,
// and memory, handles and connections stay flat. Two requests here, one of them without a NOTIFY; 10 minutes in the long run, or as
// long as SOAK_MINUTES says.
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { eventually } from "../support/cli.ts";
import { writePastAndFuture } from "../support/climate.ts";
import { createTestDatabase } from "../support/database.ts";
import { startDatabaseProxy } from "../support/databaseProxy.ts";
import { isLong, makeRandom, SEED } from "../support/random.ts";
import { readRequestRows } from "../support/requests.ts";
import { readBatches, serving } from "../support/serve.ts";

const MINUTES = Number(process.env.SOAK_MINUTES ?? (isLong ? 10 : 0));
const LEAST_REQUESTS = 2;
const CELLS = 8;
const ENV = { BATCH_SIZE: "4", PARALLEL_WORKERS: "2", POLL_SECONDS: "1" };
/** From a request to the end of its batch, through at most so many resets. */
const RESETS_A_REQUEST = 3;
const MOST_MS = 150_000;
/** Growth that a leak of one object a request would exceed in the long run; short runs only have the bounds. */
const MOST_GROWTH = { mebibytes: 20, handles: 6, connections: 3 };

interface Sample {
  readonly mebibytes: number;
  readonly handles: number;
  readonly connections: number;
}

/** Of the first third and of the last, so that what a start allocates once does not count. */
function growthOf(samples: readonly Sample[], of: keyof Sample): number {
  const third = Math.max(1, Math.floor(samples.length / 3));
  const median = (part: readonly Sample[]) => part.map((one) => one[of]).sort((a, b) => a - b)[part.length >> 1]!;
  return median(samples.slice(-third)) - median(samples.slice(0, third));
}

test.skipIf(process.platform !== "linux")(
  `requests are answered through resets${MINUTES > 0 ? ` for ${MINUTES} minutes` : ""}, and nothing grows`,
  async () => {
    await using database = await createTestDatabase();
    const { client } = database;
    await writePastAndFuture(client, { cells: CELLS });
    await using proxy = await startDatabaseProxy(database.url);
    await using serve = await serving(proxy.url, ENV);
    const random = makeRandom(`soak ${SEED}`);
    const measure = async (): Promise<Sample> => {
      const [, kilobytes] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${serve.pid}/status`, "utf8"))!;
      const { rows } = await client.query<{ sessions: number }>(
        "SELECT count(*)::int AS sessions FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()",
      );
      const handles = readdirSync(`/proc/${serve.pid}/fd`).length;
      return { mebibytes: Number(kilobytes) / 1024, handles, connections: rows[0]!.sessions };
    };
    const samples: Sample[] = [];
    const startedMs = performance.now();
    const endMs = startedMs + MINUTES * 60_000;
    let [resets, slowestMs, requests] = [0, 0, 0];
    for (; performance.now() < endMs || requests < LEAST_REQUESTS; requests++) {
      const requestedMs = performance.now();
      const calculation = random() < 0.5 ? "probability" : "hazard";
      // Of every other request no NOTIFY arrives, on any connection: the poll must find it.
      proxy.swallowNotifications(requests % 2 === 1);
      proxy.reset();
      const { rows } = await client.query<{ id: string }>("SELECT climatebatch.request_batch($1, $2) AS id", [
        ...[calculation, JSON.stringify({ cellsPerShard: 2 + ((requests + 2) % 7) })],
      ]);
      let left = Math.floor(random() * RESETS_A_REQUEST);
      for (resets++; ; ) {
        await sleep(100 + 900 * random());
        const request = (await readRequestRows(client)).find(({ request_id }) => request_id === rows[0]!.id);
        const batch = (await readBatches(client)).find(({ batch_id }) => batch_id === request?.batch_id);
        if (batch !== undefined && batch.state !== "running") {
          expect(batch.state).toBe("complete");
          break;
        }
        if (performance.now() - requestedMs > MOST_MS)
          throw new Error(
            `request ${rows[0]!.id} is stuck:\n${serve
              .lines()
              .slice(-20)
              .map((line) => JSON.stringify(line))
              .join("\n")}`,
          );
        if (left-- > 0) {
          proxy.reset();
          resets++;
        }
      }
      slowestMs = Math.max(slowestMs, performance.now() - requestedMs);
      await eventually("the batch's sessions have ended", async () => {
        const { rows: shards } = await client.query(
          "SELECT FROM pg_stat_activity WHERE application_name ~ '^climatebatch (shard|serve batch)'",
        );
        return shards.length === 0 || undefined;
      });
      samples.push(await measure());
      // A user may make a hundred requests an hour.
      await client.query("UPDATE climatebatch.batch_requests SET requested_at = requested_at - interval '2 hours'");
    }
    const growth = (["mebibytes", "handles", "connections"] as const).map((of) => [of, growthOf(samples, of)] as const);
    const shown = growth.map(([of, grown]) => `${grown >= 0 ? "+" : ""}${grown.toFixed(0)} ${of}`).join(", ");
    console.log(
      `measured: serve for ${((performance.now() - startedMs) / 60_000).toFixed(1)} minutes, ${requests} requests through ${resets} resets: the slowest took ${(slowestMs / 1000).toFixed(1)} s; ${shown}`,
    );
    for (const [of, grown] of growth) expect({ of, grown: grown <= MOST_GROWTH[of] }).toEqual({ of, grown: true });
    expect(serve.lines().filter(({ event }) => event === "requestFailed" || event === "batchFailed")).toEqual([]);
  },
  MINUTES * 60_000 + 2 * MOST_MS + 60_000,
);
