// Best tracks from the agencies' files: what a point becomes, and which files are refused with which words.
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { readStormFiles } from "../../ingest/storms/stormFiles.ts";
import { hourOf } from "../../ingest/storms/trackCollector.ts";
import { KM_PER_NAUTICAL_MILE, M_PER_S_PER_KNOT } from "../../model/units.ts";
import { makeZip } from "../support/arrayFiles.ts";
import { refusalOf } from "../support/ingest.ts";
import {
  type Files,
  ibtracs,
  ibtracsParquet,
  jmaStorm,
  jmaYear,
  KMA_HEADER,
  readStorms,
  SILENT_READING,
} from "../support/stormFiles.ts";

const JMA = new URL("../../../shared/data/jma_besttrack_2015_2018/bst_2015_2018.txt", import.meta.url);

describe("JMA's text", () => {
  const POINTS = [
    "18100512 002 5 291 1274  975     065     90120 0120 30240 0180     ",
    "18100518 002 4 312 1274  975     060     00000 0000 90240 0240     ",
    "18100600 001 6 336 1281  980     000                               ",
  ];

  test("a point has its time, place, pressure, one-minute wind, grade and radii", async () => {
    const { format, agency, tracks } = await readStorms({ "bst.txt": jmaStorm("1825", "KONG-REY", ...POINTS) });
    expect({ format, agency, storms: tracks.length }).toEqual({ format: "JMA", agency: "JMA", storms: 1 });
    const [track] = tracks;
    expect(track).toMatchObject({
      stormId: "201825",
      name: "KONG-REY",
      season: 2018,
      basin: "WP",
      grade: ["TY", "STS", "ET"],
    });
    expect([...track!.hours]).toEqual([hourOf(2018, 10, 5, 12), hourOf(2018, 10, 5, 18), hourOf(2018, 10, 6, 0)]);
    expect([...track!.latitude]).toEqual([29.1, 31.2, 33.6]);
    expect([...track!.longitude]).toEqual([127.4, 127.4, 128.1]);
    expect([...track!.pressure]).toEqual([975, 975, 980]);
    expect(track!.wind[0]).toBeCloseTo(((65 - 23.3) / 0.6) * M_PER_S_PER_KNOT, 9);
    expect(track!.wind[2]).toBeNaN();
    expect(track!.storm.long[0]).toBeCloseTo(120 * KM_PER_NAUTICAL_MILE, 9);
    expect(track!.storm.bearing[0]).toBeNaN();
    expect(track!.gale.long[0]).toBeCloseTo(240 * KM_PER_NAUTICAL_MILE, 9);
    expect(track!.gale.short[0]).toBeCloseTo(180 * KM_PER_NAUTICAL_MILE, 9);
    expect(track!.gale.bearing[0]).toBe(135);
    expect(track!.storm.long[1]).toBeNaN();
  });

  test("two-digit years before 51 are of this century, a longitude beyond 180 is west", async () => {
    const { tracks } = await readStorms({
      "bst.txt": jmaStorm(
        "5101",
        "",
        "51021906 002 2 200 1810 1010     000     ",
        "51021912 002 2 230 1790 1010     000     ",
      ),
    });
    expect(tracks[0]).toMatchObject({ stormId: "195101", season: 1951, name: null });
    expect([...tracks[0]!.longitude]).toEqual([-179, 179]);
  });

  test.skipIf(!existsSync(JMA))("the real file of 2015-2018 has 109 storms of 4,010 points", async () => {
    const options = { files: [JMA.pathname], windUnit: undefined, agency: undefined };
    const { tracks, leftOut } = await readStormFiles(options, SILENT_READING, new AbortController().signal);
    expect(tracks.length).toBe(109);
    expect(tracks.reduce((sum, { hours }) => sum + hours.length, 0)).toBe(4010);
    expect(leftOut).toEqual({ storms: 0, points: 0 });
    const kongRey = tracks.find(({ name }) => name === "KONG-REY")!;
    expect(Math.min(...kongRey.pressure)).toBe(900);
  });
});

