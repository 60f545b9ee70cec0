// The words of a coordination.k8s.io/v1 Lease, and how somebody who only watches it judges whether its holder lives.
import type { Lease, NewLease } from "./client.ts";
import { microTime } from "./wireFormat.ts";

export interface Claim {
  readonly identity: string;
  readonly leaseDurationMs: number;
  readonly now: Date;
}

export function buildLease(name: string, namespace: string, claim: Claim): NewLease {
  return {
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: { name, namespace },
    spec: claimed(claim, 0),
  };
}

/** Taken over, from nobody or from one who is gone. */
export function takeOver(lease: Lease, claim: Claim): Lease {
  return { ...lease, spec: claimed(claim, (lease.spec?.leaseTransitions ?? 0) + 1) };
}

export function renewed(lease: Lease, { leaseDurationMs, now }: Claim): Lease {
  return {
    ...lease,
    spec: { ...lease.spec!, leaseDurationSeconds: toSeconds(leaseDurationMs), renewTime: microTime(now) },
  };
}

/** Nobody holds it: the next one need not wait for it to run out. One second, because zero is refused. */
export function released(lease: Lease, now: Date): Lease {
  const { leaseTransitions } = lease.spec!;
  const instant = microTime(now);
  return {
    ...lease,
    spec: {
      holderIdentity: "",
      leaseDurationSeconds: 1,
      acquireTime: instant,
      renewTime: instant,
      ...(leaseTransitions !== undefined && { leaseTransitions }),
    },
  };
}

/**
 * What a candidate has seen of a lease, timed by its own monotonic clock from the moment it saw the record change: dates
 * written by others are never compared with ours (client-go, tools/leaderelection/leaderelection.go).
 */
export class LeaseObservation {
  #record = "";
  #changedAtMs = 0;

  /** When the holder's time is up; undefined when nobody holds it. */
  expiryMs(lease: Lease, nowMs: number): number | undefined {
    const record = JSON.stringify(lease.spec);
    if (record !== this.#record) {
      this.#record = record;
      this.#changedAtMs = nowMs;
    }
    if (!lease.spec?.holderIdentity) return undefined;
    return this.#changedAtMs + (lease.spec.leaseDurationSeconds ?? 0) * 1000;
  }
}

function claimed({ identity, leaseDurationMs, now }: Claim, leaseTransitions: number) {
  const instant = microTime(now);
  return {
    holderIdentity: identity,
    leaseDurationSeconds: toSeconds(leaseDurationMs),
    acquireTime: instant,
    renewTime: instant,
    leaseTransitions,
  };
}

function toSeconds(durationMs: number): number {
  return Math.ceil(durationMs / 1000);
}
