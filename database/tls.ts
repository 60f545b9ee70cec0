// Clients that keep to sslmode and sslrootcert as libpq means them, whatever the driver would do by itself; and what a person
// can do where TLS does not come about.
import pg from "pg";
import { coerceError } from "../model/errors.ts";
import { OTHER_NAME, UNTRUSTED } from "./troubles.ts";

/** libpq's allow and prefer are left out: they fall back to no TLS unnoticed. */
export const TLS_MODES = ["disable", "require", "verify-ca", "verify-full"] as const;

const UNTIMELY: ReadonlySet<string> = new Set(["CERT_HAS_EXPIRED", "CERT_NOT_YET_VALID"]);
const NOT_OFFERED = "The server does not support SSL connections";
const NOT_AUTHORIZED = "28000";

/** Not connected yet. Files are read now, so that a changed certificate counts at the next connect. */
export function makeClient(url: string, settings: Omit<pg.ClientConfig, "connectionString" | "ssl">): pg.Client {
  const { href, authorities } = readTls(url);
  try {
    // Unless the URL says otherwise: the driver would look at PGSSLMODE.
    return new pg.Client({ ...settings, ssl: false, connectionString: href });
  } catch (thrown) {
    const cause = coerceError(thrown);
    if (!("syscall" in cause)) throw cause;
    throw new Error(
      `sslrootcert (DATABASE_SSLROOTCERT) names ${authorities}, and a certificate cannot be read: ${cause.message}`,
      { cause },
    );
  }
}

/** The same error, or one that says what to do when TLS is what failed. */
export function explainTls(error: Error, url: string): Error {
  const remedy = findRemedy(error, readTls(url));
  return remedy === null ? error : new Error(`${error.message}: ${remedy}`, { cause: error });
}

interface Tls {
  readonly mode: string | null;
  readonly host: string;
  readonly authorities: string | null;
}

function findRemedy(error: Error, { mode, host, authorities }: Tls): string | null {
  const code = String((error as { code?: unknown }).code);
  if (code === OTHER_NAME)
    return (
      `the server's certificate is not for ${host}. Name the host as the certificate does, let the certificate name ${host}, ` +
      "or set sslmode (DATABASE_SSLMODE) to verify-ca, which takes any name"
    );
  if ((UNTRUSTED as readonly string[]).includes(code))
    return (
      `no authority in ${authorities ?? "Node's own list"} vouches for the server. Put the certificate of the authority that signed ` +
      "the server's into a file, and name it by sslrootcert (DATABASE_SSLROOTCERT; in the chart the Secret of database.tls.certificatesSecret)"
    );
  if (UNTIMELY.has(code)) return "the server's certificate must be renewed, or a clock is wrong";
  if (error.message === NOT_OFFERED)
    return `sslmode=${mode} asks for it. Set ssl = on in the server, or sslmode (DATABASE_SSLMODE) to disable if everybody may read along`;
  // The name of the file is in this message in every language.
  if (code === NOT_AUTHORIZED && error.message.includes("pg_hba.conf") && (mode === null || mode === "disable"))
    return "the server may demand TLS. Then set sslmode (DATABASE_SSLMODE) to verify-full, and sslrootcert (DATABASE_SSLROOTCERT) to the certificate of its authority";
  return null;
}

function readTls(url: string): Tls & { readonly href: string } {
  const secured = new URL(url);
  const { searchParams, hostname, pathname } = secured;
  const authorities = searchParams.get("sslrootcert");
  // As DATABASE_SSLROOTCERT alone: named authorities are meant to be checked.
  if (authorities !== null && !searchParams.has("sslmode")) searchParams.set("sslmode", "verify-full");
  const mode = searchParams.get("sslmode");
  if (mode !== null && !(TLS_MODES as readonly string[]).includes(mode))
    throw new Error(`sslmode expects ${TLS_MODES.join(", ")}, found "${mode}"`);
  if (mode === "verify-ca" && authorities === null)
    throw new Error(
      "sslmode=verify-ca needs sslrootcert (DATABASE_SSLROOTCERT), a file with the authorities to trust: a public one would accept any server",
    );
  // The driver would look up the brackets of an IPv6 address as part of a name.
  const host = hostname.replace(/^\[(.*)\]$/, "$1");
  if (host !== hostname) searchParams.set("host", host);
  // The driver would leave @ and others of a database's name encoded.
  secured.pathname = decodeURIComponent(pathname).replaceAll("%", "%25");
  // Without it the driver takes every mode for verify-full.
  searchParams.set("uselibpqcompat", "true");
  return { href: secured.href, mode, host, authorities };
}
