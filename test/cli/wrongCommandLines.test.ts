// Wrong words: what each is told, with exit code 2 and the database as it was.
import pMap from "p-map";
import { afterAll, beforeAll, expect, test } from "vitest";
import { RUN } from "../support/batches.ts";
import { cli } from "../support/cli.ts";
import { writePastAndFuture } from "../support/climate.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { digestTables } from "../support/tableDigests.ts";

let database: TestDatabase;
let before: Record<string, string>;
beforeAll(async () => {
  database = await createTestDatabase();
  await writePastAndFuture(database.client, { cells: 4 });
  expect((await cli(database.url, ...RUN)).code).toBe(0);
  before = await digestTables(database.client);
});
afterAll(() => database.drop());

interface WrongLine {
  readonly words: string;
  readonly told: string | RegExp;
  /** Given instead of the test's. */
  readonly database?: string;
}

const HELP_RUN = "Help: climatebatch run --help\n";
const GREEDY =
  "A value is missing: got 0 before the options, expected 1. Options of several values, such as --scenario, take all words that follow: put them last.\n";

const WRONG_LINES: readonly WrongLine[] = [
  { words: "", told: "Say what to do: climatebatch <command>. Try: climatebatch --help\nHelp: climatebatch --help\n" },
  { words: "rum all", told: 'There is no command "rum". Did you mean: climatebatch run?\nHelp: climatebatch --help\n' },
  { words: "xyzzy", told: 'There is no command "xyzzy".\nHelp: climatebatch --help\n' },
  { words: "run all --hurry", told: `Not understood: hurry. It is no option or value of this command.\n${HELP_RUN}` },
  { words: "run all hazard", told: `Not understood: hazard. It is no option or value of this command.\n${HELP_RUN}` },
  { words: "run", told: `${GREEDY}${HELP_RUN}` },
  { words: "run --scenario future all", told: `${GREEDY}${HELP_RUN}` },
  {
    words: "run everything",
    told: `A value that cannot be:\n  calculation was given as "everything"; expected one of "probability", "hazard", "all"\n${HELP_RUN}`,
  },
  {
    words: "run all --period 2021",
    told: '--period expects FIRST-LAST in whole years, such as 2021-2040, but got "2021".\n',
  },
  {
    words: "run all --period 2021-2090",
    told: /^--period 2021-2090 has 70 years, but a period has 15 to 40: .* such as 2021-2040\.\n$/,
  },
  { words: "run all --period 2040-2021", told: /^--period 2040-2021 has -18 years, but a period has 15 to 40/ },
  {
    words: "run all --period",
    told: "--period expects one value or more, but got none. Give them, or leave --period out.\n",
  },
  {
    words: "run all --period 2101-2120",
    told: "No requested scenario has data in the period 2101-2120; there is future 1976-2045.\n",
  },
  {
    words: "run all --risk flood",
    told: /^A value that cannot be:\n {2}risk was given as "flood"; expected one of "coastal_flood", /,
  },
  { words: "run all --scenario ssp999", told: 'No scenario is named "ssp999"; known: future, past.\n' },
  { words: "run all --grid moon", told: 'No target grid is named "moon"; known: test-grid.\n' },
  {
    words: "run all --workers 0",
    told: '--workers expects a whole number from 1, but got "0". Give one, such as --workers 2.\n',
  },
  {
    words: "run all --workers many",
    told: "--workers expects a whole number from 1, but got something else. Give one, such as --workers 2.\n",
  },
  { words: "run all --workers", told: `--workers expects a value, but none follows.\n${HELP_RUN}` },
  {
    words: "run all --workers 9999",
    told: /^9999 shards at a time need a database connection each, but PostgreSQL has \d+ of its \d+ left\. Give --workers \d+ or fewer/,
  },
  { words: "run all --cells-per-shard 2.5", told: /^--cells-per-shard expects a whole number from 1, but got "2.5"/ },
  {
    words: "run all --max-rejected-cells -1",
    told: /^--max-rejected-cells expects a whole number from 0, but got "-1"/,
  },
  { words: "run all --grid a --grid b", told: "--grid has one value, but was given 2 times (a, b). Give it once.\n" },
  { words: "run all --methods published --methods published", told: /^--methods has one value, but was given 2 times/ },
  {
    words: "run probability --methods predecessor",
    told: /^No input for the requested risks is found for future.*high_temperature: WSDI yearly/s,
  },
  {
    words: "run hazard --methods predecessor",
    told: /^Invalid request: methods: predecessor computes probability only: the predecessor's hazard scores were placeholders/,
  },
  { words: "status 99", told: "There is no batch 99. List them: climatebatch status\n" },
  { words: "logs 99", told: "There is no batch 99. List them: climatebatch status\n" },
  { words: "retry 99", told: "There is no batch 99. List them: climatebatch status\n" },
  { words: "retry 1", told: "Batch 1 is complete: nothing is left to retry.\n" },
  { words: "publish 99", told: "There is no batch 99. List them: climatebatch status\n" },
  { words: "status first", told: 'BATCH is the number of a batch, but got "first". List them: climatebatch status\n' },
  { words: "logs", told: /^A value is missing: got 0 before the options, expected 1/ },
  { words: "export hazard", told: "An option must be given: --output\nHelp: climatebatch export --help\n" },
  { words: "export hazard --output - --format xml", told: /format was given as "xml"; expected one of "csv", "json"/ },
  { words: "export hazard --output - --batch 99", told: /^Batch 99 has no hazard rows in the database/ },
  {
    words: "export hazard --output - --scenario past",
    told: 'These hazard results have no scenario "past"; they have future.\n',
  },
  {
    words: "export hazard --output no/such/folder.csv",
    told: /^--output "no\/such\/folder\.csv" cannot be written: .* Give a file in a folder that exists and is yours\.\n$/,
  },
  { words: "sample", told: /^The database holds other data than the sample \(future, past, test-grid\)\./ },
  {
    words: "status",
    database: "mysql://user:secret@host/name",
    told: '--database expects postgres://user:password@host:port/name or embedded:DIR, but got "mysql://user:…@host/name".\n',
  },
  { words: "status", database: "embedded:", told: /^--database expects postgres:.* but got "embedded:"\.\n$/ },
];

