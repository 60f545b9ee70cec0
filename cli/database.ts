// Which database a command works on: --database, else DATABASE_* or .env, else the embedded one under the working folder.
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { parseEnv } from "node:util";
import type { Client } from "pg";
import {
  type Environment,
  hidePassword,
  isPostgresUrl,
  NO_REPLICAS,
  namesDatabase,
  type ReadReplicas,
  readDatabaseUrl,
  readReplicas,
} from "../database/address.ts";
import { connect, PATIENCE_MS } from "../database/connect.ts";
import { type DatabaseHandle, openEmbeddedServer } from "../database/embeddedServer.ts";
import { checkSchemaVersion, migrate } from "../database/migrate.ts";
import { findTrouble } from "../database/troubles.ts";
import { RejectedError } from "../model/errors.ts";
import { endWhenInterrupted } from "./interruption.ts";
import { DEFAULT_DATABASE, EMBEDDED } from "./options.ts";

export const SAMPLE_DATABASE = `${EMBEDDED}.climatebatch/sample`;

export interface OpenDatabase {
  readonly url: string;
  readonly client: Client;
  readonly replicas: ReadReplicas;
  /** After the session was lost: waits for the server, and starts an embedded one again. Closed with the first. */
  readonly reopen: () => Promise<OpenDatabase>;
}

/** What a command does to the database: `create` makes an embedded one where there is none. */
export type Access = "create" | "use";

interface DatabaseArgument {
  readonly database?: string | undefined;
}

/** Opens the database, gives it a current schema (an embedded one is migrated, another one checked), and closes it after. */
export async function withDatabase<T>(
  argv: DatabaseArgument,
  purpose: string,
  work: (database: OpenDatabase) => Promise<T>,
  access: Access = "use",
): Promise<T> {
  const whole = async (database: OpenDatabase, isEmbedded: boolean) => {
    if (isEmbedded) await migrate(database.client);
    else await checkSchemaVersion(database.client);
    return work(database);
  };
  return withServer(argv, purpose, whole, access);
}

/** The same without checking the schema. */
export async function withServer<T>(
  argv: DatabaseArgument,
  purpose: string,
  work: (database: OpenDatabase, isEmbedded: boolean) => Promise<T>,
  access: Access,
): Promise<T> {
  await using release = new AsyncDisposableStack();
  const replicas = await findReplicas(argv);
  const open = async (patienceMs: number): Promise<OpenDatabase & { readonly isEmbedded: boolean }> => {
    const { url, isEmbedded, release: leave } = await openAddress(argv, access);
    release.defer(leave);
    const client = await connectOrExplain(url, purpose, patienceMs);
    release.defer(() => client.end().catch(() => undefined));
    release.use(endWhenInterrupted(client));
    return { url, client, replicas, isEmbedded, reopen: () => open(PATIENCE_MS) };
  };
  const opened = await open(10_000);
  return await work(opened, opened.isEmbedded);
}

/** Where the database is, without a connection; an embedded server is started, and released by the caller. */
export async function openAddress(
  argv: DatabaseArgument,
  access: Access,
): Promise<DatabaseHandle & { readonly isEmbedded: boolean }> {
  const address = (await findAddress(argv)) ?? DEFAULT_DATABASE;
  return { ...(await openServer(address, access)), isEmbedded: address.startsWith(EMBEDDED) };
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
export async function findAddress({ database }: DatabaseArgument): Promise<string | null> {
  if (database !== undefined) return database;
  const environment: Environment = { ...(await readEnvironmentFile()), ...process.env };
  return namesDatabase(environment) ? readDatabaseUrl(environment) : null;
}

/** Of the database that the environment names; a database of the command line has none. */
export async function findReplicas({ database }: DatabaseArgument): Promise<ReadReplicas> {
  if (database !== undefined) return NO_REPLICAS;
  const environment: Environment = { ...(await readEnvironmentFile()), ...process.env };
  return namesDatabase(environment) ? readReplicas(environment) : NO_REPLICAS;
}

async function openServer(address: string, access: Access): Promise<DatabaseHandle> {
  if (address.startsWith(EMBEDDED)) {
    const directory = address.slice(EMBEDDED.length);
    if (directory === "") throw invalidAddress(address);
    if (access === "use" && !isEmbeddedDatabase(directory)) throw noDatabase(address, directory);
    return openEmbeddedServer(directory);
  }
  if (!isPostgresUrl(address)) throw invalidAddress(address);
  return { url: address, release: async () => undefined };
}

function isEmbeddedDatabase(directory: string): boolean {
  return existsSync(join(directory, "pgdata", "PG_VERSION"));
}

function noDatabase(address: string, directory: string): RejectedError {
  const sample = SAMPLE_DATABASE.slice(EMBEDDED.length);
  const other =
    address !== SAMPLE_DATABASE && isEmbeddedDatabase(sample)
      ? ` The sample is here: --database ${SAMPLE_DATABASE}.`
      : "";
  return new RejectedError(
    "NoDatabase",
    `There is no database in ${resolve(directory)}.${other} Name one by --database, DATABASE_* or .env, or make one: ` +
      "climatebatch load climate FILE --scenario NAME, or to try things: climatebatch sample",
  );
}

function invalidAddress(address: string): RejectedError {
  return new RejectedError(
    "InvalidDatabase",
    `--database expects postgres://user:password@host:port/name or ${EMBEDDED}DIR, but got "${hidePassword(address)}".`,
  );
}

async function connectOrExplain(url: string, purpose: string, patienceMs: number): Promise<Client> {
  try {
    return await connect(url, { purpose, patienceMs, waitsForSettings: patienceMs === PATIENCE_MS });
  } catch (error) {
    if (findTrouble(error)?.fate === "passing") throw error;
    throw new RejectedError(
      "NoDatabase",
      `Cannot use the database ${hidePassword(url)}: ${(error as Error).message}. Check the address, user and password in --database, DATABASE_* or .env.`,
      { cause: error },
    );
  }
}
