import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { startCli } from "../support/cli.ts";
import { createTestDatabase } from "../support/database.ts";
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
  // Not in a group role: those are the whole server's, and other tests make and drop them at the same time.
  const login = `test_${randomUUID().replaceAll("-", "").slice(0, 12)}`;
  await database.client.query(`CREATE ROLE ${login} LOGIN PASSWORD 'secret'`);
  await database.client.query(`GRANT USAGE ON SCHEMA climatebatch TO ${login}`);
  await database.client.query(`GRANT SELECT ON climatebatch.schema_migrations TO ${login}`);
  try {
    const owner = await check(database.url);
    expect(owner.code).toBe(1);
    expect(owner.line("database")).toMatch(/^ok .*no TLS; the schema is current$/);
    expect(owner.line("rights")).toMatch(/^ok /);
    expect(owner.line("notify")).toMatch(/^ok .* arrived$/);
    expect(owner.line("definition")).toMatch(/^FAILED .*\/nowhere\/kubeconfig/);
    const stranger = await check(Object.assign(new URL(database.url), { username: login, password: "secret" }).href);
    expect(stranger.line("database")).toMatch(new RegExp(`^ok .* as ${login}`));
    expect(stranger.line("rights")).toMatch(
      /^FAILED .*lacks .*INSERT on climatebatch\.batches, .*GRANT climatebatch_operator/,
    );
  } finally {
    await database.drop();
    await using other = await createTestDatabase({ from: "empty" });
    await other.client.query(`DROP ROLE ${login}`);
  }
});

test.skipIf(!hasPgBouncer)("a pooler that swallows notifications is found out", async () => {
  await using database = await createTestDatabase();
  await using pooler = await startPgBouncer(database.url, "transaction");
  expect((await check(pooler.url)).line("notify")).toMatch(/^FAILED .*not of a pooler/);
});
