// Every command by its name and group. A command's file is loaded only when it is requested: a start is quicker, and a
// program that runs continuously does not carry what it never does.
import type { Command } from "./command.ts";

export const GROUPS = ["Start", "Load", "Check", "Compute", "Look", "Operate"] as const;

export interface CommandEntry {
  readonly group: (typeof GROUPS)[number];
  readonly summary: string;
  readonly load: () => Promise<Command>;
  /** Works, but is not listed: another command does it by itself. */
  readonly hidden?: true;
}

/** In the order of help. */
export const COMMANDS: Readonly<Record<string, CommandEntry>> = {
  start: {
    group: "Start",
    summary: "make the sample, run both calculations on it, show the results",
    load: async () => (await import("./start.ts")).startCommand,
  },
  sample: {
    group: "Start",
    summary: "make a database with a synthetic climate of Korea (seeded, not measured)",
    load: async () => (await import("./sample.ts")).sampleCommand,
  },
  migrate: {
    group: "Start",
    summary: "create or update the tables of a PostgreSQL server",
    load: async () => (await import("./migrate.ts")).migrateCommand,
  },
  "import-predecessor": {
    group: "Start",
    summary: "import the climate data of the predecessor's database",
    load: async () => (await import("./importPredecessor.ts")).importPredecessorCommand,
  },
  "load climate": {
    group: "Load",
    summary: "load climate series from NetCDF, Zarr, Parquet or CSV files into a scenario",
    load: async () => (await import("./loadClimate.ts")).loadClimateCommand,
  },
  "load storms": {
    group: "Load",
    summary: "load best tracks of tropical cyclones (JMA, KMA, IBTrACS) for the typhoon risk",
    load: async () => (await import("./loadStorms.ts")).loadStormsCommand,
  },
  "load sea-levels": {
    group: "Load",
    summary: "load extreme sea levels of stations: parameters, return levels or yearly maxima",
    load: async () => (await import("./loadSea.ts")).loadSeaLevelsCommand,
  },
  "load sea-level-rise": {
    group: "Load",
    summary: "load regional sea-level rise by scenario and year",
    load: async () => (await import("./loadSea.ts")).loadSeaLevelRiseCommand,
  },
  "load ground": {
    group: "Load",
    summary: "load ground attributes of cells: elevation, slope, soil, basin …",
    load: async () => (await import("./loadGround.ts")).loadGroundCommand,
  },
  scenario: {
    group: "Load",
    summary: "list scenarios, or set the experiment, model and member of one",
    load: async () => (await import("./scenario.ts")).scenarioCommand,
  },
  link: {
    group: "Load",
    summary: "use another grid's series: nearest, by code, or by polygon",
    load: async () => (await import("./link.ts")).linkCommand,
  },
  connectivity: {
    group: "Load",
    summary: "compute sea-flooding paths from elevations and sea cells (landFraction below 0.5)",
    load: async () => (await import("./connectivity.ts")).connectivityCommand,
    hidden: true,
  },
  basins: {
    group: "Load",
    summary: "sum supply and withdrawal of water over river basins, for water scarcity",
    load: async () => (await import("./basins.ts")).basinsCommand,
    hidden: true,
  },
  data: {
    group: "Check",
    summary: "list the stored climate, and per risk whether it can be computed and what is missing",
    load: async () => (await import("./data.ts")).dataCommand,
  },
  doctor: {
    group: "Check",
    summary: "check connection, NOTIFY, rights, operator, schedules, data and batches, with remedies",
    load: async () => (await import("./doctor.ts")).doctorCommand,
  },
  explain: {
    group: "Check",
    summary: "show a risk's inputs, bins, rates and anchors, and their sources",
    load: async () => (await import("./explain.ts")).explainCommand,
  },
  run: {
    group: "Compute",
    summary: "compute probability, hazard or all on this machine and publish the results",
    load: async () => (await import("./run.ts")).runCommand,
  },
  retry: {
    group: "Compute",
    summary: "run the failed shards of a failed batch again, and publish",
    load: async () => (await import("./retry.ts")).retryCommand,
  },
  publish: {
    group: "Compute",
    summary: "publish a complete batch; also the way back to the batch before",
    load: async () => (await import("./retry.ts")).publishCommand,
  },
  index: {
    group: "Compute",
    summary: "compute a climate index from files to a file, without a database",
    load: async () => (await import("./climateIndex.ts")).indexCommand,
  },
  wind: {
    group: "Compute",
    summary: "compute each storm's highest wind at points, without a database",
    load: async () => (await import("./wind.ts")).windCommand,
  },
  status: {
    group: "Look",
    summary: "list the last batches, or show one of them",
    load: async () => (await import("./status.ts")).statusCommand,
  },
  logs: {
    group: "Look",
    summary: "show a batch's shards, why some failed, and which cells were rejected",
    load: async () => (await import("./status.ts")).logsCommand,
  },
  export: {
    group: "Look",
    summary: "write results, or stored series, as CSV, Parquet, NetCDF, GeoTIFF …",
    load: async () => (await import("./export.ts")).exportCommand,
  },
  report: {
    group: "Look",
    summary: "write the results as a page with maps, in one file that needs no network",
    load: async () => (await import("./report.ts")).reportCommand,
  },
  place: {
    group: "Look",
    summary: "show the nine risks of a place",
    load: async () => (await import("./place.ts")).placeCommand,
  },
  assets: {
    group: "Look",
    summary: "return a table of sites with the nine risks of each",
    load: async () => (await import("./assets.ts")).assetsCommand,
  },
  compare: {
    group: "Look",
    summary: "show what differs between two batches, scenarios or periods",
    load: async () => (await import("./compare.ts")).compareCommand,
  },
  explore: {
    group: "Look",
    summary: "serve the published results as a live page with a read API, on this machine",
    load: async () => (await import("./explore.ts")).exploreCommand,
  },
  show: {
    group: "Look",
    summary: "choose the scenario and period that the predecessor's views show",
    load: async () => (await import("./show.ts")).showCommand,
  },
  sql: {
    group: "Look",
    summary: "run SQL on the database in use, or psql",
    load: async () => (await import("./sql.ts")).sqlCommand,
  },
  cancel: {
    group: "Operate",
    summary: "end an unfinished batch that no process runs",
    load: async () => (await import("./remove.ts")).cancelCommand,
  },
  remove: {
    group: "Operate",
    summary: "remove a batch, scenario or grid, after a preview",
    load: async () => (await import("./remove.ts")).removeCommand,
  },
  serve: {
    group: "Operate",
    summary: "run continuously on this machine: schedules, NOTIFY, batches",
    load: async () => (await import("./serve.ts")).serveCommand,
  },
  submit: {
    group: "Operate",
    summary: "create a ClimateBatch, which the operator of a cluster computes",
    load: async () => (await import("./submit.ts")).submitCommand,
  },
  operator: {
    group: "Operate",
    summary: "run the operator here, against a cluster: for development",
    load: async () => (await import("./operator.ts")).operatorCommand,
  },
};

export const LOADABLE: readonly string[] = Object.keys(COMMANDS).flatMap((name) => /^load (.+)/.exec(name)?.[1] ?? []);

/** Names of before, which go on working. */
export const ALIASES: Readonly<Record<string, string>> = {
  ingest: "load climate",
  "ingest-storms": "load storms",
  "sea-levels": "load sea-levels",
  "sea-level-rise": "load sea-level-rise",
  attributes: "load ground",
};
