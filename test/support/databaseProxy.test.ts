import { expect, test } from "vitest";
import { connect } from "../../database/connect.ts";
import { createTestDatabase } from "./database.ts";
import { startDatabaseProxy } from "./databaseProxy.ts";

test("cut, it ends sessions and accepts none until it is restored", async () => {
  await using database = await createTestDatabase({ from: "empty" });
  await using exposed = await startDatabaseProxy(database.url);
  expect(new URL(exposed.url).port).not.toBe(new URL(database.url).port);
  const session = await connect(exposed.url, { purpose: "test" });
  const { rows } = await session.query("SELECT length(repeat('x', 1000000)) AS length");
  expect(rows).toEqual([{ length: 1_000_000 }]);

  exposed.cut();
  await expect(session.query("SELECT 1")).rejects.toThrow(/terminated|not queryable|ECONNRESET/);
  await expect(connect(exposed.url, { purpose: "test", patienceMs: 0 })).rejects.toThrow();

  exposed.restore();
  const again = await connect(exposed.url, { purpose: "test", patienceMs: 0 });
  await again.end();
});