describe("JMA's tables of positions", () => {
  const HEADER =
    "年,月,日,時（UTC）,台風番号,台風名,階級,緯度,経度,中心気圧,最大風速,50KT長径方向,50KT長径,50KT短径,30KT長径方向,30KT長径,30KT短径,上陸";
  /** The same header in Shift_JIS. */
  const SHIFT_JIS = Buffer.from(
    "944e2c8c8e2c93fa2c8e9e8169555443816a2c91e4959794d48d862c91e4959796bc2c8a4b8b892c88dc93782c8c6f93782c928690538b" +
      "4388b32c8dc591e5959791ac2c35304b5492b78c6195fb8cfc2c35304b5492b78c612c35304b54925a8c612c33304b5492b78c6195fb8c" +
      "fc2c33304b5492b78c612c33304b54925a8c612c8fe397a4",
    "hex",
  );
  const number = (text: string) => String(Number(text.trim() || 0));

  /** Storms of the fixed columns as rows of a table. */
  function tableOf(text: string): string {
    let [storm, name] = ["", ""];
    const rows = text.split(/\r?\n/).flatMap((line) => {
      if (line.startsWith("66666")) {
        [storm, name] = [line.slice(6, 10), line.slice(30, 50).trim()];
        return [];
      }
      if (line.trim() === "") return [];
      const part = (from: number, to: number) => number(line.slice(from, to));
      const year = Number(line.slice(0, 2));
      const time = [year < 51 ? 2000 + year : 1900 + year, part(2, 4), part(4, 6), part(6, 8)];
      const place = [Number(line.slice(15, 18)) / 10, Number(line.slice(19, 23)) / 10];
      const radii = [part(41, 42), part(42, 46), part(47, 51), part(52, 53), part(53, 57), part(58, 62)];
      return [[...time, storm, name, line[13], ...place, part(24, 28), part(33, 36), ...radii, 0].join()];
    });
    return `${[HEADER, ...rows].join("\n")}\n`;
  }
  const YEARS = jmaYear(2018) + jmaYear(2018, 2);

  test("a year's rows become the storms of the text, in Shift_JIS and in UTF-8", async () => {
    const text = await readStorms({ "bst.txt": YEARS });
    const table = tableOf(YEARS);
    expect(await readStorms({ "table2018.csv": table })).toEqual(text);
    const encoded = Buffer.concat([SHIFT_JIS, Buffer.from(table.slice(table.indexOf("\n")), "latin1")]);
    expect(await readStorms({ "table2018.csv": encoded })).toEqual(text);
  });

  test("text and tables of different years are one record", async () => {
    const { agency, tracks } = await readStorms({ "bst.txt": jmaYear(2017), "t.csv": tableOf(jmaYear(2018)) });
    expect([agency, ...tracks.map(({ season }) => season)]).toEqual(["JMA", 2017, 2018]);
  });

  test.skipIf(!existsSync(JMA))("the real file of 2015-2018 as tables gives the same storms", async () => {
    const text = await readFile(JMA, "latin1");
    expect(await readStorms({ "t.csv": tableOf(text) })).toEqual(await readStorms({ "b.txt": text }));
  });

  test.each([
    [
      "a column that is missing",
      tableOf(YEARS).replace("中心気圧", "気圧"),
      /^MissingColumn: t\.csv: .* but 中心気圧 are missing\./,
    ],
    ["a line that is cut off", tableOf(YEARS).slice(0, -20), /^BrokenTrack: t\.csv:25: expected 18 columns/],
    [
      "a number of another kind",
      tableOf(YEARS).replace(",1801,", ",T1801,"),
      /^BrokenTrack: t\.csv:2: expected 18 columns, with the storm's number such as 1825/,
    ],
    ["a word among the winds", tableOf(YEARS).replace(/,930,\d+/, ",930,fast"), /^BrokenTrack: t\.csv:2: .*最大風速/],
  ])("%s: refused", async (_, text, refusal) => {
    expect(await refusalOf(readStorms({ "t.csv": text }))).toMatch(refusal);
  });
});

