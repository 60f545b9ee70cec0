// Findings as a person reads them.
import type { CheckReport, Level } from "./finding.ts";

const NAME_WIDTH = 15;
const MARKS: Readonly<Record<Level, string>> = {
  ok: "ok     ",
  warning: "warning",
  problem: "PROBLEM",
  unknown: "-      ",
};

export function describeReports(reports: readonly CheckReport[]): string {
  const lines = reports.flatMap(({ check, findings }) =>
    findings.flatMap(({ level, found, advice }) => {
      const head = `${MARKS[level]}  ${check.padEnd(NAME_WIDTH)} `;
      const text = head + found.split("\n").join(`\n${" ".repeat(head.length + 1)}`);
      return advice === null ? [text] : [text, `${" ".repeat(head.length)}→ ${advice}`];
    }),
  );
  const count = (wanted: "problem" | "warning") => {
    const found = reports.flatMap(({ findings }) => findings).filter(({ level }) => level === wanted).length;
    return `${found} ${wanted}${found === 1 ? "" : "s"}`;
  };
  return [...lines, "", `${count("problem")}, ${count("warning")}.`].join("\n");
}
