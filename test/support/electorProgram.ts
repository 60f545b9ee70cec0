// A candidate as a process of its own, so that a test can kill it or freeze it. Reports what it does, a JSON line each.
// Times are of the machine's monotonic clock, which processes share.
import { setTimeout as sleep } from "node:timers/promises";
import { KubeConfig } from "@kubernetes/client-node";
import { systemClock } from "../../model/clock.ts";
import { makeKubeApi } from "../../operator/kube/client.ts";
import { LeaderElector, type LeaseTimes } from "../../operator/kube/lease.ts";

export interface ElectorWords {
  readonly server: string;
  readonly namespace: string;
  readonly identity: string;
  readonly times: LeaseTimes;
}

const ACT_MS = 20;
const { server, namespace, identity, times } = JSON.parse(process.argv[2]!) as ElectorWords;
const kubeConfig = new KubeConfig();
kubeConfig.loadFromClusterAndUser({ name: "proxied", server, skipTLSVerify: true }, { name: "admin" });
const common = { clock: systemClock, random: Math.random };
const api = makeKubeApi({ ...common, kubeConfig, namespace, qps: 10, burst: 20, timeoutMs: 10_000 });
const report = (what: string) =>
  process.stdout.write(`${JSON.stringify({ what, atMs: Number(process.hrtime.bigint()) / 1e6 })}\n`);

const elector = new LeaderElector({
  ...common,
  leases: api.leases,
  name: "operator",
  namespace,
  identity,
  times,
  async onStartedLeading(signal) {
    report("started");
    while (!signal.aborted && elector.isLeader()) {
      report("acts");
      await sleep(ACT_MS, undefined, { signal }).catch(() => undefined);
    }
  },
  onStoppedLeading: () => void report("stopped"),
  log: { info: () => undefined, warn: () => undefined },
});
const controller = new AbortController();
process.once("SIGTERM", () => controller.abort());
await elector.run(controller.signal);
api.close();
