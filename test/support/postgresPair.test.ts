import { expect, test } from "vitest";
import { connect } from "../../database/connect.ts";
import { startPostgresPair } from "./postgresPair.ts";

test("what was committed is there after a crash and after a failover, at the same address, which takes new rows", async () => {
  await using pair = await startPostgresPair();
  const query = async (statement: string) => {
    const client = await connect(pair.proxy.url, { purpose: "test" });
    try {
      return (await client.query(statement)).rows;
    } finally {
      await client.end();
    }
  };
  await query("CREATE TABLE public.kept AS SELECT 1 AS n");
  await pair.follow();
  await query("INSERT INTO public.kept VALUES (2)");

  await pair.crash();
  await expect(connect(pair.proxy.url, { purpose: "test", patienceMs: 0 })).rejects.toThrow();
  await pair.recover();
  await query("INSERT INTO public.kept VALUES (3)");

  for (const n of [4, 5]) {
    await pair.follow();
    await pair.crash();
    await pair.promote();
    await query(`INSERT INTO public.kept VALUES (${n})`);
  }

  expect(await query("SELECT n FROM public.kept ORDER BY n")).toEqual([1, 2, 3, 4, 5].map((n) => ({ n })));
});
