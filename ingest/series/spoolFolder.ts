// The spool of a long reading and how far it has come: an interrupted reading is resumed when the same files are read again with
// the same options.
import { createHash } from "node:crypto";
import { lstatSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { join } from "node:path";
import { RejectedError } from "../../model/errors.ts";
import { openOwnFolder } from "./spoolRoot.ts";
import { fileStore, memoryStore, type SpoolStore } from "./tileSpool.ts";
import type { ValueTally } from "./valueTally.ts";

/** Smaller ones are kept in memory. */
const MEMORY_BYTES = 64 << 20;
const CHECKPOINT = "checkpoint.json";

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

/** What a checkpoint must have to be believed. */
export interface SpoolShape {
  readonly bytes: number;
  readonly boxes: number;
  readonly parts: number;
  readonly places: number;
}

/** `identity` says what is read and how; an interrupted reading is resumed only by the same one. */
export async function openSpool(folder: string | undefined, shape: SpoolShape, identity: string): Promise<SpoolFolder> {
  const { bytes } = shape;
  if (bytes <= MEMORY_BYTES) {
    const store = memoryStore(bytes);
    return { store, checkpoint: undefined, save: () => undefined, close: () => undefined };
  }
  const digest = digestOf(`${identity}\n${JSON.stringify(shape)}`);
  const own = openOwnFolder(folder, "values", digest.slice(0, 16));
  try {
    const tiles = join(own.path, "tiles");
    const checkpoint = readCheckpoint(own.path, shape, digest, tiles);
    if (checkpoint === undefined) {
      rmSync(tiles, { force: true });
      rmSync(join(own.path, CHECKPOINT), { force: true });
      await checkRoom(own.path, bytes);
    }
    const store = fileStore(tiles, bytes);
    return {
      store,
      checkpoint,
      save: (reached) => writeCheckpoint(own.path, reached, digest),
      close: (keep) => {
        store.close();
        own.close(keep);
      },
    };
  } catch (error) {
    own.close(false);
    throw error;
  }
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

function writeCheckpoint(own: string, { boxes, tallies, seen }: Checkpoint, digest: string): void {
  const facts = JSON.stringify(
    { digest, boxes, tallies: tallies.map((tally) => ({ ...tally })), seen: Buffer.from(seen).toString("base64") },
    (_, value) => (Number.isFinite(value) || typeof value !== "number" ? value : String(value)),
  );
  const unfinished = join(own, `${CHECKPOINT}.part`);
  writeFileSync(unfinished, `${digestOf(facts)}\n${facts}`, { mode: 0o600 });
  renameSync(unfinished, join(own, CHECKPOINT));
}

/** Infinite without a value, which JSON has no number for. */
const EXTREMES: ReadonlySet<string> = new Set(["least", "greatest", "secondGreatest"] satisfies (keyof ValueTally)[]);

/** The checkpoint of an interrupted reading; undefined when there is none, or any doubt: then everything is read again. */
function readCheckpoint(own: string, shape: SpoolShape, digest: string, tiles: string): Checkpoint | undefined {
  try {
    const [sum, facts] = readFileSync(join(own, CHECKPOINT), "utf8").split("\n") as [string, string];
    if (sum !== digestOf(facts) || lstatSync(tiles).size !== shape.bytes) return undefined;
    const found = JSON.parse(facts, (key, value) => (EXTREMES.has(key) ? Number(value) : value));
    const seen = Uint8Array.from(Buffer.from(found.seen, "base64"));
    const isRight =
      found.digest === digest &&
      found.boxes <= shape.boxes &&
      found.tallies.length === shape.parts &&
      seen.length === shape.places;
    return isRight ? { boxes: found.boxes, tallies: found.tallies, seen } : undefined;
  } catch {
    return undefined;
  }
}

function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
