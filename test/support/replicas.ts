// Listening replicas, in this process: what they claimed, were notified of and wrote, and how they are killed.
import type { Client } from "pg";
import { connect } from "../../database/connect.ts";
import type { ListenerOptions } from "../../database/listener.ts";
import { Triggers } from "../../database/triggers.ts";
import { CALCULATIONS } from "../../model/calculations.ts";
import { systemClock } from "../../model/clock.ts";
import { eventually } from "./cli.ts";
import { makeRandom, SEED } from "./random.ts";
import { claimOldest } from "./requests.ts";

export const GRACE_MS = 300;
export const LIMITS = {
  heartbeatMs: 300,
  answerTimeoutMs: 30_000,
  probeTimeoutMs: 30_000,
  backoff: { minMs: 200, maxMs: 400, jitter: 0.5 },
};

const started: Replica[] = [];
let replicas = 0;

export async function stopReplicas(): Promise<void> {
  for (const replica of started.splice(0)) await replica.stop();
}

export interface Replica {
  readonly name: string;
  readonly triggers: Triggers;
  readonly claimed: string[];
  readonly unknown: string[];
  readonly written: { event: string; how?: string }[];
  leads: boolean;
  /** False: as one whose installation is busy. */
  claims: boolean;
  stop(): Promise<void>;
  /** As a process that is killed: it writes nothing more. */
  kill(): Promise<void>;
}

export async function startReplica(databaseUrl: string, leads: boolean): Promise<Replica> {
  const session = await connect(databaseUrl, { purpose: "test replica" });
  let isDead = false;
  let queue: Promise<unknown> = Promise.resolve();
  const withClient = <T>(work: (one: Client) => Promise<T>): Promise<T> => {
    const done = queue.then(() => {
      if (isDead) throw new Error("killed");
      return work(session);
    });
    queue = done.catch(() => undefined);
    return done;
  };
  const note = (line: { event: string }) => void replica.written.push(line);
  const stop = async () => {
    await replica.triggers.stop();
    await session.end();
  };
  const name = `replica ${++replicas}`;
  const replica: Replica = {
    name,
    claimed: [],
    unknown: [],
    written: [],
    leads,
    claims: true,
    stop,
    async kill() {
      isDead = true;
      replica.leads = false;
      started.splice(started.indexOf(replica), 1);
      await stop();
    },
    triggers: new Triggers({
      name,
      readUrl: () => databaseUrl,
      withClient: withClient as ConstructorParameters<typeof Triggers>[0]["withClient"],
      isLeader: () => replica.leads,
      async onRequests() {
        if (!replica.leads || !replica.claims) return;
        const claims = await withClient((one) => claimOldest(one, "here", 10));
        replica.claimed.push(...claims.map(({ calculation }) => calculation));
      },
      onUnknownPayload: (payload) => void replica.unknown.push(payload),
      pollIntervalMs: 60_000,
      graceMs: GRACE_MS,
      limits: LIMITS,
      clock: systemClock,
      random: makeRandom(`${SEED} ${performance.now()}`),
      log: { info: note, warn: note, error: note } as unknown as ListenerOptions["log"],
      signal: new AbortController().signal,
    }),
  };
  started.push(replica);
  await isConnected(replica);
  return replica;
}

export const isConnected = ({ triggers }: Replica) =>
  eventually("the replica listens", () => triggers.status.state === "connected" || undefined);

/** Near misses and noise around the two legal words. */
export function randomPayload(random: () => number): string {
  const pick = <T>(those: readonly T[]): T => those[Math.floor(random() * those.length)]!;
  const word = pick(CALCULATIONS);
  const noise = (most: number) =>
    Array.from({ length: Math.floor(random() * most) }, () =>
      String.fromCodePoint(1 + Math.floor(random() * 0xd7fe)),
    ).join("");
  const kinds = [
    () => word,
    () => word.toUpperCase(),
    () => ` ${word}`,
    () => `${word}\n`,
    () => word.slice(1),
    () => JSON.stringify(word),
    () => `${word};${pick(CALCULATIONS)}`,
    () => word.replace("a", "а"),
    () => pick(["", "all", "__proto__", "constructor", "NaN", "'; DROP TABLE climatebatch.batches; --"]),
    () => noise(20),
    () => noise(2_600),
  ];
  return pick(kinds)();
}
