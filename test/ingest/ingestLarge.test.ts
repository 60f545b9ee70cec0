// A file stored day by day: larger than what is held in memory, ingested without a file left behind. A larger one: test/long.
import { expect, test } from "vitest";
import { describeLargeIngest, ingestLargeGrid } from "../support/largeGrid.ts";

const MOST_MIB = 512;

test.skipIf(process.platform !== "linux")(
  `130 MB of NetCDF, one day a chunk, below ${MOST_MIB} MiB, every value in its place`,
  async () => {
    const measured = await ingestLargeGrid({ rows: 100, columns: 300, firstYear: 2001, lastYear: 2003 });
    console.log(describeLargeIngest(measured));
    expect(measured).toMatchObject({ code: 0, wrong: 0, left: [] });
    expect(measured.highestMib).toBeLessThan(MOST_MIB);
  },
);
