// `climatebatch submit`: creates a ClimateBatch, which the operator of the cluster computes; the yearly schedule uses it, too.
// What it does stands in submit/submitBatch.ts, loaded when asked for: other commands need not wait for a cluster's client.
import type { Argv } from "yargs";
import { CALCULATION_REQUESTS, METHODS } from "../model/calculations.ts";
import { RISKS } from "../model/risks.ts";
import { clusterOptions } from "./clusterOptions.ts";
import { type ArgumentsOf, type CommandContext, type CommandOf, jsonOption } from "./command.ts";
import { flag, list, number, text } from "./optionKinds.ts";

function buildOptions(yargs: Argv) {
  return yargs
    .positional("calculation", {
      choices: CALCULATION_REQUESTS,
      demandOption: true,
      describe: "probability, hazard, or all of both",
    })
    .options({
      file: {
        ...text,
        alias: "f",
        describe:
          "a ClimateBatch, or the fields of its spec, as YAML or JSON; - reads standard input; options here win over it",
      },
      name: { ...text, describe: "name of the ClimateBatch [default: from the key, else made up]" },
      grid: { ...text, describe: "target grid" },
      scenario: { ...list, describe: "scenarios" },
      period: { ...list, describe: "periods FIRST-LAST" },
      "base-period": { ...text, describe: "what thresholds and changes refer to" },
      risk: { ...list, choices: RISKS, describe: "risks [default: all]" },
      methods: { choices: METHODS, describe: "published or predecessor" },
      "cells-per-shard": { ...number, describe: "cells that one pod computes" },
      "max-rejected-cells": { ...number, describe: "fail when more cells have implausible input" },
      parallelism: { ...number, describe: "pods at the same time" },
      publish: { type: "boolean", describe: "--no-publish: compute without showing the results to consumers" },
      "request-key": { ...text, describe: "identity for ever: what was computed under this key is not computed again" },
      yearly: { ...text, describe: "key yearly/CALCULATION/YEAR, the year in this time zone, such as Asia/Seoul" },
      "scheduled-job": {
        ...text,
        describe: "name of the CronJob's Job that runs this: its instant gives --yearly the year, however late it runs",
        implies: "yearly",
      },
      wait: { ...flag, alias: "w", describe: "stay until it is published, or has failed" },
      timeout: { ...number, default: 86_400, describe: "seconds that --wait waits" },
      ...clusterOptions,
      ...jsonOption,
    })
    .conflicts("yearly", "request-key")
    .example("$0 submit probability --wait", "everything that the database has data for")
    .example("$0 submit hazard --scenario ssp585 --period 2041-2060 --no-publish", "a look at one scenario and period")
    .example(
      "$0 submit all -f batch.yaml -n climate",
      "with all that a ClimateBatch can say, such as resources of pods",
    )
    .epilogue(
      "Exit codes: 0 created, with --wait published · 1 failed, deleted or not ended in time · 2 refused · 3 computed, not published · 4 no API server.\n" +
        "A batch whose name or key is there already is not made twice: that one is told, and waited for.",
    );
}

export type SubmitArguments = ArgumentsOf<typeof buildOptions>;

export function makeSubmitCommand(context: CommandContext): CommandOf<typeof buildOptions> {
  return {
    command: "submit <calculation>",
    describe: "ask the operator of a cluster to compute: creates a ClimateBatch",
    builder: buildOptions,
    handler: async (argv) => (await import("./submit/submitBatch.ts")).submitBatch(argv, context),
  };
}
