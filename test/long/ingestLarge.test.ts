// Two gigabytes stored day by day: memory stays bounded whatever the size.
import { expect, test } from "vitest";
import { describeLargeIngest, ingestLargeGrid } from "../support/largeGrid.ts";

const MOST_MIB = 512;
const HALF_AN_HOUR_MS = 1_800_000;

test.skipIf(process.platform !== "linux")(
  `2 GB of NetCDF, one day a chunk, below ${MOST_MIB} MiB, every value in its place`,
  { timeout: HALF_AN_HOUR_MS },
  async () => {
    const measured = await ingestLargeGrid({ rows: 200, columns: 250, firstYear: 1991, lastYear: 2018 });
    console.log(describeLargeIngest(measured));
    expect(measured).toMatchObject({ code: 0, wrong: 0, left: [] });
    expect(measured.highestMib).toBeLessThan(MOST_MIB);
  },
);
