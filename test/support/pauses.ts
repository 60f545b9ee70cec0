// Places where programs wait until the test lets them go on: a trigger asks for an advisory lock that the test holds.
// So a process can be killed exactly between two of its statements.
import type { Client } from "pg";
import { connect } from "../../database/connect.ts";
import type { Calculation } from "../../model/calculations.ts";
import { eventually } from "./cli.ts";
import type { TestDatabase } from "./database.ts";

/** The next pause's advisory lock: each has its own, so that one left behind by a failed test stops no one else. */
let nextLock = 1;

/**
 * Before the first result row of a cell (counted from 0), before a shard is marked done, or before a request is claimed, its
 * batch planned, its batch completed.
 */
export type PausePlace =
  | { readonly calculation: Calculation; readonly cell: number }
  | { readonly finishOf: number }
  | { readonly step: keyof typeof STEPS };

const STEPS = {
  claim: "UPDATE ON climatebatch.batch_requests FOR EACH ROW WHEN (NEW.state = 'claimed' AND OLD.state = 'waiting')",
  plan: "INSERT ON climatebatch.batches FOR EACH ROW",
  complete: "UPDATE ON climatebatch.batches FOR EACH ROW WHEN (NEW.state = 'complete')",
} as const;

export interface Pause extends AsyncDisposable {
  /** Resolves when a program waits at the place. */
  reached(): Promise<true>;
  release(): Promise<void>;
}

export function describePlace(place: PausePlace): string {
  if ("step" in place) return `the step ${place.step}`;
  return "cell" in place ? `the ${place.calculation} rows of cell ${place.cell}` : `the end of shard ${place.finishOf}`;
}

export async function pauseAt(database: TestDatabase, place: PausePlace): Promise<Pause> {
  const lock = nextLock++;
  const holder = await connect(database.url, { purpose: "test pause" });
  await holder.query("SELECT pg_advisory_lock($1)", [lock]);
  await createTrigger(database.client, lock, place);
  let isHeld = true;
  const release = async () => {
    if (isHeld) await holder.end();
    isHeld = false;
  };
  return {
    reached: () => eventually(`a program waits at ${describePlace(place)}`, () => someoneWaits(database.client, lock)),
    release,
    async [Symbol.asyncDispose]() {
      await release();
      await database.client.query(`DROP FUNCTION climatebatch_test_pause_${lock}() CASCADE`);
    },
  };
}

async function createTrigger(client: Client, lock: number, place: PausePlace): Promise<void> {
  await client.query(
    `CREATE FUNCTION climatebatch_test_pause_${lock}() RETURNS trigger LANGUAGE plpgsql AS
     'BEGIN PERFORM pg_advisory_xact_lock_shared(${lock}); RETURN NEW; END'`,
  );
  if ("step" in place) {
    await client.query(
      `CREATE TRIGGER test_pause_${lock} BEFORE ${STEPS[place.step]} EXECUTE FUNCTION climatebatch_test_pause_${lock}()`,
    );
  } else if ("cell" in place) {
    await client.query(
      `CREATE TRIGGER test_pause_${lock} BEFORE INSERT ON climatebatch.${place.calculation}_rows FOR EACH ROW
       WHEN (NEW.cell_id = ${await cellId(client, place.cell)}) EXECUTE FUNCTION climatebatch_test_pause_${lock}()`,
    );
  } else {
    await client.query(
      `CREATE TRIGGER test_pause_${lock} BEFORE UPDATE ON climatebatch.batch_shards FOR EACH ROW
       WHEN (NEW.state = 'done' AND NEW.shard = ${place.finishOf}) EXECUTE FUNCTION climatebatch_test_pause_${lock}()`,
    );
  }
}

export async function cellId(client: Client, at: number): Promise<number> {
  const { rows } = await client.query(
    "SELECT cell_id FROM climatebatch.grid_cells ORDER BY cell_id OFFSET $1 LIMIT 1",
    [at],
  );
  return rows[0].cell_id;
}

async function someoneWaits(client: Client, lock: number): Promise<true | undefined> {
  const { rows } = await client.query(
    `SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND objid = ${lock}
       AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
  );
  return rows.length > 0 || undefined;
}
