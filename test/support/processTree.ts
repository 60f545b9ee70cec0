// Processor time and memory of a process with the processes that it started, from Linux' /proc.
import { readFileSync } from "node:fs";

/** USER_HZ, in which the kernel counts for every architecture that Node runs on. */
const TICKS_A_SECOND = 100;

/** Bytes that are resident now. The program code of the children is that of their parent, and counted once. */
export function memoryOfTree(pid = process.pid): number {
  return childrenOf(pid).reduce((sum, child) => sum + memory(child, "RssAnon"), memory(pid, "VmRSS"));
}

/** User and system time [s] of a process and its children, those that have ended too. */
export function processorSecondsOfTree(pid = process.pid): number {
  const own = ticks(pid, 13, 14, 15, 16);
  return childrenOf(pid).reduce((sum, child) => sum + ticks(child, 13, 14), own) / TICKS_A_SECOND;
}

/** User and system time [s] of the children of this process that have ended. */
export function endedChildrenSeconds(): number {
  return ticks(process.pid, 15, 16) / TICKS_A_SECOND;
}

export function childrenOf(pid: number): number[] {
  return read(`/proc/${pid}/task/${pid}/children`).split(" ").filter(Boolean).map(Number);
}

function memory(pid: number, name: string): number {
  const kib = new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(read(`/proc/${pid}/status`))?.[1];
  return Number(kib ?? 0) * 1024;
}

/** man 5 proc_pid_stat: fields from 0 on; the name in parentheses may hold blanks. */
function ticks(pid: number, ...fields: readonly number[]): number {
  const text = read(`/proc/${pid}/stat`);
  const all = ["pid", "name", ...text.slice(text.lastIndexOf(")") + 2).split(" ")];
  return fields.reduce((sum, field) => sum + Number(all[field] ?? 0), 0);
}

/** Empty when the process has ended meanwhile. */
function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
