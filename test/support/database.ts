// A database of its own per test, cloned in milliseconds from a migrated template.
import { randomUUID } from "node:crypto";
import type { Client } from "pg";
import { inject } from "vitest";
import { connect } from "../../database/connect.ts";

export const TEMPLATE = "climatebatch_template";

export interface TestDatabase extends AsyncDisposable {
  readonly url: string;
  /** A session for the test's own questions. */
  readonly client: Client;
  drop(): Promise<void>;
}

export function databaseUrl(serverUrl: string, name: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}

/** `from: "empty"` gives one that was never migrated. */
export async function createTestDatabase({ from = TEMPLATE }: { from?: string } = {}): Promise<TestDatabase> {
  const serverUrl = inject("serverUrl");
  const name = `test_${randomUUID().replaceAll("-", "")}`;
  await administer(serverUrl, `CREATE DATABASE ${name} TEMPLATE ${from === "empty" ? "template0" : from}`);
  const url = databaseUrl(serverUrl, name);
  const client = await connect(url, { purpose: "test" });
  // As people have it; the programs' own sessions find nothing but pg_catalog without naming it.
  await client.query("RESET search_path");
  const drop = async () => {
    await client.end();
    await administer(serverUrl, `DROP DATABASE ${name} WITH (FORCE)`);
  };
  return { url, client, drop, [Symbol.asyncDispose]: drop };
}

async function administer(serverUrl: string, statement: string): Promise<void> {
  const admin = await connect(serverUrl, { purpose: "test setup" });
  try {
    await admin.query(statement);
  } finally {
    await admin.end();
  }
}
