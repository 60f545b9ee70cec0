// `climatebatch load storms`: a record of best tracks for the typhoon risk.
import { type StormLoadOutcome, writeStorms } from "../database/stormWriter.ts";
import { count, describeFailedBatches } from "../ingest/series/report.ts";
import { type ReadStorms, readStormFiles, STORM_FILE_FORMATS } from "../ingest/storms/stormFiles.ts";
import { RejectedError } from "../model/errors.ts";
import { formatPeriod, type Period } from "../model/periods.ts";
import type { StormTrack } from "../model/storms.ts";
import { defineCommand } from "./command.ts";
import { withDatabase } from "./database.ts";
import { showReading } from "./fileReading.ts";
import { databaseOption, failBatchesOption, files, flag, jsonOption, parseYears, text } from "./options.ts";
import { printFacts } from "./printing.ts";
import { FILE_ADDRESSES, withLocalFiles } from "./remoteFiles.ts";
import { readStormWords, stormReadingOptions } from "./stormOptions.ts";

export const loadStormsCommand = defineCommand(
  {
    arguments: {
      file: { ...files, required: true, describe: "best tracks of one agency; several files are one record" },
    },
    options: {
      ...stormReadingOptions,
      years: {
        ...text,
        value: "FIRST-LAST",
        parse: parseYears,
        describe:
          "years whose storms the files hold completely; storms of other years are left out [default: first to last season of the files]",
      },
      "replace-record": { ...flag, describe: "remove the stored storms, of any agency and years" },
      ...failBatchesOption("that use the storms"),
      ...jsonOption,
      ...databaseOption,
    },
    examples: [
      ["load storms bst_all.txt --years 1977-2023", "JMA's record since satellites and winds"],
      ["load storms kma-2015.txt kma-2016.txt", "KMA's, a year a file"],
      ["load storms ibtracs.WP.list.v04r01.csv --agency usa --years 1980-2023", "one agency of IBTrACS"],
    ],
    notes:
      `${STORM_FILE_FORMATS} ` +
      "A missing pressure is estimated from the wind and the reverse, a missing radius of maximum wind from the pressure. " +
      "Winds that contradict the pressures next to them are refused: their unit is another.\n\n" +
      "The database holds one record, of one agency, for all grids. Seasons of the files replace the same seasons stored before. " +
      "A year without a storm counts as one, so the record must have no gaps. All or nothing: when anything is wrong, the database stays as it was." +
      `\n\n${FILE_ADDRESSES}`,
  },
  (argv, { signal }) =>
    withLocalFiles(argv, signal, async (argv) => {
      const reading = showReading(argv.json);
      const words = readStormWords(argv.file, argv);
      const read = await readStormFiles(words, reading, signal).finally(() => reading.stop());
      const { years, tracks, outside } = chooseYears(read.tracks, argv.years);
      const { failRunningBatches, replaceRecord } = argv;
      const record = { years: { agency: read.agency, ...years }, tracks, replaceRecord, failRunningBatches };
      const outcome = await withDatabase(argv, "load storms", ({ client }) => writeStorms(client, record), "create");
      const { format, leftOut } = read;
      printFacts(argv, { format, leftOut, outsideYears: outside, ...outcome }, () =>
        describeOutcome(read, outside, outcome),
      );
    }),
);

function chooseYears(
  tracks: readonly StormTrack[],
  given: Period | undefined,
): { years: Period; tracks: readonly StormTrack[]; outside: number } {
  const seasons = tracks.map(({ season }) => season);
  const years = given ?? { firstYear: Math.min(...seasons), lastYear: Math.max(...seasons) };
  const inside = tracks.filter(({ season }) => season >= years.firstYear && season <= years.lastYear);
  if (inside.length === 0) {
    throw new RejectedError(
      "NoStorms",
      `No storm of the files is of ${formatPeriod(years)}: they hold ${Math.min(...seasons)}-${Math.max(...seasons)}. Correct --years.`,
    );
  }
  return { years, tracks: inside, outside: tracks.length - inside.length };
}

function describeOutcome({ format, leftOut }: ReadStorms, outside: number, outcome: StormLoadOutcome): string {
  const { failedBatches, pointsWritten, record, revision, stormsRemoved, stormsWritten } = outcome;
  const lines = [`${count(stormsWritten, "storm")} of ${format}, ${count(pointsWritten, "point")}`];
  if (outside > 0) lines.push(`Outside --years: ${count(outside, "storm")}`);
  if (leftOut.storms > 0) lines.push(`Left out, without pressures and winds: ${count(leftOut.storms, "storm")}`);
  if (leftOut.points > 0) lines.push(`Left out, without a position: ${count(leftOut.points, "point")}`);
  if (stormsRemoved > 0) lines.push(`They replace ${count(stormsRemoved, "storm")} stored before`);
  lines.push(...describeFailedBatches(failedBatches));
  lines.push(`The record is ${record.agency} ${formatPeriod(record)}; storms is now at revision ${revision}.`);
  return lines.join("\n");
}
