// Where the database is, from the environment: a URL, or the parts that users of the predecessor have in their `.env`; or from
// a folder with a file per variable, as Kubernetes mounts a Secret.
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { RejectedError } from "../model/errors.ts";
import { TLS_MODES } from "./tls.ts";

const ADDRESS_ENV = z.object({
  DATABASE_URL: z
    .url({ protocol: /^postgres(ql)?$/, error: "expected postgres://user:password@host:port/name" })
    .optional(),
  DATABASE_HOST: z.string().min(1).default("localhost"),
  DATABASE_PORT: z.coerce.number({ error: "expected a port number" }).int().min(1).max(65_535).default(5432),
  DATABASE_NAME: z.string().min(1).default("climate_risk_db"),
  DATABASE_USER: z.string().min(1).default("postgres"),
  DATABASE_PASSWORD: z.string().default(""),
  /** As in libpq. Unset: what the URL says, else verify-full where authorities are named, else no TLS. */
  DATABASE_SSLMODE: z.enum(TLS_MODES, { error: "expected disable, require, verify-ca or verify-full" }).optional(),
  /** File with the certificates of authorities that may vouch for the server. */
  DATABASE_SSLROOTCERT: z.string().min(1).optional(),
});
export const ADDRESS_VARIABLES = Object.keys(ADDRESS_ENV.shape) as readonly (keyof typeof ADDRESS_ENV.shape)[];

export type Environment = Readonly<Record<string, string | undefined>>;

export function namesDatabase(environment: Environment): boolean {
  // How to speak to a database names none.
  const names = ADDRESS_VARIABLES.filter((name) => !name.startsWith("DATABASE_SSL"));
  return names.some((name) => environment[name] !== undefined && environment[name] !== "");
}

/** All problems are reported together. */
export function readDatabaseUrl(environment: Environment): string {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ""));
  const parsed = ADDRESS_ENV.safeParse(given);
  if (!parsed.success) throw invalidEnvironment(parsed.error, environment);
  const { DATABASE_URL, DATABASE_SSLMODE: mode, DATABASE_SSLROOTCERT: authorities, ...parts } = parsed.data;
  const secured = new URL(DATABASE_URL ?? buildUrl(parts));
  const { searchParams } = secured;
  if (mode !== undefined && !searchParams.has("sslmode")) searchParams.set("sslmode", mode);
  // Alone it means verify-full, see tls.ts.
  const isPlain = searchParams.get("sslmode") === "disable";
  if (authorities !== undefined && !isPlain && !searchParams.has("sslrootcert"))
    searchParams.set("sslrootcert", authorities);
  return secured.href;
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
    known.map(async (name) => [name, (await readFile(join(folder, name), "utf8")).trim()] as const),
  );
  return readDatabaseUrl({ ...environment, ...Object.fromEntries(mounted) });
}

function buildUrl(parts: {
  readonly DATABASE_HOST: string;
  readonly DATABASE_PORT: number;
  readonly DATABASE_NAME: string;
  readonly DATABASE_USER: string;
  readonly DATABASE_PASSWORD: string;
}): string {
  const url = new URL("postgres://host");
  url.hostname = parts.DATABASE_HOST;
  url.port = String(parts.DATABASE_PORT);
  url.username = encodeURIComponent(parts.DATABASE_USER);
  url.password = encodeURIComponent(parts.DATABASE_PASSWORD);
  url.pathname = `/${encodeURIComponent(parts.DATABASE_NAME)}`;
  return url.href;
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
