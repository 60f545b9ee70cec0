// `climatebatch sample`: a database with a synthetic climate to try things on, apart from the user's own data.

import { hidePassword } from "../database/address.ts";
import { defineCommand } from "./command.ts";
import { SAMPLE_DATABASE, withDatabase } from "./database.ts";
import { databaseOption, jsonOption, number } from "./options.ts";
import { printFacts } from "./printing.ts";
import { DEFAULT_SAMPLE_CELLS, describeSample, makeSample } from "./sample/makeSample.ts";

export const sampleCommand = defineCommand(
  {
    options: {
      cells: {
        ...number,
        least: 1,
        default: DEFAULT_SAMPLE_CELLS,
        describe: "places on a regular grid of South Korea, at least",
      },
      ...jsonOption,
      database: {
        ...databaseOption.database,
        default: SAMPLE_DATABASE,
        describe: "where to; never read from the environment",
      },
    },
  },
  (argv, { signal }) =>
    withDatabase(
      argv,
      "sample",
      async ({ client }) => {
        const made = await makeSample(client, argv.cells, signal);
        printFacts(argv, made, () => describeSample(made, hidePassword(argv.database)));
      },
      "create",
    ),
);