test("KMA's words become the same point, the long radius opposite or by the short one's direction", async () => {
  const { agency, tracks } = await readStorms({
    "kma.txt": [
      ...KMA_HEADER,
      "TY 2211 2022 8 29 12 141.2 27.3 40 955 160 100 NE 50 30 NE HINNAMNOR",
      "L  2211 2022 8 29 18 140.1 27.1 -999 -999 -999 -999 - -999 -999 - HINNAMNOR",
      "TS,2211,2022,8,30,0,139.0,27.0,20,990,160,160,-,-,-,-,HINNAMNOR",
      "#7777END",
    ].join("\n"),
  });
  expect(agency).toBe("KMA");
  expect(tracks[0]).toMatchObject({ stormId: "202211", season: 2022, name: "HINNAMNOR", grade: ["TY", "ET", "TS"] });
  expect(tracks[0]!.wind[0]).toBeCloseTo(40 / 0.88, 9);
  expect([...tracks[0]!.pressure]).toEqual([955, Number.NaN, 990]);
  expect([...tracks[0]!.gale.long]).toEqual([160, Number.NaN, 160]);
  expect([...tracks[0]!.gale.bearing]).toEqual([225, Number.NaN, Number.NaN]);
  expect([...tracks[0]!.storm.short]).toEqual([30, Number.NaN, Number.NaN]);
});

test("the unit that winds are written in changes nothing", async () => {
  const kma = (factor: number) =>
    Array.from({ length: 12 }, (_, at) => {
      const wind = (30 + at) * factor;
      return `TY 2201 2022 8 1 ${at} 130 ${20 + at / 10} ${wind} ${970 - at} - - - - - - X`;
    }).join("\n");
  const [plain, knots, kilometres] = await Promise.all([
    readStorms({ "a.txt": kma(1) }),
    readStorms({ "a.txt": kma(1 / M_PER_S_PER_KNOT) }, { windUnit: "kt" }),
    readStorms({ "a.txt": kma(3.6) }, { windUnit: "km/h" }),
  ]);
  for (const [at, wind] of plain.tracks[0]!.wind.entries()) {
    expect(knots.tracks[0]!.wind[at]).toBeCloseTo(wind, 9);
    expect(kilometres.tracks[0]!.wind[at]).toBeCloseTo(wind, 9);
  }
});

