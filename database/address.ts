// Where the database is, from the environment: a URL, or the parts that users of the predecessor have in their `.env`; or from
// a folder with a file per variable, as Kubernetes mounts a Secret.
import { readdir, readFile } from "node:fs/promises";
import { isIP } from "node:net";
import { join } from "node:path";
import { z } from "zod";
import { RejectedError } from "../model/errors.ts";
import { TLS_MODES } from "./tls.ts";

const LABEL = "[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?";
const HOST_NAME = new RegExp(`^${LABEL}(\\.${LABEL})*\\.?$`);
const URL_EXPECTED =
  "expected postgres://user:password@host:port/name, with every special character of user and password encoded (@ as %40)";

const ADDRESS_ENV = z.object({
  DATABASE_URL: z.string().refine(isPostgresUrl, URL_EXPECTED).optional(),
  DATABASE_HOST: z
    .string()
    .refine(isHost, "expected a host name or an IP address, without a port")
    .default("localhost"),
  DATABASE_PORT: z.coerce.number({ error: "expected a port number" }).int().min(1).max(65_535).default(5432),
  DATABASE_NAME: z.string().refine(isName, "expected the name of a database, without / ? #").default("climate_risk_db"),
  DATABASE_USER: z.string().min(1).default("postgres"),
  DATABASE_PASSWORD: z.string().default(""),
  /** As in libpq. Unset: what the URL says, else verify-full where authorities are named, else no TLS. */
  DATABASE_SSLMODE: z.enum(TLS_MODES, { error: "expected disable, require, verify-ca or verify-full" }).optional(),
  /** File with the certificates of authorities that may vouch for the server. */
  DATABASE_SSLROOTCERT: z.string().min(1).optional(),
  /** Standbys that shards read inputs from: "replica-1, replica-2:5433". All else is as for the primary. */
  DATABASE_READ_HOSTS: z
    .string()
    .transform(splitHosts)
    .refine(
      (hosts) => hosts.every(isHostWithPort),
      "expected hosts of standbys, with or without a port, between commas",
    )
    .default([]),
  /** How long the shards of a batch wait for standbys that are behind. */
  DATABASE_READ_WAIT_SECONDS: z.coerce
    .number({ error: "expected seconds from 0 to 3600" })
    .min(0, "expected seconds from 0 to 3600")
    .max(3600, "expected seconds from 0 to 3600")
    .default(30),
});
export const ADDRESS_VARIABLES = Object.keys(ADDRESS_ENV.shape) as readonly (keyof typeof ADDRESS_ENV.shape)[];

export type Environment = Readonly<Record<string, string | undefined>>;

export function namesDatabase(environment: Environment): boolean {
  // How to speak to a database names none, nor do its standbys.
  const names = ADDRESS_VARIABLES.filter((name) => !/^DATABASE_(SSL|READ_)/.test(name));
  return names.some((name) => environment[name] !== undefined && environment[name] !== "");
}

/** Standbys that inputs may be read from; no hosts: there are none. */
export interface ReadReplicas {
  readonly hosts: readonly string[];
  /** After the first shard of a batch began. */
  readonly waitSeconds: number;
}

export const NO_REPLICAS: ReadReplicas = { hosts: [], waitSeconds: 0 };

export function readReplicas(environment: Environment): ReadReplicas {
  const { DATABASE_READ_HOSTS: hosts, DATABASE_READ_WAIT_SECONDS: waitSeconds } = parse(environment);
  return { hosts, waitSeconds };
}

/** The environment that says the same. */
export function describeReplicas({ hosts, waitSeconds }: ReadReplicas): Record<string, string> {
  if (hosts.length === 0) return {};
  return { DATABASE_READ_HOSTS: hosts.join(","), DATABASE_READ_WAIT_SECONDS: String(waitSeconds) };
}

/** All problems are reported together. */
export function readDatabaseUrl(environment: Environment): string {
  const { DATABASE_URL, DATABASE_SSLMODE: mode, DATABASE_SSLROOTCERT: authorities, ...parts } = parse(environment);
  const secured = new URL(DATABASE_URL ?? buildUrl(parts));
  const { searchParams } = secured;
  if (mode !== undefined && !searchParams.has("sslmode")) searchParams.set("sslmode", mode);
  // Alone it means verify-full, see tls.ts.
  const isPlain = searchParams.get("sslmode") === "disable";
  if (authorities !== undefined && !isPlain && !searchParams.has("sslrootcert"))
    searchParams.set("sslrootcert", authorities);
  return secured.href;
}

