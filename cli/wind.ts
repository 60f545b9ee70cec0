// `climatebatch wind`: the highest wind of each storm at given points, from files to a file, without a database.
import { pipeline } from "node:stream/promises";
import { count } from "../ingest/series/report.ts";
import { type Point, readPoints } from "../ingest/storms/points.ts";
import { readStormFiles, STORM_FILE_FORMATS } from "../ingest/storms/stormFiles.ts";
import { formatHour } from "../ingest/storms/trackCollector.ts";
import { prepareTrack } from "../job/indices/trackPreparation.ts";
import { highestWind, makeStormVortex, REACH_KM } from "../job/indices/windField.ts";
import { DEFAULT_WIND_MODEL, WIND_MODELS, type WindModel } from "../job/indices/windProfiles.ts";
import type { StormTrack } from "../model/storms.ts";
import { defineCommand } from "./command.ts";
import { showReading } from "./fileReading.ts";
import { files, jsonOption, number, outputOption, text } from "./options.ts";
import { checkOutput, STANDARD_OUTPUT, writeOutput } from "./outputFile.ts";
import { printJson } from "./printing.ts";
import { startProgress } from "./progress.ts";
import { readStormWords, stormReadingOptions } from "./stormOptions.ts";

export const windCommand = defineCommand(
  {
    options: {
      tracks: { ...files, required: true, describe: "best tracks of one agency, one file or several" },
      points: {
        ...text,
        value: "FILE",
        required: true,
        describe: "CSV file with columns latitude and longitude, and perhaps name",
      },
      output: { ...outputOption, describe: "CSV file to write, - for standard output" },
      model: {
        ...text,
        choices: WIND_MODELS,
        default: DEFAULT_WIND_MODEL,
        describe: "Holland 2008, Holland et al. 2010, Holland 1980, Emanuel and Rotunno 2011",
      },
      "at-least": { ...number, value: "M/S", default: 0, describe: "leave out weaker winds [m/s]" },
      ...stormReadingOptions,
      ...jsonOption,
    },
    examples: [
      ["wind --tracks bst_all.txt --points cities.csv --output wind.csv", "by the model of the typhoon risk"],
      [
        "wind --tracks bst_all.txt --points port.csv --model H1980 --at-least 17.5 --output -",
        "another model, storms only",
      ],
    ],
    notes:
      `${STORM_FILE_FORMATS}\n\n` +
      "Output: storm,name,season,point,latitude,longitude,wind,time: the highest wind of the storm at the point in m/s, sustained for one minute at 10 m over open " +
      `ground, and when (UTC). A row for each storm that comes within ${REACH_KM} km of a point, in the order of the storms' numbers. Tracks are hourly, linear between the ` +
      "points of the files. H08 and H10 need pressures only; H1980 and ER11 need winds, which are estimated from the pressure where the agency gives none.",
  },
  async (argv, { signal }) => {
    await checkOutput(argv.output);
    const points = await readPoints(argv.points, signal);
    const quiet = argv.json || argv.output === STANDARD_OUTPUT;
    const reading = showReading(quiet);
    const words = readStormWords(argv.tracks, argv);
    const read = await readStormFiles(words, reading, signal).finally(() => reading.stop());
    const progress = quiet ? undefined : startProgress("winds", read.tracks.length, "storms");
    const tally = { storms: read.tracks.length, rows: 0 };
    const onStorm = (done: number) => progress?.update(done);
    await writeOutput(argv.output, (sink) =>
      pipeline(windLines(read.tracks, points, argv.model, argv.atLeast, tally, onStorm), sink, { signal }),
    ).finally(() => progress?.stop());
    const facts = { format: read.format, model: argv.model, points: points.length, ...tally, leftOut: read.leftOut };
    if (argv.json && argv.output !== STANDARD_OUTPUT) printJson(facts);
    else
      process.stderr.write(
        `${argv.model}: ${count(tally.storms, "storm")} at ${count(points.length, "point")}, ${count(tally.rows, "wind")}\n`,
      );
  },
);

/** Lines of a storm at a time, so that however many points and storms there are, memory does not grow. */
async function* windLines(
  tracks: readonly StormTrack[],
  points: readonly Point[],
  model: WindModel,
  atLeast: number,
  tally: { rows: number },
  onStorm: (done: number) => void,
): AsyncGenerator<string> {
  yield "storm,name,season,point,latitude,longitude,wind,time\n";
  const seen = { wind: 0, node: -1 };
  for (const [at, track] of tracks.entries()) {
    const nodes = prepareTrack(track);
    if (nodes !== null) {
      const storm = makeStormVortex(nodes, model);
      let lines = "";
      for (const { name, latitude, longitude } of points) {
        highestWind(storm, latitude, longitude, seen);
        if (seen.node === -1 || seen.wind < atLeast) continue;
        const time = formatHour(nodes.firstHour + seen.node * nodes.stepHours);
        lines += `${track.stormId},${track.name ?? ""},${track.season},${name},${latitude},${longitude},${seen.wind.toFixed(WIND_DECIMALS)},${time}\n`;
        tally.rows++;
      }
      if (lines !== "") yield lines;
    }
    onStorm(at + 1);
  }
}

const WIND_DECIMALS = 5;