describe("IBTrACS", () => {
  const row = {
    SID: "2018271N06154",
    SEASON: 2018,
    BASIN: "WP",
    NAME: "KONG-REY",
    TRACK_TYPE: "main",
    NATURE: "TS",
    LON: 127.4,
    WMO_AGENCY: "tokyo",
  };
  const ROWS = [
    {
      ...row,
      ISO_TIME: "2018-10-05 12:00:00",
      LAT: 29.1,
      WMO_WIND: 65,
      WMO_PRES: 975,
      USA_WIND: 70,
      USA_PRES: 970,
      USA_RMW: 30,
      USA_POCI: 1000,
      TOKYO_GRADE: 5,
      TOKYO_R30_DIR: 3,
      TOKYO_R30_LONG: 240,
      TOKYO_R30_SHORT: 180,
    },
    { ...row, ISO_TIME: "2018-10-05 15:00:00", LAT: 30 },
    { ...row, ISO_TIME: "2018-10-05 18:00:00", LAT: 31.2, WMO_WIND: 60, WMO_PRES: 975, USA_WIND: 65, NATURE: "ET" },
    { ...row, ISO_TIME: "2018-10-05 18:00:00", LAT: 35, TRACK_TYPE: "spur-merge" },
  ];

  test("the responsible agency's winds become one-minute winds by its own rule, spurs are left out", async () => {
    const { agency, format, tracks } = await readStorms({ "ibtracs.csv": ibtracs(...ROWS) });
    expect({ agency, format }).toEqual({ agency: "IBTrACS/wmo", format: "IBTrACS" });
    const [track] = tracks;
    expect(track).toMatchObject({
      stormId: "2018271N06154",
      season: 2018,
      basin: "WP",
      name: "KONG-REY",
      grade: ["TY", null, "ET"],
    });
    expect([...track!.latitude]).toEqual([29.1, 30, 31.2]);
    expect(track!.wind[0]).toBeCloseTo(((65 - 23.3) / 0.6) * M_PER_S_PER_KNOT, 9);
    expect([...track!.pressure]).toEqual([975, Number.NaN, 975]);
    expect(track!.radius[0]).toBeCloseTo(30 * KM_PER_NAUTICAL_MILE, 9);
    expect(track!.environmentPressure[0]).toBe(1000);
    expect(track!.gale.bearing[0]).toBe(135);
  });

  test("gzipped as well", async () => {
    const plain = await readStorms({ "ibtracs.csv": ibtracs(...ROWS) });
    expect(await readStorms({ "ibtracs.csv.gz": gzipSync(ibtracs(...ROWS)) })).toEqual(plain);
  });

  describe("as Parquet", () => {
    const BIGQUERY: Record<string, string> = {
      LAT: "latitude",
      LON: "longitude",
      TOKYO_R50_LONG: "tokyo_r50_longitude",
    };
    const FORMS: [string, (column: string) => string][] = [
      ["the names of the CSV", (column) => column],
      ["the same in lower case", (column) => column.toLowerCase()],
      ["the names of BigQuery", (column) => BIGQUERY[column] ?? column.toLowerCase().replace(/_pres$/, "_pressure")],
    ];
    const rows = [
      { ...ROWS[0]!, TOKYO_R50_DIR: 9, TOKYO_R50_LONG: 120, TOKYO_R50_SHORT: 120, TOKYO_WIND: 65, TOKYO_PRES: 975 },
      ROWS[1]!,
      { ...ROWS[2]!, TOKYO_WIND: 60, TOKYO_PRES: 980 },
      ROWS[3]!,
    ];

    test.each(FORMS)("%s: the same storms as the CSV, of any agency", async (_, nameOf) => {
      for (const agency of [undefined, "usa", "tokyo"]) {
        const csv = await readStorms({ "i.csv": ibtracs(...rows) }, { agency });
        expect(csv.tracks[0]!.hours.length).toBe(3);
        expect(await readStorms({ "i.parquet": ibtracsParquet(rows, nameOf) }, { agency })).toEqual(csv);
      }
    });

    test("a CSV and a Parquet file of two seasons are one record", async () => {
      const next = ROWS.slice(0, 3).map((one) => ({
        ...one,
        SID: "2019271N06154",
        SEASON: 2019,
        ISO_TIME: one.ISO_TIME.replace("2018", "2019"),
      }));
      const { tracks } = await readStorms({ "a.csv": ibtracs(...ROWS), "b.parquet": ibtracsParquet(next) });
      expect(tracks.map(({ season }) => season)).toEqual([2018, 2019]);
    });

    const atlantic = ROWS.map((one) => ({ ...one, BASIN: "NA", WMO_AGENCY: "hurdat_atl", LON: -60 }));
    const withoutNa = (column: string, row: object) =>
      column === "BASIN" ? null : ((row as Record<string, unknown>)[column] ?? null);

    test("the basin NA that a program took for a missing value is NA again", async () => {
      const csv = await readStorms({ "i.csv": ibtracs(...atlantic) });
      expect(await readStorms({ "i.parquet": ibtracsParquet(atlantic, undefined, withoutNa) })).toEqual(csv);
    });

    test.each<[string, () => Buffer, RegExp]>([
      [
        "no basin in the Pacific",
        () => ibtracsParquet(ROWS, undefined, withoutNa),
        /^BrokenTrack: i\.parquet:1: expected a BASIN, .* found none at 29\.1, 127\.4\./,
      ],
      [
        "a table of something else",
        () => ibtracsParquet(ROWS, (column) => `x${column}`),
        /^MissingColumn: i\.parquet: expected the columns of IBTrACS v04, but SID, SEASON, .* are missing\./,
      ],
      [
        "a text where a number belongs",
        () => ibtracsParquet(ROWS, (column) => (column === "NATURE" ? "LAT" : column === "LAT" ? "NATURE" : column)),
        /^BrokenTrack: i\.parquet:1: expected a number as LAT, found "TS"/,
      ],
      [
        "a file that is cut off",
        () => ibtracsParquet(ROWS).subarray(0, 400),
        /^UnreadableFile: i\.parquet: its Parquet description \(at the end of the file\)/,
      ],
    ])("%s: refused", async (_, make, refusal) => {
      expect(await refusalOf(readStorms({ "i.parquet": make() }))).toMatch(refusal);
    });
  });

  test("of another agency on request", async () => {
    const { agency, tracks } = await readStorms({ "ibtracs.csv": ibtracs(...ROWS) }, { agency: "usa" });
    expect(agency).toBe("IBTrACS/usa");
    expect([...tracks[0]!.wind].map((wind) => wind / M_PER_S_PER_KNOT)).toEqual([70, Number.NaN, 65]);
    expect([...tracks[0]!.pressure]).toEqual([970, Number.NaN, Number.NaN]);
  });

  test("the basin of the northern Atlantic is NA, not a missing value", async () => {
    const { tracks } = await readStorms({
      "a.csv": ibtracs(...ROWS.map((one) => ({ ...one, BASIN: "NA", WMO_AGENCY: "hurdat_atl" }))),
    });
    expect(tracks[0]!.basin).toBe("NA");
  });

  test("an agency of unknown averaging is refused, not guessed", async () => {
    const file = ibtracs(...ROWS.map((one) => ({ ...one, WMO_AGENCY: "elsewhere" })));
    expect(await refusalOf(readStorms({ "a.csv": file }))).toBe(
      `UnknownAgency: a.csv:3: WMO_AGENCY "elsewhere" is none whose averaging of winds is known. Give --agency usa, whose winds are sustained for one minute everywhere.`,
    );
  });
});

