// Broken files: how each is refused, and that the database stays as it was.
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { IngestWords } from "../../ingest/series/options.ts";
import { knownVariables } from "../../ingest/series/readingOptions.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { type Files, ingest, refusalOf } from "../support/ingest.ts";
import { digestTables } from "../support/tableDigests.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  await ingest(database.client, { "old.csv": "date,lat,lon,tasmax\n2020-02-28,37,127,10\n" });
  await ingest(
    database.client,
    { "old.csv": "date,lat,lon,tasmax\n2019-01-30,37,127,-1\n" },
    { scenario: "model", calendar: "noleap" },
  );
});
afterAll(() => database.drop());

const lines = (...rows: string[]) => `${rows.join("\n")}\n`;
const csv = (...rows: string[]) => ({ "a.csv": lines("date,latitude,longitude,tasmax", ...rows) });

interface Refusal {
  readonly name: string;
  readonly files: Files;
  readonly words?: Partial<IngestWords>;
  readonly refusal: string;
}

const KNOWN = `${knownVariables()} Say which is which, such as --map HighTemp=tasmax,LowTemp=tasmin.`;

const REFUSALS: readonly Refusal[] = [
  {
    name: "kelvin without a unit",
    files: csv("2020-01-01,37,127,273.9", "2020-01-02,37,127,295.3"),
    refusal: `ImplausibleValue: a.csv:2, column "tasmax": expected tasmax from -90 to 65 degC, found "273.9" degC (assumed, no unit is given). If the file's unit is K, give --units tasmax=K.`,
  },
  {
    name: "kelvin under a header that says degrees Celsius",
    files: { "a.csv": lines("date,lat,lon,tasmax (°C)", "2020-01-01,37,127,295.3") },
    refusal: `ImplausibleValue: a.csv:2, column "tasmax (°C)": expected tasmax from -90 to 65 degC, found "295.3" degC. If the file's unit is K, give --units tasmax=K.`,
  },
  {
    name: "a value that is too high in its own unit",
    files: { "a.csv": lines("date,lat,lon,tasmax [K]", "2020-01-01,37,127,395.25") },
    refusal: `ImplausibleValue: a.csv:2, column "tasmax [K]": expected tasmax from -90 to 65 degC, found "395.25" K, that is 122.1 degC. Correct the row, or give --missing tasmax=395.25 if it marks a missing value.`,
  },
  {
    name: "a mark for missing values",
    files: csv("2020-01-01,37,127,-999.9"),
    refusal: `ImplausibleValue: a.csv:2, column "tasmax": expected tasmax from -90 to 65 degC, found "-999.9" degC (assumed, no unit is given). If it marks a missing value, give --missing tasmax=-999.9.`,
  },
  {
    name: "negative rain",
    files: { "a.csv": lines("date,lat,lon,pr", "2020-01-01,37,127,-3") },
    refusal: `ImplausibleValue: a.csv:2, column "pr": expected pr from 0 to 2000 mm d-1, found "-3" mm d-1 (assumed, no unit is given). Correct the row, or give --missing pr=-3 if it marks a missing value.`,
  },
  {
    name: "rain in millimetres called metres",
    files: { "a.csv": lines("date,lat,lon,pr", "2020-01-01,37,127,3.5") },
    words: { units: ["pr=m"] },
    refusal: `ImplausibleValue: a.csv:2, column "pr": expected pr from 0 to 2000 mm d-1, found "3.5" m, that is 3500 mm d-1. If the file's unit is mm d-1, give --units "pr=mm d-1".`,
  },
  {
    name: "a decimal comma in quotes",
    files: csv('2020-01-01,37,127,"21,5"'),
    refusal: `InvalidNumber: a.csv:2, column "tasmax": expected a number, found "21,5". If it is 21.5, give --decimal ",".`,
  },
  {
    name: "a decimal comma without quotes",
    files: csv("2020-01-01,37,127,21,5"),
    refusal: `WrongColumnCount: a.csv:2: expected 4 columns as in the header, found 5: "2020-01-01,37,127,21,5". If numbers are written with a decimal comma, write 21.5 instead of 21,5; if a text holds commas, put it in "quotes".`,
  },
  {
    name: "a line cut off",
    files: csv("2020-01-01,37,127,21.5", "2020-01-02,37"),
    refusal: `WrongColumnCount: a.csv:3: expected 4 columns as in the header, found 2: "2020-01-02,37". The line seems to be cut off.`,
  },
  {
    name: "a word for a number",
    files: csv("2020-01-01,37,127,n.d."),
    refusal: `InvalidNumber: a.csv:2, column "tasmax": expected a number, found "n.d.". If it marks a missing value, give --missing "tasmax=n.d."; if it means a number, such as 0, --read-as "n.d.=0".`,
  },
  {
    name: "a number that is none in CSV",
    files: csv("2020-01-01,37,127,0x1F"),
    refusal: `InvalidNumber: a.csv:2, column "tasmax": expected a number, found "0x1F". Write the number alone, and a mark of its quality in a column of its own.`,
  },
  {
    name: "one day twice with different values",
    files: csv("2020-01-01,37,127,1.5", "2020-01-02,37,127,2", "2020-01-01,37,127,1.25"),
    refusal: `DuplicateRow: a.csv:4, column "tasmax": tasmax at 37, 127 on 2020-01-01 is 1.25 degC, but an earlier row has 1.5 degC. Remove one of the rows.`,
  },
  {
    name: "29 February of a common year",
    files: csv("2023-02-29,37,127,1"),
    words: { scenario: "new" },
    refusal: `CalendarMismatch: a.csv:2: 2023-02-29 is no day of the calendar standard. Correct the date, or give --calendar 360_day if all months have 30 days.`,
  },
  {
    name: "31 April",
    files: csv("2023-04-31,37,127,1"),
    words: { scenario: "new" },
    refusal: `CalendarMismatch: a.csv:2: 2023-04-31 is no day of any calendar (standard, noleap, 360_day). Correct the date.`,
  },
  {
    name: "days of two calendars",
    files: csv("2023-02-30,37,127,1", "2023-03-31,37,127,1"),
    words: { scenario: "new" },
    refusal: `CalendarMismatch: a.csv:2 has 2023-02-30, a day of the calendar 360_day only, but a.csv:3 has 2023-03-31, which 360_day lacks. Ingest files of different calendars as different scenarios.`,
  },
  {
    name: "a day that --calendar has not",
    files: csv("2023-03-31,37,127,1"),
    words: { calendar: "360_day" },
    refusal: `CalendarMismatch: a.csv:2: 2023-03-31 is no day of the calendar 360_day (--calendar). Correct the date, or give the calendar that the files have.`,
  },
  {
    name: "a day that the scenario's calendar has not",
    files: csv("2020-02-29,37,127,1"),
    words: { scenario: "model" },
    refusal: `CalendarMismatch: a.csv:2: 2020-02-29 is no day of the calendar noleap (scenario "model"). Correct the date, or choose another --scenario.`,
  },
  {
    name: "a calendar that the scenario has not",
    files: csv("2020-02-28,37,127,1"),
    words: { scenario: "model", calendar: "standard" },
    refusal: `CalendarMismatch: Scenario "model" has the calendar noleap, but standard is requested. Leave --calendar out, or load into another --scenario.`,
  },
  {
    name: "a blank latitude",
    files: csv("2020-01-01,,127,1"),
    refusal: `InvalidPlace: a.csv:2: expected a latitude of -90 to 90 degrees, found "". Correct the row, or leave it out.`,
  },
  {
    name: "a longitude that is no number",
    files: csv("2020-01-01,37,NaN,1"),
    refusal: `InvalidPlace: a.csv:2: expected a longitude of -180 to 360 degrees, found "NaN". Correct the row, or leave it out.`,
  },
  {
    name: "latitude and longitude swapped",
    files: csv("2020-01-01,127,37,1"),
    refusal: `InvalidPlace: a.csv:2: expected a latitude of -90 to 90 degrees, found "127". Are latitude and longitude swapped?`,
  },
  {
    name: "no place",
    files: { "a.csv": lines("date,tasmax", "2020-01-01,1") },
    refusal: `NoPlace: a.csv: no columns latitude and longitude (or lat and lon); found "date", "tasmax". If all rows are of one place, give it: --latitude 37.57142 --longitude 126.9658.`,
  },
  {
    name: "a place said twice",
    files: csv("2020-01-01,37,127,1"),
    words: { latitude: 37, longitude: 127 },
    refusal: `TwoPlaces: a.csv has the columns "latitude" and "longitude", so --latitude and --longitude would say the place twice. Leave the options out.`,
  },
  {
    name: "no time",
    files: { "a.csv": lines("when,lat,lon,tasmax", "2020-01-01,37,127,1") },
    refusal: `NoTimeColumn: a.csv: no column holds the time; found "when", "lat", "lon", "tasmax". Expected a header date, time or day (YYYY-MM-DD or YYYYMMDD; YYYY-MM for months), or the headers year, or year and month. Rename the column.`,
  },
  {
    name: "a date in another order",
    files: csv("31/12/2020,37,127,1"),
    refusal: `InvalidDate: a.csv:2: column "date": expected a date as YYYY-MM-DD or YYYYMMDD, YYYY-MM or YYYY, found "31/12/2020". Correct the row.`,
  },
  {
    name: "a date that is none, later on",
    files: csv("2020-01-01,37,127,1", "2020-13-01,37,127,1"),
    refusal: `InvalidDate: a.csv:3: column "date": expected a date as YYYY-MM-DD or YYYYMMDD as in the first row, found "2020-13-01". Correct the row.`,
  },
  {
    name: "hours",
    files: csv("2020-01-01 00:00,37,127,1", "2020-01-01 01:00,37,127,1"),
    refusal: `InvalidDate: a.csv:3: column "date": expected a date as YYYY-MM-DD or YYYYMMDD as in the first row, found "2020-01-01 01:00". Make hourly values daily first.`,
  },
  {
    name: "a month that is none",
    files: { "a.csv": lines("year,month,lat,lon,tas", "2020,13,37,127,1") },
    refusal: `InvalidDate: a.csv:2: expected whole numbers in the columns "year", "month", such as 2020, 12; found "2020", "13". Correct the row.`,
  },
  {
    name: "no variable",
    files: { "a.csv": lines("date,lat,lon,HighTemp,wind", "2020-01-01,37,127,1,2") },
    refusal: `NoVariables: a.csv: none of "date", "lat", "lon", "HighTemp", "wind" is a variable. ${KNOWN}`,
  },
  {
    name: "no variable in a long file",
    files: { "a.csv": lines("date,lat,lon,variable,value", "2020-01-01,37,127,zg500,2") },
    refusal: `NoVariables: a.csv: none of "zg500" is a variable. ${KNOWN}`,
  },
  {
    name: "a column that --map has and the file has not",
    files: csv("2020-01-01,37,127,1"),
    words: { map: ["hightemp=tasmin"] },
    refusal: `UnusedOption: --map hightemp=tasmin: no file has "hightemp". Found "date", "latitude", "longitude", "tasmax". Correct the name; upper and lower case count.`,
  },
  {
    name: "a variable that --blank has and the file has not",
    files: csv("2020-01-01,37,127,1"),
    words: { blank: ["pr=0"] },
    refusal: `UnusedOption: --blank pr=0: no file has pr, only tasmax. Leave it out, or map a name to it: --map NAME=pr.`,
  },
  {
    name: "an unknown unit",
    files: { "a.csv": lines("date,lat,lon,tasmax (Réaumur)", "2020-01-01,37,127,1") },
    refusal: `UnknownUnit: a.csv: column "tasmax (Réaumur)": expected a unit of tasmax (degC, K, degF), but got "Réaumur". Say what the file holds: --units tasmax=UNIT.`,
  },
  {
    name: "a unit of something else",
    files: csv("2020-01-01,37,127,1"),
    words: { units: ["tasmax=mm"] },
    refusal: `WrongUnit: --units tasmax=mm: expected a unit of tasmax (degC, K, degF), but got "mm", a unit of length. Say what the file holds: --units tasmax=UNIT.`,
  },
  {
    name: "a negative withdrawal",
    files: { "a.csv": lines("year,lat,lon,withdrawal (hm3)", "2020,37,127,12", "2021,37,127,-3") },
    refusal: `ImplausibleValue: a.csv:3, column "withdrawal (hm3)": expected withdrawal from 0 to 1000000000000 m3 yr-1, found "-3" hm3 yr-1, that is -3000000 m3 yr-1. Correct the row, or give --missing withdrawal=-3 if it marks a missing value.`,
  },
  {
    name: "a yearly index in a daily file",
    files: { "a.csv": lines("date,lat,lon,WSDI", "2020-01-01,37,127,6") },
    refusal: `WrongFrequency: a.csv: column "WSDI" is daily, but WSDI (warm spell duration index) is yearly. Give it in a file of its own.`,
  },
  {
    name: "monthly rain without a unit",
    files: { "a.csv": lines("month,lat,lon,pr", "2020-01,37,127,31") },
    refusal: `UnitNeeded: a.csv: column "pr" is monthly and does not say its unit. Give --units pr=mm if each value is the sum of its month, or --units "pr=mm d-1" if it is a mean per day.`,
  },
  {
    name: "two columns of one variable",
    files: { "a.csv": lines("date,lat,lon,tasmax,TASMAX", "2020-01-01,37,127,1,1") },
    refusal: `TwoColumns: a.csv: the columns "tasmax" and "TASMAX" both are tasmax. Say which one: --map "TASMAX=tasmax".`,
  },
  {
    name: "an empty file",
    files: { "a.csv": "" },
    refusal: `EmptyFile: a.csv is empty; expected a CSV file with a header line and a row per day.`,
  },
  {
    name: "a header and nothing else",
    files: csv(),
    refusal: `EmptyFile: a.csv has a header line but no rows; expected a row per day.`,
  },
  {
    name: "nothing but missing values",
    files: csv("2020-01-01,37,127,", "2020-01-02,37,127,NA"),
    refusal: `NoValues: Every value in a.csv is missing: nothing is left. Check --map and --missing.`,
  },
  {
    name: "--variables that no file has",
    files: { "a.csv": lines("date,lat,lon,tasmax,pr", "2020-01-01,37,127,1,2") },
    words: { variables: ["tasmax,hurs"] },
    refusal: `UnusedOption: --variables hurs: no file has hurs, only tasmax. Leave it out, or map a name to it: --map NAME=hurs.`,
  },
  {
    name: "text of no known encoding",
    files: { "a.csv": Buffer.from([0xff, 0xcf, 0xff, 0xc3, 0x2c, 0x61, 0x0a, 0x31, 0x2c, 0x32, 0x0a]) },
    refusal: `NotText: a.csv: expected a format that is read, or CSV as text in UTF-8 or CP949; found bytes that are neither. If it is text of another encoding, convert it: iconv -f ENCODING -t UTF-8 "a.csv" > utf8.csv`,
  },
  {
    name: "HDF5 of which only the first bytes are there",
    files: { "a.nc": Buffer.from("\x89HDF\r\n\x1a\n", "latin1") },
    refusal: `UnreadableFile: a.nc: its HDF5 structure cannot be read: bad byte number in an address. The file is damaged or was cut off: fetch it again, or compare its size and checksum with the source's.`,
  },
  {
    name: "a broken gzip",
    files: { "a.csv.gz": gzipSync(lines("date,lat,lon,tasmax", "2020-01-01,37,127,1")).subarray(0, 40) },
    refusal: `UnreadableFile: a.csv.gz is damaged: its gzip stream cannot be read (unexpected end of file). Fetch it again.`,
  },
  {
    name: "a quote that is never closed",
    files: csv('"2020-01-01,37,127,1', "2020-01-02,37,127,1"),
    refusal: `BrokenCsv: a.csv:3: the file ends within a quoted text, whose quote (") opens on this line or before. Expected CSV as spreadsheets write it. Correct the line.`,
  },
  {
    name: "no such file",
    files: {},
    words: { files: ["nowhere.csv"] },
    refusal: `UnreadableFile: nowhere.csv does not exist. Check the name; a relative one is looked for in the working folder.`,
  },
  {
    name: "a folder",
    files: {},
    words: { files: [""] },
    refusal: `NotAFile: . is a directory and no Zarr store; expected a file. Name the files in it.`,
  },
  {
    name: "daily and monthly files together",
    files: { ...csv("2020-01-01,37,127,1"), "b.csv": lines("month,lat,lon,tasmax", "2020-01,37,127,1") },
    refusal: `MixedFrequencies: a.csv is daily, but b.csv is monthly. Ingest files of different frequencies one after the other.`,
  },
  {
    name: "a broken second file",
    files: { ...csv("2021-01-01,37,127,1"), "b.csv": lines("date,lat,lon,tasmax", "2021-01-02,37,127,x") },
    refusal: `InvalidNumber: b.csv:2, column "tasmax": expected a number, found "x". If it marks a missing value, give --missing "tasmax=x"; if it means a number, such as 0, --read-as "x=0".`,
  },
  {
    name: "another value for a stored day",
    files: csv("2020-02-28,37,127,11"),
    refusal: `ValuesConflict: Scenario "observed" has tasmax 10 degC at 37, 127 on 2020-02-28, but the files say 11 degC. Give --on-conflict replace to take the files' values, or --on-conflict keep to keep the stored ones.`,
  },
  {
    name: "a parent that does not exist",
    files: csv("2020-01-01,37,127,1"),
    words: { scenario: "ssp245", parent: "historical", firstYear: 2015 },
    refusal: `UnknownParent: --parent: no scenario is named "historical"; known are model, observed. Ingest the parent's files first.`,
  },
  {
    name: "years that are the parent's",
    files: csv("2014-12-31,37,127,1"),
    words: { scenario: "ssp245", parent: "observed", firstYear: 2015 },
    refusal: `YearsOfParent: The files begin in 2014, but the years of scenario "ssp245" before 2015 are its parent's. Leave those years out, or ingest them into the parent.`,
  },
  {
    name: "a parent for a scenario that has none",
    files: csv("2020-01-01,37,127,1"),
    words: { scenario: "model", parent: "observed", firstYear: 2015 },
    refusal: `ParentMismatch: Scenario "model" has no parent, but --parent observed --first-year 2015 are given. Leave them out, or ingest into another --scenario.`,
  },
  {
    name: "a parent of another calendar",
    files: csv("2020-01-01,37,127,1"),
    words: { scenario: "ssp245", parent: "model", firstYear: 2015, calendar: "standard" },
    refusal: `CalendarMismatch: Scenario "ssp245" would have the calendar standard, but its parent "model" has noleap: their years cannot be joined. Choose a parent of the same model, or correct --calendar.`,
  },
];

for (const { name, files, words, refusal } of REFUSALS) {
  test(`${name}: refused, and the database is as it was`, async () => {
    const before = await digestTables(database.client);
    expect(await refusalOf(ingest(database.client, files, words))).toBe(refusal);
    expect(await digestTables(database.client)).toEqual(before);
  });
}
