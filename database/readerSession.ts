// Sessions that can only read, even a superuser's: read-only transactions, statements with a limit, and the rights of the role for
// readers where the user may take them.
import type { Client } from "pg";

const READER_ROLE = "climatebatch_reader";

/** Statements of such a session end after `statementLimitMs`. */
export async function restrictToReading(client: Client, statementLimitMs: number): Promise<void> {
  await client.query(`SET default_transaction_read_only = on; SET statement_timeout = ${Math.round(statementLimitMs)}`);
  const { rows } = await client.query<{ may: boolean }>(
    `SELECT pg_has_role(oid, 'MEMBER') AND has_table_privilege(oid, 'climatebatch.publications', 'SELECT') AS may
     FROM pg_roles WHERE rolname = $1`,
    [READER_ROLE],
  );
  if (rows[0]?.may) await client.query(`SET ROLE ${READER_ROLE}`);
}
