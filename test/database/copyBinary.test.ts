// COPY (FORMAT binary) both ways through a real server: what is encoded arrives, and rows are read however they are cut.
import { pipeline } from "node:stream/promises";
import fc from "fast-check";
import { from as copyFrom, to as copyTo } from "pg-copy-streams";
import { afterAll, beforeAll, expect, test } from "vitest";
import { CopyEncoder, readCopyRows } from "../../database/copyBinary.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { SEED } from "../support/random.ts";

interface Row {
  readonly small: number;
  readonly whole: number;
  readonly big: bigint;
  readonly real: number;
  readonly words: string;
  readonly packed: Uint8Array;
  readonly smalls: readonly number[];
  readonly singles: readonly number[];
  readonly doubles: readonly number[];
  readonly texts: readonly string[];
  readonly nothing: boolean;
}

const COLUMNS = 11;
const TABLE = `CREATE TEMPORARY TABLE copied (small int2, whole int4, big int8, real float8, words text, packed bytea,
  smalls int2[], singles float4[], doubles float8[], texts text[], nothing text)`;

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  await database.client.query(TABLE);
});
afterAll(() => database.drop());

const text = fc.string({ unit: "grapheme", maxLength: 40 }).filter((word) => !word.includes("\0"));
const small = fc.integer({ min: -32_768, max: 32_767 });
const row: fc.Arbitrary<Row> = fc.record({
  small,
  whole: fc.integer(),
  big: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  real: fc.double(),
  words: text,
  packed: fc.uint8Array({ maxLength: 2_000 }),
  smalls: fc.array(small, { maxLength: 6 }),
  singles: fc.array(fc.float(), { maxLength: 6 }),
  doubles: fc.array(fc.double(), { maxLength: 6 }),
  texts: fc.array(text, { maxLength: 4 }),
  nothing: fc.boolean(),
});

function encode(rows: readonly Row[], takeAfter: number): Buffer[] {
  const encoder = new CopyEncoder();
  const parts: Buffer[] = [];
  rows.forEach((one, at) => {
    encoder.startRow(COLUMNS);
    encoder.int2(one.small);
    encoder.int4(one.whole);
    encoder.int8(one.big);
    encoder.float8(one.real);
    encoder.text(one.words);
    encoder.bytes(one.packed);
    encoder.int2Array(one.smalls);
    encoder.float4Array(one.singles);
    encoder.float8Array(one.doubles);
    encoder.textArray(one.texts);
    if (one.nothing) encoder.nullValue();
    else encoder.text("");
    if (at === takeAfter) parts.push(encoder.take());
  });
  return [...parts, encoder.finish()];
}

async function copyIn(parts: readonly Buffer[]): Promise<void> {
  await database.client.query("TRUNCATE copied");
  await pipeline(parts, database.client.query(copyFrom("COPY copied FROM STDIN (FORMAT binary)")));
}

async function copyOut(): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of database.client.query(copyTo("COPY copied TO STDOUT (FORMAT binary)"))) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** The stream cut at the given places. */
async function* cut(bytes: Buffer, places: readonly number[]): AsyncGenerator<Buffer> {
  const at = [...new Set(places.map((place) => place % bytes.length))].sort((a, b) => a - b);
  for (let from = 0, next = 0; from < bytes.length; next++) {
    const to = at[next] ?? bytes.length;
    if (to > from) yield bytes.subarray(from, to);
    from = to;
  }
}

test("rows come back from the server as they were encoded, whatever their values and wherever the encoder was emptied", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(row, { maxLength: 20 }), fc.nat(20), async (rows, takeAfter) => {
      await copyIn(encode(rows, takeAfter));
      const stored = await database.client.query(
        "SELECT small, whole, big::text, real, words, packed, smalls, singles, doubles, texts, nothing FROM copied",
      );
      // The driver reads the shortest text of a float4 as a double.
      const result = stored.rows.map((one) => ({ ...one, singles: one.singles.map(Math.fround) }));
      expect(result).toEqual(
        rows.map((one) => ({
          ...one,
          big: String(one.big),
          packed: Buffer.from(one.packed),
          nothing: one.nothing ? null : "",
        })),
      );
    }),
    { numRuns: 60, seed: Number(SEED) },
  );
});

test("the reader finds every column of every row however the stream is cut", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(row, { maxLength: 12 }), fc.array(fc.nat(), { maxLength: 40 }), async (rows, places) => {
      await copyIn(encode(rows, -1));
      const found: unknown[] = [];
      await readCopyRows(cut(await copyOut(), places), COLUMNS, ({ bytes, offsets, lengths }) => {
        found.push([
          bytes.readInt16BE(offsets[0]!),
          bytes.readInt32BE(offsets[1]!),
          bytes.readBigInt64BE(offsets[2]!),
          bytes.readDoubleBE(offsets[3]!),
          bytes.toString("utf8", offsets[4]!, offsets[4]! + lengths[4]!),
          [...bytes.subarray(offsets[5]!, offsets[5]! + lengths[5]!)],
          lengths[10],
        ]);
      });
      expect(found).toEqual(
        rows.map((one) => [one.small, one.whole, one.big, one.real, one.words, [...one.packed], one.nothing ? -1 : 0]),
      );
    }),
    { numRuns: 60, seed: Number(SEED) },
  );
});

test("a stream that ends early or has other columns is refused", async () => {
  const [bytes] = encode([...fc.sample(row, { numRuns: 1, seed: Number(SEED) })], -1);
  const read = (whole: Buffer, columns: number) => readCopyRows(cut(whole, []), columns, () => undefined);
  await expect(read(bytes!, COLUMNS)).resolves.toBeUndefined();
  for (const missing of [1, 2, 10, bytes!.length - 1]) {
    await expect(read(bytes!.subarray(0, bytes!.length - missing), COLUMNS)).rejects.toThrow("in the middle of a row");
  }
  await expect(read(bytes!, 3)).rejects.toThrow("expected 3 columns, found 11");
});
