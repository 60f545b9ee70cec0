// What the doctor finds, made wrong one thing at a time; and what it says to do about it.
import { afterEach, beforeEach, expect, test } from "vitest";
import { MACHINE_CHECKS } from "../../cli/doctor/examineMachine.ts";
import type { CheckReport } from "../../cli/doctor/finding.ts";
import { endBatch } from "../../database/batches.ts";
import { METHODS_VERSIONS } from "../../model/calculations.ts";
import { cli, startCli } from "../support/cli.ts";
import { writePastAndFuture } from "../support/climate.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { startDatabaseProxy } from "../support/databaseProxy.ts";
import { createDatabaseUsers } from "../support/databaseUsers.ts";
import { loadBatch, specification, writePlaces } from "../support/loadedBatch.ts";
import { createPredecessorTables } from "../support/predecessorDatabase.ts";
import { insertBatch, requestBatch } from "../support/requests.ts";
import { serving } from "../support/serve.ts";

let database: TestDatabase;
beforeEach(async () => {
  database = await createTestDatabase();
});
afterEach(() => database.drop());

interface Examined {
  readonly code: number | null;
  /** Of a check: "level: found → advice". */
  of(check: string): string[];
}

async function examine(url = database.url, env: Record<string, string> = {}): Promise<Examined> {
  const { code, stdout, stderr } = await startCli(["doctor", "--json", "--database", url], { env }).ended;
  expect(stderr).toBe("");
  const reports = JSON.parse(stdout) as CheckReport[];
  expect(reports.map(({ check }) => check)).toEqual([
    "settings",
    "connection",
    ...MACHINE_CHECKS.map(({ name }) => name),
  ]);
  const of = (check: string) =>
    reports
      .find((one) => one.check === check)!
      .findings.map(({ level, found, advice }) => `${level}: ${found}${advice === null ? "" : ` → ${advice}`}`);
  return { code, of };
}

test("while serve works nothing is wrong, and the next firings are shown in local time and in UTC", async () => {
  await writePastAndFuture(database.client, { cells: 3 });
  await using serve = await serving(database.url);
  await database.client.query("NOTIFY aiops_trigger, 'hazard'");
  await serve.logged("batchPublished");

  const { code, of } = await examine();

  expect(code).toBe(0);
  expect(of("listeners")).toEqual([
    expect.stringMatching(/^ok: listening: serve since .*; expected are NOTIFY aiops_trigger, 'probability'/),
  ]);
  expect(of("channel")).toEqual([expect.stringMatching(/^ok: a NOTIFY from another session arrives here/)]);
  expect(of("next firings")).toEqual([
    expect.stringMatching(/^ok: probability: \d{4}-01-01 02:00 Asia\/Seoul, that is \d{4}-12-31 17:00 UTC$/),
    expect.stringMatching(/^ok: hazard: \d{4}-01-01 04:00 Asia\/Seoul, that is \d{4}-12-31 19:00 UTC$/),
  ]);
  expect(of("data")).toContainEqual(expect.stringMatching(/^ok: high_temperature: .*tasmax.*\(future\)$/));
  expect(of("data")).toContainEqual(
    expect.stringMatching(/^warning: drought: cannot be computed: .* → climatebatch explain drought /),
  );
  expect(of("batches")).toContainEqual(
    expect.stringMatching(/^ok: hazard: batch 1 is published since .*; hazard_results shows future, 2021-2040$/),
  );
  expect(of("batches")).toContainEqual(
    expect.stringMatching(/^warning: probability: nothing is published yet → Ask for a batch: NOTIFY/),
  );
});

test("results published before the methods changed are named, with what to do; newer ones are not", async () => {
  await writePlaces(database.client, 1);
  await loadBatch(database.client, specification({ calculation: "hazard" }));
  const { methods, methodsVersion } = { methods: "published", methodsVersion: METHODS_VERSIONS.published } as const;
  await loadBatch(database.client, specification({ calculation: "probability", methods, methodsVersion }));
  await database.client.query(
    "UPDATE climatebatch.batch_risks SET methods_version = $1 WHERE batch_id = (SELECT max(batch_id) FROM climatebatch.batches)",
    [METHODS_VERSIONS.published],
  );

  const found = (await examine()).of("batches").filter((finding) => finding.includes("of the methods"));

  expect(found).toEqual([
    "warning: the published hazard was made by version 1 of the methods published; this is version 2 → Compute it again: climatebatch run hazard. docs/validation.md lists what changed.",
  ]);
});

test("NOTIFY not received: no session listens, a pooler swallows, a request that no process takes", async () => {
  await requestBatch(database.client, "hazard");
  await database.client.query("UPDATE climatebatch.batch_requests SET requested_at = now() - interval '1 hour'");
  await using proxy = await startDatabaseProxy(database.url);
  proxy.swallowNotifications(true);

  const { code, of } = await examine(proxy.url);

  expect(code).toBe(1);
  expect(of("listeners")).toEqual([
    expect.stringMatching(/^problem: no session listens: .* → Start it: climatebatch serve/),
  ]);
  expect(of("channel")).toEqual([
    expect.stringMatching(/^problem: LISTEN was accepted, .*pooler.* → Give DATABASE_HOST/),
  ]);
  expect(of("requests")).toEqual([
    expect.stringMatching(/^problem: request 1 for hazard waits since .*, and no process takes it → Start it/),
  ]);
});