function parse(environment: Environment): z.infer<typeof ADDRESS_ENV> {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ""));
  const parsed = ADDRESS_ENV.safeParse(given);
  if (!parsed.success) throw invalidEnvironment(parsed.error, environment);
  return parsed.data;
}

/** Files of the folder override the environment. They are read at each connect, so a changed Secret is followed. */
export async function readMountedDatabaseUrl(folder: string, environment: Environment): Promise<string> {
  let names: readonly string[];
  try {
    names = await readdir(folder);
  } catch (cause) {
    throw new RejectedError("NoDatabase", `DATABASE_FOLDER names ${folder}, which cannot be read as a folder`, {
      cause,
    });
  }
  const known = ADDRESS_VARIABLES.filter((name) => names.includes(name));
  const mounted = await Promise.all(
    known.map(async (name) => {
      const text = await readFile(join(folder, name), "utf8");
      // A password may begin or end with a space; files end with a line.
      return [name, name === "DATABASE_PASSWORD" ? text.replace(/\r?\n$/, "") : text.trim()] as const;
    }),
  );
  return readDatabaseUrl({ ...environment, ...Object.fromEntries(mounted) });
}

/** Whether the address can only mean what it says: an unencoded character of a password may not have ended the host. */
export function isPostgresUrl(address: string): boolean {
  if (!/^postgres(ql)?:\/\/[^/?#]/.test(address) || !URL.canParse(address)) return false;
  const { hostname, pathname, hash } = new URL(address);
  if (pathname.includes("@") || hash !== "" || /\/\.{1,2}(\?|$)/.test(address)) return false;
  const name = databaseOf(pathname);
  return (hostname.startsWith("[") || isHost(hostname)) && name !== null && (name === "" || isName(name));
}

/** A zone of an IPv6 address has no place in a URL. */
function isHost(host: string): boolean {
  return (isIP(host) !== 0 && !host.includes("%")) || HOST_NAME.test(host);
}

/** "replica-1", "replica-1:5433", "::1" or "[::1]:5433". */
function isHostWithPort(text: string): boolean {
  const [, host, port] = /^(.*?)(?::(\d{1,5}))?$/.exec(text)!;
  const bare = /^\[.*\]$/.test(host!) ? host!.slice(1, -1) : host!;
  return isHost(bare) && (port === undefined || (Number(port) >= 1 && Number(port) <= 65_535));
}

function splitHosts(text: string): string[] {
  const hosts = text.split(",").map((host) => host.trim());
  return hosts.filter((host) => host !== "").map((host) => (isIP(host) === 6 ? `[${host}]` : host));
}

/** What a URL and the driver can carry. */
function isName(name: string): boolean {
  return /^[^/?#]+$/.test(name) && name !== "." && name !== "..";
}

/** null: it cannot be decoded. */
function databaseOf(pathname: string): string | null {
  try {
    return decodeURIComponent(pathname.slice(1));
  } catch {
    return null;
  }
}

/** For messages: an address without its password; of one that is not understood nothing but its scheme. */
export function hidePassword(address: string): string {
  if (address.startsWith("embedded:")) return address;
  if (!isPostgresUrl(address)) return address.startsWith("postgres") ? "postgres://…" : "…";
  const { host, pathname, password, username } = new URL(address);
  const user = password === "" ? username : `${username}:…`;
  return `postgres://${user === "" ? "" : `${user}@`}${host}${pathname}`;
}

function buildUrl(parts: {
  readonly DATABASE_HOST: string;
  readonly DATABASE_PORT: number;
  readonly DATABASE_NAME: string;
  readonly DATABASE_USER: string;
  readonly DATABASE_PASSWORD: string;
}): string {
  const host = isIP(parts.DATABASE_HOST) === 6 ? `[${parts.DATABASE_HOST}]` : parts.DATABASE_HOST;
  const [user, password, name] = [parts.DATABASE_USER, parts.DATABASE_PASSWORD, parts.DATABASE_NAME].map(
    encodeURIComponent,
  );
  const secret = password === "" ? "" : `:${password}`;
  return `postgres://${user}${secret}@${host}:${parts.DATABASE_PORT}/${name}`;
}

/** Passwords are named, never shown. */
export function invalidEnvironment(error: z.ZodError, environment: Environment): RejectedError {
  const problems = error.issues.map(({ path, message }) => {
    const name = String(path[0]);
    const value = environment[name];
    const found =
      value === undefined ? "it is not set" : /PASSWORD|URL/.test(name) ? "found another value" : `found "${value}"`;
    return `  ${name}: ${message}; ${found}`;
  });
  return new RejectedError(
    "InvalidConfiguration",
    `The environment has ${problems.length} problems:\n${problems.join("\n")}`,
  );
}
