// CPU time of this process, of children that have ended, and of a PostgreSQL server on this machine, from Linux' /proc.
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

const TICKS_PER_SECOND = Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));
/** Fields of /proc/PID/stat behind the name in brackets: parent, then user and system ticks, own and of ended children. */
const PARENT = 1;
const TICKS = { own: [11, 12], children: [13, 14] } as const;

function statOf(pid: number | "self"): number[] {
  const text = readFileSync(`/proc/${pid}/stat`, "latin1");
  return text
    .slice(text.lastIndexOf(")") + 2)
    .split(" ")
    .map(Number);
}

function seconds(stat: readonly number[], fields: readonly number[]): number {
  return fields.reduce((sum, field) => sum + stat[field]!, 0) / TICKS_PER_SECOND;
}

/** User and system time [s] of the child processes of this one that have ended. */
export function endedChildrenSeconds(): number {
  return seconds(statOf("self"), TICKS.children);
}

/** User and system time [s] of a server: the process with `pid`, its children that live and those that have ended. */
export function serverSeconds(pid: number): number {
  let sum = seconds(statOf(pid), [...TICKS.own, ...TICKS.children]);
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = statOf(Number(name));
      if (stat[PARENT] === pid) sum += seconds(stat, TICKS.own);
    } catch (error) {
      // Ended since the listing: its parent counts it from now on.
      const { code } = error as NodeJS.ErrnoException;
      if (code !== "ENOENT" && code !== "ESRCH") throw error;
    }
  }
  return sum;
}
