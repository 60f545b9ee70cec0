// Grids that contradict themselves or do not say where they lie: each is refused, by what was expected and what was
// found. Beside them, grids whose units and origins are easily taken for others, at their places.
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { numbersOf, textOf, type WrittenAttribute } from "../../ingest/formats/netcdf3Writer.ts";
import type { IngestWords } from "../../ingest/series/options.ts";
import { type GridOptions, makeNetcdf } from "../support/arrayFiles.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { ingest, readStored, refusalOf } from "../support/ingest.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

/** An array of doubles beside the variable. */
function array(
  name: string,
  dimensions: readonly string[],
  values: readonly number[],
  texts: Readonly<Record<string, string>> = {},
  numbers: Readonly<Record<string, number>> = {},
) {
  const attributes: Record<string, WrittenAttribute> = {};
  for (const [key, text] of Object.entries(texts)) attributes[key] = textOf(text);
  for (const [key, number] of Object.entries(numbers)) attributes[key] = numbersOf("double", number);
  return { variable: { name, type: "double" as const, dimensions, attributes }, values };
}

const NORTH = { units: "degrees_north" };
const EAST = { units: "degrees_east" };
const times = [0, 1];
const grid = { times, dimensions: ["time", "y", "x"], extra: { y: 2, x: 2 } };
const latitude = (name = "lat2d", dimensions = ["y", "x"], values = [36, 36.1, 37, 37.1]) =>
  array(name, dimensions, values, NORTH);
const longitude = (name = "lon2d", dimensions = ["y", "x"], values = [127, 128, 127.1, 128.1]) =>
  array(name, dimensions, values, EAST);
const x = (units = "m", values = [0, 1000]) =>
  array("x", ["x"], values, { units, standard_name: "projection_x_coordinate" });
const y = (units = "m", values = [0, 1000]) =>
  array("y", ["y"], values, { units, standard_name: "projection_y_coordinate" });
const mapping = (name: string, numbers: Readonly<Record<string, number>> = {}) =>
  array("crs", [], [0], { grid_mapping_name: name }, numbers);

test.each<[name: string, options: GridOptions, expected: RegExp]>([
  ["two-dimensional latitude without longitude", { ...grid, more: [latitude()] }, /NoPlace.*has no longitude/],
  [
    "latitude and longitude along other axes than the variable",
    {
      ...grid,
      extra: { y: 2, x: 2, v: 3, u: 3 },
      more: [latitude("a", ["v", "u"], Array(9).fill(36)), longitude("b", ["v", "u"], Array(9).fill(127))],
    },
    /NoPlace.*other axes than the latitude "a" \(v 3 x u 3\)/,
  ],
  [
    "latitude and longitude along different axes",
    { ...grid, more: [latitude("a", ["y", "x"]), longitude("b", ["x"], [127, 128])] },
    /PlacesContradict.*"a" \(y 2 x x 2\) and "b" \(x 2\)/,
  ],
  [
    "no position with a place",
    { ...grid, more: [latitude("a", ["y", "x"], Array(4).fill(Number.NaN)), longitude()] },
    /NoPlace.*none of its 4 positions/,
  ],
  [
    "latitudes in metres",
    { times, latitude: { units: "m" } },
    /InvalidPlace.*"lat".*found the units "m".*projection_x_coordinate/,
  ],
  ["x and y without a grid mapping", { ...grid, more: [x(), y()] }, /NoPlace.*x and y with a grid_mapping/],
  [
    "a grid mapping that the file lacks",
    { ...grid, variable: { grid_mapping: "crs" }, more: [x(), y()] },
    /NoGridMapping.*"crs"/,
  ],
  [
    "an unknown grid mapping",
    { ...grid, variable: { grid_mapping: "crs" }, more: [x(), y(), mapping("healpix")] },
    /UnknownProjection.*"healpix"/,
  ],
  [
    "projected coordinates in degrees",
    {
      ...grid,
      variable: { grid_mapping: "crs" },
      more: [x("degrees"), y(), mapping("mercator", { longitude_of_projection_origin: 0 })],
    },
    /InvalidPlace.*"x".*m, km, ft or US_survey_foot.*"degrees"/,
  ],
  [
    "rotated coordinates in metres",
    {
      ...grid,
      variable: { grid_mapping: "crs" },
      more: [
        x(),
        y(),
        mapping("rotated_latitude_longitude", { grid_north_pole_latitude: 39, grid_north_pole_longitude: -162 }),
      ],
    },
    /InvalidPlace.*"x".*degrees.*"m"/,
  ],
  [
    "places that move",
    {
      ...grid,
      more: [
        latitude("a", ["time", "y", "x"], [36, 36.1, 37, 37.1, 36, 36.1, 37, 38]),
        longitude("b", ["time", "y", "x"], [127, 128, 127.1, 128.1, 127, 128, 127.1, 128.1]),
      ],
    },
    /PlacesMove.*"a".*38 instead of 37.1 at step 1/,
  ],
])("%s", async (_, options, expected) => {
  // The usual lat and lon belong to no axis of these grids.
  const away = options.dimensions === undefined ? {} : { latitudes: [1, 2, 3], longitudes: [1, 2, 3, 4] };
  const file = await makeNetcdf({ ...away, ...options });
  expect(await refusalOf(ingest(database.client, { "a.nc": file }, { scenario: "refused" }))).toMatch(expected);
});

