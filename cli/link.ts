// `climatebatch link`: the cells of one grid use series of another.
import { describeSeries } from "../database/cellSources.ts";
import { type LinkOptions, type LinkReport, linkGrids } from "../ingest/link/linkGrids.ts";
import { readVariables } from "../ingest/series/readingOptions.ts";
import { count, describeFailedBatches } from "../ingest/series/report.ts";
import { RejectedError } from "../model/errors.ts";
import { defineCommand } from "./command.ts";
import { withDatabase } from "./database.ts";
import {
  type ArgumentsOf,
  databaseOption,
  failBatchesOption,
  files,
  flag,
  gridOption,
  jsonOption,
  list,
  number,
  text,
  type Usage,
} from "./options.ts";
import { printFacts } from "./printing.ts";

const usage = {
  options: {
    grid: { ...gridOption, describe: "grid whose cells get sources" },
    from: { ...text, value: "GRID", required: true, describe: "grid whose series they use" },
    variables: { ...list, value: "VARIABLE", describe: "only these variables [default: all that --from has]" },
    "within-km": { ...number, value: "KM", describe: "rule nearest: the nearest source, at most this far away" },
    codes: {
      ...files,
      describe: "rule code: tables of latitude, longitude, code of both grids; the source with the same code",
    },
    polygons: { ...text, value: "FILE", describe: "rule polygon: GeoJSON or .shp; the source in the same polygon" },
    "cells-file": {
      ...text,
      formerly: "cells",
      value: "FILE",
      describe: "table of latitude, longitude: cells that --grid must have; the grid is made when it is new",
    },
    "keep-target": {
      ...flag,
      describe: "results are computed for the cells of --from too; without it that grid becomes a source only",
    },
    ...failBatchesOption("on --grid"),
    ...jsonOption,
    ...databaseOption,
  },
  examples: [
    ["link --grid korea-1km --from stations --within-km 30", "each cell uses the nearest station within 30 km"],
    ["link --grid korea-1km --from districts --codes cells.csv districts.csv", "each cell uses its district's series"],
    ["link --grid korea-1km --from districts --polygons districts.geojson", "the same by outlines"],
  ],
  notes:
    "A cell uses a source's series of a variable and frequency that it has no series of its own of. One rule at a time; linking again replaces the links of the same variables. Where a code or polygon has several sources, the nearest counts.",
} as const satisfies Usage;

export const linkCommand = defineCommand(usage, async (argv, { signal }) => {
  const options = readLinkOptions(argv);
  const report = await withDatabase(argv, "link", ({ client }) => linkGrids(client, options, signal));
  printFacts(argv, report, () => formatReport(report, options));
});

function readLinkOptions(argv: ArgumentsOf<typeof usage>): LinkOptions {
  const { cellsFile: cells, codes, failRunningBatches, from, grid, keepTarget, polygons, withinKm } = argv;
  const variables = argv.variables === undefined ? undefined : readVariables("--variables", argv.variables);
  const rule = readRule(withinKm, codes, polygons);
  return { grid, from, cells, keepTarget, failRunningBatches, variables, rule };
}

function readRule(
  withinKm: number | undefined,
  codes: readonly string[] | undefined,
  polygons: string | undefined,
): LinkOptions["rule"] {
  const given = [withinKm, codes, polygons].filter((one) => one !== undefined).length;
  if (given !== 1) {
    throw new RejectedError(
      "InvalidOption",
      `link takes one rule, but got ${given === 0 ? "none" : given}. Give --within-km KM, --codes FILE… or --polygons FILE.`,
    );
  }
  if (codes !== undefined) return { rule: "code", codes };
  if (polygons !== undefined) return { rule: "polygon", polygons };
  if (withinKm! > 0) return { rule: "nearest", withinKm: withinKm! };
  throw new RejectedError(
    "InvalidOption",
    `--within-km expects kilometres above 0, such as 30, but got "${withinKm}".`,
  );
}

function formatReport(report: LinkReport, { keepTarget }: LinkOptions): string {
  const { grid, from, series, cells, cellsAdded, linked, sources, sourcesUsed, farthestKm, failedBatches } = report;
  const without = cells - linked;
  return [
    ...(cellsAdded > 0 ? [`${count(cellsAdded, "cell")} added to the grid "${grid}".`] : []),
    `${linked.toLocaleString("en")} of ${count(cells, "cell")} of "${grid}" use ${sourcesUsed.toLocaleString("en")} of ${count(sources, "cell")} of "${from}", at most ${farthestKm!.toFixed(1)} km away${without === 0 ? "" : `; ${without.toLocaleString("en")} have no source`}.`,
    ...series.map((one) => `  ${describeSeries(one)}`),
    ...(keepTarget ? [] : [`The grid "${from}" is a source now: run computes nothing for its own cells.`]),
    ...describeFailedBatches(failedBatches),
  ].join("\n");
}
