// Users of a test's database, each in one of the group roles of database/roles.sql, or in none.
import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { inject } from "vitest";
import { connect } from "../../database/connect.ts";
import { GRANTS, grantRoles, OWNER_ROLE } from "../../database/roles.ts";
import { createTestDatabase, type TestDatabase } from "./database.ts";

export const ROLES_SQL = new URL("../../database/roles.sql", import.meta.url);
export const GROUPS = [OWNER_ROLE, ...Object.keys(GRANTS)];
const ROLES_LOCK = 4_211_999;
const STRANGER = "stranger";

export interface DatabaseUsers<User extends string> {
  loginOf(user: User): string;
  /** The database as this user reaches it; another one of the same server on request. */
  urlOf(user: User, database?: TestDatabase): string;
  /** After the database was dropped: users own nothing any more. Groups stay, because other tests' databases use them. */
  drop(): Promise<void>;
}

/** A user is named for its group, without `climatebatch_`; "stranger" is in none. */
export async function createDatabaseUsers<User extends string>(
  database: TestDatabase,
  users: readonly User[],
): Promise<DatabaseUsers<User>> {
  const { client } = database;
  const suffix = randomUUID().replaceAll("-", "").slice(0, 12);
  const loginOf = (user: User) => `test_${user}_${suffix}`;
  await oneAtATime(async () => {
    await client.query(await readFile(ROLES_SQL, "utf8"));
    for (const user of users) {
      const group = user === STRANGER ? "" : `IN ROLE climatebatch_${user}`;
      await client.query(`CREATE ROLE ${loginOf(user)} LOGIN PASSWORD 'secret' ${group}`);
    }
    await grantRoles(client);
  });
  return {
    loginOf,
    urlOf(user, { url } = database) {
      const own = new URL(url);
      own.username = loginOf(user);
      own.password = "secret";
      return own.href;
    },
    async drop() {
      await using other = await createTestDatabase({ from: "empty" });
      await oneAtATime(() => other.client.query(`DROP ROLE ${users.map(loginOf).join()}`));
    },
  };
}

/** Roles are the server's, whose catalog two sessions cannot change at once; locks are a database's: this is one for all. */
async function oneAtATime(work: () => Promise<unknown>): Promise<void> {
  const holder = await connect(inject("serverUrl"), { purpose: "test roles" });
  try {
    await holder.query("SELECT pg_advisory_lock($1)", [ROLES_LOCK]);
    await work();
  } finally {
    await holder.end();
  }
}
