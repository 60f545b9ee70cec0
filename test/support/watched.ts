// A reflector with shortened limits and a diary of what it reported: "+spi", "~spi", "-spi", why it listed, what failed.
import { systemClock } from "../../model/clock.ts";
import { type Reflector, type ReflectorOptions, startReflector } from "../../operator/kube/reflector.ts";
import type { ReflectorLimits } from "../../operator/kube/reflectorLimits.ts";
import { eventually } from "./cli.ts";
import type { SeenRequest } from "./faultProxy.ts";
import { type KubeCluster, type KubeNamespace, SILENT, type TestBatch } from "./kubeCluster.ts";

export const SHORT_LIMITS: Partial<ReflectorLimits> = {
  inactivityMs: 2_000,
  settleMs: 300,
  backoff: { minMs: 50, maxMs: 1_000, jitter: 0.5 },
};
export const GONE = {
  kind: "Status",
  status: "Failure",
  code: 410,
  reason: "Expired",
  message: "too old resource version",
};

/** A reflector with a diary: "+spi", "~spi", "-spi", and why it listed. */
export class Watched implements AsyncDisposable {
  readonly changes: string[] = [];
  readonly lists: string[] = [];
  readonly failures: string[] = [];
  missed = 0;
  readonly reflector: Reflector<TestBatch>;

  constructor(
    space: KubeNamespace,
    limits: Partial<ReflectorLimits> = {},
    more: Partial<ReflectorOptions<TestBatch>> = {},
  ) {
    this.reflector = startReflector<TestBatch>({
      name: "climatebatches",
      source: space.makeApi({ timeoutMs: 1_000 }).climateBatches,
      onChange: (object, old) => {
        const sign = old === undefined ? "+" : object === undefined ? "-" : "~";
        this.changes.push(`${sign}${(object ?? old)!.metadata.name}`);
      },
      metrics: {
        listed: (reason) => this.lists.push(reason),
        missed: (changes) => {
          this.missed += changes;
        },
        failed: ({ status, reason }) => this.failures.push(`${status} ${reason}`),
      },
      limits: { ...SHORT_LIMITS, ...limits },
      clock: systemClock,
      random: Math.random,
      log: SILENT,
      ...more,
    });
  }

  names(): string[] {
    return [...this.reflector.store.values()].map(({ metadata }) => metadata.name).sort();
  }

  /** Until the diary ends like this. */
  async ends(...last: string[]): Promise<void> {
    await eventually(`changes end with ${last}`, () => {
      return this.changes.slice(-last.length).join() === last.join() || undefined;
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.reflector.stop();
  }
}

export const isList = ({ isWatch, method }: SeenRequest) => method === "GET" && !isWatch;
export const isWatch = (seen: SeenRequest) => seen.isWatch;

/** With one object, listed, and the watch open. */
export async function openWatched(
  cluster: KubeCluster,
  limits: Partial<ReflectorLimits> = {},
  more: Partial<ReflectorOptions<TestBatch>> = {},
): Promise<{ space: KubeNamespace; watched: Watched } & AsyncDisposable> {
  const space = await cluster.openNamespace();
  await space.create("first");
  const watched = new Watched(space, limits, more);
  await watched.reflector.synced;
  await eventually("the watch is open", () => space.proxy.seen.some(isWatch) || undefined);
  const close = async () => {
    await watched.reflector.stop();
    await space[Symbol.asyncDispose]();
  };
  return { space, watched, [Symbol.asyncDispose]: close };
}
