// Each option that a refusal suggests is followed as it is printed: the outcome is the right value, or a refusal that says more.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { IngestWords } from "../../ingest/series/options.ts";
import { makeNetcdf } from "../support/arrayFiles.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { type Files, ingest, readStored, refusalOf } from "../support/ingest.ts";
import { ROOT } from "../support/pages.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

type Hint = Partial<IngestWords>;
const LISTS = ["map", "units", "blank", "missing", "readAs", "variables", "derive"];

/** The options that a message suggests, one by one, as the command line would read them. */
function hintsOf(message: string): ReadonlyMap<string, Hint> {
  const hints = new Map<string, Hint>();
  const text = message.slice(message.indexOf(". ") + 2);
  // Options that follow each other at once are one hint.
  for (const [printed] of text.matchAll(/--[a-z-]+ (?:"[^"]*"|[^\s;]+)(?: --[a-z-]+ (?:"[^"]*"|[^\s;]+))*/g)) {
    const hint: Record<string, unknown> = {};
    for (const [, name, quoted] of printed.matchAll(/--([a-z-]+) ("[^"]*"|[^\s;]+)/g)) {
      const key = name!.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase());
      const value = quoted!.replace(/[.,:]$/, "").replaceAll('"', "");
      const number = ["latitude", "longitude"].includes(key) ? Number(value) : value;
      hint[key] = LISTS.includes(key) ? [value] : number;
    }
    if (!/\b(FILE|FOLDER|VARIABLE|COLUMN|NAME|UNIT)\b|…/.test(printed)) hints.set(printed.replace(/[.,:]$/, ""), hint);
  }
  return hints;
}

let scenarios = 0;

/** The first stored value and the number of values after following a hint, or the reason of the new refusal. */
async function follow(files: Files, words: Hint, hint: Hint): Promise<string> {
  const scenario = `h${++scenarios}`;
  const both = { ...words };
  for (const [name, value] of Object.entries(hint)) {
    const before = (words as Record<string, unknown>)[name];
    Object.assign(both, {
      [name]: Array.isArray(value) ? [...((before as string[] | undefined) ?? []), ...value] : value,
    });
  }
  const outcome = await refusalOf(ingest(database.client, files, { ...both, scenario }));
  if (outcome !== "accepted") return outcome.split(":")[0]!;
  const stored = [...(await readStored(database.client))].filter(([key]) => key.startsWith(`${scenario} `));
  const values = stored.flatMap(([, years]) => [...years]).filter((value) => !Number.isNaN(value));
  return `${Number(values[0]!.toPrecision(4))}, ${values.length} values`;
}

const csv = (header: string, ...rows: readonly string[]): Files => ({ "a.csv": `${header}\n${rows.join("\n")}\n` });
const days = (count: number, row: (day: number) => string) =>
  Array.from(
    { length: count },
    (_, day) => `${new Date(Date.UTC(2001, 0, 1 + day)).toISOString().slice(0, 10)},36,127,${row(day)}`,
  );
const one = { latitudes: [36], longitudes: [127] };

interface Case {
  readonly files: Files | (() => Promise<Files>);
  readonly words?: Hint;
  /** By hint as it is printed. */
  readonly follows: Readonly<Record<string, string>>;
}

