// What an error of the database or of the way to it means, and whether it passes. One table for every program: whatever comes
// from the connection, the server or the network passes by itself, unless its entry says that it cannot.
import { RejectedError, TransientError } from "../model/errors.ts";

/**
 * passing: the same work may be tried again unchanged. settings: passes as well (a password is being rotated, a database
 * restored), but is as often a mistake, so a command that a person waits for reports it at once. final: proved to be no
 * matter of time.
 */
export type Fate = "passing" | "settings" | "final";

export interface Trouble {
  readonly fate: Fate;
  readonly meaning: string;
}

const passing = (meaning: string): Trouble => ({ fate: "passing", meaning });
const settings = (meaning: string): Trouble => ({ fate: "settings", meaning });
const final = (meaning: string): Trouble => ({ fate: "final", meaning });

/** By SQLSTATE, else by its class (the first two characters). */
export const SQLSTATE_TROUBLES: Readonly<Record<string, Trouble>> = {
  "08": passing("the connection failed or was refused"),
  "0A": final("the server does not support the request"),
  "21": final("a statement returned another number of rows than it may"),
  "22": final("a value does not fit its type"),
  "23": final("a row breaks a rule of the table"),
  "25006": passing("the server is read-only: a standby, or a primary with default_transaction_read_only"),
  "25P02": final("a statement followed one that had failed in the same transaction"),
  "25P03": passing("the session was idle in a transaction for too long"),
  "25P04": passing("the transaction took longer than the server allows"),
  "26": final("a prepared statement does not exist"),
  "28": settings("the server refuses the user: it is unknown, or may not connect from here"),
  "28P01": settings("the server refuses the password"),
  "3D000": settings("the server has no database of this name"),
  "3F000": final("the schema does not exist"),
  "40001": passing("two transactions could not be put in an order"),
  "40P01": passing("two transactions waited for each other"),
  "42": final("a statement names something that does not exist, or is not valid"),
  "42501": final("the role lacks a right"),
  "44": final("a row breaks the condition of its view"),
  "53": passing("the server lacks a resource"),
  "53100": passing("the server's disk is full"),
  "53200": passing("the server is out of memory"),
  "53300": passing("the server has no free connection"),
  "53400": passing("a limit of the server's configuration is reached"),
  "54": final("a statement exceeds a limit of the program"),
  "55P03": passing("another transaction holds a lock"),
  "57014": passing("the statement was cancelled, by a person or by a timeout"),
  "57P01": passing("an administrator ended the session"),
  "57P02": passing("the server crashed and restarts"),
  "57P03": passing("the server is starting or stopping"),
  "57P04": settings("the database was dropped"),
  "57P05": passing("the session was idle for too long"),
  "58": passing("the server's operating system reports an error"),
  "58030": passing("the server cannot read or write its files"),
  P0: final("a function of the schema refused"),
};

/** No authority that we ask vouches for the server: codes of X.509 as Node has them. */
export const UNTRUSTED = [
  "CERT_CHAIN_TOO_LONG",
  "CERT_REVOKED",
  "CERT_SIGNATURE_FAILURE", // another authority of the same name
  "CERT_UNTRUSTED",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "INVALID_CA",
  "INVALID_PURPOSE",
  "PATH_LENGTH_EXCEEDED",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
] as const;
export const OTHER_NAME = "ERR_TLS_CERT_ALTNAME_INVALID";
const TLS_FAILED = passing("a negotiation of TLS has failed");
/** While certificates are exchanged, the server and those who check it change one after the other. */
const DISTRUST = settings("no known authority vouches for the server's certificate");

/** By the code that Node gives an error of the network or of TLS. */
export const NETWORK_TROUBLES: Readonly<Record<string, Trouble>> = {
  ...Object.fromEntries(UNTRUSTED.map((code) => [code, DISTRUST])),
  [OTHER_NAME]: settings("the server's certificate is for another host"),
  CERT_HAS_EXPIRED: passing("the server's certificate has expired, or a clock is wrong"),
  CERT_NOT_YET_VALID: passing("the server's certificate is not valid yet, or a clock is wrong"),
  EAI_AGAIN: passing("the name service does not answer"),
  ECONNABORTED: passing("the connection was aborted"),
  ECONNREFUSED: passing("no server listens at this address"),
  ECONNRESET: passing("the connection was cut"),
  EHOSTDOWN: passing("the host is down"),
  EHOSTUNREACH: passing("no route leads to the host"),
  ENETDOWN: passing("the network is down"),
  ENETRESET: passing("the network was reset"),
  ENETUNREACH: passing("no route leads to the network"),
  ENOTFOUND: settings("the name service does not know the host"),
  EPIPE: passing("the connection was closed while something was sent"),
  EPROTO: TLS_FAILED,
  ETIMEDOUT: passing("the host does not answer"),
};

