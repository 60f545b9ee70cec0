// `climatebatch submit`: creates a ClimateBatch, which the operator of the cluster computes; the yearly schedule uses it, too.
// What it does stands in submit/submitBatch.ts, loaded when asked for: other commands need not wait for a cluster's client.
import type { ArgumentsCamelCase, Argv, CommandModule } from "yargs";
import { CALCULATION_REQUESTS, METHODS } from "../model/calculations.ts";
import { RISKS } from "../model/risks.ts";
import { clusterOptions } from "./clusterOptions.ts";
import { type CommandContext, jsonOption, type OptionsOf } from "./command.ts";

function buildOptions(yargs: Argv) {
  return yargs
    .positional("calculation", {
      choices: CALCULATION_REQUESTS,
      demandOption: true,
      describe: "probability, hazard, or all of both",
    })
    .options({
      file: {
        alias: "f",
        type: "string",
        describe:
          "a ClimateBatch, or the fields of its spec, as YAML or JSON; - reads standard input; options here win over it",
        requiresArg: true,
      },
      name: {
        type: "string",
        describe: "name of the ClimateBatch [default: from the key, else made up]",
        requiresArg: true,
      },
      grid: { type: "string", describe: "target grid", requiresArg: true },
      scenario: { type: "array", string: true, describe: "scenarios" },
      period: { type: "array", string: true, describe: "periods FIRST-LAST" },
      "base-period": { type: "string", describe: "what thresholds and changes refer to", requiresArg: true },
      risk: { type: "array", string: true, choices: RISKS, describe: "risks [default: all nine]" },
      methods: { choices: METHODS, describe: "published or predecessor" },
      "cells-per-shard": { type: "number", describe: "cells that one pod computes", requiresArg: true },
      "max-rejected-cells": {
        type: "number",
        describe: "fail when more cells have implausible input",
        requiresArg: true,
      },
      parallelism: { type: "number", describe: "pods at the same time", requiresArg: true },
      publish: { type: "boolean", describe: "--no-publish: compute without showing the results to consumers" },
      "request-key": {
        type: "string",
        describe: "identity for ever: what was computed under this key is not computed again",
        requiresArg: true,
      },
      yearly: {
        type: "string",
        describe: "key yearly/CALCULATION/YEAR, the year in this time zone, such as Asia/Seoul",
        requiresArg: true,
      },
      "scheduled-job": {
        type: "string",
        describe: "name of the CronJob's Job that runs this: its instant gives --yearly the year, however late it runs",
        requiresArg: true,
        implies: "yearly",
      },
      wait: { alias: "w", type: "boolean", default: false, describe: "stay until it is published, or has failed" },
      timeout: { type: "number", default: 86_400, describe: "seconds that --wait waits", requiresArg: true },
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

export type SubmitArguments = ArgumentsCamelCase<OptionsOf<typeof buildOptions>>;

export function makeSubmitCommand(context: CommandContext): CommandModule<object, OptionsOf<typeof buildOptions>> {
  return {
    command: "submit <calculation>",
    describe: "ask the operator of a cluster to compute: creates a ClimateBatch",
    builder: buildOptions,
    handler: async (argv) => (await import("./submit/submitBatch.ts")).submitBatch(argv, context),
  };
}
