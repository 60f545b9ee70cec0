// `climatebatch assets`: a table of sites, returned with the nine risks of each.
import { once } from "node:events";
import { extname } from "node:path";
import type { Writable } from "node:stream";
import type { Client } from "pg";
import { hintTableCommand, holdsClimateSeries } from "../ingest/formats/tableContent.ts";
import { RejectedError } from "../model/errors.ts";
import type { Period } from "../model/periods.ts";
import { RISKS } from "../model/risks.ts";
import { type Assets, assess, readSites, type Sites } from "../report/assets.ts";
import { writeParquetRows } from "../report/exportTables.ts";
import { formatNumber } from "../report/page/numbers.ts";
import { DEFAULT_MAX_CELLS } from "../report/page/reportData.ts";
import { extentOf, findResults, readResultPlaces, withSnapshot } from "../report/readResults.ts";
import { reachOf } from "../report/sites.ts";
import { defineCommand } from "./command.ts";
import { withDatabase } from "./database.ts";
import { batchArgument, databaseOption, jsonOption, number, outputOption, requestOptions, text } from "./options.ts";
import { checkOutput, STANDARD_OUTPUT, writeOutput } from "./outputFile.ts";
import { formatTable, print, printJson } from "./printing.ts";
import { collectPage, writePage } from "./report.ts";

const ROWS_AT_ONCE = 10_000;
/** Sites outside the grid that are named one by one; all are in the file. */
const MOST_NAMED = 10;

export const assetsCommand = defineCommand(
  {
    arguments: {
      sites: {
        ...text,
        value: "FILE",
        required: true,
        describe: "CSV with a latitude and a longitude column, or a district",
      },
    },
    options: {
      output: {
        ...outputOption,
        required: undefined,
        describe: "file to write: .csv, .parquet, .geoparquet or .geojson; - for CSV",
      },
      report: {
        ...text,
        value: "FILE",
        describe: "page to write, such as page.html: the report with the sites on its map",
      },
      risk: { ...requestOptions.risk, describe: "only these risks [default: all]" },
      scenario: { ...requestOptions.scenario, describe: "these scenarios [default: the last]" },
      period: { ...requestOptions.period, describe: "these periods [default: the middle one]" },
      batch: { ...batchArgument, describe: "results of this batch [default: what is published]" },
      "within-km": { ...number, describe: "a site farther from a cell is outside [default: half a cell's diagonal]" },
      ...jsonOption,
      ...databaseOption,
    },
    examples: [
      ["assets sites.csv --output risks.csv", "each site with its nine risks"],
      ["assets sites.csv --report sites.html", "the page with the sites on its map"],
      [
        "assets sites.csv --output risks.parquet --period 1991-2020,2041-2060",
        "a row a site and period; a column named value gives losses in money",
      ],
    ],
  },
  async (argv) => {
    const { output, report } = argv;
    if (output === undefined && report === undefined) {
      throw new RejectedError(
        "InvalidOption",
        "Nothing to write: give --output FILE for a table, --report FILE for a page, or both.",
      );
    }
    if (output === STANDARD_OUTPUT && report === STANDARD_OUTPUT) {
      throw new RejectedError("InvalidOption", "Only one of --output and --report can be -, the standard output.");
    }
    const write = output === undefined ? null : writerOf(output);
    if (report !== undefined) await checkOutput(report);
    const sites = await readSites(argv.sites);
    if (holdsClimateSeries(sites.header)) {
      throw new RejectedError(
        "WrongTable",
        `${argv.sites}: expected a row per site.${hintTableCommand(sites.header, "assets")}`,
      );
    }
    await withDatabase(argv, "assets", ({ client }) =>
      withSnapshot(client, async () => {
        const batches = await findResults(client, argv.batch);
        const places = await readResultPlaces(client, batches);
        const { scenarios, periods } = extentOf(batches);
        const withinKm = argv.withinKm ?? reachOf(places);
        const assets = await assess(client, batches, places, sites, {
          scenarios: argv.scenario ?? scenarios.slice(-1),
          periods: argv.period ?? [periods[periods.length >> 1]!],
          risks: argv.risk ?? RISKS,
          withinKm,
        });
        if (write !== null) await writeOutput(output!, (sink) => write(assets, sites, sink));
        // Totals are of the rows that were read.
        else for (const _ of assets.rows());
        const page = report === undefined ? null : await writePage(report, await collectSites(client, argv, assets));
        const { totals, outside } = assets;
        if (argv.json) printJson({ sites: sites.rows.length, withinKm, outside, totals });
        else if (output !== STANDARD_OUTPUT && report !== STANDARD_OUTPUT) {
          print(describeAssets(sites, assets, withinKm, output ?? report!));
          if (page !== null) print(page);
        }
      }),
    );
  },
);

interface PageArguments {
  readonly batch?: string | undefined;
  readonly risk?: readonly string[] | undefined;
  readonly scenario?: readonly string[] | undefined;
  readonly period?: readonly Period[] | undefined;
}

