// TLS to a real server, by each mode against each server that it must accept or refuse; and that every way our programs take to
// the database keeps to it.
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { type AddressInfo, createConnection, createServer } from "node:net";
import { join } from "node:path";
import type { Client } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readDatabaseUrl } from "../../database/address.ts";
import { connect } from "../../database/connect.ts";
import { Listener } from "../../database/listener.ts";
import { migrate } from "../../database/migrate.ts";
import { Sessions } from "../../database/sessions.ts";
import { systemClock } from "../../model/clock.ts";
import { EXIT_CODES } from "../../model/podContract.ts";
import { RISKS } from "../../model/risks.ts";
import { RUN, readSeen } from "../support/batches.ts";
import { cli, eventually, startCli, startShard } from "../support/cli.ts";
import { writePastAndFuture } from "../support/climate.ts";

import { ACCESS, startTlsServer, type TlsServer } from "../support/tlsServer.ts";

const RIGHT_NAME = "127.0.0.1";
const WRONG_NAME = "localhost";

let server: TlsServer;
beforeAll(async () => {
  server = await startTlsServer(`IP:${RIGHT_NAME},DNS:db.example`);
});
afterAll(() => server?.[Symbol.asyncDispose]());

type Name = typeof RIGHT_NAME | typeof WRONG_NAME;
type Mode = "disable" | "require" | "verify-ca" | "verify-full";
interface Way {
  readonly mode?: Mode;
  readonly authority?: "ours" | "other";
  readonly name?: Name;
}

function variables({ mode, authority, name = RIGHT_NAME }: Way): Record<string, string> {
  const url = new URL(server.url);
  const files = { ours: server.authority.certificate, other: server.stranger.certificate };
  return {
    DATABASE_HOST: name,
    DATABASE_PORT: url.port,
    DATABASE_NAME: url.pathname.slice(1),
    DATABASE_USER: url.username,
    DATABASE_PASSWORD: url.password,
    ...(mode !== undefined && { DATABASE_SSLMODE: mode }),
    ...(authority !== undefined && { DATABASE_SSLROOTCERT: files[authority] }),
  };
}

/** The same as a person writes it into a DATABASE_URL. */
function writtenUrl({ mode, authority, name = RIGHT_NAME }: Way): string {
  const { DATABASE_SSLROOTCERT: file } = variables({ authority });
  const url = Object.assign(new URL(server.url), { hostname: name });
  const said = [mode !== undefined && `sslmode=${mode}`, file !== undefined && `sslrootcert=${file}`].filter(Boolean);
  return `${url.href}?${said.join("&")}`;
}

const WAYS = {
  "by variables": (way: Way) => readDatabaseUrl(variables(way)),
  "by the URL": (way: Way) => readDatabaseUrl({ DATABASE_URL: writtenUrl(way) }),
  "by --database": writtenUrl,
};

/** The version of TLS, "no TLS", or why there is no connection. */
async function tryIt(url: string): Promise<string> {
  let client: Client;
  try {
    client = await connect(url, { purpose: "test", patienceMs: 0 });
  } catch (error) {
    const { message } = error as Error;
    expect(message).not.toContain(new URL(server.url).password);
    return message;
  }
  try {
    const { rows } = await client.query("SELECT ssl, version FROM pg_stat_ssl WHERE pid = pg_backend_pid()");
    return rows[0].ssl ? rows[0].version : "no TLS";
  } finally {
    await client.end();
  }
}

const OTHER_AUTHORITY = /vouches for the server\. Put the certificate .*DATABASE_SSLROOTCERT.*certificatesSecret/;
const OTHER_NAME =
  /IP Address:127\.0\.0\.1, DNS:db\.example.*certificate is not for localhost\. Name the host as the certificate does,.*verify-ca, which takes any name/;
const NOT_OFFERED = /does not support SSL.*sslmode=[a-z-]+ asks for it\. Set ssl = on in the server, or sslmode/;
const DEMANDED = /no encryption: the server may demand TLS\. Then set sslmode \(DATABASE_SSLMODE\) to verify-full/;
const NEEDS_AUTHORITY = /sslmode=verify-ca needs sslrootcert \(DATABASE_SSLROOTCERT\)/;
const UNKNOWN_AUTHORITY = /no authority in Node's own list vouches/;
const ENCRYPTED = /^TLSv1\.[23]$/;
const PLAIN = /^no TLS$/;

