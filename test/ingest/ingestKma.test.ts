// Exports of the Korea Meteorological Administration in miniature: CP949, Korean headers, stations by number, blank rain.

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readStations } from "../../ingest/series/stations.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { ingest, readStored, refusalOf } from "../support/ingest.ts";

/**
 * 지점,지점명,일시,평균기온(°C),최저기온(°C),최고기온(°C),일강수량(mm),평균 상대습도(%)
 * 133,대전,2025-01-01,2.6,-3.8,10.4,,60.5
 * 108,서울,2025-01-01,1.1,-5,6,.3,50
 * 108,서울,2025-01-02,,,,,
 */
const EXPORT = Buffer.from(
  "c1f6c1a12cc1f6c1a1b8ed2cc0cfbdc32cc6f2b1d5b1e2bfc228a1c643292cc3d6c0fab1e2bfc228a1c643292cc3d6b0edb1e2bfc228a1c643292c" +
    "c0cfb0adbcf6b7ae286d6d292cc6f2b1d520bbf3b4ebbdc0b5b52825290a3133332cb4ebc0fc2c323032352d30312d30312c322e362c2d332e38" +
    "2c31302e342c2c36302e350a3130382cbcadbfef2c323032352d30312d30312c312e312c2d352c362c2e332c35300a3130382cbcadbfef2c3230" +
    "32352d30312d30322c2c2c2c2c0a",
  "hex",
);
/** 지점,지점명,위도,경도 of 108 (moved: two lines) and 133. */
const STATIONS = Buffer.from(
  "c1f6c1a12cc1f6c1a1b8ed2cc0a7b5b52cb0e6b5b50a3130382cbcadbfef2c33372e352c3132362e390a3130382cbcadbfef2c33372e35373134" +
    "2c3132362e393635380a3133332cb4ebc0fc2c33362e3337322c3132372e333732310a",
  "hex",
);

let database: TestDatabase;
let folder: string;
beforeAll(async () => {
  database = await createTestDatabase();
  folder = await mkdtemp(join(tmpdir(), "climatebatch-kma-"));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
  await database.drop();
});

async function stations(content: Buffer | string) {
  await writeFile(join(folder, "stations.csv"), content);
  return readStations(join(folder, "stations.csv"), new AbortController().signal);
}

test("stations by number get their places, a blank of rain is none, a day without any value stays missing", async () => {
  const report = await ingest(
    database.client,
    { "kma.csv": EXPORT },
    { scenario: "kma", stations: await stations(STATIONS) },
  );
  expect(report.variables.find(({ variable }) => variable === "pr")).toMatchObject({
    values: 1,
    missing: 1,
    filled: 1,
  });
  expect(report.notes).toHaveLength(2);
  const stored = await readStored(database.client);
  expect([...stored.get("kma pr 36.372 127.3721 2025")!.subarray(0, 2)]).toEqual([0, Number.NaN]);
  expect([...stored.get("kma pr 37.5714 126.9658 2025")!.subarray(0, 2)]).toEqual([Math.fround(0.3), Number.NaN]);
  expect(stored.get("kma tasmin 37.5714 126.9658 2025")![0]).toBe(-5);
  expect(stored.size).toBe(10);
});

test("a station without a place, and no places at all: refused", async () => {
  const few = await stations("station,latitude,longitude\n133,36.372,127.3721\n");
  expect(
    await refusalOf(ingest(database.client, { "kma.csv": EXPORT }, { scenario: "never", stations: few })),
  ).toContain('UnknownStation: kma.csv:3: station "108" is not in --stations');
  expect(await refusalOf(ingest(database.client, { "kma.csv": EXPORT }, { scenario: "never" }))).toContain(
    "NoPlace: kma.csv names its stations",
  );
  expect(await refusalOf(stations("number,x,y\n1,2,3\n"))).toContain("InvalidStations");
});

test("in other files a blank of rain is missing", async () => {
  const report = await ingest(
    database.client,
    { "a.csv": "date,lat,lon,pr (mm),tas (degC)\n2025-01-01,36,127,,1\n" },
    { scenario: "plain" },
  );
  expect(report.variables.find(({ variable }) => variable === "pr")).toMatchObject({
    values: 0,
    missing: 1,
    filled: 0,
  });
});
