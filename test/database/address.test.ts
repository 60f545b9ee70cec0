import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  describeReplicas,
  hidePassword,
  isPostgresUrl,
  namesDatabase,
  readDatabaseUrl,
  readMountedDatabaseUrl,
  readReplicas,
} from "../../database/address.ts";
import { locateReplicas } from "../../database/replicas.ts";
import { makeClient } from "../../database/tls.ts";

const PARTS = { DATABASE_HOST: "db", DATABASE_USER: "me", DATABASE_PASSWORD: "p@ss/word" };
const TLS = { DATABASE_SSLMODE: "verify-full", DATABASE_SSLROOTCERT: "/etc/climatebatch/ca.crt" };
const WITH_TLS = "sslmode=verify-full&sslrootcert=%2Fetc%2Fclimatebatch%2Fca.crt";

test.each([
  { given: PARTS, url: "postgres://me:p%40ss%2Fword@db:5432/climate_risk_db" },
  { given: { ...PARTS, ...TLS }, url: `postgres://me:p%40ss%2Fword@db:5432/climate_risk_db?${WITH_TLS}` },
  { given: { DATABASE_URL: "postgres://me@db/other", ...TLS }, url: `postgres://me@db/other?${WITH_TLS}` },
  {
    given: { DATABASE_URL: "postgres://me@db/other?sslmode=disable", ...TLS },
    url: "postgres://me@db/other?sslmode=disable",
  },
])("$given is the address $url", ({ given, url }) => {
  expect(readDatabaseUrl(given)).toBe(url);
});

test.each([
  ["replica", ["replica:5432"]],
  [" a , b:5433,", ["a:5432", "b:5433"]],
  ["::1, [::2]:5433", ["[::1]:5432", "[::2]:5433"]],
])("standbys %s are at %j, with the primary's user, database and TLS", (hosts, found) => {
  const given = { ...PARTS, ...TLS, DATABASE_READ_HOSTS: hosts };
  const replicas = readReplicas(given);
  const located = locateReplicas(replicas, readDatabaseUrl(given));
  expect(located.map(({ host }) => host)).toEqual(found);
  expect(located.map(({ url }) => url)).toEqual(
    found.map((host) => `postgres://me:p%40ss%2Fword@${host}/climate_risk_db?${WITH_TLS}`),
  );
  expect(readReplicas(describeReplicas(replicas))).toEqual(replicas);
});

test("standbys alone name no database, and wrong ones are refused", () => {
  expect(namesDatabase({ DATABASE_READ_HOSTS: "a" })).toBe(false);
  expect(describeReplicas(readReplicas(PARTS))).toEqual({});
  for (const hosts of ["a b", "a:0", "postgres://a", "a:5432/x"])
    expect(() => readReplicas({ DATABASE_READ_HOSTS: hosts }), hosts).toThrow(/DATABASE_READ_HOSTS: expected hosts/);
  expect(() => readReplicas({ DATABASE_READ_WAIT_SECONDS: "soon" })).toThrow(/seconds from 0 to 3600; found "soon"/);
});

test("a mode of TLS alone names no database", () => {
  expect(namesDatabase({ DATABASE_SSLMODE: "require" })).toBe(false);
  expect(namesDatabase({ DATABASE_HOST: "db" })).toBe(true);
});

test("all errors are reported together, without the password", () => {
  const wrong = { DATABASE_URL: "mysql://me:secret@db", DATABASE_PORT: "none", DATABASE_SSLMODE: "maybe" };
  expect(() => readDatabaseUrl(wrong)).toThrow(
    /3 problems:.*another value.*a port number.*verify-full; found "maybe"/s,
  );
  expect(() => readDatabaseUrl(wrong)).not.toThrow(/secret/);
});

test("files of a mounted folder win over the environment, and are read again each time", async () => {
  const folder = await mkdtemp(join(tmpdir(), "climatebatch-address-"));
  try {
    await writeFile(join(folder, "DATABASE_HOST"), "db\n");
    await writeFile(join(folder, "DATABASE_PASSWORD"), "first");
    await writeFile(join(folder, "something-else"), "ignored");
    const read = () => readMountedDatabaseUrl(folder, { DATABASE_USER: "me", DATABASE_PASSWORD: "environment" });
    expect(await read()).toBe("postgres://me:first@db:5432/climate_risk_db");
    await writeFile(join(folder, "DATABASE_PASSWORD"), " second \n");
    expect(await read()).toBe("postgres://me:%20second%20@db:5432/climate_risk_db");
  } finally {
    await rm(folder, { recursive: true });
  }
  await expect(readMountedDatabaseUrl(folder, {})).rejects.toThrow(/DATABASE_FOLDER names .*cannot be read/);
});

