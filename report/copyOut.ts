// The rows of a query as the server writes them for COPY.
import type { ClientBase } from "pg";
import { type CopyToStreamQuery, to as copyTo } from "pg-copy-streams";

/** A word in a query of COPY, which takes no parameters. */
export const quote = (word: string) => `'${word.replaceAll("'", "''")}'`;

export function copyOut(client: ClientBase, rows: string, options: string): CopyToStreamQuery {
  const stream = client.query(copyTo(`COPY (${rows}) TO STDOUT ${options}`));
  // When the reader goes away the pipeline ends first; the connection's own complaint comes later and says nothing new.
  stream.on("error", () => undefined);
  return stream;
}
