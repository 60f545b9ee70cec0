// What `serve` counts and measures, for Prometheus. Numbers of the database are read at each scrape.
import type { ClientBase } from "pg";
import { Counter, Gauge, Registry } from "prom-client";
import { readPublicationTimes } from "../database/batchReports.ts";
import { readWaitingRequests } from "../database/requests.ts";
import { CALCULATION_REQUESTS, CALCULATIONS } from "../model/calculations.ts";

export interface MeasuredNow {
  readonly isDatabaseUp: boolean;
  readonly isListening: boolean;
  readonly isLeader: boolean;
  /** Calculations of the batches that run. */
  readonly running: readonly string[];
  readonly nextFirings: Readonly<Record<string, Date>>;
}

export class ServeMetrics {
  readonly #registry = new Registry();
  readonly batches = this.#counter("climatebatch_batches_total", "batches that ended here", ["calculation", "outcome"]);
  readonly requests = this.#counter("climatebatch_requests_total", "requests that ended without a batch", ["outcome"]);
  readonly firings = this.#counter("climatebatch_schedule_firings_total", "yearly firings requested", [
    "calculation",
    "late",
  ]);
  readonly unknownPayloads = this.#counter(
    "climatebatch_unknown_payloads_total",
    "NOTIFYs that ask for nothing known",
    [],
  );
  readonly shardRetries = this.#counter("climatebatch_shard_retries_total", "shard processes started again", []);
  readonly rejectedCells = this.#counter("climatebatch_rejected_cells_total", "rejected cells", ["risk"]);
  readonly #gauges = {
    databaseUp: this.#gauge("climatebatch_database_up", "1: the database answers", []),
    listenerUp: this.#gauge("climatebatch_listener_connected", "1: NOTIFYs come through", []),
    leader: this.#gauge("climatebatch_leader", "1: this process does the work of its installation", []),
    running: this.#gauge("climatebatch_batches_running", "batches that run here", ["calculation"]),
    waiting: this.#gauge("climatebatch_requests_waiting", "requests that wait", ["calculation"]),
    oldest: this.#gauge("climatebatch_request_oldest_seconds", "age of the oldest request that waits", ["calculation"]),
    next: this.#gauge("climatebatch_schedule_next_timestamp_seconds", "next yearly firing", ["calculation"]),
    published: this.#gauge("climatebatch_published_timestamp_seconds", "when results were last published", [
      "calculation",
    ]),
  };

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** `withClient` is left alone while the database is away; what only it knows is then absent, not zero. */
  async render(
    now: MeasuredNow,
    withClient: <T>(work: (client: ClientBase) => Promise<T>) => Promise<T>,
  ): Promise<string> {
    const { databaseUp, listenerUp, leader, running, waiting, oldest, next, published } = this.#gauges;
    databaseUp.set(Number(now.isDatabaseUp));
    listenerUp.set(Number(now.isListening));
    leader.set(Number(now.isLeader));
    for (const calculation of CALCULATION_REQUESTS)
      running.set({ calculation }, now.running.filter((one) => one === calculation).length);
    for (const [calculation, at] of Object.entries(now.nextFirings)) next.set({ calculation }, seconds(at));
    for (const gauge of [waiting, oldest, published]) gauge.reset();
    if (now.isDatabaseUp) {
      const { requests, publications } = await withClient(async (client) => ({
        requests: await readWaitingRequests(client),
        publications: await readPublicationTimes(client),
      }));
      for (const calculation of CALCULATION_REQUESTS) {
        const found = requests.find((one) => one.calculation === calculation);
        waiting.set({ calculation }, found?.waiting ?? 0);
        oldest.set({ calculation }, found?.oldestSeconds ?? 0);
      }
      for (const calculation of CALCULATIONS) {
        const at = publications.get(calculation);
        if (at !== undefined) published.set({ calculation }, seconds(at));
      }
    }
    return this.#registry.metrics();
  }

  #counter<Label extends string>(name: string, help: string, labelNames: readonly Label[]): Counter<Label> {
    return new Counter({ name, help, labelNames: [...labelNames], registers: [this.#registry] });
  }

  #gauge<Label extends string>(name: string, help: string, labelNames: readonly Label[]): Gauge<Label> {
    return new Gauge({ name, help, labelNames: [...labelNames], registers: [this.#registry] });
  }
}

function seconds(instant: Date): number {
  return instant.getTime() / 1000;
}
