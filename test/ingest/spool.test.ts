// Folders for values on their way: nothing in them is believed that others could have written, and no two runs share one.
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openSpool } from "../../ingest/series/spoolFolder.ts";
import { openOwnFolder } from "../../ingest/series/spoolRoot.ts";
import { ValueTally } from "../../ingest/series/valueTally.ts";
import { refusalOf } from "../support/ingest.ts";

const SHAPE = { bytes: 65 << 20, boxes: 10, parts: 1, places: 2 };
const reached = { boxes: 5, tallies: [new ValueTally()], seen: Uint8Array.of(1, 0) };
/** No process has this number. */
const DEAD = 2 ** 22 + 1;

let above: string;
let root: string;
beforeEach(() => {
  above = mkdtempSync(join(tmpdir(), "climatebatch-spool-"));
  root = join(above, `climatebatch-${process.getuid?.()}`);
});
afterEach(() => rmSync(above, { recursive: true, force: true }));

const folders = () => readdirSync(root);
/** As a killed run leaves it. */
const kill = (name: string) =>
  writeFileSync(join(root, name, "owner.json"), JSON.stringify({ pid: DEAD, host: hostOf(name), started: "1" }));
const hostOf = (name: string) => JSON.parse(readText(join(root, name, "owner.json"))).host as string;

test("a finished reading leaves nothing, an interrupted one is resumed by the same and removed by another", async () => {
  const first = await openSpool(above, SHAPE, "files and options");
  first.store.write(Uint8Array.of(1, 2, 3), 64);
  first.save(reached);
  first.close(true);
  expect(folders()).toHaveLength(1);
  const again = await openSpool(above, SHAPE, "files and options");
  expect(again.checkpoint).toMatchObject({ boxes: 5, seen: reached.seen });
  const bytes = new Uint8Array(3);
  again.store.read(bytes, 64);
  expect([...bytes]).toEqual([1, 2, 3]);
  again.save(reached);
  again.close(true);
  const other = await openSpool(above, SHAPE, "other options");
  expect(other.checkpoint).toBeUndefined();
  expect(folders()).toHaveLength(1);
  other.close(false);
  expect(readdirSync(above)).toEqual([]);
});

test("what a killed run left is taken over; what is changed in it is not believed", async () => {
  const first = await openSpool(above, SHAPE, "files");
  first.save(reached);
  const [name] = folders() as [string];
  kill(name);
  const path = join(root, name, "checkpoint.json");
  writeFileSync(path, readText(path).replace('"boxes":5', '"boxes":9'));
  const second = await openSpool(above, SHAPE, "files");
  expect(second.checkpoint).toBeUndefined();
  second.close(false);
  expect(readdirSync(above)).toEqual([]);
});

test("two runs of the same work at once do not meet", async () => {
  const [one, two] = [await openSpool(above, SHAPE, "files"), await openSpool(above, SHAPE, "files")];
  expect(folders()).toHaveLength(2);
  one.store.write(Uint8Array.of(7), 0);
  two.store.write(Uint8Array.of(8), 0);
  const byte = new Uint8Array(1);
  one.store.read(byte, 0);
  expect([...byte]).toEqual([7]);
  one.close(false);
  two.close(false);
});

test("leftovers of killed runs are removed by the next one, those of running ones stay", () => {
  const running = openOwnFolder(above, "rows", undefined);
  const killed = openOwnFolder(above, "rows", undefined);
  kill(killed.path.slice(root.length + 1));
  const next = openOwnFolder(above, "values", "abc");
  expect(folders().toSorted()).toEqual([running.path, next.path].map((path) => path.slice(root.length + 1)).toSorted());
});

const ROOTS: readonly (readonly [what: string, make: () => void, says: RegExp])[] = [
  ["a link", () => symlinkSync(above, root), /is no folder/],
  ["open to others", () => chmodSync(mkdirSync(root, { recursive: true })!, 0o777), /is open to other users/],
  ["a file", () => writeFileSync(root, ""), /is no folder/],
];
test.each(ROOTS)("a root that is %s is refused", async (_, make, says) => {
  make();
  const refusal = await refusalOf(openSpool(above, SHAPE, "files"));
  expect(refusal).toMatch(/^UnsafeSpool/);
  expect(refusal).toMatch(says);
  expect(refusal).toContain("--spool FOLDER");
});

function readText(path: string): string {
  return readFileSync(path, "utf8");
}
