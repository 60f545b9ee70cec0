// `ingest-storms` into a database: what is stored, what a second ingest does, what is refused while it is used.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { readStorms as readStoredStorms } from "../../database/stormReader.ts";
import { writeStorms } from "../../database/stormWriter.ts";
import type { StormTrack } from "../../model/storms.ts";
import { cli, type Ended } from "../support/cli.ts";
import { writePastAndFuture } from "../support/climate.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { jmaYear, readStorms } from "../support/stormFiles.ts";
import { koreanStorm } from "../support/storms.ts";

let database: TestDatabase;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "climatebatch-ingest-storms-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));
beforeEach(async () => {
  database = await createTestDatabase();
  return () => database.drop();
});

async function ingest(text: string, ...words: string[]): Promise<Ended> {
  const file = join(folder, "bst.txt");
  await writeFile(file, text);
  return cli(database.url, "ingest-storms", file, ...words);
}

const years = (...some: number[]) => some.map((year) => jmaYear(year)).join("");

async function stored() {
  const { rows } = await database.client.query(
    `SELECT (SELECT array_agg(storm_id ORDER BY storm_id) FROM climatebatch.storms) AS storms,
       (SELECT count(*)::int FROM climatebatch.storm_points) AS points, r.agency, r.first_year, r.last_year,
       (SELECT revision::int FROM climatebatch.input_revisions WHERE input = 'storms') AS revision
     FROM climatebatch.storm_records AS r`,
  );
  return rows[0];
}

test("storms and the years of the record are stored and reported", async () => {
  const { code, stdout } = await ingest(years(2015, 2017));
  expect({ code, stdout }).toEqual({
    code: 0,
    stdout: expect.stringMatching(
      /^2 storms of JMA, 24 points\nThe record is JMA 2015-2017; storms is now at revision \d+\.\n$/,
    ),
  });
  expect(await stored()).toMatchObject({ storms: ["201501", "201701"], points: 24, first_year: 2015, last_year: 2017 });
});

test("what is stored is read back as it was, to the last digit", async () => {
  const odd: StormTrack = {
    ...koreanStorm().called("2018271N06154", 2018, null).grade(["TD", null, "TS", "STS", "TY", "ET", null]).build(),
    name: "태풍",
    hours: Float64Array.from([0.5, 6, 12, 18, 24, 30, 36], (hour) => hour + 427_000),
  };
  const [jma] = (await readStorms({ "bst.txt": jmaYear(2018) })).tracks;
  await writeStorms(database.client, {
    years: { agency: "test", firstYear: 2018, lastYear: 2018 },
    tracks: [odd, jma!],
    replaceRecord: false,
    failRunningBatches: false,
  });
  const read: StormTrack[] = [];
  await readStoredStorms(database.client, (track) => read.push(track));
  expect(read).toEqual([jma, odd]);
});

test("the same seasons again replace the stored ones, following ones are added", async () => {
  await ingest(years(2015, 2016));
  const again = await ingest(jmaYear(2016, 2) + jmaYear(2017));
  expect(again.stdout).toContain("They replace 1 storm stored before");
  expect(await stored()).toMatchObject({ storms: ["201501", "201602", "201701"], first_year: 2015, last_year: 2017 });
});

test("--years chooses the record's years: storms of others are left out, years without a storm count", async () => {
  const { stdout } = await ingest(years(2014, 2016, 2018), "--years", "2015-2020");
  expect(stdout).toContain("Outside --years: 1 storm");
  expect(await stored()).toMatchObject({ storms: ["201601", "201801"], first_year: 2015, last_year: 2020 });
});

test.each([
  {
    name: "years that leave a gap",
    text: years(2019),
    words: [],
    refusal:
      /^Storms of 2015-2016 are stored, and the files hold 2019-2019: the years between would count as years without a storm\./,
  },
  {
    name: "another agency",
    text: "TY 2201 2017 8 1 0 130 20 40 955 - - - - - - X\nTY 2201 2017 8 1 6 130 21 40 955 - - - - - - X\n",
    words: [],
    refusal: /^Storms of JMA are stored, but the files are of KMA: .* Give --replace-record/,
  },
  {
    name: "knots declared as metres per second",
    text: years(2017),
    words: ["--wind-unit", "m/s"],
    refusal: /^The winds, read as m\/s, are \d\.\d\d times what the central pressures beside them make/,
  },
  {
    name: "years that no storm is of",
    text: years(2017),
    words: ["--years", "1950-1960"],
    refusal: /^No storm of the files is of 1950-1960: they hold 2017-2017\. Correct --years\.$/m,
  },
  {
    name: "words that are no years",
    text: years(2017),
    words: ["--years", "2017"],
    refusal: /^--years expects FIRST-LAST, such as 1977-2023, but got "2017"\.$/m,
  },
  {
    name: "an agency that IBTrACS has not",
    text: years(2017),
    words: ["--agency", "nasa"],
    refusal: /^--agency expects wmo or one of usa, tokyo, .* but got "nasa"\.$/m,
  },
])("$name are refused and the record stays", async ({ text, words, refusal }) => {
  await ingest(years(2015, 2016));
  const before = await stored();
  const { code, stderr } = await ingest(text, ...words);
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(refusal) });
  expect(await stored()).toEqual(before);
});

test("--replace-record forgets whatever was stored", async () => {
  await ingest(years(2015, 2016));
  const { code } = await ingest(years(2019), "--replace-record");
  expect(code).toBe(0);
  expect(await stored()).toMatchObject({ storms: ["201901"], first_year: 2019, last_year: 2019 });
});

test("a batch pins the storms only if it computes typhoons; then an ingest is refused, or fails the batch as requested", async () => {
  await ingest(years(2015));
  await writePastAndFuture(database.client, { cells: 1 });
  const plan = async (risk: string) =>
    database.client.query(
      `INSERT INTO climatebatch.batches (calculation, specification, specification_key, grid_id)
       SELECT 'hazard', '{}', $1, grid_id FROM climatebatch.grids RETURNING batch_id`,
      [risk],
    );
  await plan("drought");
  const { rows } = await plan("typhoon");
  await database.client.query("INSERT INTO climatebatch.batch_inputs VALUES ($1, 'storms', 4)", [rows[0].batch_id]);

  const refused = await ingest(years(2016));
  expect({ code: refused.code, stderr: refused.stderr }).toEqual({
    code: 2,
    stderr: expect.stringMatching(
      new RegExp(`^Batch ${rows[0].batch_id} is unfinished and uses storms, which this command would change`),
    ),
  });
  const { code, stdout } = await ingest(years(2016), "--fail-running-batches");
  expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining(`batch ${rows[0].batch_id}\n`) });
});

test("--json prints the same as facts", async () => {
  const { stdout } = await ingest(years(2015, 2016), "--json");
  expect(JSON.parse(stdout)).toEqual({
    format: "JMA",
    leftOut: { storms: 0, points: 0 },
    outsideYears: 0,
    record: { agency: "JMA", firstYear: 2015, lastYear: 2016 },
    stormsWritten: 2,
    pointsWritten: 24,
    stormsRemoved: 0,
    revision: expect.any(Number),
    failedBatches: [],
  });
});
