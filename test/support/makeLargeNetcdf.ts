// A program of its own: writes a NetCDF-4 file as models do, day after day, one day a chunk.
// node makeLargeNetcdf.ts FILE ROWS COLUMNS FIRST_YEAR LAST_YEAR
import type { Dataset } from "h5wasm";
import h5wasm from "h5wasm/node";
import { daysInYear } from "../../model/calendars.ts";
import { dayValue } from "./dayValue.ts";

const [file, ...numbers] = process.argv.slice(2);
const [rows, columns, firstYear, lastYear] = numbers.map(Number) as [number, number, number, number];
let days = 0;
for (let year = firstYear; year <= lastYear; year++) days += daysInYear("noleap", year);

await h5wasm.ready;
const root = new h5wasm.File(file!, "w");
const scale = (name: string, data: Float64Array, units: string): Dataset => {
  const dataset = root.create_dataset({ name, data });
  dataset.create_attribute("units", units);
  dataset.make_scale(name);
  return dataset;
};
scale(
  "time",
  Float64Array.from({ length: days }, (_, day) => day),
  `days since ${firstYear}-01-01`,
).create_attribute("calendar", "noleap");
scale(
  "lat",
  Float64Array.from({ length: rows }, (_, row) => 33 + row / 100),
  "degrees_north",
);
scale(
  "lon",
  Float64Array.from({ length: columns }, (_, column) => 124 + column / 100),
  "degrees_east",
);
const DAYS_AT_ONCE = 20;
const block = (from: number, count: number) => {
  const values = new Float32Array(count * rows * columns);
  for (let at = 0; at < values.length; at++) {
    values[at] = dayValue(from + Math.floor(at / (rows * columns)), at % (rows * columns));
  }
  return values;
};
const first = Math.min(DAYS_AT_ONCE, days);
const tasmax = root.create_dataset({
  name: "tasmax",
  data: block(0, first),
  shape: [first, rows, columns],
  maxshape: [null, rows, columns],
  chunks: [1, rows, columns],
});
tasmax.create_attribute("units", "degC");
["time", "lat", "lon"].forEach((name, axis) => {
  tasmax.attach_scale(axis, name);
});
for (let day = first; day < days; day += DAYS_AT_ONCE) {
  const count = Math.min(DAYS_AT_ONCE, days - day);
  tasmax.resize([day + count, rows, columns]);
  tasmax.write_slice([[day, day + count], [], []], block(day, count));
}
root.close();