describe.each(Object.entries(WAYS))("%s", (_, write) => {
  describe("to a server with TLS", () => {
    beforeAll(() => server.set({ tls: true, access: ACCESS.free }));

    test.each<Way & { what: RegExp }>([
      { what: PLAIN },
      { mode: "disable", what: PLAIN },
      { mode: "disable", authority: "other", what: PLAIN },
      { mode: "require", what: ENCRYPTED },
      { mode: "require", name: WRONG_NAME, what: ENCRYPTED },
      // As in libpq: with authorities it is verify-ca.
      { mode: "require", authority: "ours", name: WRONG_NAME, what: ENCRYPTED },
      { mode: "require", authority: "other", what: OTHER_AUTHORITY },
      { mode: "verify-ca", authority: "ours", what: ENCRYPTED },
      { mode: "verify-ca", authority: "ours", name: WRONG_NAME, what: ENCRYPTED },
      { mode: "verify-ca", authority: "other", what: OTHER_AUTHORITY },
      { mode: "verify-ca", what: NEEDS_AUTHORITY },
      { mode: "verify-full", authority: "ours", what: ENCRYPTED },
      { mode: "verify-full", authority: "ours", name: WRONG_NAME, what: OTHER_NAME },
      { mode: "verify-full", authority: "other", what: OTHER_AUTHORITY },
      { mode: "verify-full", what: UNKNOWN_AUTHORITY },
      // Authorities alone: verify-full.
      { authority: "ours", what: ENCRYPTED },
      { authority: "ours", name: WRONG_NAME, what: OTHER_NAME },
      { authority: "other", what: OTHER_AUTHORITY },
    ])("mode $mode, authority $authority, name $name: $what", async ({ what, ...way }) => {
      expect(await tryIt(write(way))).toMatch(what);
    });
  });

  describe("to a server without TLS", () => {
    beforeAll(() => server.set({ tls: false, access: ACCESS.free }));

    test.each<Way & { what: RegExp }>([
      { mode: "disable", what: PLAIN },
      { mode: "require", what: NOT_OFFERED },
      { mode: "verify-ca", authority: "ours", what: NOT_OFFERED },
      { mode: "verify-full", authority: "ours", what: NOT_OFFERED },
      { authority: "ours", what: NOT_OFFERED },
    ])("mode $mode, authority $authority: $what", async ({ what, ...way }) => {
      expect(await tryIt(write(way))).toMatch(what);
    });
  });

  describe("to a server that demands TLS", () => {
    beforeAll(() => server.set({ tls: true, access: ACCESS.tlsOnly }));

    test.each<Way & { what: RegExp }>([
      { what: DEMANDED },
      { mode: "disable", what: DEMANDED },
      { mode: "require", what: ENCRYPTED },
      { mode: "verify-full", authority: "ours", what: ENCRYPTED },
    ])("mode $mode, authority $authority: $what", async ({ what, ...way }) => {
      expect(await tryIt(write(way))).toMatch(what);
    });
  });
});

describe("at the edges", () => {
  beforeAll(() => server.set({ tls: true, access: ACCESS.tlsOnly }));

  test.each(["prefer", "allow", "no-verify", "verify_full"])(
    "sslmode=%s is refused with the modes that exist",
    async (mode) => {
      const result = await tryIt(`${server.url}?sslmode=${mode}`);
      expect(result).toBe(`sslmode expects disable, require, verify-ca, verify-full, found "${mode}"`);
    },
  );

  test("a file of authorities that is not there is named", async () => {
    const result = await tryIt(`${server.url}?sslmode=verify-full&sslrootcert=/nowhere/ca.crt`);
    expect(result).toMatch(/sslrootcert \(DATABASE_SSLROOTCERT\) names \/nowhere\/ca\.crt, .*cannot be read: ENOENT/);
  });

  test("PGSSLMODE of the surroundings decides nothing", async () => {
    process.env.PGSSLMODE = "require";
    try {
      expect(await tryIt(server.url)).toMatch(DEMANDED);
    } finally {
      delete process.env.PGSSLMODE;
    }
  });

  test("a password with @ and one behind the question mark are not shown when TLS fails", async () => {
    const url = `${server.url.replace(/:[^:]*@/, ":se@cret@")}?sslmode=disable&password=hidden`;
    const { code, stderr } = await cli(url, "status");
    expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringMatching(DEMANDED) });
    expect(stderr).not.toMatch(/cret|hidden|Warning/);
  });

  test("a client certificate named by the URL is shown to a server that asks for it", async () => {
    await server.set({ tls: true, access: ACCESS.certificate });
    const url = writtenUrl({ mode: "verify-full", authority: "ours" });
    expect(await tryIt(url)).toMatch(/valid client certificate/);
    const { certificate, key } = await server.authority.issue("/CN=postgres");
    expect(await tryIt(`${url}&sslcert=${certificate}&sslkey=${key}`)).toMatch(ENCRYPTED);
  });
});

