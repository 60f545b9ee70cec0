// A lease in model time: what the API server does with one, and ways to it that are slow, lose answers or are cut.
import { ApiError } from "../../operator/kube/apiError.ts";
import type { KubeApi, Lease, NewLease } from "../../operator/kube/client.ts";
import type { FakeClock } from "./fakeClock.ts";

const LOST = new ApiError(0, "ECONNRESET", "the answer was lost");

/** One lease with optimistic locking, and ways to it that differ by candidate. */
export class LeaseServer {
  lease: Lease | undefined;
  readonly clock: FakeClock;
  #version = 0;

  constructor(clock: FakeClock) {
    this.clock = clock;
  }

  write(lease: NewLease | Lease, expected: string | undefined): Lease {
    if (this.lease?.metadata.resourceVersion !== expected) throw new ApiError(409, "Conflict", "written by another");
    const metadata = { ...lease.metadata, resourceVersion: String(++this.#version) };
    this.lease = structuredClone({ ...lease, metadata }) as Lease;
    return structuredClone(this.lease);
  }

  read(): Lease {
    if (this.lease === undefined) throw new ApiError(404, "NotFound", "no lease");
    return structuredClone(this.lease);
  }
}

export class Way {
  readonly #server: LeaseServer;
  readonly #random: () => number;
  isCut = false;
  slowestMs = 0;
  lossRate = 0;
  calls = 0;

  constructor(server: LeaseServer, random: () => number) {
    this.#server = server;
    this.#random = random;
  }

  get leases(): KubeApi["leases"] {
    return {
      get: (_, signal) => this.#pass(() => this.#server.read(), signal),
      create: (lease, signal) => this.#pass(() => this.#server.write(lease, undefined), signal),
      update: (lease, signal) => this.#pass(() => this.#server.write(lease, lease.metadata.resourceVersion), signal),
    };
  }

  /** What was sent may arrive, and be done, after the caller has given up. */
  #pass(work: () => Lease, signal?: AbortSignal): Promise<Lease> {
    this.calls++;
    const { clock } = this.#server;
    return new Promise((resolve, reject) => {
      signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
      if (this.isCut) return;
      clock.after(this.#random() * this.slowestMs, () => {
        if (this.#random() < this.lossRate) return reject(LOST);
        let done: () => void;
        try {
          const lease = work();
          done = () => resolve(lease);
        } catch (error) {
          done = () => reject(error);
        }
        if (this.#random() < this.lossRate) done = () => reject(LOST);
        clock.after(this.#random() * this.slowestMs, done);
      });
    });
  }
}
