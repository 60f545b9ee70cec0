// Where the spool of a long reading lies, and how far it has come: a reading that was interrupted goes on from there when
// the same files are read with the same options again.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { stat, statfs } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RejectedError } from "../../model/errors.ts";
import { fileStore, memoryStore, type SpoolStore } from "./tileSpool.ts";
import type { ValueTally } from "./valueTally.ts";

/** Smaller ones are kept in memory. */
const MEMORY_BYTES = 64 << 20;

/** How far the reading has come. */
export interface Checkpoint {
  /** Boxes of all parts that are spooled. */
  readonly boxes: number;
  readonly tallies: readonly ValueTally[];
  /** [places] 1 where any value was seen. */
  readonly seen: Uint8Array;
}

export interface SpoolFolder {
  readonly store: SpoolStore;
  /** What an interrupted reading left. */
  readonly checkpoint: Checkpoint | undefined;
  save(checkpoint: Checkpoint): void;
  /** Frees the room; `keep` leaves it for the next run. */
  close(keep: boolean): void;
}

/** `identity` says what is read and how: another one never takes up this spool. */
export async function openSpool(folder: string | undefined, bytes: number, identity: string): Promise<SpoolFolder> {
  if (bytes <= MEMORY_BYTES) {
    const store = memoryStore(bytes);
    return { store, checkpoint: undefined, save: () => undefined, close: () => undefined };
  }
  const above = folder ?? tmpdir();
  const digest = createHash("sha256").update(`${identity}\n${bytes}`).digest("hex").slice(0, 16);
  const own = join(above, `climatebatch-ingest-${digest}`);
  const isNew = await stat(own).then(
    () => false,
    () => true,
  );
  if (isNew) await checkRoom(above, bytes);
  try {
    mkdirSync(own, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new RejectedError(
      "CannotWrite",
      `--spool "${above}" cannot be written: ${(cause as Error).message}. Give a folder that is yours.`,
      { cause },
    );
  }
  const checkpoint = isNew ? undefined : readCheckpoint(own);
  const store = fileStore(join(own, "tiles"), bytes);
  return {
    store,
    checkpoint,
    save: (reached) => writeCheckpoint(own, reached),
    close: (keep) => {
      store.close();
      if (!keep) rmSync(own, { recursive: true, force: true });
    },
  };
}

async function checkRoom(folder: string, bytes: number): Promise<void> {
  const facts = await statfs(folder).catch(() => undefined);
  if (facts === undefined || facts.bavail * facts.bsize >= bytes) return;
  const gibibytes = (size: number) => (size / 2 ** 30).toFixed(1);
  throw new RejectedError(
    "NoRoom",
    `The values of these files need ${gibibytes(bytes)} GiB of room meanwhile, but ${folder} has ${gibibytes(facts.bavail * facts.bsize)} GiB left. ` +
      "Give a folder on a larger disk: --spool FOLDER; or ingest fewer files, or fewer --variables, at a time. If the files are small, their dimensions are wrong.",
  );
}

function writeCheckpoint(own: string, { boxes, tallies, seen }: Checkpoint): void {
  const facts = { boxes, tallies: tallies.map((tally) => ({ ...tally })), seen: Buffer.from(seen).toString("base64") };
  const unfinished = join(own, "checkpoint.part");
  writeFileSync(
    unfinished,
    JSON.stringify(facts, (_, value) => (Number.isFinite(value) || typeof value !== "number" ? value : String(value))),
  );
  renameSync(unfinished, join(own, "checkpoint.json"));
}

function readCheckpoint(own: string): Checkpoint | undefined {
  let text: string;
  try {
    text = readFileSync(join(own, "checkpoint.json"), "utf8");
  } catch {
    // Interrupted before the first one: everything is read again.
    return undefined;
  }
  const facts = JSON.parse(text, (key, value) => (["least", "greatest"].includes(key) ? Number(value) : value));
  return { ...facts, seen: Uint8Array.from(Buffer.from(facts.seen, "base64")) };
}
