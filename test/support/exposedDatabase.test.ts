import { expect, test } from "vitest";
import { connect } from "../../database/connect.ts";
import { createTestDatabase } from "./database.ts";
import { exposeDatabase } from "./exposedDatabase.ts";

test("a database is exposed at another place; cut, it ends sessions and takes none until it is mended", async () => {
  await using database = await createTestDatabase({ from: "empty" });
  await using exposed = await exposeDatabase(database.url, "127.0.0.1");
  expect(new URL(exposed.url).port).not.toBe(new URL(database.url).port);
  const session = await connect(exposed.url, { purpose: "test" });
  const { rows } = await session.query("SELECT length(repeat('x', 1000000)) AS length");
  expect(rows).toEqual([{ length: 1_000_000 }]);

  exposed.cut();
  await expect(session.query("SELECT 1")).rejects.toThrow(/terminated|not queryable|ECONNRESET/);
  await expect(connect(exposed.url, { purpose: "test", patienceMs: 0 })).rejects.toThrow();

  exposed.mend();
  const again = await connect(exposed.url, { purpose: "test", patienceMs: 0 });
  await again.end();
});
