// The real record of Seoul, 1907-2020, through `climatebatch index`: the figures and years of docs/seoul.md.
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { climatebatch } from "../support/commandLine.ts";

const FILE = fileURLToPath(
  new URL("../../../shared/data/seoul_asos_1907_2020/OBS_ASOS_DD_19071001-20200609.csv", import.meta.url),
);
const isHere = existsSync(FILE);
const where = isHere ? "" : " (needs ../shared/data/seoul_asos_1907_2020)";
const READING = [
  ...["--latitude", "37.57142", "--longitude", "126.9658", "--blank", "pr=0"],
  ...[
    "--map",
    "HighTemp=tasmax,LowTemp=tasmin,AvgTemp=tas,Precipitation=pr,AvgRelativeHumidity=hurs,AvgWindSpeed=sfcWind",
  ],
];

async function seoul(name: string, ...options: string[]): Promise<Map<string, number>> {
  const words = ["index", name, "--input", "seoul.csv", "--output", "-", ...READING, ...options];
  const { stdout } = await climatebatch({ "seoul.csv": await readFile(FILE) }, ...words);
  const rows = stdout.trimEnd().split("\n").slice(1);
  const present = rows.map((row) => row.split(",").slice(3) as [string, string]).filter(([, value]) => value !== "");
  return new Map(present.map(([when, value]) => [when, Number(value)]));
}

function meanOf(values: Map<string, number>, firstYear: number, lastYear: number): string {
  const own = [...values].filter(([when]) => Number(when) >= firstYear && Number(when) <= lastYear);
  return (own.reduce((sum, [, value]) => sum + value, 0) / own.length).toFixed(1);
}

test.skipIf(!isHere).each([
  { name: "WSDI", options: ["--base-period", "1991-2019"], means: ["1.8", "5.6"] },
  { name: "CSDI", options: ["--base-period", "1991-2019"], means: ["11.9", "2.1"] },
  // 3.3 with the winter of 2019-20, which lacks 21 days of June.
  { name: "CW12", options: [], means: ["8.6", "3.4"] },
  { name: "FWI95", options: [], means: ["19.2", "21.7"] },
])(`$name of Seoul is $means in the mean of 1961-1990 and 1991-2019${where}`, async ({ name, options, means }) => {
  const values = await seoul(name, ...options);
  expect([meanOf(values, 1961, 1990), meanOf(values, 1991, 2019)]).toEqual(means);
});

test.skipIf(!isHere)(`the hottest and the driest years are the known ones${where}`, async () => {
  const highest = [...(await seoul("WSDI"))].filter(([year]) => year >= "1954").sort((a, b) => b[1] - a[1]);
  expect(highest.slice(0, 3).map(([year]) => year)).toEqual(["2018", "2016", "1994"]);
  const driest = [...(await seoul("SPEI12"))].filter(([month]) => month >= "1955").sort((a, b) => a[1] - b[1]);
  expect(driest[0]![0].slice(0, 4)).toBe("2015");
});
