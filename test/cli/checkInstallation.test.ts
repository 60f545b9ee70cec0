import { expect, test } from "vitest";
import { startCli } from "../support/cli.ts";
import { createTestDatabase } from "../support/database.ts";
import { createDatabaseUsers } from "../support/databaseUsers.ts";
import { hasPgBouncer, startPgBouncer } from "../support/pgbouncer.ts";

/** Nothing listens there. */
const NOWHERE = "/nowhere/kubeconfig";

async function check(url: string) {
  const words = ["check-installation", "--database", url, "--kubeconfig", NOWHERE];
  const { code, stdout } = await startCli(words, { env: {} }).ended;
  const line = (name: string) => stdout.split("\n").find((one) => one.slice(8).startsWith(name)) ?? stdout;
  return { code, line };
}

test("each thing is tried and told, and what is missing says what to do: rights, and a cluster", async () => {
  const database = await createTestDatabase();
  const users = await createDatabaseUsers(database, ["operator", "job"]);
  try {
    const operator = await check(users.urlOf("operator"));
    expect(operator.code).toBe(1);
    expect(operator.line("database")).toMatch(/^ok .* as test_operator_.*no TLS; the schema is current$/);
    expect(operator.line("rights")).toMatch(/^ok /);
    expect(operator.line("notify")).toMatch(/^ok .* arrived$/);
    expect(operator.line("definition")).toMatch(/^FAILED .*\/nowhere\/kubeconfig/);
    const job = await check(users.urlOf("job"));
    expect(job.line("rights")).toMatch(
      /^FAILED .*lacks INSERT on climatebatch\.batches, .*GRANT climatebatch_operator/,
    );
  } finally {
    await database.drop();
    await users.drop();
  }
});

test.skipIf(!hasPgBouncer)("a pooler that swallows notifications is found out", async () => {
  await using database = await createTestDatabase();
  await using pooler = await startPgBouncer(database.url, "transaction");
  expect((await check(pooler.url)).line("notify")).toMatch(/^FAILED .*not of a pooler/);
});
