// `serve` from its settings: opened here in order, released in reverse. Listens, keeps the schedules, and lets batches run,
// until the signal; then the shards stop, and the batches go on at the next start.
import type { Logger } from "pino";
import type { ReadReplicas } from "../database/address.ts";
import { readFigures } from "../database/figures.ts";
import { Leadership } from "../database/leadership.ts";
import { Sessions } from "../database/sessions.ts";
import { Triggers } from "../database/triggers.ts";
import { isPassing } from "../database/troubles.ts";
import { CALCULATIONS } from "../model/calculations.ts";
import { type Clock, rest, within } from "../model/clock.ts";
import { coerceError, RejectedError, TransientError } from "../model/errors.ts";
import { refusalOfPayload } from "../model/requests.ts";
import { RepeatedWarnings } from "../telemetry/repeatedWarnings.ts";
import { BatchQueue } from "./batchQueue.ts";
import type { ServeConfig } from "./config.ts";
import type { ServeContext } from "./context.ts";
import { startEndpoint } from "./endpoint.ts";
import { describeHealth, type Health } from "./health.ts";
import { ServeMetrics } from "./metrics.ts";
import { RequestDesk } from "./requestDesk.ts";
import { Scheduler } from "./scheduler.ts";
import { nextFiring } from "./yearlySchedule.ts";

const SESSIONS = 3;
const DATABASE_LIMIT_MS = 300_000;
const DATABASE_RETRY_MS = 2_000;
const PING_LIMIT_MS = 3_000;

export interface Surroundings {
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
}

/** Runs until the signal. Rejects with what a person must fix before anything can work. */
export async function startServe(
  config: ServeConfig,
  { url: databaseUrl, replicas }: { readonly url: string; readonly replicas: ReadReplicas },
  { clock, random, log }: Surroundings,
  signal: AbortSignal,
): Promise<void> {
  await using release = new AsyncDisposableStack();
  const { installation } = config;
  const warnings = release.use(new RepeatedWarnings(log, clock));
  const payloads = release.use(new RepeatedWarnings(log, clock, ["event"]));
  const readUrl = () => databaseUrl;
  const sessions = release.use(
    new Sessions({ purpose: "serve", readUrl, most: SESSIONS, limitMs: DATABASE_LIMIT_MS, clock }),
  );
  const withClient: ServeContext["withClient"] = (work) => sessions.withClient(work);
  // Of its own: a server that fell silent must not take the sessions that work needs.
  const pings = release.use(new Sessions({ purpose: "serve probe", readUrl, most: 1, limitMs: PING_LIMIT_MS, clock }));
  const metrics = new ServeMetrics(installation);
  const context: ServeContext = { config, databaseUrl, replicas, withClient, metrics, clock, random, log };
  let triggers: Triggers | null = null;
  const leadership = new Leadership({
    installation,
    readUrl,
    onStartedLeading: () => void triggers?.takeOver(),
    clock,
    random,
    log: warnings,
  });
  const isLeader = () => leadership.state === "leading";
  const batches = release.adopt(new BatchQueue(context, () => triggers?.nudge()), (queue) => queue.stop());
  const desk = new RequestDesk(context, batches);
  const scheduler = new Scheduler({
    schedules: config.schedules,
    lateWindowMs: config.lateWindowMs,
    isLeader,
    withClient,
    onFired: (calculation, isLate) => {
      metrics.firings.inc({ calculation, late: String(isLate) });
      triggers?.nudge();
    },
    clock,
    log,
  });
  if (config.probePort !== null) await openEndpoint(config.probePort);
  await waitForDatabase(context, signal);
  triggers = release.use(
    new Triggers({
      name: installation,
      readUrl,
      triggerChannel: config.triggerChannel,
      withClient,
      isLeader,
      onRequests: async () => {
        if (isLeader() && !signal.aborted) await desk.look();
      },
      onUnknownPayload: (payload) => {
        metrics.unknownPayload();
        payloads.warn({ event: "unknownPayload", message: refusalOfPayload(config.triggerChannel, payload) });
      },
      pollIntervalMs: config.pollIntervalMs,
      clock,
      random,
      log: warnings,
      signal,
    }),
  );
  const { workers, cellsPerShard, triggerChannel } = config;
  log.info({ event: "started", installation, triggerChannel, workers, cellsPerShard });
  await Promise.all([leadership.run(signal), scheduler.run(signal)]);
  log.info({ event: "stopping", running: batches.running });
  await batches.stop();
  log.info({ event: "stopped" });

  async function openEndpoint(port: number): Promise<void> {
    let isOpen = true;
    release.defer(() => {
      isOpen = false;
    });
    const readHealth = () => findHealth(isOpen);
    const readMetrics = async () => {
      const { database, listener, running, nextFirings } = await findHealth(isOpen);
      const now = {
        isLeader: isLeader(),
        listener,
        figures: database === "up" ? await withClient(readFigures) : null,
        running: running.map(({ calculation }) => calculation),
        nextFirings,
      };
      return metrics.render(now);
    };
    const endpoint = await startEndpoint(
      { host: config.probeHost, port },
      { readHealth, readMetrics, metricsType: metrics.contentType },
    );
    release.use(endpoint);
    log.info({ event: "answering", port: endpoint.port });
  }

  async function findHealth(isOpen: boolean): Promise<Health> {
    const silence = () => new TransientError(`no answer within ${PING_LIMIT_MS / 1000} s`);
    const ping = pings.withClient((client) => client.query("SELECT 1"));
    const databaseTrouble = await within(clock, PING_LIMIT_MS, silence, ping).then(
      () => null,
      (error: Error) => error.message,
    );
    const now = clock.now();
    const { schedules } = config;
    const notYet = {
      state: "disconnected",
      since: now,
      reason: "not begun yet",
      reconnects: 0,
      lastHeardAt: null,
    } as const;
    return describeHealth({
      databaseTrouble,
      listener: triggers?.status ?? notYet,
      leadership: leadership.state,
      running: batches.running,
      nextFirings: Object.fromEntries(CALCULATIONS.map((one) => [one, nextFiring(schedules[one], now)])),
      troubles: [...desk.troubles, ...batches.troubles, ...scheduler.troubles],
      isStopping: signal.aborted || !isOpen,
    });
  }
}

/** A server that is still starting is waited for; one that refuses us, or has no schema of ours, a person must fix. */
async function waitForDatabase({ withClient, clock, log }: ServeContext, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await withClient((client) => client.query("SELECT 1"));
      return;
    } catch (thrown) {
      const error = coerceError(thrown);
      if (error instanceof RejectedError) throw error;
      if (!isPassing(error)) {
        throw new RejectedError(
          "NoDatabase",
          `Cannot use the database: ${error.message}. Check DATABASE_* in the environment and .env.`,
          { cause: error },
        );
      }
      log.warn({ event: "waitingForDatabase", message: error.message, retryInMs: DATABASE_RETRY_MS });
      await rest(clock, DATABASE_RETRY_MS, signal);
    }
  }
}
