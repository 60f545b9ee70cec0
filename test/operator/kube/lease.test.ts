// Leader election on a real API server, by candidates in this process and in processes that are killed and frozen.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { systemClock } from "../../../model/clock.ts";
import { LEASE_TIMES, LeaderElector, type LeaseTimes } from "../../../operator/kube/lease.ts";
import { describeOnApiServer } from "../../support/apiServer.ts";
import { eventually } from "../../support/cli.ts";
import type { ElectorWords } from "../../support/electorProgram.ts";
import { startFaultProxy } from "../../support/faultProxy.ts";
import { type KubeCluster, type KubeNamespace, openKubeCluster, SILENT } from "../../support/kubeCluster.ts";
import { makeRandom, SEED } from "../../support/random.ts";

const PROGRAM = fileURLToPath(new URL("../../support/electorProgram.ts", import.meta.url));
/** A fifth of the usual ones, so that the test waits a fifth; seconds must stay whole. */
const SHORT: LeaseTimes = { leaseDurationMs: 3_000, renewDeadlineMs: 2_000, retryPeriodMs: 400, callTimeoutMs: 800 };
const LONG: LeaseTimes = {
  leaseDurationMs: 90_000,
  renewDeadlineMs: 60_000,
  retryPeriodMs: 400,
  callTimeoutMs: 20_000,
};
const MICRO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;

interface Term {
  readonly identity: string;
  readonly fromMs: number;
  toMs: number;
}

/** A candidate in this process, and when it led. */
class Candidate implements AsyncDisposable {
  readonly terms: Term[] = [];
  readonly elector: LeaderElector;
  readonly #controller = new AbortController();
  readonly #run: Promise<void>;

  constructor(space: KubeNamespace, identity: string, times?: LeaseTimes) {
    this.elector = new LeaderElector({
      leases: space.makeApi().leases,
      name: "operator",
      namespace: space.namespace,
      identity,
      ...(times && { times }),
      onStartedLeading: (signal) => {
        this.terms.push({ identity, fromMs: performance.now(), toMs: Number.POSITIVE_INFINITY });
        return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
      },
      onStoppedLeading: () => {
        this.terms.at(-1)!.toMs = performance.now();
      },
      clock: systemClock,
      random: Math.random,
      log: SILENT,
    });
    this.#run = this.elector.run(this.#controller.signal);
  }

  leads(): Promise<true> {
    return eventually("it leads", () => this.elector.isLeader() || undefined);
  }

