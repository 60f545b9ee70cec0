import { expect, test } from "vitest";
import { connect } from "../../database/connect.ts";
import { checkSchemaVersion, isSchemaNewer, migrate } from "../../database/migrate.ts";
import { createTestDatabase } from "../support/database.ts";

test("ten migrators at once apply every migration exactly once", async () => {
  await using database = await createTestDatabase({ from: "empty" });
  const sessions = await Promise.all(Array.from({ length: 10 }, () => connect(database.url, { purpose: "test" })));

  const applied = (await Promise.all(sessions.map((session) => migrate(session)))).flat();

  await Promise.all(sessions.map((session) => session.end()));
  const { rows } = await database.client.query("SELECT version FROM climatebatch.schema_migrations ORDER BY version");
  expect(applied.map(({ version }) => version).sort((a, b) => a - b)).toEqual(rows.map(({ version }) => version));
  expect(rows.length).toBeGreaterThan(0);
});

test("a second migration finds nothing to do", async () => {
  await using database = await createTestDatabase();
  expect(await migrate(database.client)).toEqual([]);
});

test("a database with the predecessor's tables is refused with the way out, and stays as it was", async () => {
  await using database = await createTestDatabase({ from: "empty" });
  await database.client.query("CREATE TABLE public.probability_results (latitude double precision)");

  await expect(migrate(database.client)).rejects.toThrow(
    /public\.probability_results.*import-predecessor --take-over/s,
  );

  const { rows } = await database.client.query("SELECT to_regnamespace('climatebatch') AS schema");
  expect(rows).toEqual([{ schema: null }]);
});

test("a program meets an unmigrated database with the command that helps", async () => {
  await using database = await createTestDatabase({ from: "empty" });
  await expect(checkSchemaVersion(database.client)).rejects.toThrow(/has none.*climatebatch migrate/s);
});

const FUTURE = "INSERT INTO climatebatch.schema_migrations (version, name) VALUES (9998, $1), (9999, '9999_views.sql')";

test("a program works on a newer schema that was only added to, and leaves it and its rights alone", async () => {
  await using database = await createTestDatabase();
  await database.client.query(FUTURE, ["9998_more.sql"]);
  await checkSchemaVersion(database.client);
  expect(await isSchemaNewer(database.client)).toBe(true);
  expect(await migrate(database.client)).toEqual([]);
});

test("a program refuses a newer schema that has lost something", async () => {
  await using database = await createTestDatabase();
  await database.client.query(FUTURE, ["9998_less.contract.sql"]);
  await expect(checkSchemaVersion(database.client)).rejects.toThrow(/version 9998.*newer climatebatch/s);
  await expect(migrate(database.client)).rejects.toThrow(/version 9998.*newer climatebatch/s);
});
