// Where the database is, from the environment: a URL, or the parts that users of the predecessor have in their `.env`.
import { z } from "zod";
import { RejectedError } from "../model/errors.ts";

const ADDRESS_ENV = z.object({
  DATABASE_URL: z
    .url({ protocol: /^postgres(ql)?$/, error: "expected postgres://user:password@host:port/name" })
    .optional(),
  DATABASE_HOST: z.string().min(1).default("localhost"),
  DATABASE_PORT: z.coerce.number({ error: "expected a port number" }).int().min(1).max(65_535).default(5432),
  DATABASE_NAME: z.string().min(1).default("climate_risk_db"),
  DATABASE_USER: z.string().min(1).default("postgres"),
  DATABASE_PASSWORD: z.string().default(""),
});
export const ADDRESS_VARIABLES = Object.keys(ADDRESS_ENV.shape) as readonly (keyof typeof ADDRESS_ENV.shape)[];

export type Environment = Readonly<Record<string, string | undefined>>;

export function namesDatabase(environment: Environment): boolean {
  return ADDRESS_VARIABLES.some((name) => environment[name] !== undefined && environment[name] !== "");
}

/** All problems are reported together. */
export function readDatabaseUrl(environment: Environment): string {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ""));
  const parsed = ADDRESS_ENV.safeParse(given);
  if (!parsed.success) throw invalidEnvironment(parsed.error, environment);
  const { DATABASE_URL, ...parts } = parsed.data;
  if (DATABASE_URL !== undefined) return DATABASE_URL;
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
