// A PostgreSQL of its own with TLS: an authority, a certificate for some addresses, both by openssl, and who must use it. For tests.
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Client } from "pg";
import { connect } from "../../database/connect.ts";
import { openEmbeddedServer } from "../../database/embeddedServer.ts";
import { eventually } from "./cli.ts";

const run = promisify(execFile);
const SCRAM = "all all 127.0.0.1/32 scram-sha-256";

/** Names of files. */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

export interface Authority extends Pick<KeyPair, "certificate"> {
  /** `names` as subjectAltName has them: "IP:127.0.0.1,DNS:db". */
  issue(subject: string, names?: string): Promise<KeyPair>;
}

export interface TlsServer extends AsyncDisposable {
  /** The superuser's address, without a word about TLS. */
  readonly url: string;
  readonly authority: Authority;
  /** Another one of the same name, which has signed nothing here. */
  readonly stranger: Authority;
  /** A superuser's session from before all. */
  readonly client: Client;
  /** TLS on or off, and lines of pg_hba.conf; returns when new connections find it so. */
  set(options: { readonly tls: boolean; readonly access: readonly string[] }): Promise<void>;
}

/** The program that connects may use TLS, must, or must show a certificate of the authority with the user's name besides. */
export const ACCESS = {
  free: [`host ${SCRAM}`],
  tlsOnly: [`hostssl ${SCRAM}`],
  certificate: [`hostssl ${SCRAM} clientcert=verify-full`],
};

/** `names` are those of its certificate. */
export async function startTlsServer(names: string): Promise<TlsServer> {
  await using opening = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "climatebatch-tls-"));
  opening.defer(() => rm(folder, { recursive: true, force: true }));
  const server = await openEmbeddedServer(join(folder, "server"));
  opening.defer(() => server.release());
  const client = await connect(server.url, { purpose: "test" });
  opening.defer(() => client.end());
  const authority = await makeAuthority(folder, "ours");
  const { certificate, key } = await authority.issue("/CN=database", names);
  const settings = { ssl_cert_file: certificate, ssl_key_file: key, ssl_ca_file: authority.certificate };
  for (const [name, file] of Object.entries(settings)) await client.query(`ALTER SYSTEM SET ${name} = '${file}'`);

  const set: TlsServer["set"] = async ({ tls, access }) => {
    await writeFile(join(folder, "server/pgdata/pg_hba.conf"), `${access.join("\n")}\n`);
    await client.query(`ALTER SYSTEM SET ssl = ${tls ? "on" : "off"}`);
    const { rows } = await client.query("SELECT pg_conf_load_time() AS at");
    await client.query("SELECT pg_reload_conf()");
    await eventually("the server has read its settings again", async () => {
      const now = await client.query("SELECT pg_conf_load_time() > $1 AS is_new FROM pg_sleep(0)", [rows[0].at]);
      return now.rows[0].is_new || undefined;
    });
  };
  const closing = opening.move();
  return {
    url: server.url,
    authority,
    stranger: await makeAuthority(folder, "other"),
    client,
    set,
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}

export async function makeAuthority(folder: string, label: string): Promise<Authority> {
  const at = (name: string) => join(folder, `${label}-${name}`);
  const [certificate, key] = [at("ca.crt"), at("ca.key")];
  await sign({ certificate, key }, "/CN=authority", "basicConstraints=critical,CA:TRUE", ["-signkey", key]);
  let issued = 0;
  return {
    certificate,
    async issue(subject, names) {
      const files = { certificate: at(`${++issued}.crt`), key: at(`${issued}.key`) };
      const extension = names === undefined ? "basicConstraints=CA:FALSE" : `subjectAltName=${names}`;
      await sign(files, subject, extension, ["-CA", certificate, "-CAkey", key, "-set_serial", String(issued)]);
      return files;
    },
  };
}

async function sign(
  { certificate, key }: KeyPair,
  subject: string,
  extension: string,
  by: readonly string[],
): Promise<void> {
  const [request, extensions] = [`${certificate}.csr`, `${certificate}.ext`];
  await writeFile(extensions, extension);
  const newKey = ["-newkey", "rsa:2048", "-nodes", "-keyout", key];
  await run("openssl", ["req", "-new", ...newKey, "-subj", subject, "-out", request]);
  const days = ["-days", "2", "-sha256"];
  await run("openssl", ["x509", "-req", "-in", request, ...by, ...days, "-extfile", extensions, "-out", certificate]);
}