/** Everything that the options leave open: the page shows all scenarios and periods. */
function collectSites(client: Client, { batch, risk, scenario, period }: PageArguments, { mapped }: Assets) {
  const request = { batchId: batch, risks: risk, scenarios: scenario, periods: period };
  return collectPage(client, { ...request, maxCells: DEFAULT_MAX_CELLS, sites: mapped });
}

type WriteAssets = (assets: Assets, sites: Sites, sink: Writable) => Promise<void>;

/** By the suffix of the file. */
function writerOf(output: string): WriteAssets {
  const writers: Readonly<Record<string, WriteAssets>> = {
    ".csv": ({ columns, rows }, _, sink) => writeLines(csvLines(columns, rows()), sink),
    ".geojson": ({ columns, rows }, sites, sink) => writeLines(geojsonLines(columns, rows(), sites), sink),
    ".parquet": ({ columns, rows }, _, sink) => writeParquetRows(columns, inPortions(rows()), null, sink),
    ".geoparquet": ({ columns, rows }, { header, latitude, longitude }, sink) => {
      const place =
        latitude === null || longitude === null
          ? { latitude: "cell_latitude", longitude: "cell_longitude" }
          : { latitude: header[latitude]!, longitude: header[longitude]! };
      return writeParquetRows(columns, inPortions(rows()), place, sink);
    },
  };
  const writer = output === STANDARD_OUTPUT ? writers[".csv"] : writers[extname(output).toLowerCase()];
  if (writer !== undefined) return writer;
  throw new RejectedError(
    "UnknownFormat",
    `--output "${output}" names no format of assets. Use one of ${Object.keys(writers).join(", ")}.`,
  );
}

type Rows = Iterable<readonly (string | number | null)[]>;

function* inPortions(rows: Rows): Generator<readonly (readonly unknown[])[]> {
  let portion: (readonly unknown[])[] = [];
  for (const row of rows) {
    portion.push(row);
    if (portion.length < ROWS_AT_ONCE) continue;
    yield portion;
    portion = [];
  }
  if (portion.length > 0) yield portion;
}

async function writeLines(lines: Iterable<string>, sink: Writable): Promise<void> {
  let text = "";
  for (const line of lines) {
    text += line;
    if (text.length < 1 << 18) continue;
    if (!sink.write(text)) await once(sink, "drain");
    text = "";
  }
  sink.end(text);
  await once(sink, "finish");
}

function* csvLines(columns: Assets["columns"], rows: Rows): Generator<string> {
  const line = (values: readonly (string | number | null)[]) =>
    `${values.map((value) => quote(value === null ? "" : String(value))).join()}\n`;
  yield line(columns.map(({ name }) => name));
  for (const row of rows) yield line(row);
}

/** As RFC 4180 has it. */
function quote(value: string): string {
  return /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}

function* geojsonLines(columns: Assets["columns"], rows: Rows, { latitude, longitude }: Sites): Generator<string> {
  const at = (name: string) => columns.findIndex((column) => column.name === name);
  const ofCell = [at("cell_longitude"), at("cell_latitude")];
  let lead = '{"type": "FeatureCollection", "features": [\n';
  for (const row of rows) {
    const read = (places: readonly number[]) =>
      places.map((place) => Number(row[place] === "" ? Number.NaN : (row[place] ?? Number.NaN)));
    const own = longitude === null || latitude === null ? [Number.NaN, Number.NaN] : read([longitude, latitude]);
    // A site that its district placed is drawn at its cell.
    const [x, y] = own.some(Number.isNaN) ? read(ofCell) : own;
    const geometry = Number.isNaN(x! + y!) ? null : { type: "Point", coordinates: [x, y] };
    const properties = Object.fromEntries(columns.map(({ name }, at) => [name, row[at]]));
    yield `${lead}${JSON.stringify({ type: "Feature", geometry, properties })}`;
    lead = ",\n";
  }
  yield "\n]}\n";
}

function describeAssets(sites: Sites, { totals, outside }: Assets, withinKm: number, output: string): string {
  const inside = sites.rows.length - outside.length;
  const named = outside.slice(0, MOST_NAMED).map(({ site, why }) => `  ${site}: ${why}`);
  const rest = outside.length - named.length;
  return [
    `${inside} of ${sites.rows.length} sites have a cell within ${withinKm} km: ${output}`,
    ...(outside.length === 0 ? [] : ["Outside, without results:", ...named]),
    ...(rest > 0 ? [`  and ${rest} more; the column "outside" says why`] : []),
    ...(totals.length === 0
      ? []
      : [
          "",
          formatTable(
            ["risk", "scenario", "period", "rate set", "sites", "expected loss a year"],
            totals.map(({ risk, scenario, period, rateSet, sites: count, loss }) => [
              ...[risk, scenario, period, rateSet],
              count,
              formatNumber(Math.round(loss)),
            ]),
          ),
          "In the unit of the column value. Losses of different rate sets differ in kind: they are not added up.",
        ]),
  ].join("\n");
}
