// Passing or final: every entry of the table has its sentence, and what the driver really throws falls where it should.
import { createServer } from "node:net";
import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connect } from "../../database/connect.ts";
import { findTrouble, isPassing, NETWORK_TROUBLES, SQLSTATE_TROUBLES } from "../../database/troubles.ts";
import { RejectedError, TransientError } from "../../model/errors.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

const answer = (code: string) => Object.assign(new Error("said by the server"), { code, severity: "FATAL" });
const network = (code: string) => Object.assign(new Error(`connect ${code}`), { code });

test.each([
  ..."08000 08001 08003 08006 08P01 25006 25P03 25P04 28000 28P01 3D000 40001 40P01 53100 53200 53300 53400".split(" "),
  ..."55P03 57014 57P01 57P02 57P03 57P04 57P05 58030 XX000".split(" "),
])("the server's %s passes", (code) => {
  expect(isPassing(answer(code))).toBe(true);
});

test.each(["42703", "42P01", "42501", "22P02", "23505", "P0001"])("the server's %s is final", (code) => {
  expect(isPassing(answer(code))).toBe(false);
});

test.each(["ENOTFOUND", "EAI_AGAIN", "ETIMEDOUT", "ECONNRESET", "CERT_HAS_EXPIRED", "CERT_NOT_YET_VALID"])(
  "the network's %s passes",
  (code) => {
    expect(isPassing(network(code))).toBe(true);
    expect(isPassing(new Error("while a shard was claimed", { cause: network(code) }))).toBe(true);
    expect(isPassing(new AggregateError([network("ERR_OTHER"), network(code)]))).toBe(true);
  },
);

test.each(["EADDRNOTAVAIL", "EPERM", "EACCES", "ENOBUFS", "EMFILE", "EAI_FAIL", "ENEW"])(
  "%s of a connection passes, whatever it is, and is final of a file",
  (code) => {
    for (const syscall of ["connect", "getaddrinfo"])
      expect(isPassing(Object.assign(network(code), { syscall }))).toBe(true);
    expect(isPassing(Object.assign(network(code), { syscall: "open", path: "/data" }))).toBe(false);
    expect(isPassing(Object.assign(network(code), { syscall: "write" }))).toBe(false);
  },
);

test.each([
  ["SELF_SIGNED_CERT_IN_CHAIN", "settings"],
  ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "settings"],
  ["ERR_TLS_CERT_ALTNAME_INVALID", "settings"],
  ["EPROTO", "passing"],
  ["ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR", "passing"],
])("%s may end when certificates are exchanged: %s", (code, fate) => {
  expect(findTrouble(network(code))?.fate).toBe(fate);
});

test("mistakes and bugs are final, whatever caused them", () => {
  expect(isPassing(new RejectedError("NoData", "x", { cause: network("ECONNRESET") }))).toBe(false);
  expect(isPassing(new TypeError("x is undefined"))).toBe(false);
  expect(isPassing(new TransientError("taken over", { cause: answer("42703") }))).toBe(true);
});

test("each entry says in one sentence what it means", () => {
  for (const { meaning } of [...Object.values(SQLSTATE_TROUBLES), ...Object.values(NETWORK_TROUBLES)])
    expect(meaning).toMatch(/^[a-z].{10,100}[^.]$/);
});

/** What the driver throws for an address without waiting. */
async function refusalOf(change: (address: URL) => void): Promise<unknown> {
  const address = new URL(database.url);
  change(address);
  return connect(address.href, { purpose: "test", patienceMs: 0 }).catch((error: unknown) => error);
}

test.each<[string, (address: URL) => void, string]>([
  ["a port where nothing listens", (address) => Object.assign(address, { port: "1" }), "passing"],
  [
    "a host that the name service does not know",
    (address) => Object.assign(address, { hostname: "db.invalid" }),
    "settings",
  ],
  ["another password", (address) => Object.assign(address, { password: "old" }), "settings"],
  ["a user that is not there", (address) => Object.assign(address, { username: "absent" }), "settings"],
  ["a database that is not there", (address) => Object.assign(address, { pathname: "/gone" }), "settings"],
])("%s is trouble that passes", async (_, change, fate) => {
  expect(findTrouble(await refusalOf(change))?.fate).toBe(fate);
});

test("a server that accepts and stays silent is trouble that passes", async () => {
  const silent = createServer(() => undefined).listen(0, "127.0.0.1");
  const { port } = await new Promise<{ port: number }>((resolve) =>
    silent.once("listening", () => resolve(silent.address() as { port: number })),
  );
  const client = new Client({ host: "127.0.0.1", port, user: "u", database: "d", connectionTimeoutMillis: 50 });
  client.on("error", () => undefined);
  const refusal = await client.connect().catch((error: unknown) => error);
  silent.close();
  expect(isPassing(refusal)).toBe(true);
});
