// Where faults happen: a PostgreSQL with a standby, a climate and a published batch in it; readers that look on; and what may
// be left when a batch has ended: nothing.
import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "pg";
import { connect } from "../../database/connect.ts";
import { migrate } from "../../database/migrate.ts";
import { isSqlState } from "../../database/troubles.ts";
import { CALCULATIONS, type Calculation } from "../../model/calculations.ts";
import { digestExports } from "../support/batches.ts";
import { cli, eventually } from "../support/cli.ts";
import { writePastAndFuture } from "../support/climate.ts";
import { databaseUrl } from "../support/database.ts";
import { type Pause, pauseAt } from "../support/pauses.ts";
import { type PostgresPair, startPostgresPair } from "../support/postgresPair.ts";
import { CELLS, type Fault, type Moment, type Point } from "./points.ts";

const DATABASE = "faults";
/** Everything that a NOTIFY computes. */
export const RUN_ALL = ["run", "all"];
const POLL_MS = 50;
const DEADLOCK = "40P01";

export interface Arena extends AsyncDisposable {
  readonly pair: PostgresPair;
  /** As programs reach it. */
  readonly url: string;
  /** Digests of the results that every batch must publish. */
  readonly reference: Record<string, string>;
  /** That consumers see of each calculation. */
  readonly rows: number;
  /** Spool files of programs; empty after each point. */
  readonly spool: string;
  /** A session of its own on the server that leads now. */
  use<T>(work: (client: Client) => Promise<T>): Promise<T>;
}

/** `address` is where programs reach the database. */
export async function openArena(address?: string): Promise<Arena> {
  await using opening = new AsyncDisposableStack();
  const pair = opening.use(await startPostgresPair(address));
  const spool = await mkdtemp(join(tmpdir(), "climatebatch-faults-"));
  opening.defer(() => rm(spool, { recursive: true, force: true }));
  const useAt = async <T>(url: string, work: (client: Client) => Promise<T>): Promise<T> => {
    const client = await connect(url, { purpose: "test" });
    try {
      return await work(client);
    } finally {
      await client.end().catch(() => undefined);
    }
  };
  const use: Arena["use"] = (work) => useAt(databaseUrl(pair.url(), DATABASE), work);
  await useAt(pair.url(), (client) => client.query(`CREATE DATABASE ${DATABASE}`));
  await use(async (client) => {
    await migrate(client);
    await writePastAndFuture(client, { cells: CELLS });
  });
  const url = pair.proxy.urlOf(DATABASE);
  const { code, stderr } = await cli(url, ...RUN_ALL);
  if (code !== 0) throw new Error(stderr);
  const reference = await use(digestExports);
  const rows = await use((client) => countRows(client, "probability"));
  const closing = opening.move();
  return { pair, url, reference, rows: rows[0]!.rows, spool, use, [Symbol.asyncDispose]: () => closing.disposeAsync() };
}

/** A program waits at the moment until `release`, or until the server stops. */
export async function pauseAtMoment({ pair }: Arena, moment: Moment): Promise<Pause> {
  const url = databaseUrl(pair.url(), DATABASE);
  const client = await connect(url, { purpose: "test" });
  const end = () => client.end().catch(() => undefined);
  const pause = await pauseAt({ url, client, drop: end, [Symbol.asyncDispose]: end }, moment);
  return {
    reached: pause.reached,
    release: () => pause.release().catch(() => undefined),
    async [Symbol.asyncDispose]() {
      await Promise.resolve(pause[Symbol.asyncDispose]()).catch(() => undefined);
      await end();
    },
  };
}

/** Triggers of pauses that a stopped server kept from being dropped. */
export async function dropPauses(arena: Arena): Promise<void> {
  await arena.use(async (client) => {
    const { rows } = await client.query("SELECT proname FROM pg_proc WHERE proname LIKE 'climatebatch_test_pause_%'");
    for (const { proname } of rows) await eventually(`${proname} is dropped`, () => tryToDrop(client, proname));
  });
}

/** A program that writes just now may hold one of the tables and wait for another: then PostgreSQL ends the drop. */
async function tryToDrop(client: Client, procedure: string): Promise<true | undefined> {
  try {
    await client.query(`DROP FUNCTION ${procedure}() CASCADE`);
    return true;
  } catch (error) {
    if (isSqlState(error, DEADLOCK)) return undefined;
    throw error;
  }
}

export type Strikes = Readonly<Partial<Record<Fault, () => Promise<void>>>>;

