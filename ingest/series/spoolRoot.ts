// Folders for values on their way: below one folder per user that only the user can enter, each owned by one running process.
import { randomBytes } from "node:crypto";
import { lstatSync, mkdirSync, readdirSync, readFileSync, renameSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { RejectedError } from "../../model/errors.ts";

export const DOWNLOADS = "downloads";
const OWNER = "owner.json";
const ONLY_OWN = 0o700;
const OTHERS = 0o077;
/** Folders of another machine, whose processes cannot be seen, are left alone for a day. */
const STRANGERS_MS = 86_400_000;

export interface OwnFolder {
  readonly path: string;
  /** Removes it, or leaves it for the next run of the same work. */
  close(keep: boolean): void;
}

/**
 * A folder of this process. One that a killed run left of the same work is taken over, every other left one is removed. Only
 * a download leaves those of other kinds: they may be of the work that follows it.
 * `work` names it, in letters and digits; undefined: nothing is to be taken over.
 */
export function openOwnFolder(above: string | undefined, kind: string, work: string | undefined): OwnFolder {
  const root = openRoot(above ?? tmpdir());
  const path = join(root, `${kind}-${work ?? "once"}-${randomBytes(8).toString("hex")}`);
  let isTaken = false;
  for (const name of readdirSync(root)) {
    const left = join(root, name);
    if (isOwned(left)) continue;
    const isSame = work !== undefined && !isTaken && name.startsWith(`${kind}-${work}-`);
    if (isSame) isTaken = tryRename(left, path);
    else if (kind !== DOWNLOADS || name.startsWith(DOWNLOADS)) rmSync(left, { recursive: true, force: true });
  }
  if (!isTaken) mkdirSync(path, { mode: ONLY_OWN });
  const owner = { pid: process.pid, host: hostname(), started: startOf(process.pid) };
  writeFileSync(join(path, OWNER), JSON.stringify(owner), { mode: 0o600 });
  return {
    path,
    close: (keep) => {
      if (keep) rmSync(join(path, OWNER), { force: true });
      else rmSync(path, { recursive: true, force: true });
      try {
        rmdirSync(root);
      } catch {
        // Others are in it.
      }
    },
  };
}

/** The user's folder in `above`, made or verified: no link, the user's own, closed to others. */
function openRoot(above: string): string {
  const root = join(above, `climatebatch-${process.getuid?.() ?? userInfo().username}`);
  try {
    mkdirSync(above, { recursive: true });
    mkdirSync(root, { mode: ONLY_OWN });
    return root;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "EEXIST") {
      throw new RejectedError(
        "CannotWrite",
        `--spool "${above}" cannot be written: ${(cause as Error).message}. Give a folder that is yours.`,
        { cause },
      );
    }
  }
  const facts = lstatSync(root);
  const wrong = !facts.isDirectory()
    ? "is no folder"
    : process.getuid !== undefined && facts.uid !== process.getuid()
      ? "belongs to another user"
      : (facts.mode & OTHERS) !== 0
        ? "is open to other users"
        : undefined;
  if (wrong === undefined) return root;
  throw new RejectedError(
    "UnsafeSpool",
    `${root} ${wrong}, so values in it could be changed by others. Remove it, or give another folder: --spool FOLDER.`,
  );
}

/** Whether a process that may still run owns the folder. */
function isOwned(path: string): boolean {
  let owner: { readonly pid: number; readonly host: string; readonly started: string | null };
  try {
    owner = JSON.parse(readFileSync(join(path, OWNER), "utf8"));
  } catch {
    // Without an owner for longer than it takes to write one: left behind.
    return !isOlder(path, 10_000) && !wasKept(path);
  }
  if (owner.host !== hostname()) return !isOlder(path, STRANGERS_MS);
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
  return owner.started === null || owner.started === startOf(owner.pid);
}

/** A run that ended by itself left it for the next. */
function wasKept(path: string): boolean {
  try {
    return readdirSync(path).length > 0;
  } catch {
    return false;
  }
}

function isOlder(path: string, ms: number): boolean {
  try {
    return Date.now() - lstatSync(path).mtimeMs > ms;
  } catch {
    return false;
  }
}

/** When a process started, in the system's own count; null where it does not say. */
function startOf(pid: number): string | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    return text.slice(text.lastIndexOf(")") + 2).split(" ")[19] ?? null;
  } catch {
    return null;
  }
}

/** Of two runs that take over the same folder, one succeeds. */
function tryRename(from: string, to: string): boolean {
  try {
    renameSync(from, to);
    return true;
  } catch {
    return false;
  }
}
