// What a check of the doctor is given and what it finds. A new check is a file with one, named in checks.ts.
import type { Client } from "pg";
import type { Clock } from "../../model/clock.ts";
import type { ServeConfig } from "../serve/config.ts";

/** ok: as it should be. warning: works, but somebody should know. problem: something does not work. unknown: not looked at. */
export type Level = "ok" | "warning" | "problem" | "unknown";

export interface Finding {
  readonly level: Level;
  readonly found: string;
  /** What to do; null when nothing is. */
  readonly advice: string | null;
}

export interface Patient {
  /** The settings that serve would have; the defaults where they are wrong. */
  readonly config: ServeConfig;
  readonly databaseUrl: string;
  readonly client: Client;
  readonly clock: Clock;
  readonly random: () => number;
}

export interface Check {
  readonly name: string;
  /** schema: only in a database that is ours and current. */
  readonly needs: "connection" | "schema";
  look(patient: Patient): Promise<readonly Finding[]>;
}

export const fine = (found: string): Finding => ({ level: "ok", found, advice: null });
export const warn = (found: string, advice: string): Finding => ({ level: "warning", found, advice });
export const problem = (found: string, advice: string): Finding => ({ level: "problem", found, advice });
