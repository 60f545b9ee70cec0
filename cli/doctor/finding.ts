// What a check of the doctor finds, and how it is looked at. A new check is a file with one, named in examineMachine.ts,
// examineInstallation.ts or both.
import { coerceError } from "../../model/errors.ts";

/** ok: as it should be. warning: works, but deserves attention. problem: something does not work. unknown: not checked. */
export type Level = "ok" | "warning" | "problem" | "unknown";

export interface Finding {
  readonly level: Level;
  readonly found: string;
  /** What to do; null when nothing is. */
  readonly advice: string | null;
}

export interface Check<CheckContext> {
  readonly name: string;
  look(patient: CheckContext): Promise<readonly Finding[]>;
}

export interface CheckReport {
  readonly check: string;
  readonly findings: readonly Finding[];
}

export const fine = (found: string): Finding => ({ level: "ok", found, advice: null });
export const warn = (found: string, advice: string): Finding => ({ level: "warning", found, advice });
export const problem = (found: string, advice: string): Finding => ({ level: "problem", found, advice });

export const unseen = (why: string): Finding => ({ level: "unknown", found: `not looked at: ${why}`, advice: null });

/** `advice`: for when the check itself fails, which is a finding and keeps no other back. */
export async function look<CheckContext>(
  { name, look }: Check<CheckContext>,
  patient: CheckContext,
  advice: string,
): Promise<CheckReport> {
  try {
    return { check: name, findings: await look(patient) };
  } catch (thrown) {
    const { message } = coerceError(thrown);
    return { check: name, findings: [problem(`this could not be looked at: ${message}`, advice)] };
  }
}

export function notLookedAt(why: string): (check: { readonly name: string }) => CheckReport {
  return ({ name }) => ({ check: name, findings: [unseen(why)] });
}
