// Exports as NetCDF-4: maps with the axes scenario, period, latitude and longitude.
import { createReadStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Dataset, File } from "h5wasm/node";
import type { ClientBase } from "pg";
import { collectEarly } from "./collectEarly.ts";
import { type Column, type RiskUnits, type Selection, unitOf } from "./exportSelection.ts";
import { type Grid, mappedColumns, readGrid, readStrips, STRIP_BYTES, type Strip, stripHeight } from "./resultMaps.ts";

/** The CF conventions that the file follows. */
const CONVENTIONS = "CF-1.11";
/** Years, in days since it, are what periods are written as. */
const EPOCH_YEAR = 1850;
const MS_PER_DAY = 86_400_000;

/**
 * Memory holds some rows of the maps of one risk at a time, in `stripBytes`. Commands leave it as it is; with one row the test
 * proves on a grid of a few rows that a file is the same however many strips it is written in.
 */
export async function writeNetcdf(
  client: ClientBase,
  selection: Selection,
  sink: Writable,
  stripBytes: number = STRIP_BYTES,
): Promise<void> {
  collectEarly();
  const grid = await readGrid(client, selection);
  const folder = await mkdtemp(join(tmpdir(), "climatebatch-netcdf-"));
  try {
    const path = join(folder, "results.nc");
    await fillNetcdf(client, selection, grid, stripBytes, path);
    await pipeline(createReadStream(path), sink);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function fillNetcdf(
  client: ClientBase,
  selection: Selection,
  grid: Grid,
  stripBytes: number,
  path: string,
): Promise<void> {
  const { scenarios, periods, batch, descriptions } = selection;
  // Loaded when it is needed: 1 MB of WebAssembly that most commands never use.
  const { default: h5wasm } = await import("h5wasm/node");
  await h5wasm.ready;
  const file = new h5wasm.File(path, "w");
  const days = (year: number) => (Date.UTC(year, 0, 1) - Date.UTC(EPOCH_YEAR, 0, 1)) / MS_PER_DAY;
  const scale = (name: string, data: Float64Array | Int32Array, attributes: Readonly<Record<string, string>>) => {
    const dataset = file.create_dataset({ name, data, shape: [data.length] });
    dataset.make_scale(name);
    for (const [attribute, value] of Object.entries(attributes)) dataset.create_attribute(attribute, value);
    return dataset;
  };
  const isRegular = grid.shape.length === 2;
  file.create_attribute("Conventions", CONVENTIONS);
  file.create_attribute("title", `climatebatch ${batch.calculation} results of grid ${batch.grid}`);
  file.create_attribute("source", `climatebatch, methods ${batch.methods}, batch ${batch.batchId}`);
  file.create_attribute("history", `${batch.finishedAt.toISOString()} computed`);
  // A label has no numbers: the axis is counted, and its names are a coordinate beside it.
  scale("scenario", Int32Array.from(scenarios.keys()), {
    long_name: "scenario",
    flag_values: scenarios.map((_, at) => at).join(" "),
    flag_meanings: scenarios.map((name) => name.replaceAll(/\s/g, "_")).join(" "),
  });
  const names = file.create_dataset({ name: "scenario_name", data: [...scenarios], shape: [scenarios.length] });
  names.create_attribute("long_name", "name of the scenario");
  names.attach_scale(0, "scenario");
  const middle = periods.map(({ firstYear, lastYear }) => (days(firstYear) + days(lastYear + 1)) / 2);
  scale("period", Float64Array.from(middle), {
    standard_name: "time",
    units: `days since ${EPOCH_YEAR}-01-01`,
    calendar: "standard",
    bounds: "period_bnds",
    axis: "T",
  });
  scale("bnds", Int32Array.of(0, 1), { long_name: "first and last moment" });
  const bounds = file.create_dataset({
    name: "period_bnds",
    data: Float64Array.from(periods.flatMap(({ firstYear, lastYear }) => [days(firstYear), days(lastYear + 1)])),
    shape: [periods.length, 2],
  });
  bounds.attach_scale(0, "period");
  bounds.attach_scale(1, "bnds");
  const latitude = { standard_name: "latitude", units: "degrees_north" };
  const longitude = { standard_name: "longitude", units: "degrees_east" };
  const shape = [scenarios.length, periods.length, ...grid.shape];
  const axes = ["scenario", "period", ...(isRegular ? ["latitude", "longitude"] : ["place"])];
  if (isRegular) {
    scale("latitude", grid.latitudes, { ...latitude, axis: "Y" });
    scale("longitude", grid.longitudes, { ...longitude, axis: "X" });
  } else {
    scale("place", Int32Array.from(grid.latitudes.keys()), { long_name: "place" });
    for (const [name, data, attributes] of [
      ["latitude", grid.latitudes, latitude],
      ["longitude", grid.longitudes, longitude],
    ] as const) {
      const dataset = file.create_dataset({ name, data, shape: [data.length] });
      for (const [attribute, value] of Object.entries(attributes)) dataset.create_attribute(attribute, value);
      dataset.attach_scale(0, "place");
    }
  }
  const columns = mappedColumns(selection);
  const height = stripHeight(selection, grid, columns, stripBytes);
  const variables = new Variables(file, columns, height, shape, axes);
  for (const description of descriptions) {
    await readStrips(client, selection, grid, description.risk, columns, height, (strip) =>
      variables.write(description, strip),
    );
  }
  file.close();
}

/** The numbers of each risk; a column without any is left out. */
class Variables {
  readonly #file: File;
  readonly #columns: readonly Column[];
  readonly #height: number;
  readonly #shape: readonly number[];
  readonly #axes: readonly string[];
  /** A whole strip without a number. */
  readonly #nothing: Float32Array;
  readonly #datasets = new Map<string, Dataset>();

  constructor(
    file: File,
    columns: readonly Column[],
    height: number,
    shape: readonly number[],
    axes: readonly string[],
  ) {
    this.#file = file;
    this.#columns = columns;
    this.#height = height;
    this.#shape = shape;
    this.#axes = axes;
    const size = shape.with(2, height).reduce((product, length) => product * length, 1);
    this.#nothing = new Float32Array(size).fill(Number.NaN);
  }

  write(description: RiskUnits, { first, end, maps, isFilled }: Strip): void {
    this.#columns.forEach((column, at) => {
      const name = `${description.risk}_${column.name}`;
      if (isFilled[at] && !this.#datasets.has(name)) {
        const dataset = this.#add(name, column, description);
        // A chunk that was never written would be read as zeros.
        for (let row = 0; row < first; row += this.#height) {
          this.#writeRows(dataset, row, row + this.#height, this.#nothing);
        }
        this.#datasets.set(name, dataset);
      }
      const dataset = this.#datasets.get(name);
      if (dataset !== undefined) this.#writeRows(dataset, first, end, maps[at]!);
    });
  }

  /** Of one strip as yet, as the library has no dataset without data. */
  #add(name: string, column: Column, description: RiskUnits): Dataset {
    const shape = this.#shape.with(2, this.#height);
    const dataset = this.#file.create_dataset({
      name,
      data: this.#nothing,
      shape,
      maxshape: [...this.#shape],
      chunks: [1, 1, ...shape.slice(2)],
      compression: "gzip",
      compression_opts: [4],
    });
    dataset.resize([...this.#shape]);
    dataset.create_attribute("long_name", `${column.name} of ${description.risk}`);
    dataset.create_attribute("units", unitOf(column, description));
    dataset.create_attribute("_FillValue", Float32Array.of(Number.NaN), [1], "<f");
    const isRegular = this.#shape.length === 4;
    dataset.create_attribute("coordinates", isRegular ? "scenario_name" : "scenario_name latitude longitude");
    this.#axes.forEach((axis, at) => {
      dataset.attach_scale(at, axis);
    });
    return dataset;
  }

  #writeRows(dataset: Dataset, first: number, end: number, values: Float32Array): void {
    const all = this.#shape.map((size): [number, number] => [0, size]);
    dataset.write_slice(all.with(2, [first, end]), values);
  }
}
