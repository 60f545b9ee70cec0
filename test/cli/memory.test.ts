// The memory of a shard process does not grow with its cells.
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { expect, test } from "vitest";
import { transaction } from "../../database/connect.ts";
import { planBatch } from "../../database/plan.ts";
import { emptySlots } from "../../database/slots.ts";
import { resolveSpecification } from "../../database/specification.ts";
import { DEFAULT_BASE_PERIOD } from "../../model/periods.ts";
import { startShard } from "../support/cli.ts";
import { writeManyCells } from "../support/climate.ts";
import { createTestDatabase } from "../support/database.ts";
import { isLong } from "../support/random.ts";

const CELLS = isLong ? 10_000 : 2_000;
const SETTLED_CELLS = 1_000;
const MOST_GROWTH_MIB = 32;
const MOST_MIB = 256;

/** VmRSS now or VmHWM, its highest ever [MiB]. */
function memoryOf(pid: number, kind: "VmRSS" | "VmHWM"): number {
  const [, kilobytes] = new RegExp(`^${kind}:\\s+(\\d+) kB`, "m").exec(readFileSync(`/proc/${pid}/status`, "utf8"))!;
  return Number(kilobytes) / 1024;
}

test.skipIf(process.platform !== "linux")(
  `a shard process of ${CELLS} cells grows at most ${MOST_GROWTH_MIB} MiB after the first ${SETTLED_CELLS} and stays below ${MOST_MIB} MiB`,
  async () => {
    await using database = await createTestDatabase();
    await writeManyCells(database.client, { cells: CELLS, years: 32 });
    const specification = await resolveSpecification(database.client, {
      calculation: "all",
      methods: "published",
      basePeriod: DEFAULT_BASE_PERIOD,
    });
    const options = { cellsPerShard: CELLS, parallelism: 1, maxRejectedCells: null };
    const { batchId } = await transaction(database.client, () => planBatch(database.client, specification, options));
    await emptySlots(database.client, batchId);

    await using shard = startShard(database.url, batchId, 0);
    const samples: { cells: number; now: number; highest: number }[] = [];
    createInterface({ input: shard.child.stdout! }).on("line", (line) => {
      const { event, cells } = JSON.parse(line) as { event: string; cells: number };
      if (event === "progress")
        samples.push({ cells, now: memoryOf(shard.pid, "VmRSS"), highest: memoryOf(shard.pid, "VmHWM") });
    });

    expect(await shard.ended).toMatchObject({ code: 0 });
    const settled = samples.find(({ cells }) => cells >= SETTLED_CELLS)!;
    const last = samples.at(-1)!;
    expect(last.cells).toBe(CELLS);
    console.log(
      `measured: resident memory of a shard process ${settled.now.toFixed(0)} MiB at cell ${settled.cells}, ` +
        `${last.now.toFixed(0)} MiB at cell ${last.cells}, ${last.highest.toFixed(0)} MiB at its highest`,
    );
    expect(Math.max(...samples.map(({ now }) => now)) - settled.now).toBeLessThanOrEqual(MOST_GROWTH_MIB);
    expect(last.highest).toBeLessThan(MOST_MIB);
  },
  300_000,
);
