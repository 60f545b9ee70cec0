// An ingest that is killed while it reads is resumed, and leaves nothing behind when it is done.
import { mkdtemp, open, readdir, rm, utimes } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { cli, eventually, isAlive, startCli } from "../support/cli.ts";
import { createTestDatabase } from "../support/database.ts";
import { countWrong, type LargeGrid, writeLargeNetcdf } from "../support/largeGrid.ts";
import { childrenOf } from "../support/processTree.ts";

const GRID: LargeGrid = { rows: 100, columns: 300, firstYear: 2001, lastYear: 2003 };
const DAMAGED_BYTES = 1 << 20;
/** A whole second: parts of one come back from a file system a little different. */
const WRITTEN = new Date("2026-01-01T00:00:00Z");

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "climatebatch-killed-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test("killed while reading, then run again: what was read is not read again, and every value is in its place", async () => {
  const file = join(folder, "large.nc");
  writeLargeNetcdf(file, GRID);
  await utimes(file, WRITTEN, WRITTEN);
  await using database = await createTestDatabase();
  const words = ["ingest", file, "--scenario", "large", "--spool", folder];
  const root = `climatebatch-${process.getuid?.()}`;
  const spools = async () => (await readdir(join(folder, root)).catch(() => [])).map((name) => join(root, name));

  await using program = startCli([...words, "--database", database.url]);
  const checkpoint = await eventually("a checkpoint", async () => {
    const [spool] = await spools();
    return spool !== undefined && (await readdir(join(folder, spool))).includes("checkpoint.json") ? spool : undefined;
  });
  const decoding = childrenOf(program.pid);
  expect(decoding).toHaveLength(1);
  program.kill("SIGKILL");
  await program.exited;
  await eventually("the end of the processes that it started", () => (decoding.some(isAlive) ? undefined : true));
  expect(await spools()).toEqual([checkpoint]);
  expect((await database.client.query("SELECT FROM climatebatch.climate_data LIMIT 1")).rowCount).toBe(0);

  // The first days are damaged now, which does not show: reading them again would be refused or give wrong values.
  const handle = await open(file, "r+");
  await handle.write(Buffer.alloc(DAMAGED_BYTES, 0x7f), 0, DAMAGED_BYTES, 1 << 20);
  await handle.close();
  await utimes(file, WRITTEN, WRITTEN);

  expect(await cli(database.url, ...words)).toMatchObject({ code: 0 });
  expect(await countWrong(database.client, GRID)).toBe(0);
  expect(await spools()).toEqual([]);
});