test("a request that an installation took which is no more: how to go on, or to withdraw it, with a statement that does", async () => {
  await requestBatch(database.client, "hazard");
  await database.client.query(
    "UPDATE climatebatch.batch_requests SET state = 'claimed', claimed_by = 'gone', claimed_at = now() - interval '1 hour'",
  );
  const [finding] = (await examine()).of("requests");
  expect(finding).toMatch(/^problem: request 1 for hazard was taken by the installation "gone", which is not here/);

  await database.client.query(/UPDATE .*$/.exec(finding!)![0]);

  expect((await examine()).of("requests")).toEqual(["ok: no request waits"]);
});

test("batch failing: the reason, and what to do about that one", async () => {
  const shards = await insertBatch(database.client);
  await endBatch(database.client, shards, "failed", {
    reason: "ShardsFailed",
    message: "1 shards failed (3); shard 3: no room",
  });
  expect((await examine()).of("batches")).toContainEqual(
    expect.stringMatching(
      new RegExp(
        `^problem: last hazard: batch ${shards} of .* is failed \\(ShardsFailed\\): .*no room → .*climatebatch logs ${shards}.*climatebatch retry ${shards}`,
      ),
    ),
  );
  const input = await insertBatch(database.client);
  await endBatch(database.client, input, "failed", { reason: "InputChanged", message: "the input changed" });
  await insertBatch(database.client);
  const { of } = await examine();
  expect(of("batches")).toContainEqual(
    expect.stringMatching(/is failed \(InputChanged\).* → The data were loaded again while it ran/),
  );
  expect(of("batches")).toContainEqual(
    expect.stringMatching(/^warning: batch \d+ \(hazard\) runs, .*; no process works on it now/),
  );
});

test("schedule not running: a firing that was not requested, within the window and later", async () => {
  await database.client.query("UPDATE climatebatch.schema_migrations SET applied_at = '2001-01-01'");
  const soon = await examine(database.url, { SCHEDULE_LATE_HOURS: "8760" });
  expect(soon.of("last firings")[0]).toMatch(
    /^problem: probability of .* was not requested → Start climatebatch serve/,
  );
  const late = await examine(database.url, { SCHEDULE_LATE_HOURS: "0" });
  expect(late.of("last firings")[1]).toMatch(
    /^problem: hazard of .* was missed, .* → Ask for it: SELECT climatebatch\.request_batch\('hazard'\)/,
  );
});

test("wrong settings are reported, and the rest is checked with the defaults", async () => {
  const { code, of } = await examine(database.url, { PARALLEL_WORKERS: "none", HAZARD_SCHEDULE_HOURS: "4" });
  expect(code).toBe(1);
  expect(of("settings")).toEqual([
    expect.stringMatching(/^problem: .*2 problems:\n {2}HAZARD_SCHEDULE_HOURS.*\n {2}PARALLEL_WORKERS/),
  ]);
  expect(of("schema")).toEqual(["ok: the schema is this version's"]);
});

test("the predecessor's tables, not taken over yet: how to take them", async () => {
  await using old = await createTestDatabase({ from: "empty" });
  await createPredecessorTables(old.client, { places: 1, firstYear: 2021, lastYear: 2022 });
  const { code, of } = await examine(old.url);
  expect(code).toBe(1);
  expect(of("schema")).toEqual([expect.stringMatching(/import-predecessor --take-over/)]);
  expect(of("data")).toEqual(["unknown: not looked at: the schema is not this version's"]);
});

test("a database that may only be read: what makes it so", async () => {
  const name = new URL(database.url).pathname.slice(1);
  await database.client.query(`ALTER DATABASE "${name}" SET default_transaction_read_only = on`);
  const { code, of } = await examine();
  expect(code).toBe(1);
  expect(of("server")).toContainEqual(
    expect.stringMatching(/^problem: default_transaction_read_only is on: nothing can be written → .*RESET/),
  );
});

test("a user that lacks rights: which, and how to give them", async () => {
  const users = await createDatabaseUsers(database, ["reader"]);
  try {
    const { code, of } = await examine(users.urlOf("reader"));
    expect(code).toBe(1);
    expect([...of("schema"), ...of("permissions")].join("\n")).toMatch(/problem: .*(permission|may not)/);
  } finally {
    await database.drop();
    await users.drop();
    database = await createTestDatabase();
  }
});

test("no database: exit code 4, and where to look", async () => {
  const { code, of } = await examine("postgres://visitor:secret@127.0.0.1:1/nowhere");
  expect(code).toBe(4);
  expect(of("connection")[0]).toMatch(
    /^problem: no connection to postgres:\/\/visitor:…@127\.0\.0\.1:1\/nowhere: .* → Is PostgreSQL running\?/,
  );
  const { stdout } = await cli("postgres://visitor:secret@127.0.0.1:1/nowhere", "doctor");
  expect(stdout).toMatch(/^PROBLEM {2}connection/m);
  expect(stdout).not.toContain("secret");
});