/** Those of PostgreSQL, which every stage has in common. */
export function databaseStrikes({ pair }: Arena, { awayMs }: Point): Strikes {
  const comeBack = async (how: () => Promise<void>) => {
    await pair.crash();
    await sleep(awayMs);
    await how();
  };
  return { crash: () => comeBack(() => pair.recover()), failover: () => comeBack(() => pair.promote()) };
}

/** Begins one fault after the other; resolves when all servers are back. One server fails once at a time. */
export async function strike({ faults, gapMs }: Point, strikes: Strikes): Promise<void> {
  const [first, second] = faults.map((fault) => strikes[fault]!);
  const areBothDatabase = faults.every((fault) => fault === "crash" || fault === "failover");
  const begun = first!();
  if (second === undefined) return begun;
  await (areBothDatabase ? begun : sleep(gapMs));
  await Promise.all([begun, second()]);
}

export interface Readers {
  /** How many answers they got; throws when one was not of one whole batch. */
  stop(): Promise<number>;
}

/** Consumers that query both views in a loop, through connections that break and come back. */
export function watchResults({ url, rows: expected }: Arena): Readers {
  const end = new AbortController();
  const wrong: string[] = [];
  let answers = 0;
  const look = async (client: Client) => {
    for (const calculation of CALCULATIONS) {
      const rows = await countRows(client, calculation);
      answers++;
      if (rows.length !== 1 || rows[0]!.rows !== expected) wrong.push(`${calculation}: ${JSON.stringify(rows)}`);
    }
  };
  const loop = async () => {
    while (!end.signal.aborted) {
      const client = await connect(url, { purpose: "test reader", patienceMs: 0 }).catch(() => undefined);
      try {
        while (client !== undefined && !end.signal.aborted) {
          await look(client);
          await sleep(POLL_MS);
        }
      } catch {
        // The server is away; a wrong answer is recorded, not thrown.
      }
      await client?.end().catch(() => undefined);
      await sleep(POLL_MS);
    }
  };
  const loops = [loop(), loop()];
  return {
    async stop() {
      end.abort();
      await Promise.all(loops);
      if (wrong.length > 0) throw new Error(`readers saw ${wrong.length} mixed or partial answers: ${wrong[0]}`);
      return answers;
    },
  };
}

async function countRows(client: Client, calculation: Calculation): Promise<{ batch: string; rows: number }[]> {
  const { rows } = await client.query(
    `SELECT batch_id AS batch, count(*)::int AS rows FROM public.${calculation}_results GROUP BY batch_id`,
  );
  return rows;
}

/** Sessions of programs may stay whose names match the regular expression, such as those of an operator that runs on. */
export async function expectNothingLeft(arena: Arena, staying = "^climatebatch test"): Promise<void> {
  const count = (statement: string, values: unknown[] = []) =>
    arena.use(async (client) => (await client.query(statement, values)).rows.map((row) => JSON.stringify(row)));
  const left: Readonly<Record<string, () => Promise<string[]> | string[]>> = {
    "sessions of programs": () =>
      count(
        `SELECT application_name, state, wait_event_type FROM pg_stat_activity
         WHERE application_name LIKE 'climatebatch %' AND application_name NOT LIKE 'climatebatch test%'
           AND application_name !~ $1 AND datname = current_database()`,
        [staying],
      ),
    "slots of batches that run or were not emptied": () =>
      count(
        `SELECT s.calculation, slot, batch_id, state, emptied
         FROM climatebatch.slots AS s JOIN climatebatch.batches USING (batch_id) WHERE state = 'running' OR NOT emptied`,
      ),
    "shards that are marked running": () =>
      count(`SELECT batch_id, shard FROM climatebatch.batch_shards AS s JOIN climatebatch.batches AS b USING (batch_id)
         WHERE b.state <> 'running' AND s.state = 'running'`),
    "spool files": async () => readdir(arena.spool),
    "shard processes": () => findProcesses(arena),
  };
  for (const [what, look] of Object.entries(left)) {
    let found: string[] = [];
    await eventually(`no ${what} are left`, async () => {
      found = await look();
      return found.length === 0 || undefined;
    }).catch((cause: Error) => {
      throw new Error(`${what} are left: ${found.join("; ") || cause.message}`, { cause });
    });
  }
}

/** Shard programs on this machine that were given the arena's database. */
function findProcesses({ url }: Arena): string[] {
  const { port } = new URL(url);
  return readdirSync("/proc").filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      if (!readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("job/main.ts")) return false;
      return readFileSync(`/proc/${pid}/environ`, "utf8").includes(`:${port}/${DATABASE}`);
    } catch {
      // It ended meanwhile.
      return false;
    }
  });
}
