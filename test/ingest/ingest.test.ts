// What `ingest` accepts: layouts, dates, calendars, units and missing values; and what it reports afterwards.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { loadClimateCommand } from "../../cli/loadClimate.ts";
import { parseWords } from "../../cli/parse.ts";
import { type IngestWords, readIngestOptions } from "../../ingest/series/options.ts";
import { formatReport } from "../../ingest/series/report.ts";
import { dayOfYear } from "../../model/calendars.ts";
import { RejectedError } from "../../model/errors.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { type Files, ingest, readStored, USUAL_WORDS } from "../support/ingest.ts";
import { digestTables } from "../support/tableDigests.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
beforeEach(async () => {
  const { client } = database;
  await client.query("TRUNCATE climatebatch.climate_data, climatebatch.grids, climatebatch.scenarios CASCADE");
  await client.query("TRUNCATE climatebatch.input_revisions");
});
afterAll(() => database.drop());

const lines = (...rows: string[]) => `${rows.join("\n")}\n`;

/** Values that are not missing, by "variable latitude longitude year position". */
async function storedValues(): Promise<Record<string, number>> {
  const values: Record<string, number> = {};
  for (const [key, year] of await readStored(database.client)) {
    const [, variable, latitude, longitude, which] = key.split(" ");
    year.forEach((value, at) => {
      if (!Number.isNaN(value)) values[`${variable} ${latitude} ${longitude} ${which} ${at}`] = value;
    });
  }
  return values;
}

describe("layouts that say the same", () => {
  const expected = { "pr 37 127 2020 59": 5, "tasmax 37 127 2020 0": 1.5, "tasmax 37 127 2020 59": -2 };
  const rows: readonly { name: string; files: Files; words?: Partial<IngestWords> }[] = [
    {
      name: "wide",
      files: { a: lines("date,latitude,longitude,tasmax,pr", "2020-01-01,37,127,1.5,", "2020-02-29,37,127,-2,5") },
    },
    {
      name: "other order of columns, other case, lat and lon",
      files: { a: lines("PR,Lon,LAT,Tasmax,Time", ",127,37,1.5,20200101", "5,127,37,-2,20200229") },
    },
    {
      name: "long",
      files: {
        a: lines(
          "date,lat,lon,variable,value",
          "2020-01-01,37,127,tasmax,1.5",
          "2020-02-29,37,127,tasmax,-2",
          "2020-02-29,37,127,pr,5",
        ),
      },
    },
    {
      name: "long with units by row",
      files: {
        a: lines(
          "date,lat,lon,variable,value,unit",
          "2020-01-01,37,127,tasmax,274.65,K",
          "2020-02-29,37,127,tasmax,-2,degC",
          "2020-02-29,37,127,pr,0.005,m",
        ),
      },
    },
    {
      name: "mapped names",
      files: { a: lines("day,lat,lon,High,Rain", "2020-01-01,37,127,1.5,NA", "2020-02-29,37,127,-2,5") },
      words: { map: ["High=tasmax,Rain=pr"] },
    },
    {
      name: "mapped names of a long file",
      files: {
        a: lines(
          "day,lat,lon,variable,value",
          "2020-01-01,37,127,High,1.5",
          "2020-02-29,37,127,High,-2",
          "2020-02-29,37,127,Rain,5",
        ),
      },
      words: { map: ["High=tasmax", "Rain=pr"] },
    },
    {
      name: "one place by options",
      files: { a: lines("date,tasmax,pr", "2020-01-01,1.5,", "2020-02-29,-2,5") },
      words: { latitude: 37, longitude: 127 },
    },
    {
      name: "units in headers",
      files: {
        a: lines("date,lat,lon,tasmax (K),pr [m]", "2020-01-01,37,127,274.65,", "2020-02-29,37,127,271.15,0.005"),
      },
    },
    {
      name: "units by option, over those in headers",
      files: {
        a: lines("date,lat,lon,tasmax (degC),pr", "2020-01-01,37,127,274.65,", "2020-02-29,37,127,271.15,0.005"),
      },
      words: { units: ["tasmax=K,pr=m"] },
    },
    {
      name: "marks for missing values",
      files: {
        a: lines(
          "date,lat,lon,tasmax,pr",
          "2020-01-01,37,127,1.5,-99.90",
          "2020-02-29,37,127,-2,5",
          "2020-03-01,37,127,*,NaN",
        ),
      },
      words: { missing: ["-99.9,*"] },
    },
    {
      name: "two files, a variable each",
      files: {
        a: lines("date,lat,lon,tasmax", "2020-01-01,37,127,1.5", "2020-02-29,37,127,-2"),
        b: lines("date,lat,lon,pr", "2020-02-29,37,127,5"),
      },
    },
    {
      name: "two files, a day each",
      files: {
        a: lines("date,lat,lon,tasmax,pr", "2020-02-29,37,127,-2,5"),
        b: lines("date,lat,lon,tasmax,pr", "2020-01-01,37,127,1.5,"),
      },
    },
    {
      name: "rows twice with the same values",
      files: {
        a: lines(
          "date,lat,lon,tasmax,pr",
          "2020-01-01,37,127,1.5,",
          "2020-02-29,37,127,-2,5",
          "2020-02-29,37,127,-2.0,5",
        ),
      },
    },
    {
      name: "UTF-8 with BOM, CRLF, blank lines, quotes and spaces",
      files: {
        a: '\ufeff"date", lat ,lon,tasmax,pr,name\r\n2020-01-01, 37 ,127,"1.5",,"Seoul, city"\r\n\r\n2020-02-29,37,127,-2,5,서울\r\n',
      },
    },
    {
      name: "semicolons",
      files: { a: lines("date;lat;lon;tasmax;pr", "2020-01-01;37;127;1.5;", "2020-02-29;37;127;-2;5") },
    },
    {
      name: "tabs",
      files: { a: lines("date\tlat\tlon\ttasmax\tpr", "2020-01-01\t37\t127\t1.5\t", "2020-02-29\t37\t127\t-2\t5") },
    },
    {
      name: "gzip",
      files: {
        "a.csv.gz": gzipSync(lines("date,lat,lon,tasmax,pr", "2020-01-01,37,127,1.5,", "2020-02-29,37,127,-2,5")),
      },
    },
    {
      name: "dates with midnight or noon",
      files: { a: lines("time,lat,lon,tasmax,pr", "2020-01-01T12:00:00Z,37,127,1.5,", "2020-02-29 00:00,37,127,-2,5") },
    },
    {
      name: "year, month and day in columns",
      files: { a: lines("year,month,day,lat,lon,tasmax,pr", "2020,1,1,37,127,1.5,", "2020,02,29,37,127,-2,5") },
    },
    {
      name: "coordinates as precise as they are, longitude from 0 to 360",
      files: {
        a: lines("date,lat,lon,tasmax,pr", "2020-01-01,37.00001,127,1.5,", "2020-02-29,36.99999,127.00004,-2,5"),
      },
    },
  ];
  for (const { name, files, words } of rows) {
    test(name, async () => {
      await ingest(database.client, files, words);
      expect(await storedValues()).toEqual(expected);
    });
  }
});

