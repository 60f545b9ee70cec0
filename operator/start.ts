// The whole operator from its configuration: opened here in order, released in reverse.
import type { Logger } from "pino";
import { type Figures, readFigures } from "../database/figures.ts";
import type { ClusterIdentity } from "../database/installations.ts";
import { Sessions } from "../database/sessions.ts";
import { Triggers } from "../database/triggers.ts";
import { CLIMATE_BATCH } from "../model/climateBatch.ts";
import { type Clock, within } from "../model/clock.ts";
import { coerceError, RejectedError } from "../model/errors.ts";
import { refusalOfPayload } from "../model/requests.ts";
import { RepeatedWarnings } from "../telemetry/repeatedWarnings.ts";
import type { OperatorConfig } from "./config.ts";
import type { OperatorContext, StoredBatch } from "./context.ts";
import { runController } from "./controller.ts";
import { findMissingFields } from "./definition.ts";
import { InstallationGuard } from "./installationGuard.ts";
import { isNotFound } from "./kube/apiError.ts";
import { type KubeApi, makeKubeApi } from "./kube/client.ts";
import { EventRecorder } from "./kube/events.ts";
import { LeaderElector } from "./kube/lease.ts";
import type { StoreView } from "./kube/objectStore.ts";
import { listStandstills, measureStandstill } from "./objects/conditions.ts";
import { RequestIntake } from "./requests.ts";
import { Schedules } from "./schedules.ts";
import { makeMetrics } from "./telemetry/metrics.ts";
import { Liveness, startProbes } from "./telemetry/probes.ts";

const CONTROLLER = "climate.aiops.dev/operator";
/** Requests, triggers and the sweep work beside the reconciles. */
const SESSIONS_BESIDE_WORKERS = 3;
const DATABASE_LIMIT_MS = 300_000;
const LAST_EVENTS_MS = 3_000;
/** Prometheus gives up after 10 s by default, and would then miss the other metrics too. */
const FIGURES_LIMIT_MS = 5_000;

const APPLY_DEFINITION = "kubectl apply --server-side -f crds/climatebatches.yaml";

/** Without the definition nothing works until a person creates it. An API server that is away comes back by itself. */
async function checkDefinition(api: KubeApi, signal: AbortSignal): Promise<void> {
  try {
    await api.climateBatches.list({ limit: 1 }, signal);
  } catch (cause) {
    if (!isNotFound(cause)) return;
    const { group, plural } = CLIMATE_BATCH;
    throw new RejectedError(
      "NoDefinition",
      `The cluster does not know ${plural}.${group}. Create the definition: ${APPLY_DEFINITION}`,
      { cause },
    );
  }
}

async function warnOfOldDefinition(api: KubeApi, log: OperatorContext["log"], signal: AbortSignal): Promise<void> {
  // A new definition appears in OpenAPI some seconds after it is served.
  const schemas = await api.schemas(signal).catch(() => null);
  const missing = schemas === null ? [] : await findMissingFields(schemas);
  if (missing.length === 0) return;
  const message = `The cluster's definition of ClimateBatch is older than this operator: it lacks ${missing.join(", ")}, and the API server drops these fields. Update it: ${APPLY_DEFINITION}`;
  log.warn({ event: "definitionOutdated", missing, message });
}

export interface OperatorEnvironment {
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
}

