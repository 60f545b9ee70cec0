// `climatebatch index` from and to NetCDF: the same values as from and to CSV.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readUnpacked } from "../../ingest/cf/packing.ts";
import { findArray } from "../../ingest/formats/arrayFile.ts";
import { openFile } from "../../ingest/formats/formats.ts";
import { makeNetcdf } from "../support/arrayFiles.ts";
import { startCli } from "../support/cli.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "climatebatch-index-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const YEARS = 25;
const GOLDEN = new URL("../golden/index-netcdf/", import.meta.url);

/** 25 noleap years of degrees, different for each day, year and cell. */
const hot = (step: number, cell: number) =>
  20 + 15 * Math.sin((2 * Math.PI * step) / 365) + ((step * 7 + cell * 3) % 11) / 4;

async function index(name: string, input: string, output: string): Promise<string> {
  const words = ["index", name, "--input", input, "--output", output, "--base-period", "1991-2015"];
  const { code, stderr } = await startCli(words.slice(0, name === "HD33" ? 6 : 8)).ended;
  expect({ code, stderr }).toMatchObject({ code: 0 });
  return output;
}

test.each(["HD33", "TX90p"])("%s of a grid: NetCDF to NetCDF is NetCDF to CSV", async (name) => {
  const input = join(folder, "in.nc");
  const times = Array.from({ length: YEARS * 365 }, (_, day) => day);
  await writeFile(
    input,
    await makeNetcdf({
      times,
      time: { units: "days since 1991-01-01", calendar: "noleap" },
      type: "double",
      value: hot,
    }),
  );
  const lines = (await readFile(await index(name, input, join(folder, "out.csv")), "utf8"))
    .trimEnd()
    .split("\n")
    .slice(1);
  const file = await openFile(await index(name, input, join(folder, "out.nc")), "array");
  const values = await readUnpacked(file, findArray(file, name)!);
  const latitude = await readUnpacked(file, findArray(file, "latitude")!);
  file.close();
  expect(lines).toHaveLength(values.length);
  lines.forEach((line, at) => {
    const [, lat, , , value] = line.split(",");
    expect([Number(lat), value === "" ? Number.NaN : Number(value)]).toEqual([
      latitude[Math.floor(at / YEARS)],
      values[at],
    ]);
  });
  expect(values.some((value) => value > 0)).toBe(true);
});

test("the bytes are those that xarray has opened", async () => {
  const { sha256 } = JSON.parse(readFileSync(new URL("provenance.json", GOLDEN), "utf8"));
  const output = await index(
    "HD33",
    new URL("../golden/array-files/chunked.nc", import.meta.url).pathname,
    join(folder, "golden.nc"),
  );
  expect(
    createHash("sha256")
      .update(await readFile(output))
      .digest("hex"),
  ).toBe(sha256["hd33.nc"]);
});
