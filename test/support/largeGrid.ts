// A large grid of made values: how a file of it is written, and how long a raw COPY of the same rows takes.
import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import type { Client } from "pg";
import { from as copyFrom } from "pg-copy-streams";
import { CopyEncoder } from "../../database/copyBinary.ts";
import { highestMemory, startCli } from "./cli.ts";
import { createTestDatabase } from "./database.ts";
import { dayValue } from "./dayValue.ts";

const MAKER = fileURLToPath(new URL("./makeLargeNetcdf.ts", import.meta.url));
const DAYS_A_YEAR = 365;
const FLUSH_BYTES = 1 << 20;

export interface LargeGrid {
  readonly rows: number;
  readonly columns: number;
  readonly firstYear: number;
  readonly lastYear: number;
}

export function writeLargeNetcdf(file: string, { rows, columns, firstYear, lastYear }: LargeGrid): void {
  const words = [MAKER, file, ...[rows, columns, firstYear, lastYear].map(String)];
  const { status, stderr } = spawnSync(process.execPath, words, { encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
}

/** Seconds of COPY into climate_data, the rows made in memory, in the order of the key. */
async function copyRaw(client: Client, { rows, columns, firstYear, lastYear }: LargeGrid): Promise<number> {
  const values = new Float32Array(DAYS_A_YEAR);
  function* encodeRows(): Generator<Buffer> {
    const encoder = new CopyEncoder();
    for (let cell = 1; cell <= rows * columns; cell++) {
      for (let year = firstYear; year <= lastYear; year++) {
        for (let day = 0; day < DAYS_A_YEAR; day++)
          values[day] = dayValue(day + (year - firstYear) * DAYS_A_YEAR, cell - 1);
        encoder.startRow(6);
        encoder.int4(cell);
        encoder.int2(1);
        encoder.int2(year);
        encoder.text("tasmax");
        encoder.text("daily");
        encoder.bytes(new Uint8Array(values.buffer));
      }
      if (encoder.size > FLUSH_BYTES) yield encoder.take();
    }
    yield encoder.finish();
  }
  await client.query("INSERT INTO climatebatch.scenarios (name, calendar) VALUES ('large', 'noleap')");
  const started = performance.now();
  const columnsOfTable = "cell_id, scenario_id, year, variable, frequency, values";
  await pipeline(
    encodeRows(),
    client.query(copyFrom(`COPY climatebatch.climate_data (${columnsOfTable}) FROM STDIN (FORMAT binary)`)),
  );
  return (performance.now() - started) / 1000;
}

export interface LargeIngest {
  readonly code: number | null;
  readonly stderr: string;
  readonly megabytes: number;
  readonly seconds: number;
  readonly rawCopySeconds: number;
  readonly highestMib: number;
  /** Stored values that are not those of the file, of some cells looked at. */
  readonly wrong: number;
  /** Files that the ingest left behind. */
  readonly left: readonly string[];
}

/** Makes the file, ingests it by the command, copies the same rows raw into another database, and looks at some cells. */
export async function ingestLargeGrid(grid: LargeGrid): Promise<LargeIngest> {
  const folder = await mkdtemp(join(tmpdir(), "climatebatch-large-"));
  try {
    const file = join(folder, "large.nc");
    writeLargeNetcdf(file, grid);
    await using raw = await createTestDatabase();
    const rawCopySeconds = await copyRaw(raw.client, grid);
    await raw.client.query("TRUNCATE climatebatch.climate_data");
    await using database = await createTestDatabase();
    const started = performance.now();
    await using program = startCli([
      "ingest",
      file,
      "--scenario",
      "large",
      "--spool",
      folder,
      "--database",
      database.url,
    ]);
    const [highestMib, { code, stderr }] = await Promise.all([highestMemory(program), program.ended]);
    const seconds = (performance.now() - started) / 1000;
    const megabytes = (await stat(file)).size / 1e6;
    const wrong = await countWrong(database.client, grid);
    return {
      code,
      stderr,
      megabytes,
      seconds,
      rawCopySeconds,
      highestMib,
      wrong,
      left: (await readdir(folder)).filter((name) => name !== "large.nc"),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const CELLS_LOOKED_AT = 97;

/** Stored values that are not the made ones, of some cells looked at. */
export async function countWrong(client: Client, { rows, columns, firstYear, lastYear }: LargeGrid): Promise<number> {
  const cells = rows * columns;
  const every = Math.max(1, Math.floor(cells / CELLS_LOOKED_AT));
  // Cells are numbered from the south-west, as the file's rows and columns go.
  const { rows: stored } = await client.query<{ cell_id: number; year: number; values: Buffer }>(
    "SELECT cell_id, year, values FROM climatebatch.climate_data WHERE cell_id % $1 = 0 OR cell_id = $2",
    [every, cells],
  );
  let wrong = (Math.floor(cells / every) + (cells % every === 0 ? 0 : 1)) * (lastYear - firstYear + 1) - stored.length;
  for (const { cell_id, year, values } of stored) {
    const days = new Float32Array(Uint8Array.from(values).buffer);
    days.forEach((value, day) => {
      if (value !== dayValue(day + (year - firstYear) * DAYS_A_YEAR, cell_id - 1)) wrong++;
    });
  }
  return wrong;
}

export function describeLargeIngest({ megabytes, seconds, rawCopySeconds, highestMib }: LargeIngest): string {
  const rate = (over: number) => `${(megabytes / over).toFixed(0)} MB/s`;
  return (
    `measured: ingest of ${megabytes.toFixed(0)} MB of NetCDF-4, one day a chunk: ${seconds.toFixed(1)} s (${rate(seconds)}), ` +
    `${highestMib.toFixed(0)} MiB at its highest; raw COPY of the same values ${rawCopySeconds.toFixed(1)} s (${rate(rawCopySeconds)}): ` +
    `${((100 * rawCopySeconds) / seconds).toFixed(0)} % of its throughput`
  );
}
