// What is written into a coordination.k8s.io/v1 Lease, and how a candidate judges whether its holder is alive.
import { LABELS, MANAGED_BY } from "../objects/labels.ts";
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
    // The only object that the operator makes for itself: found by its labels when an installation is removed.
    metadata: { name, namespace, labels: { [LABELS.appName]: "climatebatch", [LABELS.appManagedBy]: MANAGED_BY } },
    spec: claimed(claim, 0),
  };
}

/** Taken over: it had no holder, or its holder is gone. */
export function takeOver(lease: Lease, claim: Claim): Lease {
  return { ...lease, spec: claimed(claim, (lease.spec?.leaseTransitions ?? 0) + 1) };
}

export function renewed(lease: Lease, { leaseDurationMs, now }: Claim): Lease {
  return {
    ...lease,
    spec: { ...lease.spec!, leaseDurationSeconds: toSeconds(leaseDurationMs), renewTime: microTime(now) },
  };
}

/** Without a holder, so that the next leader need not wait for its end. One second, because zero is refused. */
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
 * that others wrote are never compared with our clock (client-go, tools/leaderelection/leaderelection.go).
 */
export class LeaseObservation {
  #record = "";
  #changedAtMs = 0;

  /** When the holder's time is up; undefined when it has no holder. */
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
