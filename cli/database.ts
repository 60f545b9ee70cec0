// Which database a command works on: --database, else DATABASE_* or .env, else the embedded one under the working folder.
import { readFile } from "node:fs/promises";
import { parseEnv } from "node:util";
import type { Client } from "pg";
import { type Environment, namesDatabase, readDatabaseUrl } from "../database/address.ts";
import { connect } from "../database/connect.ts";
import { type DatabaseHandle, openEmbeddedServer } from "../database/embeddedServer.ts";
import { checkSchemaVersion, migrate } from "../database/migrate.ts";
import { findTrouble } from "../database/troubles.ts";
import { RejectedError } from "../model/errors.ts";
import { DEFAULT_DATABASE, EMBEDDED } from "./options.ts";

export const SAMPLE_DATABASE = `${EMBEDDED}.climatebatch/sample`;

export interface OpenDatabase {
  readonly url: string;
  readonly client: Client;
}

/** Opens the database, gives it a current schema (an embedded one is migrated, another one checked), and closes it after. */
export async function withDatabase<T>(
  argv: { database?: string | undefined },
  purpose: string,
  work: (database: OpenDatabase) => Promise<T>,
): Promise<T> {
  return withServer(argv, purpose, async (database, isEmbedded) => {
    if (isEmbedded) await migrate(database.client);
    else await checkSchemaVersion(database.client);
    return work(database);
  });
}

/** The same without checking the schema. */
export async function withServer<T>(
  { database }: { database?: string | undefined },
  purpose: string,
  work: (database: OpenDatabase, isEmbedded: boolean) => Promise<T>,
): Promise<T> {
  const server = await openAddress({ database });
  try {
    const client = await connectOrExplain(server.url, purpose);
    try {
      return await work({ url: server.url, client }, server.isEmbedded);
    } finally {
      await client.end().catch(() => undefined);
    }
  } finally {
    await server.release();
  }
}

/** Where the database is, without a connection; an embedded server is started, and released by the caller. */
export async function openAddress({
  database,
}: {
  database?: string | undefined;
}): Promise<DatabaseHandle & { readonly isEmbedded: boolean }> {
  const address = (await findAddress({ database })) ?? DEFAULT_DATABASE;
  return { ...(await openServer(address)), isEmbedded: address.startsWith(EMBEDDED) };
}

/** What the `.env` of the working folder says; nothing when there is none. */
export async function readEnvironmentFile(): Promise<Environment> {
  try {
    return parseEnv(await readFile(".env", "utf8"));
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === "ENOENT") return {};
    throw new RejectedError("UnreadableFile", `.env of this folder cannot be read: ${message}.`, { cause });
  }
}

/** null: neither the command line nor the environment names a database. */
export async function findAddress({ database }: { database?: string | undefined }): Promise<string | null> {
  if (database !== undefined) return database;
  const environment: Environment = { ...(await readEnvironmentFile()), ...process.env };
  return namesDatabase(environment) ? readDatabaseUrl(environment) : null;
}

async function openServer(address: string): Promise<DatabaseHandle> {
  if (address.startsWith(EMBEDDED)) {
    const directory = address.slice(EMBEDDED.length);
    if (directory === "") throw invalidAddress(address);
    return openEmbeddedServer(directory);
  }
  if (!isPostgresUrl(address)) throw invalidAddress(address);
  return { url: address, release: async () => undefined };
}

export function isPostgresUrl(address: string): boolean {
  return /^postgres(ql)?:\/\/[^/]+/.test(address) && URL.canParse(address);
}

function invalidAddress(address: string): RejectedError {
  return new RejectedError(
    "InvalidDatabase",
    `--database expects postgres://user:password@host:port/name or ${EMBEDDED}DIR, but got "${hidePassword(address)}".`,
  );
}

async function connectOrExplain(url: string, purpose: string): Promise<Client> {
  try {
    return await connect(url, { purpose, patienceMs: 10_000 });
  } catch (error) {
    if (findTrouble(error)?.fate === "passing") throw error;
    throw new RejectedError(
      "NoDatabase",
      `Cannot use the database ${hidePassword(url)}: ${(error as Error).message}. Check the address, user and password in --database, DATABASE_* or .env.`,
      { cause: error },
    );
  }
}

/** For messages. A password may contain the characters that separate parts of an address, and may also be a parameter. */
export function hidePassword(address: string): string {
  return address.replace(/(:\/\/[^:/@]*):.*@/s, "$1:…@").replace(/([?&](?:ssl)?password=)[^&]*/g, "$1…");
}