test.each([
  ["::1", "postgres://me:p@[::1]:5432/climate_risk_db"],
  ["fd00::10", "postgres://me:p@[fd00::10]:5432/climate_risk_db"],
  ["10.0.0.1", "postgres://me:p@10.0.0.1:5432/climate_risk_db"],
  ["pg.database.svc.", "postgres://me:p@pg.database.svc.:5432/climate_risk_db"],
])("the host %s is put into the address as it is", (host, url) => {
  expect(readDatabaseUrl({ DATABASE_HOST: host, DATABASE_USER: "me", DATABASE_PASSWORD: "p" })).toBe(url);
});

const BAD_HOSTS = [
  " pg",
  "10.0.0.1:5432",
  "[::1]",
  "[::1]:5432",
  "fe80::1%eth0",
  "/var/run/postgresql",
  "db.example/x",
  "user@db",
];
test.each([...BAD_HOSTS, "a b", "-db"])(
  'a host that cannot be one, "%s", is refused, not replaced by another',
  (host) => {
    expect(() => readDatabaseUrl({ DATABASE_HOST: host, DATABASE_PASSWORD: "secret" })).toThrow(
      /DATABASE_HOST: expected a host name or an IP address, without a port/,
    );
  },
);

test.each(["50%off", " a b ", "a+b", "ü€😀", "p@/:?#[]%20", "a'b\"c\\", "%", "me:you"])(
  "the user, password and database %j reach the driver as they are",
  (word) => {
    const url = readDatabaseUrl({ DATABASE_USER: word, DATABASE_PASSWORD: word, DATABASE_NAME: "db" });
    expect(makeClient(url, {})).toMatchObject({ user: word, password: word, database: "db" });
  },
);

test.each(["a@b", "a b", "50%", "a%40b", "a+b=c&d,e;f:g$h", "ü", "a.b", "..a"])(
  "the database %j reaches the driver as it is",
  (name) => {
    const url = readDatabaseUrl({ DATABASE_NAME: name });
    expect(isPostgresUrl(url)).toBe(true);
    expect(readDatabaseUrl({ DATABASE_URL: url })).toBe(url);
    expect(makeClient(url, {}).database).toBe(name);
  },
);

test.each([".", "..", "a/b", "q?x", "x#y"])("the database %j is refused, not replaced by another", (name) => {
  expect(() => readDatabaseUrl({ DATABASE_NAME: name })).toThrow(/DATABASE_NAME: expected .*; found/);
  expect(isPostgresUrl(`postgres://me@db/${encodeURIComponent(name)}`)).toBe(false);
});

test.each([
  "postgres://us/er:secret@host/db",
  "postgres://user:sec#ret@host/db",
  "postgres://user:1#secret@host/db",
  "postgres://user:sec?ret@host/db",
  "postgres://user:sec/ret@host/db",
  "postgres:user:secret@host/db",
  "user:secret@host/db",
  "host=db user=me password=secret",
  "mysql://user:secret@host/db",
  "postgres://user:secret@host:port/db",
])("%s is no address, and its password is not shown", (address) => {
  expect(isPostgresUrl(address)).toBe(false);
  expect(hidePassword(address)).not.toMatch(/sec|ret/);
  expect(() => readDatabaseUrl({ DATABASE_URL: address })).toThrow(
    /expected postgres:\/\/user:password@host:port\/name/,
  );
  expect(() => readDatabaseUrl({ DATABASE_URL: address })).not.toThrow(/secret/);
});

test.each([
  ["postgres://me:secret@db/x", "postgres://me:…@db/x"],
  ["postgres://me:se:cret@db:5433/x?sslmode=require", "postgres://me:…@db:5433/x"],
  ["postgresql://me@[::1]/x?password=secret", "postgres://me@[::1]/x"],
  ["embedded:folder", "embedded:folder"],
])("%s is shown as %s", (address, shown) => {
  expect(hidePassword(address)).toBe(shown);
});
