// `serve` and its shards behind a network that fails in the middle of a batch: the batch is published, to the same bytes.
import { afterAll, beforeAll, expect, test } from "vitest";
import { digestExports } from "../support/batches.ts";
import { cli, eventually } from "../support/cli.ts";
import { writePastAndFuture } from "../support/climate.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { type DatabaseProxy, startDatabaseProxy } from "../support/databaseProxy.ts";
import { pauseAt } from "../support/pauses.ts";
import { isLong } from "../support/random.ts";
import { readBatches, serving, settled } from "../support/serve.ts";

const CELLS = 8;
const ENV = { BATCH_SIZE: "4", PARALLEL_WORKERS: "2" };
const AWAY_MS = 3_000;
/** From the moment the network works again to the published batch: the longest timeout and the longest backoff. */
const MOST_RECOVERY_MS = 120_000;

let database: TestDatabase;
let reference: Record<string, string>;
beforeAll(async () => {
  database = await createTestDatabase();
  await writePastAndFuture(database.client, { cells: CELLS });
  expect((await cli(database.url, "run", "all")).code).toBe(0);
  reference = await digestExports(database.client);
});
afterAll(() => database.drop());

const away = () => {
  const from = performance.now();
  return eventually("it was away for long enough", () => performance.now() - from > AWAY_MS || undefined);
};

interface Trouble {
  readonly name: string;
  /** Resolves when the network works again. */
  make(proxy: DatabaseProxy): Promise<void>;
}

/** Each program finds its silent connection by itself, in half a minute; so this one takes that long. */
const HALF_OPEN: Trouble = {
  name: "connections carry nothing any more and stay open; new ones are served",
  async make(proxy) {
    proxy.fallSilent();
    proxy.restore();
  },
};

const TROUBLES: readonly Trouble[] = [
  { name: "each way takes 150 ms longer", make: async (proxy) => proxy.delay(150) },
  { name: "every connection is reset", make: async (proxy) => proxy.reset() },
  {
    name: `connections end and new ones are refused for ${AWAY_MS / 1000} s`,
    async make(proxy) {
      proxy.cut();
      await away();
      proxy.restore();
    },
  },
  {
    name: "answers are lost, and then the connections with them",
    async make(proxy) {
      proxy.loseAnswers();
      await away();
      proxy.restore();
      proxy.reset();
    },
  },
  ...(isLong ? [HALF_OPEN] : []),
  {
    name: "an answer is truncated",
    async make(proxy) {
      proxy.truncateNextAnswer(7);
    },
  },
];

test.each(TROUBLES)("$name: the batch is published, to the same bytes", async ({ name, make }) => {
  const before = (await readBatches(database.client)).length;
  await using proxy = await startDatabaseProxy(database.url);
  await using pause = await pauseAt(database, { calculation: "probability", cell: 5 });
  await using serve = await serving(proxy.url, ENV);
  await database.client.query("NOTIFY aiops_trigger, 'probability'");
  await pause.reached();

  await make(proxy);
  const restoredAt = performance.now();
  await pause.release();
  const batches = await settled(database.client, before + 1);
  const recoverySeconds = (performance.now() - restoredAt) / 1000;

  console.log(`measured: ${name}: published ${recoverySeconds.toFixed(1)} s after the network worked again`);
  expect(batches.at(-1)).toMatchObject({ state: "complete" });
  expect(recoverySeconds * 1000).toBeLessThan(MOST_RECOVERY_MS);
  expect(await digestExports(database.client)).toEqual(reference);
  await eventually("serve is ready", async () => (await fetch(`${serve.probeUrl}/readyz`)).ok || undefined);
});