describe("values", () => {
  test("a blank is missing unless --blank says what it is", async () => {
    const files = { a: lines("date,lat,lon,tas,pr", "2020-01-01,37,127,1,", "2020-01-02,37,127,,NA") };
    const report = await ingest(database.client, files, { blank: ["pr=0"] });
    expect(await storedValues()).toEqual({ "tas 37 127 2020 0": 1, "pr 37 127 2020 0": 0 });
    expect(report.variables).toMatchObject([
      { variable: "tas", values: 1, missing: 1, filled: 0 },
      { variable: "pr", values: 0, missing: 1, filled: 1 },
    ]);
  });

  test("a year all missing is not stored, nor a cell without any value", async () => {
    const files = { a: lines("date,lat,lon,tas", "2019-01-01,37,127,", "2020-01-01,37,127,1", "2020-01-01,38,127,") };
    const report = await ingest(database.client, files);
    expect([...(await readStored(database.client)).keys()]).toEqual(["observed tas 37 127 2020"]);
    expect(report).toMatchObject({ cells: 1, cellsAdded: 1, firstYear: 2020 });
  });

  test("western longitudes may be written from 180 to 360", async () => {
    await ingest(database.client, { a: lines("date,lat,lon,tas", "2020-01-01,-33.45,289.33,1") });
    expect(await storedValues()).toEqual({ "tas -33.45 -70.67 2020 0": 1 });
  });

  test("a monthly sum of rain becomes a mean per day of its month", async () => {
    await ingest(
      database.client,
      { a: lines("month,lat,lon,pr", "2020-02,37,127,58", "2020-03,37,127,62") },
      { units: ["pr=mm"] },
    );
    expect(await storedValues()).toEqual({ "pr 37 127 2020 1": 2, "pr 37 127 2020 2": 2 });
  });

  test("a yearly series is one value a year", async () => {
    await ingest(database.client, { a: lines("year,lat,lon,tas", "2020,37,127,12.5", "2021,37,127,13") });
    expect(await storedValues()).toEqual({ "tas 37 127 2020 0": 12.5, "tas 37 127 2021 0": 13 });
  });

  test("months come by date or by columns", async () => {
    await ingest(database.client, {
      a: lines("date,lat,lon,tas", "2020-12,37,127,1"),
      b: lines("year,month,lat,lon,tas", "2021,1,37,127,2"),
    });
    expect(await storedValues()).toEqual({ "tas 37 127 2020 11": 1, "tas 37 127 2021 0": 2 });
  });
});