/** What the driver says without a code. */
const DRIVER_TROUBLES: readonly (readonly [RegExp, Trouble])[] = [
  [/^Connection terminated|^the server closed the connection/, passing("the connection was closed")],
  [/and is not queryable$/, passing("the connection was lost before")],
  [/^timeout expired$/, passing("the server did not answer in time")],
  [/^Query read timeout$/, passing("the server did not answer in time")],
  [/^There was an error establishing an SSL connection$/, passing("TLS could not be negotiated")],
  [/^The server does not support SSL connections$/, final("the server has no TLS")],
  [/^SASL: /, settings("the password could not be checked")],
];

/** Whatever the system says of opening a connection; of a file the same code means something else. */
const CONNECTING: readonly unknown[] = ["connect", "getaddrinfo"];
const NOT_CONNECTED = passing("the connection could not be opened");

const SQLSTATE = /^[0-9A-Z]{5}$/;
const UNKNOWN_ANSWER = passing("the server reports an error");

/** null: nothing that the database, or the way to it, has said. */
export function findTrouble(error: unknown): Trouble | null {
  if (!(error instanceof Error)) return null;
  if (error instanceof RejectedError) return final(error.message);
  if (error instanceof TransientError) {
    const cause = findTrouble(error.cause);
    return cause === null || cause.fate === "final" ? passing(error.message) : cause;
  }
  if (error instanceof AggregateError) return combine(error.errors.map(findTrouble));
  const { code, severity, syscall } = error as { code?: unknown; severity?: unknown; syscall?: unknown };
  if (typeof code === "string") {
    const known = NETWORK_TROUBLES[code];
    if (known !== undefined) return known;
    if (CONNECTING.includes(syscall)) return NOT_CONNECTED;
    if (code.startsWith("ERR_SSL_")) return TLS_FAILED;
    if (severity !== undefined && SQLSTATE.test(code))
      return SQLSTATE_TROUBLES[code] ?? SQLSTATE_TROUBLES[code.slice(0, 2)] ?? UNKNOWN_ANSWER;
  }
  const said = DRIVER_TROUBLES.find(([words]) => words.test(error.message));
  return said?.[1] ?? findTrouble(error.cause);
}

/** An address with several hosts: as long as one of them may come back, so may the database. */
function combine(troubles: readonly (Trouble | null)[]): Trouble | null {
  const order: readonly (Fate | undefined)[] = ["passing", "settings", "final", undefined];
  return [...troubles].sort((a, b) => order.indexOf(a?.fate) - order.indexOf(b?.fate))[0] ?? null;
}

/** Whether the same work may succeed later, unchanged. */
export function isPassing(error: unknown): boolean {
  const fate = findTrouble(error)?.fate;
  return fate === "passing" || fate === "settings";
}

/** Why a connection could not be opened. An error of a file has a code; one without comes from the network. */
export function findConnectTrouble(error: Error): Trouble {
  return findTrouble(error) ?? ("code" in error ? final(error.message) : passing(error.message));
}

/** A sentence without its end. */
export function describeTrouble({ meaning }: Trouble, { message }: Error): string {
  return `${meaning.charAt(0).toUpperCase()}${meaning.slice(1)}: ${message}`;
}

/** The certificate of the other side is not one to trust. */
export function isDistrust(error: unknown): boolean {
  return [...UNTRUSTED, OTHER_NAME].some(
    (code) => error instanceof Error && (error as { code?: unknown }).code === code,
  );
}

export function isMissingRight(error: unknown): boolean {
  return isSqlState(error, "42501");
}

export function isSqlState(error: unknown, state: string): boolean {
  return error instanceof Error && (error as { code?: unknown }).code === state;
}
