// Maps for slides: files that open, of the right size, with the colours of known cells.
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decode } from "fast-png";
import { afterAll, beforeAll, expect, test } from "vitest";
import { colourAt } from "../../report/page/scales.ts";
import { Canvas } from "../../report/picture/canvas.ts";
import { cli } from "../support/cli.ts";
import type { TestDatabase } from "../support/database.ts";
import { createSampleResults } from "../support/sampleResults.ts";

let database: TestDatabase;
let folder: string;

beforeAll(async () => {
  database = await createSampleResults();
  folder = await mkdtemp(join(tmpdir(), "climatebatch-pictures-"));
});

afterAll(async () => {
  await database?.drop();
  await rm(folder, { recursive: true, force: true });
});

const CHOICE = ["--risk", "wildfire", "--scenario", "sample-ssp585", "--period", "2041-2060", "--width", "900"];

async function draw(name: string, ...words: readonly string[]): Promise<Buffer> {
  const output = join(folder, name);
  const { code, stdout, stderr } = await cli(database.url, "report", "--output", output, ...CHOICE, ...words);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toContain(`${output} (900 × `);
  return readFile(output);
}

test("PNG and SVG have each cell in the colour of its score, title, levels, source and what is synthetic", async () => {
  const svg = (await draw("map.svg")).toString();
  const [title] = /(?<=<title>).*(?=<\/title>)/.exec(svg)!;
  expect(title).toContain("Hazard Score of Wildfire, sample-ssp585, 2041–2060");
  for (const words of ["Synthetic data.", ">Very high<", ">100<", ">points<", "korea-sample. Hazard: Batch 1"]) {
    expect(svg).toContain(words);
  }
  const { x, y, width, height } =
    /<image x="(?<x>\d+)" y="(?<y>\d+)" width="(?<width>\d+)" height="(?<height>\d+)"/.exec(svg)!.groups as Record<
      string,
      string
    >;
  const png = decode(await draw("map.png"));
  expect(svg).toContain(`width="900" height="${png.height}"`);
  expect(png).toMatchObject({ width: 900, channels: 4, depth: 8 });
  const { rows } = await database.client.query(
    `SELECT latitude, longitude, hazard_score_100 AS score FROM climatebatch.hazard_results
     WHERE risk_type = 'wildfire' AND scenario = 'sample-ssp585' AND first_year = 2041`,
  );
  const [latitudes, longitudes] = (["latitude", "longitude"] as const).map((name) =>
    [...new Set(rows.map((row) => row[name] as number))].sort((a, b) => a - b),
  ) as [number[], number[]];
  const share = (value: number, sorted: readonly number[]) => (sorted.indexOf(value) + 0.5) / sorted.length;
  for (const { latitude, longitude, score } of rows) {
    const across = Math.round(Number(x) + share(longitude, longitudes) * Number(width));
    const down = Math.round(Number(y) + (1 - share(latitude, latitudes)) * Number(height));
    const expected = colourAt("score", score / 100)
      .match(/\d+/g)!
      .map(Number);
    // Of the pixels around the middle, for coasts and hatches cross it: two codes are a point apart.
    const around = [0, 1, 2, 3, 4, 5, 6, 7].map((step) => {
      const at = 4 * ((down + step) * png.width + across);
      return Math.max(...expected.map((value, i) => Math.abs(value - png.data[at + i]!)));
    });
    expect({ latitude, longitude, off: Math.min(...around) <= 4 }).toEqual({ latitude, longitude, off: true });
  }
});

test("the other measures are drawn too, on their own scales", async () => {
  const damage = (await draw("damage.svg", "--measure", "damage")).toString();
  expect(damage).toContain("Expected annual damage rate of Wildfire");
  expect(damage).toContain("% a year");
  const change = (await draw("change.svg", "--measure", "change")).toString();
  expect(change).toContain("Change of the Hazard Score of Wildfire");
});

test.each([
  [["--output", "map.png"], "A picture holds one map, but --risk names none"],
  [["--output", "map.svg", "--risk", "drought,typhoon"], "--risk names 2"],
  [["--output", "map.png", "--risk", "drought", "--period", "1901-1930"], 'have no period "1901-1930"; they have'],
  [["--output", "page.html", "--measure", "score"], "--measure is for maps: give --format png or svg"],
])("%j is refused, and no file appears", async (words, message) => {
  const before = await readdir(folder);
  const given = words.map((word, at) => (at === 1 ? join(folder, word) : word));
  const { code, stderr } = await cli(database.url, "report", ...given);
  expect(code).toBe(2);
  expect(stderr).toContain(message);
  expect(await readdir(folder)).toEqual(before);
});

test("a polygon covers its pixels by their share, and a hole is left out", () => {
  const canvas = new Canvas(8, 8);
  const square = (low: number, high: number) => [low, low, high, low, high, high, low, high];
  canvas.fill([square(1.5, 7), [3, 3, 3, 5, 5, 5, 5, 3]], "#000000");
  const at = (x: number, y: number) => canvas.pixels[4 * (y * 8 + x)];
  expect([at(0, 0), at(1, 2), at(1, 1), at(2, 2), at(3, 3), at(4, 4), at(6, 6), at(7, 7)]).toEqual([
    255, 128, 191, 0, 255, 255, 0, 255,
  ]);
  const triangle = new Canvas(4, 4);
  triangle.fill([[0, 0, 4, 4, 0, 4]], "#000000");
  const rows = [0, 1, 2, 3].map((y) => [0, 1, 2, 3].map((x) => triangle.pixels[4 * (y * 4 + x)]));
  expect(rows).toEqual([
    [128, 255, 255, 255],
    [0, 128, 255, 255],
    [0, 0, 128, 255],
    [0, 0, 0, 128],
  ]);
});