const run = (words: string, url: string) => cli(url, ...words.split(" ").filter((word) => word !== ""));

test("wrong command lines are told what is wrong and how to mend it, end with exit code 2 and change nothing", async () => {
  // Several at a time, because most of the time goes into starting.
  const found = await pMap(
    WRONG_LINES,
    async (line) => ({ ...line, ended: await run(line.words, line.database ?? database.url) }),
    { concurrency: 4 },
  );

  for (const { words, told, ended } of found) {
    const { code, stdout, stderr } = ended;
    expect({ words, code, stdout, stderr }).toEqual({
      words,
      code: 2,
      stdout: "",
      stderr: typeof told === "string" ? told : expect.stringMatching(told),
    });
    expect(stderr).not.toContain("secret");
  }
  expect(await digestTables(database.client)).toEqual(before);
});

test.each([
  { name: "no such database", path: "/nowhere", told: /database "nowhere" does not exist\. Check the address/ },
  {
    name: "no such user",
    user: "nobody",
    told: /password authentication failed for user "nobody"\. Check the address/,
  },
])("$name is told without the password", async ({ path, user, told }) => {
  const url = new URL(database.url);
  if (path !== undefined) url.pathname = path;
  if (user !== undefined) url.username = user;
  const { code, stderr } = await cli(url.href, "status");
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(told) });
  expect(stderr).not.toContain(url.password);
});

test("an empty database is told what to load, an unmigrated one to migrate", async () => {
  await using empty = await createTestDatabase();
  await using unmigrated = await createTestDatabase({ from: "empty" });
  expect(await cli(empty.url, "run", "all")).toMatchObject({
    code: 2,
    stderr:
      "The database holds no climate data yet. Load some: climatebatch ingest FILE --scenario NAME, or try: climatebatch sample\n",
  });
  expect(await cli(empty.url, "status")).toMatchObject({
    code: 0,
    stdout: "No batch yet. Start one: climatebatch run all\n",
  });
  expect(await cli(unmigrated.url, "status")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("Run: climatebatch migrate"),
  });
});
