// What `serve` counts and measures, for Prometheus. Numbers of the database are read at each scrape.
import { Counter, Gauge, Registry } from "prom-client";
import { CALCULATION_REQUESTS } from "../model/calculations.ts";
import { makeSharedMetrics, type SharedFacts, type SharedMetrics } from "../telemetry/sharedMetrics.ts";

const MS_PER_SECOND = 1000;

export interface MeasuredNow extends SharedFacts {
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
  readonly shardRetries = this.#counter("climatebatch_shard_retries_total", "shard processes started again", []);
  readonly rejectedCells = this.#counter("climatebatch_rejected_cells_total", "rejected cells", ["risk"]);
  readonly #running = this.#gauge("climatebatch_batches_running", "batches that run here", ["calculation"]);
  readonly #next = this.#gauge("climatebatch_schedule_next_timestamp_seconds", "next yearly firing", ["calculation"]);
  readonly #shared: SharedMetrics;

  constructor(installation: string) {
    this.#shared = makeSharedMetrics(this.#registry, installation);
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  unknownPayload(): void {
    this.#shared.unknownPayload();
  }

  async render({ running, nextFirings, ...facts }: MeasuredNow): Promise<string> {
    this.#shared.show(facts);
    for (const calculation of CALCULATION_REQUESTS)
      this.#running.set({ calculation }, running.filter((one) => one === calculation).length);
    for (const [calculation, at] of Object.entries(nextFirings))
      this.#next.set({ calculation }, at.getTime() / MS_PER_SECOND);
    return this.#registry.metrics();
  }

  #counter<Label extends string>(name: string, help: string, labelNames: readonly Label[]): Counter<Label> {
    return new Counter({ name, help, labelNames: [...labelNames], registers: [this.#registry] });
  }

  #gauge<Label extends string>(name: string, help: string, labelNames: readonly Label[]): Gauge<Label> {
    return new Gauge({ name, help, labelNames: [...labelNames], registers: [this.#registry] });
  }
}