describe("verify-full where the server demands TLS", () => {
  const url = () => WAYS["by variables"]({ mode: "verify-full", authority: "ours" });
  let client: Client;
  beforeAll(async () => {
    await server.set({ tls: true, access: ACCESS.tlsOnly });
    client = await connect(url(), { purpose: "test" });
    await migrate(client);
    await writePastAndFuture(client, { cells: 4 });
  });
  afterAll(() => client?.end());

  const encrypted = async (purpose: string) => {
    const { rows } = await client.query(
      "SELECT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE starts_with(application_name, $1)",
      [`climatebatch ${purpose}`],
    );
    return rows.map(({ ssl }) => ssl);
  };

  test("a run publishes over TLS, its shards and their COPY too", async () => {
    // `--database` to see that shards are given all of it; variables to see that .env is enough.
    const byOption = await cli(url(), ...RUN, "--cells-per-shard", "2");
    expect(byOption, byOption.stderr).toMatchObject({ code: 0 });
    const byVariables = await startCli([...RUN, "--cells-per-shard", "2"], {
      env: variables({ mode: "verify-full", authority: "ours" }),
    }).ended;
    expect(byVariables, byVariables.stderr).toMatchObject({ code: 0 });
    expect((await readSeen(client)).hazard).toMatchObject([{ rows: 4 * RISKS.length }]);
  });

  test("a listener hears over TLS, notices when its session is ended, and when its authority is replaced reports and recovers", async () => {
    const file = join(server.authority.certificate, "..", "mounted.crt");
    await writeFile(file, await readFile(server.authority.certificate));
    const heard: string[] = [];
    const result: string[] = [];
    const listening = readDatabaseUrl({ ...variables({ mode: "verify-full" }), DATABASE_SSLROOTCERT: file });
    await using listener = new Listener({
      channels: ["test"],
      readUrl: () => listening,
      onConnected: () => undefined,
      onNotification: (_, payload) => void heard.push(payload),
      pollIntervalMs: 60_000,
      limits: { heartbeatMs: 300, backoff: { minMs: 50, maxMs: 200, jitter: 0.5 } },
      clock: systemClock,
      random: Math.random,
      log: { info() {}, warn: (line: { message: string }) => void result.push(line.message), error() {} } as never,
      signal: new AbortController().signal,
    });
    const connected = (reconnects: number) =>
      eventually("it listens", () => {
        const { status } = listener;
        return (status.state === "connected" && status.reconnects === reconnects) || undefined;
      });
    const endSession = () =>
      client.query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'climatebatch listener'",
      );
    await connected(0);
    expect(await encrypted("listener")).toEqual([true]);
    await endSession();
    await connected(1);
    await writeFile(file, await readFile(server.stranger.certificate));
    await endSession();
    await eventually("it is reported", () => result.some((message) => OTHER_AUTHORITY.test(message)) || undefined);
    await writeFile(file, await readFile(server.authority.certificate));
    await connected(2);
    await client.query("NOTIFY test, 'after all'");
    await eventually("it hears", () => heard.includes("after all") || undefined);
  });

  test("sessions of the pool are encrypted, and one whose server falls silent is left", async () => {
    await using sessions = new Sessions({
      purpose: "pool",
      readUrl: url,
      most: 2,
      limitMs: 500,
      clock: systemClock,
    });
    await sessions.withClient(async () => {
      expect(await sessions.withClient(() => encrypted("pool"))).toEqual([true, true]);
    });
    await expect(sessions.withClient((one) => one.query("SELECT pg_sleep(2)"))).rejects.toThrow("within 0.5 s");
    await eventually("its session is gone", async () => (await encrypted("pool")).length === 1 || undefined);
  });

  test("a shard waits for an authority that is being exchanged, and goes on", async () => {
    const { rows } = await client.query("SELECT max(batch_id) AS id FROM climatebatch.batches");
    const file = join(server.authority.certificate, "..", "exchanged.crt");
    await writeFile(file, await readFile(server.stranger.certificate));
    let tries = 0;
    const way = createServer((from) => {
      tries++;
      const to = createConnection(Number(new URL(server.url).port), RIGHT_NAME);
      for (const [one, other] of [
        [from, to],
        [to, from],
      ] as const)
        one.pipe(other).on("error", () => undefined);
    }).listen(0, RIGHT_NAME);
    await once(way, "listening");
    const { port } = way.address() as AddressInfo;
    const by = { ...variables({ mode: "verify-full" }), DATABASE_PORT: String(port), DATABASE_SSLROOTCERT: file };
    await using shard = startShard(readDatabaseUrl(by), rows[0].id, 0);
    await eventually("it was refused twice", () => tries > 1 || undefined);
    await writeFile(file, await readFile(server.authority.certificate));
    expect((await shard.ended).code).toBe(EXIT_CODES.done);
    way.close();
  });
});