describe("calendars", () => {
  const daily = (...dates: string[]) => ({ a: lines("date,lat,lon,tas", ...dates.map((date) => `${date},37,127,1`)) });
  const allOf = (year: number, lengths: Record<number, number>) =>
    Object.entries(lengths).flatMap(([month, length]) =>
      Array.from({ length }, (_, day) => `${year}-${month.padStart(2, "0")}-${String(day + 1).padStart(2, "0")}`),
    );
  const rows: readonly { name: string; files: Files; calendar: string; because: string }[] = [
    {
      name: "30 February is of 360_day",
      files: daily("2023-02-29", "2023-02-30", "2023-12-30"),
      calendar: "360_day",
      because: "a:3 has 2023-02-30",
    },
    {
      name: "29 February of a leap year is of standard",
      files: daily("2023-02-28", "2024-02-29"),
      calendar: "standard",
      because: "a:3 has 2024-02-29",
    },
    {
      name: "a leap year whole but for its 29 February is of noleap",
      files: daily(...allOf(2024, { 2: 28, 3: 31 })),
      calendar: "noleap",
      because: "2024 has no 29 February",
    },
    {
      name: "a leap year that also lacks another day decides nothing",
      files: daily(...allOf(2024, { 2: 27, 3: 31 })),
      calendar: "standard",
      because: "nothing says otherwise",
    },
  ];
  for (const { name, files, calendar, because } of rows) {
    test(name, async () => {
      const report = await ingest(database.client, files);
      expect(report.calendar).toBe(calendar);
      expect(report.calendarBecause.replace(/.*\/(?=a:)/, "")).toBe(because);
      const { rows } = await database.client.query("SELECT calendar FROM climatebatch.scenarios");
      expect(rows).toEqual([{ calendar }]);
    });
  }

  test("days are where the calendar has them", async () => {
    await ingest(database.client, daily("2024-03-01", "2024-12-30"), { calendar: "360_day" });
    expect(Object.keys(await storedValues())).toEqual(["tas 37 127 2024 60", "tas 37 127 2024 359"]);
    expect(dayOfYear("360_day", 2024, 12, 30)).toBe(359);
  });

  test("a new scenario takes the calendar of its parent, a known one keeps its own", async () => {
    await ingest(database.client, daily("2010-01-01"), { scenario: "historical", calendar: "noleap" });
    const future = { scenario: "ssp245", parent: "historical", firstYear: 2015 };
    expect((await ingest(database.client, daily("2020-01-01"), future)).calendar).toBe("noleap");
    expect((await ingest(database.client, daily("2021-01-01"), { scenario: "ssp245" })).calendar).toBe("noleap");
    const { rows } = await database.client.query(
      "SELECT s.name, p.name AS parent, s.first_year FROM climatebatch.scenarios AS s LEFT JOIN climatebatch.scenarios AS p ON p.scenario_id = s.parent_id ORDER BY 1",
    );
    expect(rows).toEqual([
      { name: "historical", parent: null, first_year: null },
      { name: "ssp245", parent: "historical", first_year: 2015 },
    ]);
  });

  test("one leap day missing among others is only missing", async () => {
    const files = daily("2020-02-29", ...allOf(2024, { 2: 28, 3: 31 }));
    expect(await ingest(database.client, files)).toMatchObject({ calendar: "standard" });
    expect(await ingest(database.client, files)).toMatchObject({ rowsWritten: 0 });
  });

  test("files that skip every leap day do not go into a standard scenario unasked", async () => {
    await ingest(database.client, daily("2020-02-29"));
    const files = daily(...allOf(2024, { 2: 28, 3: 31 }));
    await expect(ingest(database.client, files)).rejects.toThrow(
      'The scenario "observed" has the calendar standard, but the files skip 29 February in 2024',
    );
    expect(await ingest(database.client, files, { calendar: "standard" })).toMatchObject({ calendar: "standard" });
  });
});

