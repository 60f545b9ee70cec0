// What `serve` costs while nothing is to be done.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { eventually } from "../support/cli.ts";
import { createTestDatabase } from "../support/database.ts";
import { isLong } from "../support/random.ts";
import { serving } from "../support/serve.ts";

const MOST_MIB = 150;
const WATCHED_MS = isLong ? 50_000 : 5_000;
const MOST_OF_A_CORE = 0.01;
const TICK_MS = 10;

function cpuMs(pid: number): number {
  // Fields 14 and 15, counted from behind the name, which may hold blanks.
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]!.split(" ");
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

test.skipIf(process.platform !== "linux")(
  `serve at rest is resident in less than ${MOST_MIB} MiB and takes less than 1 % of a core`,
  async () => {
    await using database = await createTestDatabase();
    await using serve = await serving(database.url);
    await fetch(`${serve.probeUrl}/metrics`);
    const before = cpuMs(serve.pid);
    const begin = performance.now();
    await eventually("a while has passed", () => performance.now() - begin > WATCHED_MS || undefined);
    const share = (cpuMs(serve.pid) - before) / (performance.now() - begin);

    const [, kilobytes] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${serve.pid}/status`, "utf8"))!;
    const mebibytes = Number(kilobytes) / 1024;
    console.log(`measured: serve at rest ${mebibytes.toFixed(0)} MiB, ${(100 * share).toFixed(2)} % of a core`);
    expect(mebibytes).toBeLessThan(MOST_MIB);
    // Shorter than this the start is still seen.
    if (isLong) expect(share).toBeLessThan(MOST_OF_A_CORE);
  },
  300_000,
);
