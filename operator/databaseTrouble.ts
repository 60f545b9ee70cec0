// An error of the database as reason and message of a condition.
import { describeTrouble, findTrouble, isSqlState } from "../database/troubles.ts";
import { RejectedError } from "../model/errors.ts";
import type { Reason } from "./objects/conditions.ts";

/** By SQLSTATE: what a person, not time, must fix. */
const REASONS_BY_STATE: Readonly<Record<string, Reason>> = {
  "25006": "DatabaseReadOnly",
  "28000": "PasswordRefused",
  "28P01": "PasswordRefused",
  "3D000": "DatabaseMissing",
  "42501": "MissingGrant",
  "53100": "DiskFull",
};

/** null: not an error of the database. */
export function findDatabaseTrouble(error: Error): { readonly reason: string; readonly message: string } | null {
  if (error instanceof RejectedError) return { reason: error.reason, message: error.message };
  const trouble = findTrouble(error);
  if (trouble === null) return null;
  const state = Object.keys(REASONS_BY_STATE).find((one) => hasState(error, one));
  const reason = state === undefined ? "DatabaseUnavailable" : REASONS_BY_STATE[state]!;
  return { reason, message: describeTrouble(trouble, error) };
}

function hasState(error: unknown, state: string): boolean {
  return error instanceof Error && (isSqlState(error, state) || hasState(error.cause, state));
}
