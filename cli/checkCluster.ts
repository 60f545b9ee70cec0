// The cluster's part of `climatebatch check-installation`; loaded when asked for, as everything that needs a cluster's client.
import { systemClock } from "../model/clock.ts";
import { TransientError } from "../model/errors.ts";
import { isNotFound } from "../operator/kube/apiError.ts";
import type { CheckArguments } from "./checkInstallation.ts";
import { withCluster } from "./withCluster.ts";

export function makeClusterChecks(argv: CheckArguments, signal: AbortSignal) {
  return {
    definition: () =>
      withCluster(argv, async (api, namespace) => {
        await api.climateBatches.list({ limit: 1 }, signal);
        return `the API server knows ClimateBatches, also in namespace ${namespace}`;
      }),
    leader: () =>
      withCluster(argv, async (api) => {
        const lease = await api.leases.get(argv.lease, signal).catch((error) => {
          if (isNotFound(error)) return undefined;
          throw error;
        });
        const { holderIdentity: holder, renewTime, leaseDurationSeconds = 0 } = lease?.spec ?? {};
        if (!holder || renewTime === undefined)
          throw new TransientError(`nobody holds the lease ${argv.lease}: see the operator's log`);
        const ageSeconds = (systemClock.now().getTime() - new Date(renewTime).getTime()) / 1000;
        if (ageSeconds > leaseDurationSeconds)
          throw new TransientError(
            `${holder} renewed the lease ${argv.lease} ${Math.round(ageSeconds)} s ago: see its log`,
          );
        return `${holder} leads`;
      }),
  };
}