  async stop(): Promise<void> {
    this.#controller.abort(new Error("shutting down"));
    await this.#run;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}

/** A candidate as a process; it reports in the machine's monotonic time. */
function startProcess(space: KubeNamespace, identity: string, server: string, times: LeaseTimes) {
  const words: ElectorWords = { server, namespace: space.namespace, identity, times };
  const child = spawn(process.execPath, [PROGRAM, JSON.stringify(words)], { stdio: ["ignore", "pipe", "inherit"] });
  const terms: Term[] = [];
  const actedAtMs: number[] = [];
  createInterface(child.stdout).on("line", (line) => {
    const { what, atMs } = JSON.parse(line) as { what: string; atMs: number };
    if (what === "started") terms.push({ identity, fromMs: atMs, toMs: Number.POSITIVE_INFINITY });
    if (what === "stopped") terms.at(-1)!.toMs = atMs;
    if (what === "acts") actedAtMs.push(atMs);
  });
  const ended = once(child, "exit");
  return {
    terms,
    actedAtMs,
    isLeading: () => terms.at(-1)?.toMs === Number.POSITIVE_INFINITY,
    signal: (name: NodeJS.Signals) => child.kill(name),
    async kill(): Promise<void> {
      const atMs = nowMs();
      child.kill("SIGKILL");
      await ended;
      for (const term of terms) term.toMs = Math.min(term.toMs, atMs);
    },
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

const nowMs = () => Number(process.hrtime.bigint()) / 1e6;

function overlaps(terms: readonly Term[]): Term[] {
  return terms.filter((one) =>
    terms.some((other) => other !== one && other.fromMs < one.toMs && one.fromMs < other.toMs),
  );
}

describeOnApiServer("leader election", () => {
  let cluster: KubeCluster;
  beforeAll(async () => {
    cluster = await openKubeCluster();
  });
  afterAll(() => cluster?.[Symbol.asyncDispose]());

  test("the API server accepts the lease, renewed and released, with instants of six digits", async () => {
    await using space = await cluster.openNamespace();
    const candidate = new Candidate(space, "first", SHORT);
    await candidate.leads();
    const taken = await space.api.leases.get("operator");
    const renewed = await eventually("it is renewed", async () => {
      const lease = await space.api.leases.get("operator");
      return lease.spec?.renewTime === taken.spec?.renewTime ? undefined : lease;
    });
    await candidate.stop();
    const released = await space.api.leases.get("operator");
    expect(taken.metadata.labels).toEqual({
      "app.kubernetes.io/name": "climatebatch",
      "app.kubernetes.io/managed-by": "climatebatch-operator",
    });
    expect(taken.spec).toMatchObject({ holderIdentity: "first", leaseDurationSeconds: 3, leaseTransitions: 0 });
    for (const { spec } of [taken, renewed, released]) {
      expect([spec?.acquireTime, spec?.renewTime]).toEqual([
        expect.stringMatching(MICRO_TIME),
        expect.stringMatching(MICRO_TIME),
      ]);
    }
    expect(released.spec).toMatchObject({ leaseDurationSeconds: 1, leaseTransitions: 0 });
    expect(released.spec?.holderIdentity ?? "").toBe("");
  });

  test("with the usual times a leader that shuts down is followed at the next look", async () => {
    await using space = await cluster.openNamespace();
    const first = new Candidate(space, "first", LEASE_TIMES);
    await first.leads();
    const looks = () => space.proxy.seen.filter(({ method }) => method === "GET").length;
    const looksBefore = looks();
    await using second = new Candidate(space, "second", LEASE_TIMES);
    await eventually("the second has seen that the first leads", () => looks() > looksBefore + 1 || undefined);
    await first.stop();
    const looksAfter = looks();
    await second.leads();
    // One may have been under way while the first released.
    expect(looks() - looksAfter).toBeLessThanOrEqual(2);
    expect(overlaps([...first.terms, ...second.terms])).toEqual([]);
  });

  test("a leader that hears nothing of the API stops before its lease ends, and another leads after that", async () => {
    await using space = await cluster.openNamespace();
    await using other = await startFaultProxy(cluster.server.kubeconfig);
    await using first = new Candidate(space, "first", SHORT);
    await first.leads();
    await using second = startProcess(space, "second", other.kubeConfig.getCurrentCluster()!.server, SHORT);
    await eventually("the other looks", () => other.seen.length > 2 || undefined);
    space.proxy.fault(() => true, "blackhole", 1_000);
    space.proxy.blackholeConnected();
    await sleep(SHORT.leaseDurationMs);
    expect(first.elector.isLeader()).toBe(false);
    await eventually("the other leads", () => second.isLeading() || undefined);
    await eventually("the first has stopped", () => first.terms[0]!.toMs < Number.POSITIVE_INFINITY || undefined);
    const toShared = nowMs() - performance.now();
    const ended = first.terms.map((term) => ({ ...term, fromMs: term.fromMs + toShared, toMs: term.toMs + toShared }));
    expect(overlaps([...ended, ...second.terms])).toEqual([]);
  });

  test("errors and lost answers for less than the deadline do not end the leader's term", async () => {
    await using space = await cluster.openNamespace();
    // Renewals as often as in other tests, and a deadline that no busy machine misses.
    await using candidate = new Candidate(space, "first", LONG);
    await candidate.leads();
    const isRenewal = ({ method }: { method: string }) => method === "PUT";
    const renewals = () => space.proxy.seen.filter(isRenewal).length;
    const busy = { status: 429, headers: { "retry-after": "1" } };
    for (const fault of [{ status: 500 }, busy, "reset", "loseAnswer"] as const) {
      space.proxy.fault(isRenewal, fault);
      const before = renewals();
      await eventually("renewed after it", () => renewals() > before + 2 || undefined);
    }
    expect(candidate.terms).toEqual([
      { identity: "first", fromMs: expect.any(Number), toMs: Number.POSITIVE_INFINITY },
    ]);
    expect(candidate.elector.isLeader()).toBe(true);
  });

  test("a leader killed at any moment is followed after its lease, and there are never two", async () => {
    await using space = await cluster.openNamespace();
    const { server } = space.proxy.kubeConfig.getCurrentCluster()!;
    const random = makeRandom(`leader kill ${SEED}`);
    const terms: Term[] = [];
    const countLooks = () => space.proxy.seen.filter(({ method }) => method === "GET").length;
    let leader = startProcess(space, "candidate-0", server, SHORT);
    for (let round = 1; round <= 4; round++) {
      await eventually("a replica leads", () => leader.isLeading() || undefined);
      const standby = startProcess(space, `candidate-${round}`, server, SHORT);
      const looks = countLooks() + 2 + Math.floor(4 * random());
      await eventually("the standby looks", () => countLooks() >= looks || undefined);
      await leader.kill();
      const looksAfter = countLooks();
      await eventually("the standby leads", () => standby.isLeading() || undefined);
      expect(countLooks() - looksAfter).toBeLessThan(SHORT.leaseDurationMs / SHORT.retryPeriodMs + 2);
      terms.push(...leader.terms);
      leader = standby;
    }
    await leader.kill();
    expect(overlaps([...terms, ...leader.terms])).toEqual([]);
  });

  test("a leader frozen past its lease does nothing more when it wakes", async () => {
    await using space = await cluster.openNamespace();
    const { server } = space.proxy.kubeConfig.getCurrentCluster()!;
    await using frozen = startProcess(space, "frozen", server, SHORT);
    await eventually("it leads", () => frozen.isLeading() || undefined);
    await using standby = startProcess(space, "standby", server, SHORT);
    frozen.signal("SIGSTOP");
    await eventually("the standby leads", () => standby.isLeading() || undefined);
    const followedAtMs = standby.terms[0]!.fromMs;
    frozen.signal("SIGCONT");
    await eventually("it knows that it has lost", () => !frozen.isLeading() || undefined);
    expect(frozen.actedAtMs.filter((atMs) => atMs >= followedAtMs)).toEqual([]);
  });
});
