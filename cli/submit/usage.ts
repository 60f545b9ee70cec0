// What `climatebatch submit` takes.
import {
  calculationArgument,
  clusterOptions,
  flag,
  jsonOption,
  number,
  requestOptions,
  text,
  toggle,
  type Usage,
} from "../options.ts";

export const submitUsage = {
  arguments: calculationArgument,
  options: {
    file: {
      ...text,
      value: "FILE",
      short: "f",
      describe:
        "a ClimateBatch, or the fields of its spec, as YAML or JSON; - reads standard input; options override it",
    },
    name: { ...text, describe: "name of the ClimateBatch [default: from the key, else generated]" },
    ...requestOptions,
    "base-period": { ...requestOptions["base-period"], default: undefined },
    parallelism: { ...number, least: 1, rare: true, describe: "pods at the same time" },
    publish: { ...toggle, describe: "--no-publish: compute only" },
    "request-key": {
      ...text,
      value: "KEY",
      rare: true,
      describe: "permanent identity: what was computed under this key is not computed again",
    },
    yearly: {
      ...text,
      value: "ZONE",
      rare: true,
      describe: "key yearly/CALCULATION/YEAR, the year in this time zone, such as Asia/Seoul",
    },
    "scheduled-job": {
      ...text,
      value: "NAME",
      rare: true,
      describe:
        "with --yearly: the CronJob's Job that runs this; its scheduled time gives the year, however late it runs",
    },
    wait: { ...flag, short: "w", describe: "wait until it is published, or has failed" },
    timeout: { ...number, rare: true, value: "SECONDS", least: 1, default: 86_400, describe: "how long --wait waits" },
    ...clusterOptions,
    ...jsonOption,
  },
  examples: [
    ["submit probability --wait", "everything that the database has data for"],
    ["submit hazard --scenario ssp585 --period 2041-2060 --no-publish", "one scenario and period, for a look"],
    ["submit all -f batch.yaml -n climate", "with other fields of a ClimateBatch, such as resources of pods"],
  ],
  notes:
    "Exit codes: 0 created, with --wait published · 1 failed, deleted or not ended in time · 2 refused · 3 computed, not published · 4 no API server.\n" +
    "A batch whose name or key exists is not created again: the existing one is reported, and waited for.",
} as const satisfies Usage;