describe("refused", () => {
  const YEARS = [1, 2, 3].map((number) => jmaYear(2018, number)).join("");

  test.each<{ name: string; files: Files; words?: Parameters<typeof readStorms>[1]; refusal: RegExp }>([
    {
      name: "knots declared as metres per second",
      files: { "bst.txt": YEARS },
      words: { windUnit: "m/s" },
      refusal:
        /^WrongUnit: The winds, read as m\/s, are \d\.\d\d times what the central pressures beside them make .* Knots read as metres per second look like this\. Leave --wind-unit out, or say what the files hold: --wind-unit kt\.$/,
    },
    {
      name: "one wind that no storm has",
      files: {
        "k.txt":
          "TY 2211 2022 8 29 12 141.2 27.3 40 955 - - - - - - X\nTY 2211 2022 8 29 18 141.2 27.3 400 955 - - - - - - X\n",
      },
      refusal:
        /^ImplausibleStorm: k\.txt:2: expected one-minute wind of 0 to 105 m s-1, found 454\.545\. Correct the line\.$/,
    },
    {
      name: "metres per second declared as knots",
      files: {
        "kma.txt": Array.from(
          { length: 12 },
          (_, at) => `TY 2201 2022 8 1 ${at} 130 ${20 + at / 10} 40 955 - - - - - - X`,
        ).join("\n"),
      },
      words: { windUnit: "kt" },
      refusal:
        /^WrongUnit: The winds, read as kt, are 0\.5\d times what the central pressures beside them make \(median of 12 points\); expected about 1\. Metres per second read as knots look like this\. Leave --wind-unit out, or say what the files hold: --wind-unit m\/s\.$/,
    },
    {
      name: "two different points of a storm at one time",
      files: { "a.txt": jmaYear(2018), "b.txt": jmaYear(2018).replace(" 930 ", " 925 ") },
      refusal: /^StormConflict: b\.txt:2: storm 201801 has two different points at 2018-08-01T00:00Z\./,
    },
    {
      name: "files of two agencies",
      files: { "a.txt": jmaYear(2018), "k.txt": "TY 2211 2022 8 29 12 141.2 27.3 40 955 160 100 NE 50 30 NE X\n" },
      refusal: /^MixedFormats: k\.txt is of KMA,/,
    },
    {
      name: "a file that is no best track",
      files: { "x.csv": "date,tasmax\n2020-01-01,3\n" },
      refusal:
        /^WrongFormat: x\.csv: expected JMA, KMA or IBTrACS, found CSV \(table\), which begins "date,tasmax"\. .*load climate reads such tables\.$/,
    },
    {
      name: "a broken line",
      files: { "a.txt": `${jmaYear(2018)}18080506 002 5 2x0 1290  930     095\r\n` },
      refusal:
        /^BrokenTrack: a\.txt:14: expected yymmddhh 002 grade latitude longitude pressure in fixed columns, found "18080506 002 5 2x0/,
    },
    {
      name: "a wind that is no number",
      files: { "k.txt": "TY 2211 2022 8 29 12 141.2 27.3 4O 955 160 100 NE 50 30 NE X\n" },
      refusal:
        /^BrokenTrack: k\.txt:1: expected a number as MAX_WS, found "4O"\. Correct the line, or fetch the file again\.$/,
    },
    {
      name: "a file that is cut off between two lines",
      files: { "a.txt": jmaYear(2018).split("\r\n").slice(0, 9).join("\r\n") },
      refusal: /^BrokenTrack: a\.txt:1: expected 12 lines of storm 201801, as its header says, found 8\./,
    },
    {
      name: "a header without the number of lines",
      files: { "a.txt": jmaYear(2018).replace(/^66666 1801\s+012/, "66666 1801     ") },
      refusal:
        /^BrokenTrack: a\.txt:1: expected 66666, the storm's number and its lines|^BrokenTrack: a\.txt:1: expected 1 lines/,
    },
    {
      name: "the zip that JMA serves",
      files: { "bst_all.zip": makeZip({ "bst_all.txt": Buffer.from(YEARS) }) },
      refusal:
        /^WrongFormat: bst_all\.zip: expected JMA, KMA or IBTrACS, found a zip of files\. Unpack it first: unzip FILE\.$/,
    },
    {
      name: "an answer of KMA that is cut off between two lines",
      files: { "k.txt": [...KMA_HEADER, "TY 2211 2022 8 29 12 141.2 27.3 40 955 160 100 NE 50 30 NE X"].join("\n") },
      refusal: /^BrokenTrack: k\.txt: expected #7777END after the last storm, found none: the answer was cut off\./,
    },
    {
      name: "a line of KMA that is cut off",
      files: { "k.txt": "TY 2211 2022 8 29 12 141.2 27.3 40 955 160 100 NE 50 30 NE X\nTY 2211 2022 8 29 18 141.2\n" },
      refusal: /^BrokenTrack: k\.txt:2: expected 17 words \(GRADE TCID .*\), found 7/,
    },
    {
      name: "a day that does not exist",
      files: { "a.txt": jmaStorm("1801", "X", "18023006 002 5 200 1290  930     095") },
      refusal: /^ImplausibleStorm: a\.txt:2: expected a time of a day that exists, found none\./,
    },
    {
      name: "a pressure in pascal",
      files: { "k.txt": "TY 2211 2022 8 29 12 141.2 27.3 40 95500 160 100 NE 50 30 NE X\n" },
      refusal: /^ImplausibleStorm: k\.txt:1: expected central pressure of 840 to 1060 hPa, found 95500\./,
    },
    {
      name: "no storm with a pressure or a wind",
      files: {
        "a.txt": jmaStorm("1801", "X", "18020306 002 2 200 1290    0     000", "18020312 002 2 210 1290    0     000"),
      },
      refusal: /^NoStorms: a\.txt: no storm has two points with a pressure or a wind\.$/,
    },
    {
      name: "IBTrACS without the columns of the agency",
      files: { "i.csv": ibtracs() },
      words: { agency: "cma" },
      refusal: /^MissingColumn: i\.csv: expected the columns of IBTrACS v04, but CMA_WIND, CMA_PRES are missing\./,
    },
  ])("$name", async ({ files, words, refusal }) => {
    expect(await refusalOf(readStorms(files, words))).toMatch(refusal);
  });

  test("a file that does not exist", async () => {
    const options = { files: ["/nowhere/bst.txt"], windUnit: undefined, agency: undefined };
    const reading = readStormFiles(options, SILENT_READING, new AbortController().signal);
    expect(await refusalOf(reading)).toMatch(/^UnreadableFile: \/nowhere\/bst\.txt does not exist\./);
  });

  test("the units that the formats have are not", async () => {
    expect((await readStorms({ "bst.txt": YEARS })).tracks).toHaveLength(3);
    expect((await readStorms({ "bst.txt": YEARS }, { windUnit: "kt" })).tracks).toHaveLength(3);
  });
});
