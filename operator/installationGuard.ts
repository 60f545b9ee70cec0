// Keeps the operator from touching the database in the name of an installation that belongs to another cluster.
import type { Client } from "pg";
import type { Logger } from "pino";
import { type ClusterIdentity, claimInstallation } from "../database/installations.ts";
import type { Clock } from "../model/clock.ts";
import { RejectedError } from "../model/errors.ts";

/** Another cluster that took the installation over stops this one within this time. */
const CHECK_AGAIN_MS = 60_000;

export interface InstallationGuardOptions {
  readonly installation: string;
  readonly takeOver: boolean;
  readonly identify: () => Promise<ClusterIdentity>;
  readonly clock: Clock;
  readonly log: Pick<Logger, "warn" | "error">;
}

export class InstallationGuard {
  readonly #options: InstallationGuardOptions;
  #identity: ClusterIdentity | undefined;
  #checkedAtMs = Number.NEGATIVE_INFINITY;
  #refusal: RejectedError | null = null;
  #takeOver: boolean;

  constructor(options: InstallationGuardOptions) {
    this.#options = options;
    this.#takeOver = options.takeOver;
  }

  /** Why this cluster may not work for the installation; null: it may, as far as is known. */
  get refusal(): string | null {
    return this.#refusal?.message ?? null;
  }

  /** Rejects with InstallationTaken. Asks the database at most once a minute. */
  async check(client: Client): Promise<void> {
    const { clock, log, installation, identify } = this.#options;
    const nowMs = clock.monotonicMs();
    if (nowMs - this.#checkedAtMs >= CHECK_AGAIN_MS) {
      this.#identity ??= await identify();
      const claim = { ...this.#identity, installation, takeOver: this.#takeOver };
      try {
        const { takenFrom } = await claimInstallation(client, claim);
        if (takenFrom !== null) log.warn({ event: "installationTakenOver", installation, from: takenFrom });
        this.#refusal = null;
        // Once: two clusters that both take over would do so again and again.
        this.#takeOver = false;
      } catch (error) {
        if (!(error instanceof RejectedError)) throw error;
        if (this.#refusal === null) log.error({ event: "installationTaken", installation, message: error.message });
        this.#refusal = error;
      }
      this.#checkedAtMs = nowMs;
    }
    if (this.#refusal !== null) throw this.#refusal;
  }
}