const CASES: Readonly<Record<string, Case>> = {
  "a trace of rain": {
    files: csv("date,lat,lon,pr", "2001-01-01,36,127,T", "2001-01-02,36,127,5"),
    follows: { '--read-as "T=0"': "0, 2 values", '--missing "pr=T"': "5, 1 values" },
  },
  "a word": {
    files: csv("date,lat,lon,tasmax", "2001-01-01,36,127,n.d.", "2001-01-02,36,127,5"),
    follows: { '--missing "tasmax=n.d."': "5, 1 values", '--read-as "n.d.=0"': "0, 2 values" },
  },
  "a mark of missing rain": {
    files: csv("date,lat,lon,tasmin,pr", "2001-01-01,36,127,-9,-9.0", "2001-01-02,36,127,-9,3"),
    follows: { "--missing pr=-9.0": "3, 3 values" },
  },
  "a value that is no mark": {
    files: csv("date,lat,lon,pr", "2001-01-01,36,127,-3", "2001-01-02,36,127,3"),
    follows: { "--missing pr=-3": "3, 1 values" },
  },
  "a mark of missing rain that rain could be": {
    files: csv("date,lat,lon,pr", ...days(9, (day) => (day % 4 === 3 ? "999.9" : String(day)))),
    follows: { "--missing pr=999.9": "0, 7 values", "--missing pr=none": "0, 9 values" },
  },
  thousands: {
    files: csv("year,lat,lon,withdrawal", '2001,36,127,"1,234"'),
    follows: { '--thousands ","': "1234, 1 values", '--decimal ","': "1.234, 1 values" },
  },
  "thousands twice": {
    files: csv("year,lat,lon,withdrawal", '2001,36,127,"1,234,567"'),
    follows: { '--thousands ","': "1235000, 1 values" },
  },
  "a decimal comma": {
    files: csv("date;lat;lon;tasmax", "2001-01-01;36;127;21,5"),
    follows: { '--decimal ","': "21.5, 1 values" },
  },
  "thousands and a decimal comma": {
    files: csv("year;lat;lon;withdrawal", "2001;36;127;1.234,5"),
    follows: { '--decimal "," --thousands "."': "1235, 1 values" },
  },
  kelvin: {
    files: csv("date,lat,lon,tasmax", "2001-01-01,36,127,300.15"),
    follows: { "--units tasmax=K": "27, 1 values" },
  },
  "months without a unit of rain": {
    files: csv("year,month,lat,lon,pr", "2001,1,36,127,62"),
    follows: { "--units pr=mm": "2, 1 values", '--units "pr=mm d-1"': "62, 1 values" },
  },
  "rain in metres called millimetres": {
    files: csv("date,lat,lon,pr (mm)", ...days(400, (day) => String((day % 5) / 1000))),
    follows: { '--units "pr=m d-1"': "0, 400 values", "--units pr=mm": "0, 400 values" },
  },
  "swapped temperatures": {
    files: csv("date,lat,lon,hi,lo", "2001-01-01,36,127,1,9"),
    words: { map: ["hi=tasmax", "lo=tasmin"] },
    // The names in --map are given twice then, which is refused: the old option must be left out.
    follows: { '--map "hi=tasmin,lo=tasmax"': "InvalidOption" },
  },
  "swapped temperatures by their names": {
    files: csv("date,lat,lon,tasmax,tasmin", "2001-01-01,36,127,1,9"),
    follows: { '--map "tasmax=tasmin,tasmin=tasmax"': "9, 2 values" },
  },
  "two columns of one variable": {
    files: csv("date,lat,lon,tasmax,TASMAX", "2001-01-01,36,127,1,9"),
    follows: { '--map "TASMAX=tasmax"': "9, 1 values" },
  },
  "no place": {
    files: csv("date,tasmax", "2001-01-01,1"),
    follows: { "--latitude 37.57142 --longitude 126.9658": "1, 1 values" },
  },
  "instants in UTC": {
    files: csv("date,lat,lon,pr", "2000-12-31T15:00:00Z,36,127,1", "2001-01-01T15:00:00Z,36,127,2"),
    follows: { "--time-zone Asia/Seoul": "1, 2 values" },
  },
  "a mark in an array": {
    files: async () => ({
      "a.nc": await makeNetcdf({ ...one, times: [0, 1, 2], value: (step) => [1, -9999, 3][step]! }),
    }),
    follows: { "--missing tasmax=-9999": "1, 2 values" },
  },
  "a mark in an array that a value could be": {
    files: async () => ({
      "a.nc": await makeNetcdf({
        ...{ ...one, name: "sfcWind", times: [0, 1, 2, 3] },
        variable: { units: "m s-1" },
        value: (step) => [99.9, 3, 99.9, 5][step]!,
      }),
    }),
    follows: { "--missing sfcWind=99.9": "3, 2 values", "--missing sfcWind=none": "99.9, 4 values" },
  },
  "a packed mark in an array that a value could be": {
    files: async () => ({
      "a.nc": await makeNetcdf({
        ...{ ...one, name: "sfcWind", times: [0, 1, 2, 3], type: "short" },
        variable: { units: "m s-1", scale_factor: 9 },
        value: (step) => [11, 1, 11, 2][step]!,
      }),
    }),
    follows: { "--missing sfcWind=11": "9, 2 values", "--missing sfcWind=none": "99, 4 values" },
  },
  "kelvin in an array": {
    files: async () => ({ "a.nc": await makeNetcdf({ ...one, times: [0, 1, 2], value: () => 300.15 }) }),
    follows: { "--units tasmax=K": "27, 3 values" },
  },
  "an array without a unit": {
    files: async () => ({
      "a.nc": await makeNetcdf({ ...one, times: [0, 1], variable: { units: undefined }, value: () => 5 }),
    }),
    follows: { "--units tasmax=degC": "5, 2 values" },
  },
  "one step": {
    files: async () => ({ "a.nc": await makeNetcdf({ ...one, times: [0], value: () => 5 }) }),
    follows: { "--frequency daily": "5, 1 values" },
  },
  "an array without a place": {
    files: async () => ({ "a.nc": await makeNetcdf({ ...one, times: [0, 1], dimensions: ["time"], value: () => 5 }) }),
    follows: { "--latitude 37.57142 --longitude 126.9658": "5, 2 values" },
  },
};

test.each(Object.entries(CASES))("%s", async (_, { files: given, words = {}, follows }) => {
  const files = typeof given === "function" ? await given() : given;
  const refusal = await refusalOf(ingest(database.client, files, { scenario: "refused", ...words }));
  expect(refusal).not.toBe("accepted");
  const found: Record<string, string> = {};
  for (const [printed, hint] of hintsOf(refusal)) found[printed] = await follow(files, words, hint);
  expect({ refusal, found }).toEqual({ refusal, found: follows });
});

/** Options that only undo themselves, name another command or file, or whose value the reader cannot know. */
const NOT_FOLLOWED = [
  "blank",
  "map",
  "calendar",
  "scenario",
  "grid",
  "variables",
  "spool",
  "stations",
  "help",
  "derive",
  "parent",
  "first-year",
  "on-conflict",
  "database",
  "check",
  "check-out",
  "longitude",
  "latitude",
];

test("every option that a reader of series suggests is followed by a case", () => {
  const folder = join(ROOT, "ingest");
  const texts = ["series", "cf", "formats"].flatMap((room) =>
    readdirSync(join(folder, room)).map((name) => readFileSync(join(folder, room, name), "utf8")),
  );
  const suggested = new Set(
    texts.flatMap((text) => [...text.matchAll(/give (?:[^`]{0,40})?--([a-z-]+)/gi)].map(([, name]) => name!)),
  );
  const followed = new Set(
    Object.values(CASES).flatMap(({ follows }) =>
      Object.keys(follows).flatMap((hint) => [...hint.matchAll(/--([a-z-]+)/g)].map(([, name]) => name!)),
    ),
  );
  expect([...suggested].filter((name) => !followed.has(name) && !NOT_FOLLOWED.includes(name))).toEqual([]);
});
