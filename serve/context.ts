// What the parts of `serve` are given: the database, the settings, a clock, a log and the counters.
import type { Client } from "pg";
import type { Logger } from "pino";
import type { ReadReplicas } from "../database/address.ts";
import type { Clock } from "../model/clock.ts";
import type { ServeConfig } from "./config.ts";
import type { ServeMetrics } from "./metrics.ts";

export interface ServeContext {
  readonly config: ServeConfig;
  readonly databaseUrl: string;
  readonly replicas: ReadReplicas;
  /** A session each, for one piece of work. */
  readonly withClient: <T>(work: (client: Client) => Promise<T>) => Promise<T>;
  readonly metrics: ServeMetrics;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
}
