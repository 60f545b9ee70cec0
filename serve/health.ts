// The health of `serve`, read on request: does the database answer now, do NOTIFYs come through, is a firing or a
// batch stuck. Alive is one thing, able to work another.
import type { LeadershipState } from "../database/leadership.ts";
import type { ListenerStatus } from "../database/listener.ts";
import type { UnfinishedBatch } from "../database/serveRequests.ts";

export interface HealthFacts {
  /** null: the database answers. */
  readonly databaseTrouble: string | null;
  readonly listener: ListenerStatus;
  readonly leadership: LeadershipState;
  readonly running: readonly UnfinishedBatch[];
  readonly nextFirings: Readonly<Record<string, Date>>;
  /** Of batches and schedules. */
  readonly troubles: readonly string[];
  readonly isStopping: boolean;
}

export interface Health {
  /** ok: works. standby: another process of the installation does. trouble: something is in the way. */
  readonly status: "ok" | "standby" | "trouble";
  readonly troubles: readonly string[];
  readonly database: "up" | "down";
  readonly listener: Pick<ListenerStatus, "state" | "since" | "reconnects" | "lastHeardAt">;
  readonly leadership: LeadershipState;
  readonly running: readonly UnfinishedBatch[];
  readonly nextFirings: Readonly<Record<string, Date>>;
}

export function describeHealth(facts: HealthFacts): Health {
  const { databaseTrouble, listener, leadership, running, nextFirings, isStopping } = facts;
  const { state, since, reconnects, lastHeardAt, reason } = listener;
  const troubles = [
    ...(isStopping ? ["it is stopping"] : []),
    ...(databaseTrouble === null ? [] : [`the database does not answer: ${databaseTrouble}`]),
    ...(state === "connected" ? [] : [`NOTIFYs do not come through (${state}): ${reason}`]),
    ...(leadership === "away" ? ["it has no session to lead or to be on standby with"] : []),
    ...facts.troubles,
  ];
  const status = troubles.length > 0 ? "trouble" : leadership === "standby" ? "standby" : "ok";
  return {
    status,
    troubles,
    database: databaseTrouble === null ? "up" : "down",
    listener: { state, since, reconnects, lastHeardAt },
    leadership,
    running,
    nextFirings,
  };
}
