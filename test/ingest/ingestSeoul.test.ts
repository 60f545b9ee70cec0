// The real record of Seoul, 1907-2020, which is not part of the repository: see its PROVENANCE for where it comes from.
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { dayOfYear } from "../../model/calendars.ts";
import { createTestDatabase } from "../support/database.ts";
import { ingest, readStored } from "../support/ingest.ts";

const FILE = fileURLToPath(
  new URL("../../../shared/data/seoul_asos_1907_2020/OBS_ASOS_DD_19071001-20200609.csv", import.meta.url),
);
const isHere = existsSync(FILE);

test.skipIf(!isHere)(
  `39,700 days of Seoul${isHere ? "" : " (needs ../shared/data/seoul_asos_1907_2020)"}`,
  async () => {
    await using database = await createTestDatabase();
    const report = await ingest(
      database.client,
      { "seoul.csv": await readFile(FILE) },
      {
        map: [
          "HighTemp=tasmax,LowTemp=tasmin,AvgTemp=tas,Precipitation=pr,AvgRelativeHumidity=hurs,AvgWindSpeed=sfcWind",
        ],
        blank: ["pr=0"],
        latitude: 37.57142,
        longitude: 126.9658,
      },
    );
    expect(report.files).toMatchObject([{ layout: "wide", rows: 39_700 }]);
    expect(report).toMatchObject({ calendar: "standard", cells: 1, firstYear: 1907, lastYear: 2020, rowsWritten: 660 });
    expect(
      report.variables.map(({ variable, values, missing, filled }) => [variable, values, missing, filled]),
    ).toEqual([
      ["tas", 39_700, 0, 0],
      ["tasmax", 39_698, 2, 0],
      ["tasmin", 39_699, 1, 0],
      ["pr", 16_559, 0, 23_141],
      ["hurs", 39_700, 0, 0],
      ["sfcWind", 39_695, 5, 0],
    ]);
    const stored = await readStored(database.client);
    const valueOn = (variable: string, year: number, month: number, day: number) =>
      stored.get(`observed ${variable} 37.5714 126.9658 ${year}`)?.[dayOfYear("standard", year, month, day)];
    // Lines 2 and 3 of the file, the last day of 1949, and the hottest day of the record.
    expect(valueOn("tasmax", 1907, 10, 1)).toBe(Math.fround(20.7));
    expect(valueOn("pr", 1907, 10, 1)).toBe(0);
    expect(valueOn("pr", 1907, 10, 2)).toBe(Math.fround(0.2));
    expect(valueOn("hurs", 1949, 12, 31)).toBe(64);
    expect(valueOn("tasmax", 2018, 8, 1)).toBe(Math.fround(39.6));
    expect(valueOn("tasmax", 1951, 7, 1)).toBeUndefined();
    expect(valueOn("tas", 1907, 9, 30)).toBeNaN();
  },
);
