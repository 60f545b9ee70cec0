import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { namesDatabase, readDatabaseUrl, readMountedDatabaseUrl } from "../../database/address.ts";

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
    await writeFile(join(folder, "DATABASE_PASSWORD"), "second");
    expect(await read()).toBe("postgres://me:second@db:5432/climate_risk_db");
  } finally {
    await rm(folder, { recursive: true });
  }
  await expect(readMountedDatabaseUrl(folder, {})).rejects.toThrow(/DATABASE_FOLDER names .*cannot be read/);
});