/** Runs until the signal. Rejects with a bug, after everything was released. */
export async function startOperator(
  config: OperatorConfig,
  { clock, random, log: everyLine }: OperatorEnvironment,
  signal: AbortSignal,
): Promise<void> {
  await using release = new AsyncDisposableStack();
  const log = release.use(new RepeatedWarnings(everyLine, clock));
  const payloads = release.use(new RepeatedWarnings(everyLine, clock, ["event"]));
  const { cluster, namespace, policy, leaseName, identity, qps, burst, timeoutMs } = config;
  const api = release.adopt(openApi(), (opened) => opened.close());
  // An API of its own, so that renewing never queues behind reconciles.
  const leaseApi = release.adopt(openApi(), (opened) => opened.close());
  const sessions = release.use(
    new Sessions({
      purpose: "operator",
      readUrl: config.readUrl,
      most: config.workers + SESSIONS_BESIDE_WORKERS,
      limitMs: DATABASE_LIMIT_MS,
      clock,
    }),
  );
  const reporter = { controller: CONTROLLER, instance: identity };
  const events = release.adopt(new EventRecorder({ events: api.events, reporter, clock, random, log }), (recorder) =>
    recorder.flush(AbortSignal.timeout(LAST_EVENTS_MS)),
  );
  const guard = new InstallationGuard({
    installation: policy.installation,
    takeOver: config.takeOver,
    identify: identifyCluster,
    clock,
    log,
  });
  const withClient: OperatorContext["withClient"] = (work) =>
    sessions.withClient(async (client) => {
      await guard.check(client);
      return work(client);
    });
  const { pods, methodsFile } = config;
  const context: OperatorContext = { api, withClient, policy, pods, methodsFile, events, clock, log };
  const schedules = new Schedules(context);
  /** Of the leader; null in other replicas. */
  let batches: StoreView<StoredBatch> | null = null;
  const find = (name: string) => batches?.get(name);
  const intake = new RequestIntake({ context, defaults: config.requestDefaults, find });
  const lookAtRequests = async () => {
    if (elector.isLeader()) await intake.look(signal);
  };
  const liveness = new Liveness();
  const metrics = makeMetrics({
    lease: leaseName,
    workers: config.workers,
    isLeader: () => elector.isLeader(),
    listener: () => triggers.status,
    stalled: () => measureStandstill([...listStandstills(batches?.values() ?? []), ...schedules.stalled], clock.now()),
    figures: readFiguresInTime,
  });
  /** One scrape at a time reads the database, also while it does not answer: reconciles need the sessions. */
  let reading: Promise<Figures> | null = null;
  let obstacle: string | null = "it has not begun to compete for the lease yet";
  /** Once true it stays ready: a restart does not bring a database back. */
  let hasListened = false;
  const elector: LeaderElector = new LeaderElector({
    leases: leaseApi.leases,
    name: leaseName,
    namespace,
    identity,
    onStartedLeading: async (leading) => {
      obstacle = "it leads, and has not read all objects yet";
      const onSynced = (store: StoreView<StoredBatch>) => {
        obstacle = null;
        batches = store;
        triggers.takeOver().catch(logTrouble("triggersNotTakenOver"));
      };
      const onPlanned = () => void lookAtRequests().catch(logTrouble("requestsNotRead"));
      await runController(
        { context, random, workers: config.workers, metrics, liveness, schedules, onPlanned, onSynced },
        leading,
      );
    },
    onStoppedLeading: () => {
      obstacle = null;
      batches = null;
    },
    clock,
    random,
    log,
  });
  const triggers = release.use(
    new Triggers({
      name: identity,
      readUrl: config.readUrl,
      triggerChannel: config.triggerChannel,
      withClient,
      isLeader: () => elector.isLeader(),
      onRequests: lookAtRequests,
      onStatus: ({ state }) => {
        hasListened ||= state !== "disconnected";
      },
      onUnknownPayload: describeUnknownPayload,
      pollIntervalMs: config.pollIntervalMs,
      clock,
      random,
      log,
      signal,
    }),
  );
  await checkDefinition(api, signal);
  await warnOfOldDefinition(api, log, signal);
  liveness.follow("leader election", () => elector.lastTurnMs());
  if (config.probePort !== null) {
    const findFault = () => liveness.findFault(clock.monotonicMs());
    const probes = await startProbes(config.probePort, { findFault, findObstacle, metrics });
    release.use(probes);
    log.info({ event: "probesStarted", port: probes.port });
  }
  log.info({ event: "started", namespace, installation: policy.installation, identity, image: config.pods.image });
  obstacle = null;
  await elector.run(signal);
  log.info({ event: "stopped" });

  /** Not ready before it listens: a rollout that continued would end the last replica that does. */
  function findObstacle(): string | null {
    return (
      obstacle ?? guard.refusal ?? (hasListened ? null : `it does not listen for NOTIFY yet: ${triggers.status.reason}`)
    );
  }

  function openApi() {
    return makeKubeApi<StoredBatch>({
      kubeConfig: cluster.kubeConfig,
      namespace,
      qps,
      burst,
      timeoutMs,
      clock,
      random,
    });
  }

  async function identifyCluster(): Promise<ClusterIdentity> {
    const { metadata } = await api.namespace(signal);
    return { clusterUid: metadata.uid, namespace, apiServer: cluster.kubeConfig.getCurrentCluster()!.server };
  }

  async function readFiguresInTime(): Promise<Figures | null> {
    const late = () => new Error(`the database did not answer within ${FIGURES_LIMIT_MS} ms`);
    try {
      reading ??= sessions.withClient(readFigures).finally(() => {
        reading = null;
      });
      return await within(clock, FIGURES_LIMIT_MS, late, reading);
    } catch (thrown) {
      logTrouble("figuresNotRead")(thrown);
      return null;
    }
  }

  function logTrouble(event: string): (thrown: unknown) => void {
    return (thrown) => {
      if (signal.aborted) return;
      const error = coerceError(thrown);
      log.warn({ event, err: error, message: error.message });
    };
  }

  /** The Event is about the operator's Lease, because a NOTIFY has no object. Its words are always the same: one series. */
  function describeUnknownPayload(payload: string): void {
    metrics.unknownPayload();
    payloads.warn({ event: "unknownPayload", message: refusalOfPayload(config.triggerChannel, payload) });
    if (!elector.isLeader() || elector.written === null) return;
    const regarding = { ...elector.written, apiVersion: "coordination.k8s.io/v1", kind: "Lease" };
    const note = `${refusalOfPayload(config.triggerChannel)} The log of the operator shows what was found.`;
    events.record(regarding, { type: "Warning", reason: "UnknownPayload", action: "Listen", note });
  }
}
