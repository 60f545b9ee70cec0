// Many readers of the explorer while batches are published: each answer is checked to be whole and of one batch, whose number is
// the score of every cell.
import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "pg";
import { RejectedError } from "../../model/errors.ts";
import { eventually, startCli } from "./cli.ts";
import { createTestDatabase } from "./database.ts";
import { loadBatch, specification, writePlaces } from "./loadedBatch.ts";

const CELLS = 40;
const BATCH = specification({ risks: ["cold_wave", "high_temperature", "drought"] });
/** Of a reader, from one request to the next. */
const EVERY_MS = 1_000;

export interface ReadersOutcome {
  readonly answers: number;
  readonly unchanged: number;
  /** Batches that readers saw, and those that were published. */
  readonly seen: ReadonlySet<string>;
  readonly published: readonly string[];
  readonly wrong: readonly string[];
  /** [ms], sorted */
  readonly answersMs: readonly number[];
  readonly seconds: number;
}

interface Words {
  readonly readers: number;
  readonly publications: number;
  readonly seconds: number;
}

/** The explorer is a process of its own, as people run it. */
export async function readWhilePublishing({ readers, publications, seconds }: Words): Promise<ReadersOutcome> {
  await using database = await createTestDatabase();
  await writePlaces(database.client, CELLS);
  const { batchId: first } = await loadBatch(database.client, BATCH);
  await using program = startCli(["explore", "--port", "0", "--database", database.url]);
  const url = await eventually("the explorer answers", () => /http:\/\/\S+/.exec(program.written())?.[0]);
  const seen = new Set<string>();
  const wrong: string[] = [];
  const answersMs: number[] = [];
  let unchanged = 0;
  const begin = performance.now();
  const elapsedMs = () => performance.now() - begin;
  let isOver = false;

  const read = async (reader: number) => {
    const [kind, address] = KINDS[reader % KINDS.length]!;
    let etag: string | null = null;
    // Spread over the interval, as people are.
    for (let next = (EVERY_MS * reader) / readers; !isOver; next += EVERY_MS) {
      await sleep(Math.max(0, next - elapsedMs()));
      const started = performance.now();
      const response: Response = await fetch(`${url}${address}`, {
        headers: etag === null ? {} : { "if-none-match": etag },
      });
      const text = await response.text();
      answersMs.push(performance.now() - started);
      if (response.status === 304) {
        unchanged++;
        continue;
      }
      etag = response.headers.get("etag");
      const batch = response.ok ? batchOf(kind, JSON.parse(text)) : null;
      if (batch === null || etag !== `"h${batch}-p${batch}"`) {
        wrong.push(`${address}: ${response.status} ${etag} ${text.slice(0, 300)}`);
      } else seen.add(batch);
    }
  };
  const reading = Array.from({ length: readers }, (_, reader) => read(reader));
  const published = [first];
  for (let at = 1; at <= publications; at++) {
    await sleep(Math.max(0, (1000 * seconds * at) / (publications + 1) - elapsedMs()));
    published.push(await eventually("a slot is free", () => publishNext(database.client)));
  }
  await sleep(Math.max(0, 1000 * seconds - elapsedMs()));
  isOver = true;
  await Promise.all(reading);
  answersMs.sort((a, b) => a - b);
  return { answers: answersMs.length, unchanged, seen, published, wrong, answersMs, seconds: elapsedMs() / 1000 };
}

export function describeReaders({ readers }: Words, outcome: ReadersOutcome): string {
  const { answers, answersMs, published, seconds, unchanged } = outcome;
  const share = (part: number) => `${answersMs[Math.floor(part * answersMs.length)]!.toFixed(0)} ms`;
  return (
    `${readers} readers of the explorer for ${seconds.toFixed(0)} s while ${published.length - 1} batches were published: ${answers} answers ` +
    `(${unchanged} unchanged), median ${share(0.5)}, p95 ${share(0.95)}, longest ${answersMs.at(-1)!.toFixed(0)} ms`
  );
}

const QUERY = "scenario=future&period=2021-2040";
const KINDS = [
  ["cells", `/api/cells?risk=cold_wave&${QUERY}`],
  ["place", `/api/place?latitude=40&longitude=127&${QUERY}`],
  ["results", "/api/results"],
] as const;

interface ReadAnswer {
  readonly batches: readonly (string | { readonly batch: string })[];
  readonly cells?: readonly { readonly score: number; readonly damagingYear: number }[];
  readonly results?: readonly { readonly hazard: { readonly score: number } }[];
}

/** The one batch that all of an answer is of; null when it is not whole, or of several. */
function batchOf(kind: (typeof KINDS)[number][0], { batches, cells = [], results = [] }: ReadAnswer): string | null {
  const named = new Set(batches.map((one) => (typeof one === "string" ? one : one.batch)));
  const [batch] = named;
  if (named.size !== 1 || batches.length !== 2 || batch === undefined) return null;
  const score = Number(batch);
  const isWhole = {
    cells:
      cells.length === CELLS &&
      cells.every((cell) => cell.score === score && Math.abs(cell.damagingYear - score / 100) < 1e-6),
    place: results.length === BATCH.risks.length && results.every(({ hazard }) => hazard.score === score),
    results: true,
  };
  return isWhole[kind] ? batch : null;
}

/** undefined while readers' snapshots hold every slot. */
async function publishNext(client: Client): Promise<string | undefined> {
  try {
    const { batchId, outcome } = await loadBatch(client, BATCH);
    if (outcome.state !== "published") throw new Error(`batch ${batchId} is ${outcome.state}`);
    return batchId;
  } catch (error) {
    if (error instanceof RejectedError && error.reason === "NoFreeSlot") return undefined;
    throw error;
  }
}
