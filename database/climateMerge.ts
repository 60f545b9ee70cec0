// One year of new values against the year that is stored: which wins, day by day, and whether anything changes.
import { type Calendar, daysInMonth } from "../model/calendars.ts";

export const CONFLICT_RULES = ["fail", "replace", "keep"] as const;
export type ConflictRule = (typeof CONFLICT_RULES)[number];

/** What merging changed; a day with two different values under the rule `fail`. */
export type Merge = "changed" | "unchanged" | { readonly conflictAt: number };

/** Merges `stored` into `values`, in place. A missing value never wins; equal values are no conflict. */
export function mergeYears(values: Float32Array, stored: Float32Array, rule: ConflictRule): Merge {
  let changed = false;
  for (let at = 0; at < values.length; at++) {
    const existing = stored[at]!;
    const value = values[at]!;
    if (Number.isNaN(value)) values[at] = existing;
    else if (Number.isNaN(existing)) changed = true;
    else if (value !== existing) {
      if (rule === "fail") return { conflictAt: at };
      if (rule === "keep") values[at] = existing;
      else changed = true;
    }
  }
  return changed ? "changed" : "unchanged";
}

/** The day or month at a position of a stored year, as people write it. */
export function formatPosition(frequency: string, calendar: Calendar, year: number, position: number): string {
  if (frequency === "yearly") return String(year);
  const two = (part: number) => String(part).padStart(2, "0");
  if (frequency === "monthly") return `${year}-${two(position + 1)}`;
  let day = position;
  let month = 1;
  for (; day >= daysInMonth(calendar, year, month); month++) day -= daysInMonth(calendar, year, month);
  return `${year}-${two(month)}-${two(day + 1)}`;
}
