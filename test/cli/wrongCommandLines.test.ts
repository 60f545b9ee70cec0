// Wrong words: the message of each, with exit code 2 and the database as it was.
import { afterAll, beforeAll, expect, test } from "vitest";
import { RUN } from "../support/batches.ts";
import { cli, runCommands } from "../support/cli.ts";
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
  readonly message: string | RegExp;
  /** Given instead of the test's. */
  readonly database?: string;
}

const HELP_RUN = "Help: climatebatch run --help\n";
const RISKS_LISTED =
  "coastal_flood, cold_wave, drought, high_temperature, inland_flood, typhoon, urban_flood, water_scarcity or wildfire";

const WRONG_LINES: readonly WrongLine[] = [
  {
    words: "",
    message: /^Missing COMMAND\. Commands: assets, cancel, compare, data, .*\nHelp: climatebatch --help\n$/,
  },
  { words: "rum all", message: /^There is no command "rum"\. Commands: .* run, .*\nHelp: climatebatch --help\n$/ },
  { words: "toString", message: /^There is no command "toString"\. Commands: / },
  {
    words: "load",
    message:
      "load expects one of climate, storms, sea-levels, sea-level-rise, ground.\nHelp: climatebatch load --help\n",
  },
  { words: "load weather", message: /^load expects one of climate, storms, .* ground, but got "weather"\.\n/ },
  {
    words: "run all --hurry --risks drought",
    message:
      /^Unknown options --hurry, --risks\. Options: --grid, --scenario, .* --database, --help\nHelp: climatebatch run --help\n$/,
  },
  { words: "run all --no-grid", message: /^Unknown option --no-grid\. Options: / },
  { words: "run all hazard", message: `Unexpected word "hazard".\n${HELP_RUN}` },
  { words: "run", message: `Missing CALCULATION: probability, hazard or all\n${HELP_RUN}` },
  {
    words: "run everything --methods new",
    message: `Invalid value for CALCULATION: expected probability, hazard or all, got "everything".\nInvalid value for --methods: expected published or predecessor, got "new".\n${HELP_RUN}`,
  },
  {
    words: "run all --period 2021",
    message: `--period expects FIRST-LAST in whole years, such as 2021-2040, but got "2021".\n${HELP_RUN}`,
  },
  {
    words: "run all --period 2021-2090",
    message: /^--period 2021-2090 has 70 years, but a period has 15 to 40: .* such as 2021-2040\.\n/,
  },
  { words: "run all --period 2040-2021", message: /^--period 2040-2021 has -18 years, but a period has 15 to 40/ },
  { words: "run all --period", message: `--period expects a value.\n${HELP_RUN}` },
  {
    words: "run all --period 2101-2120",
    message: "No requested scenario has data in the period 2101-2120; there is future 1976-2045.\n",
  },
  {
    words: "run all --risk flood",
    message: `Invalid value for --risk: expected ${RISKS_LISTED}, got "flood".\n${HELP_RUN}`,
  },
  { words: "run all --scenario ssp999", message: 'No scenario is named "ssp999"; known: future, past.\n' },
  { words: "run all --grid moon", message: 'No target grid is named "moon"; known: test-grid.\n' },
  {
    words: "run all --workers 0",
    message: `Invalid value for --workers: expected a whole number, at least 1, got "0".\n${HELP_RUN}`,
  },
  {
    words: "run all --workers many",
    message: `Invalid value for --workers: expected a whole number, at least 1, got "many".\n${HELP_RUN}`,
  },
  { words: "run all --workers", message: `--workers expects a value.\n${HELP_RUN}` },
  { words: "run all --workers --new", message: `--workers expects a value.\n${HELP_RUN}` },
  { words: "run all --json=yes", message: `--json takes no value, but got "yes".\n${HELP_RUN}` },
  {
    words: "run all --workers 9999",
    message:
      /^9999 shards at a time need a database connection each, but PostgreSQL has \d+ of its \d+ left\. Give --workers \d+ or fewer/,
  },
  {
    words: "run all --cells-per-shard 2.5",
    message: /^Invalid value for --cells-per-shard: expected a whole number, at least 1, got "2.5"/,
  },
  {
    words: "run all --max-rejected-cells -1",
    message: /^Invalid value for --max-rejected-cells: expected a whole number, at least 0, got "-1"/,
  },
  {
    words: "run all --grid a --grid b",
    message: /^--grid takes one value, but is given 2 times \(a, b\)\. Give it once\.\n/,
  },
  {
    words: "run all --methods published --methods published",
    message: /^--methods takes one value, but is given 2 times/,
  },
  {
    words: "run probability --methods predecessor",
    message: /^No input for the requested risks is found for future.*high_temperature: WSDI yearly/s,
  },
  {
    words: "run hazard --methods predecessor",
    message:
      /^Invalid request: methods: predecessor computes probability only: the predecessor's hazard scores were placeholders/,
  },
  { words: "status 99", message: "There is no batch 99. List them: climatebatch status\n" },
  { words: "logs 99", message: "There is no batch 99. List them: climatebatch status\n" },
  { words: "retry 99", message: "There is no batch 99. List them: climatebatch status\n" },
  { words: "retry 1", message: "Batch 1 is complete: nothing is left to retry.\n" },
  { words: "publish 99", message: "There is no batch 99. List them: climatebatch status\n" },
  {
    words: "status first",
    message: /^BATCH is the number of a batch, but got "first"\. List batches: climatebatch status\n/,
  },
  { words: "logs", message: "Missing BATCH\nHelp: climatebatch logs --help\n" },
  { words: "export hazard", message: "Missing required option --output FILE\nHelp: climatebatch export --help\n" },
  {
    words: "export hazard --output - --format xml",
    message:
      /^Invalid value for --format: expected csv, json, parquet, geoparquet, geojson, netcdf, geotiff or oasis, got "xml"/,
  },
  { words: "export hazard --output - --batch 99", message: /^Batch 99 has no results in the database/ },
  {
    words: "export hazard --output - --scenario past",
    message: 'These hazard results have no scenario "past"; they have future.\n',
  },
  {
    words: "export hazard --output no/such/folder.csv",
    message:
      /^--output "no\/such\/folder\.csv" cannot be written: .* Give a file in a folder that exists and is yours\.\n$/,
  },
  { words: "sample", message: /^The database holds other data than the sample \(future, past, test-grid\)\./ },
  {
    words: "status",
    database: "mysql://user:secret@host/name",
    message: '--database expects postgres://user:password@host:port/name or embedded:DIR, but got "…".\n',
  },
  { words: "status", database: "embedded:", message: /^--database expects postgres:.* but got "embedded:"\.\n$/ },
];