describe("the report", () => {
  const files = {
    a: lines("date,lat,lon,tasmax (K),Rain,station", "2020-01-01,37,127,274.65,,Seoul", "2020-01-02,37,127,NA,3,Seoul"),
  };
  const words = { map: ["Rain=pr"], blank: ["pr=0"] };

  test("reports files, cells, years, conversions, missing values and the new revision", async () => {
    const report = await ingest(database.client, files, words);
    expect(formatReport(report)).toBe(
      [
        '1 file, 2 rows: daily 2020-01-01 to 2020-01-02, 1 cell (1 new) of grid "default", calendar standard (nothing says otherwise)',
        '  tasmax: K → degC from "tasmax (K)", 1 value, 1 missing; 1.5 to 1.5, mean 1.5 degC',
        '  pr: mm d-1 (assumed) from "Rain", 1 value, 0 missing, 1 blank filled; 3 to 3, mean 3 mm d-1',
        "Ignored columns: station",
        "2 yearly rows written; climate_data/observed is now at revision 2.",
      ].join("\n"),
    );
  });

  test("blank rain without --blank is counted, with the option that reads it as zero", async () => {
    const report = await ingest(database.client, files, { map: ["Rain=pr"] });
    expect(formatReport(report)).toContain(
      "1 of 2 values of pr (50 %) are blank or missing. Korean stations leave dry days blank: --blank pr=0 reads a blank as 0 mm.",
    );
    expect(formatReport(await ingest(database.client, files, words))).not.toContain("Korean stations");
  });

  test("says when there is nothing new", async () => {
    await ingest(database.client, files, words);
    expect(formatReport(await ingest(database.client, files, words))).toContain(
      'Nothing new: scenario "observed" holds all of it already; climate_data/observed stays at revision 2.',
    );
  });
});

test("an interrupted ingest leaves nothing", async () => {
  const before = await digestTables(database.client);
  const interruption = new AbortController();
  const begun = ingest(
    database.client,
    { a: lines("date,lat,lon,tas", "2020-01-01,37,127,1") },
    {},
    interruption.signal,
  );
  interruption.abort();
  await expect(begun).rejects.toMatchObject({ name: "AbortError" });
  expect(await digestTables(database.client)).toEqual(before);
});

test("the command takes its options, prints JSON, and closes the database", async () => {
  const folder = await mkdtemp(join(tmpdir(), "climatebatch-ingest-"));
  const write = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  try {
    const file = join(folder, "a.csv");
    await writeFile(file, lines("date,High,Rain", "2020-01-01,-99.9,", "2020-01-02,295.15,1"));
    const words = `--scenario observed --map High=tasmax --map Rain=pr --missing -99.9 --units tasmax=K --latitude -37.5 --longitude 127 --json --database ${database.url}`;
    const argv = parseWords(loadClimateCommand.usage, [...words.split(" "), file]);
    await loadClimateCommand.run(argv, { signal: new AbortController().signal, setExitCode: () => undefined });
    const printed = JSON.parse(write.mock.calls.map(([text]) => text).join(""));
    expect(printed).toMatchObject({ scenario: "observed", cells: 1, rowsWritten: 2, ignoredColumns: [] });
    expect(await storedValues()).toEqual({ "pr -37.5 127 2020 1": 1, "tasmax -37.5 127 2020 1": 22 });
  } finally {
    write.mockRestore();
    await rm(folder, { recursive: true });
  }
});

describe("wrong words on the command line", () => {
  const rows: readonly [name: string, words: Partial<IngestWords>, refusal: string][] = [
    [
      "a map without =",
      { map: ["HighTemp"] },
      '--map expects COLUMN=VARIABLE, such as HighTemp=tasmax, several separated by commas, but got "HighTemp".',
    ],
    ["a map to no variable", { map: ["a=tmax"] }, '--map a=tmax: "tmax" is no variable. Known are tas, tasmax,'],
    ["one column mapped twice", { map: ["a=tas,a=pr"] }, '--map names "a" twice. Give it once.'],
    ["a unit for no variable", { units: ["rain=mm"] }, '--units: "rain" is no variable. Known are tas, tasmax,'],
    [
      "a blank that is no number",
      { blank: ["pr=none"] },
      '--blank expects VARIABLE=NUMBER, such as pr=0, or VARIABLE=missing, but got "pr=none".',
    ],
    [
      "a latitude alone",
      { latitude: 37 },
      "--latitude is given without --longitude: a place needs both, such as --latitude 37.57142 --longitude 126.9658.",
    ],
    [
      "a parent without its last year",
      { parent: "historical" },
      "--parent is given without --first-year: years before --first-year come from --parent, such as --parent historical --first-year 2015.",
    ],
    [
      "a first year that is none",
      { parent: "historical", firstYear: 20.5 },
      '--first-year expects a year, such as 2015, but got "20.5".',
    ],
    [
      "a scenario that is its own parent",
      { parent: "observed", firstYear: 2015 },
      "--parent observed is the scenario itself. Name the one it continues.",
    ],
    [
      "a scenario of blanks",
      { scenario: " " },
      '--scenario expects a name of letters, digits and . _ + -, such as ssp245, but got " ".',
    ],
  ];
  test.for(rows)("%s", ([, words, refusal]) => {
    const read = () => readIngestOptions({ ...USUAL_WORDS, files: ["a.csv"], ...words });
    expect(read).toThrow(RejectedError);
    expect(read).toThrow(refusal);
  });
});
