// Files larger than what is held in memory: one stored day by day, ingested without a file left behind (a larger one: test/long), and a table.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parquetWriteBuffer } from "hyparquet-writer";
import { expect, test } from "vitest";
import { highestMemory, startCli } from "../support/cli.ts";
import { createTestDatabase } from "../support/database.ts";
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

/** As pandas writes tables: a million rows are one row group. */
const ROWS = 1 << 20;
const DAYS = 3650;

test.skipIf(process.platform !== "linux")("a Parquet row group of a million rows", async () => {
  const rows = Array.from({ length: ROWS }, (_, row) => row);
  const [day, cell] = [(row: number) => row % DAYS, (row: number) => Math.floor(row / DAYS)];
  const first = Date.UTC(2001, 0, 1);
  const bytes = parquetWriteBuffer({
    rowGroupSize: ROWS,
    columnData: [
      { name: "date", data: rows.map((row) => new Date(first + day(row) * 86_400_000)), type: "TIMESTAMP" },
      { name: "latitude", data: rows.map((row) => 30 + Math.floor(cell(row) / 20) / 4), type: "DOUBLE" },
      { name: "longitude", data: rows.map((row) => 120 + (cell(row) % 20) / 4), type: "DOUBLE" },
      { name: "tasmax", data: rows.map((row) => 20 + Math.sin(row)), type: "FLOAT" },
      { name: "tasmin", data: rows.map((row) => 10 + Math.sin(row)), type: "FLOAT" },
      { name: "pr", data: rows.map((row) => 5 + 5 * Math.sin(row)), type: "FLOAT" },
    ],
  });
  const folder = await mkdtemp(join(tmpdir(), "climatebatch-table-"));
  await using database = await createTestDatabase();
  try {
    const file = join(folder, "a.parquet");
    await writeFile(file, Buffer.from(bytes));
    const words = ["load", "climate", file, "--scenario", "large", "--check", "--json"];
    await using program = startCli([...words, "--database", database.url]);
    const [highest, { code, stdout, stderr }] = await Promise.all([highestMemory(program), program.ended]);
    expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" });
    const { variables } = JSON.parse(stdout) as { variables: readonly { readonly values: number }[] };
    expect(variables.map(({ values }) => values)).toEqual([ROWS, ROWS, ROWS]);
    expect(highest).toBeLessThan(MOST_MIB);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
