// Exports of the Korea Meteorological Administration in miniature: CP949, Korean headers, stations by number, blank rain.

import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
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

describe("stations without a number", () => {
  const NAMED = "지점명,일시,평균기온(°C),일강수량(mm)\n대전,2025-01-01,2.6,\n서울,2025-01-01,1.1,.3\n";
  const PLACES =
    "지점,시작일,지점명,위도,경도\n108,1907-10-01,서울,37.5714,126.9658\n133,1969-01-01,대전,36.372,127.3721\n";

  test("by name: their places, and the same values as by number", async () => {
    const named = await stations(PLACES);
    await ingest(database.client, { "named.csv": NAMED }, { scenario: "named", stations: named });
    const numbered = NAMED.replace("지점명,", "지점,지점명,")
      .replace("대전,", "133,대전,")
      .replace("서울,", "108,서울,");
    await ingest(database.client, { "n.csv": numbered }, { scenario: "numbered", stations: named });
    const stored = await readStored(database.client);
    for (const key of ["tas 37.5714 126.9658", "pr 37.5714 126.9658", "tas 36.372 127.3721", "pr 36.372 127.3721"]) {
      expect(stored.get(`named ${key} 2025`)![0]).toBe(stored.get(`numbered ${key} 2025`)![0]);
    }
    expect(stored.get("named pr 36.372 127.3721 2025")![0]).toBe(0);
  });

  const ALONE =
    "일시,평균기온(°C),최저기온(°C),최고기온(°C),일강수량(mm),평균 이슬점온도(°C)\n2025-01-01,2.6,-3.8,10.4,,-5\n";
  test.each([
    ["by number", { station: "133" }],
    ["by name", { station: "대전" }],
  ])("an export of one station, given %s", async (_, words) => {
    const scenario = `alone-${words.station === "133" ? "number" : "name"}`;
    await ingest(database.client, { "a.csv": ALONE }, { scenario, stations: await stations(PLACES), ...words });
    const stored = await readStored(database.client);
    expect(stored.get(`${scenario} tasmax 36.372 127.3721 2025`)![0]).toBe(Math.fround(10.4));
    expect(stored.get(`${scenario} pr 36.372 127.3721 2025`)![0]).toBe(0);
    expect(stored.get(`${scenario} tdps 36.372 127.3721 2025`)![0]).toBe(-5);
  });

  test("an export of one station, given by its place", async () => {
    await ingest(database.client, { "a.csv": ALONE }, { scenario: "placed", latitude: 36, longitude: 127 });
    expect((await readStored(database.client)).get("placed tas 36 127 2025")![0]).toBe(Math.fround(2.6));
  });

  test("the climate statistics: what was searched for above the header, a tab before each date", async () => {
    const text =
      "기온분석\r\n[검색조건]\r\n자료구분 : 일\r\n자료형태 : 기본\r\n지역/지점 : 서울\r\n기간 : 20250101~20250102\r\n\r\n" +
      "날짜,지점,평균기온(℃),최저기온(℃),최고기온(℃)\r\n\t2025-01-01,108,1.1,-5,6\r\n\t2025-01-02,108,,,\r\n";
    await ingest(database.client, { "ta.csv": text }, { scenario: "statistics", stations: await stations(PLACES) });
    const stored = await readStored(database.client);
    expect([...stored.get("statistics tasmin 37.5714 126.9658 2025")!.subarray(0, 2)]).toEqual([-5, Number.NaN]);
  });

  test("months: the mean of the days' highest is tasmax, the highest of all days is no variable", async () => {
    const text =
      "지점,지점명,일시,평균기온(°C),평균최고기온(°C),최고기온(°C),월합강수량(00~24h만)(mm)\n108,서울,2025-01,-1,3.5,9.9,31\n";
    const report = await ingest(
      database.client,
      { "m.csv": text },
      { scenario: "months", stations: await stations(PLACES) },
    );
    expect(report.ignoredColumns).toContain("최고기온(°C)");
    const stored = await readStored(database.client);
    expect(stored.get("months tasmax 37.5714 126.9658 2025")![0]).toBe(3.5);
    expect(stored.get("months pr 37.5714 126.9658 2025")![0]).toBe(1);
  });

  test.each<
    [string, { file: string; places?: string; station?: string; latitude?: number; longitude?: number }, RegExp]
  >([
    [
      "no station and no place",
      { file: ALONE },
      /^NoPlace: a\.csv is an export of the Korea .* without a column of stations .* --latitude .* --station 108 --stations FILE\.$/,
    ],
    ["names without a table of places", { file: NAMED }, /^NoPlace: a\.csv names its stations in the column "지점명"/],
    [
      "a name that the table lacks",
      { file: NAMED, places: "지점,지점명,위도,경도\n108,서울,37.5,127\n" },
      /^UnknownStation: a\.csv:2: station "대전" is not in --stations \S+\. Add a line for it\.$/,
    ],
    [
      "names, and a table of numbers only",
      { file: NAMED, places: "지점,위도,경도\n108,37.5,127\n" },
      /station "대전" is not in --stations \S+, which has no column of names/,
    ],
    [
      "a name of two stations",
      { file: NAMED, places: "지점,지점명,위도,경도\n133,대전,36.4,127.4\n648,대전,36.3,127.4\n" },
      /^UnknownStation: a\.csv:2: station "대전" is 2 stations in --stations \S+: 133, 648\. Leave the others out/,
    ],
    [
      "--station without --stations",
      { file: ALONE, station: "108" },
      /^InvalidOption: --station 108 needs the places of stations: --stations FILE/,
    ],
    [
      "--station and a place",
      { file: ALONE, places: PLACES, station: "108", latitude: 36, longitude: 127 },
      /^InvalidOption: --station and --latitude, --longitude say the place twice\./,
    ],
    [
      "--station for a file that has coordinates",
      { file: "date,lat,lon,tas (degC)\n2025-01-01,36,127,1\n", places: PLACES, station: "108" },
      /^TwoPlaces: .* so --station would say the place twice\./,
    ],
  ])("%s: refused", async (_, { file, places, ...words }, says) => {
    const given = places === undefined ? {} : { stations: await stations(places) };
    const work = async () => ingest(database.client, { "a.csv": file }, { scenario: "never", ...given, ...words });
    expect(await refusalOf(work())).toMatch(says);
  });
});

const DAEJEON = new URL("../../../shared/data/daejeon_asos_2025_cp949/OBS_ASOS_DD_20260115112034.csv", import.meta.url);
test.skipIf(!existsSync(DAEJEON))(
  "a real export of Daejeon, its two columns of the station removed, gives the same values (needs ../shared/data/daejeon_asos_2025_cp949)",
  async () => {
    const text = new TextDecoder("euc-kr").decode(await readFile(DAEJEON));
    const alone = text.replace(/^[^,\n]*,[^,\n]*,/gm, "");
    const places = await stations("지점,지점명,위도,경도\n133,대전,36.372,127.3721\n");
    await ingest(database.client, { "real.csv": text }, { scenario: "real", stations: places });
    await ingest(database.client, { "alone.csv": alone }, { scenario: "bare", stations: places, station: "대전" });
    const stored = await readStored(database.client);
    const own = [...stored].filter(([key]) => key.startsWith("real "));
    expect(own).toHaveLength(5);
    for (const [key, values] of own) expect(stored.get(key.replace("real", "bare"))).toEqual(values);
  },
);
