// One PostgreSQL for the whole run: an embedded one in a fresh folder, or the one TEST_DATABASE_URL names (a superuser's).
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Client } from "pg";
import type { TestProject } from "vitest/node";
import { connect } from "../../database/connect.ts";
import { openEmbeddedServer } from "../../database/embeddedServer.ts";
import { migrate } from "../../database/migrate.ts";
import { databaseUrl, TEMPLATE } from "./database.ts";

declare module "vitest" {
  export interface ProvidedContext {
    readonly serverUrl: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const given = process.env.TEST_DATABASE_URL;
  const folder = await mkdtemp(join(tmpdir(), "climatebatch-test-"));
  const server =
    given === undefined ? await openEmbeddedServer(folder) : { url: given, release: async () => undefined };
  project.provide("serverUrl", server.url);
  const admin = await connect(server.url, { purpose: "test setup" });
  if (given === undefined) await forgoDurability(admin);
  await admin.query(`DROP DATABASE IF EXISTS ${TEMPLATE} WITH (FORCE)`);
  await admin.query(`CREATE DATABASE ${TEMPLATE}`);
  await admin.end();
  const template = await connect(databaseUrl(server.url, TEMPLATE), { purpose: "test setup" });
  await migrate(template);
  await template.end();
  return async () => {
    await server.release();
    await rm(folder, { recursive: true, force: true });
  };
}

/** Nothing here has to survive the machine; databases by the hundred are made and dropped. */
async function forgoDurability(admin: Client): Promise<void> {
  for (const setting of ["fsync", "synchronous_commit", "full_page_writes"]) {
    await admin.query(`ALTER SYSTEM SET ${setting} = off`);
  }
  await admin.query("SELECT pg_reload_conf()");
}
