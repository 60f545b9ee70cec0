// `climatebatch sample`: a database with a synthetic climate to try things on, apart from the user's own data; or a file to load.
import { createReadStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { hidePassword } from "../database/address.ts";
import { defineCommand } from "./command.ts";
import { SAMPLE_DATABASE, withDatabase } from "./database.ts";
import { databaseOption, jsonOption, number, text } from "./options.ts";
import { writeOutput } from "./outputFile.ts";
import { printFacts } from "./printing.ts";
import { DEFAULT_SAMPLE_CELLS, describeSample, makeSample } from "./sample/makeSample.ts";

const REGIONAL_FILE = new URL("./sample/rotated-pole.nc", import.meta.url);

export const sampleCommand = defineCommand(
  {
    options: {
      cells: {
        ...number,
        least: 1,
        default: DEFAULT_SAMPLE_CELLS,
        describe: "places on a regular grid of South Korea, at least",
      },
      output: {
        ...text,
        short: "o",
        value: "FILE",
        describe: "write only a small NetCDF file of a regional model's grid, for its tutorial; no database",
      },
      ...jsonOption,
      database: {
        ...databaseOption.database,
        default: SAMPLE_DATABASE,
        describe: "where to; never read from the environment",
      },
    },
  },
  async (argv, { signal }) => {
    const { output } = argv;
    if (output !== undefined) return writeOutput(output, (sink) => pipeline(createReadStream(REGIONAL_FILE), sink));
    await withDatabase(
      argv,
      "sample",
      async ({ client }) => {
        const made = await makeSample(client, argv.cells, signal);
        printFacts(argv, made, () => describeSample(made, hidePassword(argv.database)));
      },
      "create",
    );
  },
);
