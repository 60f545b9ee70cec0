// `climatebatch wind` as a process: from a file of tracks and a file of points to a file of winds.
import { describe, expect, test } from "vitest";
import { prepareTrack } from "../../job/indices/trackPreparation.ts";
import { highestWind, makeStormVortex } from "../../job/indices/windField.ts";
import { WIND_MODELS } from "../../job/indices/windProfiles.ts";
import { climatebatch } from "../support/commandLine.ts";
import { jmaYear, readStorms } from "../support/stormFiles.ts";

const TRACKS = jmaYear(2015) + jmaYear(2016, 12);
const POINTS = 'name,lat,lon\nOkinawa,26.2,127.7\nSeoul,37.57,126.98\n"Far, away",0,0\n';
const WORDS = ["wind", "--tracks", "bst.txt", "--points", "points.csv", "--output", "wind.csv"];
const files = { "bst.txt": TRACKS, "points.csv": POINTS };

test.each(WIND_MODELS)("%s: each storm's highest wind at each point, and when it blew", async (model) => {
  const { exitCode, read, stderr } = await climatebatch(files, ...WORDS, "--model", model);
  expect({ exitCode, stderr }).toEqual({
    exitCode: 0,
    stderr: expect.stringContaining(`${model}: 2 storms at 3 points, 4 winds\n`),
  });
  const [header, ...lines] = read("wind.csv").trimEnd().split("\n");
  expect(header).toBe("storm,name,season,point,latitude,longitude,wind,time");
  const { tracks } = await readStorms({ "bst.txt": TRACKS });
  const seen = { wind: 0, node: -1 };
  const expected = tracks.flatMap((track) => {
    const nodes = prepareTrack(track)!;
    const storm = makeStormVortex(nodes, model);
    return [["Okinawa", 26.2, 127.7] as const, ["Seoul", 37.57, 126.98] as const].map(([name, latitude, longitude]) => {
      highestWind(storm, latitude, longitude, seen);
      const time = new Date(3_600_000 * (nodes.firstHour + seen.node)).toISOString().slice(0, 16);
      return `${track.stormId},TESTSTORM,${track.season},${name},${latitude},${longitude},${seen.wind.toFixed(5)},${time}Z`;
    });
  });
  expect(lines).toEqual(expected);
});

test("H08 is the model unless another is requested", async () => {
  const plain = await climatebatch(files, ...WORDS);
  const requested = await climatebatch(files, ...WORDS, "--model", "H08");
  expect(plain.read("wind.csv")).toBe(requested.read("wind.csv"));
});

test("--at-least leaves out weaker winds, --json prints facts", async () => {
  const { read, stdout } = await climatebatch(files, ...WORDS, "--at-least", "20", "--json");
  const winds = read("wind.csv").trimEnd().split("\n").slice(1);
  expect(winds.every((line) => Number(line.split(",")[6]) >= 20)).toBe(true);
  expect(JSON.parse(stdout)).toMatchObject({ format: "JMA", model: "H08", points: 3, storms: 2, rows: winds.length });
});

describe("refused", () => {
  test.each([
    {
      name: "points without a longitude",
      files: { ...files, "points.csv": "lat,x\n1,2\n" },
      words: [],
      message: "points.csv: expected columns latitude and longitude, found lat, x. Name them so in the header.",
    },
    {
      name: "a latitude that is none",
      files: { ...files, "points.csv": "lat,lon\n91,2\n" },
      words: [],
      message: 'points.csv:2: expected latitude of -90 to 90 degrees, found "91". Correct the line.',
    },
    { name: "an unknown model", files, words: ["--model", "H2010"], message: "Invalid value for --model" },
    { name: "winds of the wrong unit", files, words: ["--wind-unit", "m/s"], message: "--wind-unit" },
  ])("$name", async ({ files, words, message }) => {
    const { exitCode, stderr, names } = await climatebatch(files, ...WORDS, ...words);
    expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: expect.stringContaining(message) });
    expect(names).not.toContain("wind.csv");
  });
});