test("positions without a place are counted, their values left out", async () => {
  const file = await makeNetcdf({
    ...{ ...grid, latitudes: [1, 2, 3], longitudes: [1, 2, 3, 4] },
    more: [latitude("a", ["y", "x"], [36, Number.NaN, 37, 37.1]), longitude()],
  });
  const { notes, cells } = await ingest(database.client, { "a.nc": file }, { scenario: "edge" });
  expect({ notes, cells }).toEqual({
    notes: [expect.stringMatching(/a\.nc: 1 of 4 positions have no latitude and longitude: left out\.$/)],
    cells: 3,
  });
  expect([...(await readStored(database.client)).keys()]).toEqual([
    "edge tasmax 36 127 2001",
    "edge tasmax 37 127.1 2001",
    "edge tasmax 37.1 128.1 2001",
  ]);
});

const members = {
  ...{ times, dimensions: ["time", "number", "lat", "lon"], extra: { number: 3 } },
  more: [array("number", ["number"], [0, 3, 7])],
};
const hours = { times: [0, 1, 2], name: "t2m", variable: { units: "K", GRIB_stepType: "instant" } };

test.each<[name: string, options: GridOptions, words: Partial<IngestWords>, expected: RegExp]>([
  ["members without --select", members, {}, /TooManyAxes.*"number".*--select number=0\. Found 0, 3, 7\./],
  ["a member that is not there", members, { select: ["number=4"] }, /UnknownLabel.*number=4.*Found 0, 3, 7\./],
  ["a selection along an axis that no file has", {}, { select: ["member=4"] }, /UnusedOption.*"member".*"lat"/],
  ["a selection along time", {}, { select: ["time=4"] }, /InvalidOption.*axis of time or place/],
  ["a selection without a label", {}, { select: ["number"] }, /InvalidOption.*AXIS=LABEL/],
  [
    "further versions of ERA5",
    {
      ...{ times, dimensions: ["time", "expver", "lat", "lon"], extra: { expver: 2 } },
      more: [array("expver", ["expver"], [1, 7])],
    },
    {},
    /TooManyAxes.*"expver".*Found 1, 7/,
  ],
  [
    "daily values of an unknown statistic",
    hours,
    {},
    /StatisticNeeded.*"t2m".*--statistic mean, maximum or minimum.*--map t2m=tas/,
  ],
  ["a statistic of what says its own", {}, { statistic: "mean" }, /UnusedOption.*--statistic mean/],
  [
    "the maximum of a dew point",
    { ...hours, name: "d2m" },
    { statistic: "maximum" },
    /NoVariables|UnknownColumns|NoTimeAxis/,
  ],
  ["steps of an hour", { ...hours, times: [0, 1 / 24, 2 / 24] }, { statistic: "mean" }, /InvalidTime/],
])("%s", async (_, options, words, expected) => {
  const file = await makeNetcdf({ value: () => 280, variable: { units: "K" }, ...options });
  expect(await refusalOf(ingest(database.client, { "a.nc": file }, { scenario: "refused", ...words }))).toMatch(
    expected,
  );
});

test.each<[words: Partial<IngestWords>, variable: string]>([
  [{ statistic: "mean" }, "tas"],
  [{ statistic: "minimum" }, "tasmin"],
  [{ map: ["t2m=tasmax"] }, "tasmax"],
])("daily values with %j are %s", async (words, variable) => {
  const file = await makeNetcdf({ ...hours, value: () => 280 });
  const { variables } = await ingest(database.client, { "a.nc": file }, { scenario: `said-${variable}`, ...words });
  expect(variables).toMatchObject([{ variable }]);
});

const KOREA = {
  longitude_of_central_meridian: 127,
  latitude_of_projection_origin: 38,
  scale_factor_at_central_meridian: 1,
  semi_major_axis: 6378137,
  inverse_flattening: 298.257222101,
};
const KOREAN_PLACES = ["37.099 127", "37.5482 127.5658"];
const FEET = 1200 / 3937;
const PLACES_OF_NEW_YORK = ["40.707 -74", "40.716 -73.9882"];
const newYork = array("crs", [], [0], { epsg_code: "EPSG:2263" });