const toWords = ({ words, database: url = database.url }: WrongLine) => [
  ...words.split(" ").filter((word) => word !== ""),
  "--database",
  url,
];

test("wrong command lines are refused with the problem and the remedy, end with exit code 2 and change nothing", async () => {
  const results = await runCommands(WRONG_LINES.map(toWords));
  const found = WRONG_LINES.map((line, at) => ({ ...line, ended: results[at]! }));

  expect(found.map(({ words, ended: { code, stdout, stderr } }) => ({ words, code, stdout, stderr }))).toEqual(
    found.map(({ words, message }) => ({
      words,
      code: 2,
      stdout: "",
      stderr: typeof message === "string" ? message : expect.stringMatching(message),
    })),
  );
  for (const { ended } of found) expect(ended.stderr).not.toContain("secret");
  expect(await digestTables(database.client)).toEqual(before);
});

test.each([
  { name: "no such database", path: "/nowhere", message: /database "nowhere" does not exist\. Check the address/ },
  {
    name: "no such user",
    user: "stranger",
    message: /password authentication failed for user "stranger"\. Check the address/,
  },
])("$name: the message has no password", async ({ path, user, message }) => {
  const url = new URL(database.url);
  if (path !== undefined) url.pathname = path;
  if (user !== undefined) url.username = user;
  const { code, stderr } = await cli(url.href, "status");
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(message) });
  expect(stderr).not.toContain(url.password);
});

test("an empty database: the message says what to load; an unmigrated one: to migrate", async () => {
  await using empty = await createTestDatabase();
  await using unmigrated = await createTestDatabase({ from: "empty" });
  expect(await cli(empty.url, "run", "all")).toMatchObject({
    code: 2,
    stderr:
      "The database holds no climate data yet. Load some: climatebatch load climate FILE --scenario NAME, or try: climatebatch sample\n",
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