// The places are pyproj 3.7.2's, of the first x and y and of the last, to the four digits of a grid.
test.each<[string, unit: string, xs: number[], ys: number[], mapping: ReturnType<typeof array>, places: string[]]>([
  [
    "false origins in metres",
    "m",
    [200_000, 250_000],
    [500_000, 550_000],
    mapping("transverse_mercator", { ...KOREA, false_easting: 200_000, false_northing: 600_000 }),
    KOREAN_PLACES,
  ],
  [
    "false origins in the kilometres of x and y",
    "km",
    [200, 250],
    [500, 550],
    mapping("transverse_mercator", { ...KOREA, false_easting: 200, false_northing: 600 }),
    KOREAN_PLACES,
  ],
  [
    "false origins in metres beside kilometres",
    "km",
    [200, 250],
    [500, 550],
    mapping("transverse_mercator", { ...KOREA, false_easting: 200_000, false_northing: 600_000 }),
    KOREAN_PLACES,
  ],
  ["a system in feet", "US_survey_foot", [984_250, 987_530.84], [196_850, 200_130.84], newYork, PLACES_OF_NEW_YORK],
  [
    "a system in feet, and x and y in metres",
    "m",
    [984_250 * FEET, 987_530.84 * FEET],
    [196_850 * FEET, 200_130.84 * FEET],
    newYork,
    PLACES_OF_NEW_YORK,
  ],
  [
    "the meridian of Paris",
    "m",
    [0, 50_000],
    [0, 20_000],
    mapping("transverse_mercator", {
      ...KOREA,
      longitude_of_central_meridian: 1,
      latitude_of_projection_origin: 46,
      inverse_flattening: 298.257223563,
      longitude_of_prime_meridian: 2.33722917,
    }),
    ["46 3.3372", "46.1781 3.9848"],
  ],
])("x and y by %s, at the places of PROJ", async (name, unit, xs, ys, of, places) => {
  const file = await makeNetcdf({
    ...grid,
    value: () => 280,
    variable: { units: "K", grid_mapping: "crs" },
    more: [x(unit, xs), y(unit, ys), of],
  });
  const word = name.replaceAll(/\W+/g, "-");
  await ingest(database.client, { "a.nc": file }, { scenario: word, grid: word });
  const { rows } = await database.client.query<{ place: string }>(
    "SELECT concat_ws(' ', latitude, longitude) AS place FROM climatebatch.grid_cells JOIN climatebatch.grids USING (grid_id) WHERE name = $1",
    [word],
  );
  expect(rows.length).toBe(4);
  expect(rows.map(({ place }) => place)).toEqual(expect.arrayContaining(places));
});

test("a table knows no axes", async () => {
  const table = "date,lat,lon,tasmax\n2001-01-01,36,127,5\n";
  const refuse = (words: Partial<IngestWords>) =>
    refusalOf(ingest(database.client, { "a.csv": table }, { scenario: "refused", ...words }));
  expect(await refuse({ select: ["number=3"] })).toMatch(/UnusedOption.*--select is for arrays/);
  expect(await refuse({ statistic: "mean" })).toMatch(/UnusedOption.*--statistic is for arrays/);
});

test("preliminary steps are named", async () => {
  const file = await readFile(new URL("../golden/grid-files/era5-daily.nc", import.meta.url));
  const { notes } = await ingest(database.client, { "a.nc": file }, { scenario: "notes", statistic: "maximum" });
  expect(notes).toEqual([expect.stringMatching(/2 of 5 steps are preliminary \(expver 0005\)/)]);
});

test("a group is chosen where several have the variable", async () => {
  const file = await readFile(new URL("../golden/grid-files/groups.nc", import.meta.url));
  expect(await refusalOf(ingest(database.client, { "a.nc": file }, { scenario: "refused" }))).toMatch(
    /TwoColumns.*"scenarios\/ssp126\/tas" and "scenarios\/ssp585\/tas".*--map "scenarios\/ssp585\/tas=tas"/,
  );
});

test("rain of WRF adds up since the run began: refused, with --map too", async () => {
  const name = "wrfout_d01_2001-03-01_00_00_00.nc";
  const file = await readFile(new URL(`../golden/service-files/${name}`, import.meta.url));
  const words = { scenario: "refused", map: ["RAINNC=pr"] };
  expect(await refusalOf(ingest(database.client, { [name]: file }, words))).toMatch(
    /AmountsAddUp: .*"RAINNC" adds up from the start of the run on.*cdo deltat/,
  );
});

test("times that are texts of another kind are refused", async () => {
  const file = await readFile(new URL("../golden/grid-files/wrf-times.nc", import.meta.url));
  const at = file.indexOf("2001-03-02_00:00:00");
  const words = { scenario: "refused", map: ["T2=tas"] };
  file.write("2 March 2001, noon ", at);
  expect(await refusalOf(ingest(database.client, { "a.nc": file }, words))).toMatch(
    /InvalidTime.*2001-01-31_18:00:00 at position 1, found "2 March 2001, noon"/,
  );
  file.write("2001-02-02_00:00:00", at);
  expect(await refusalOf(ingest(database.client, { "a.nc": file }, words))).toMatch(/DatesOutOfOrder.*"Times"/);
});
