// Each attribute and convention that docs/load.md says is honoured, with files made for it.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parquetWriteBuffer } from "hyparquet-writer";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { textOf } from "../../ingest/formats/netcdf3Writer.ts";
import { readNumberText } from "../../ingest/formats/numberText.ts";
import { readStationFiles } from "../../ingest/sea/readStationFiles.ts";
import type { IngestWords } from "../../ingest/series/options.ts";
import { makeNetcdf, makeZip, shardEntries, zarrEntries } from "../support/arrayFiles.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { type Files, ingest, readStored, refusalOf } from "../support/ingest.ts";
import { USUAL_GAUGE } from "../support/seaFiles.ts";
import { writeHdf5 } from "../support/seriesFormats.ts";
import { ibtracs, readStorms } from "../support/stormFiles.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

let scenarios = 0;
const days = (count: number) => Array.from({ length: count }, (_, day) => day);
const one = { latitudes: [36], longitudes: [127] };

/** The values of the first days of 2001 (or the first months, years) at the first place, by the file's one variable. */
async function read(files: Files, words: Partial<IngestWords> = {}, year = 2001): Promise<number[]> {
  const scenario = `c${++scenarios}`;
  await ingest(database.client, files, { scenario, ...words });
  const stored = await readStored(database.client);
  const [, values] = [...stored].find(([key]) => key.startsWith(`${scenario} `) && key.endsWith(` ${year}`))!;
  return [...values];
}

const refuse = (files: Files, words: Partial<IngestWords> = {}) =>
  refusalOf(ingest(database.client, files, { scenario: "refused", ...words }));

const netcdf = async (options: Parameters<typeof makeNetcdf>[0]) => ({
  "a.nc": await makeNetcdf({ ...one, ...options }),
});

describe("packing", () => {
  const bytes = { times: days(4), name: "pr", type: "byte" as const };
  const units = { units: "mm d-1" };

  test("_Unsigned with valid_range, valid_min, valid_max and _FillValue of the signed type", async () => {
    const value = (step: number) => [10, -6, -1, -3][step]!;
    const range = { _Unsigned: "true", _FillValue: -1, valid_min: 0, valid_max: -5 };
    expect((await read(await netcdf({ ...bytes, variable: { ...units, ...range }, value }))).slice(0, 4)).toEqual([
      10,
      250,
      Number.NaN,
      Number.NaN,
    ]);
  });

  test("_FillValue and missing_value both mean missing, scale and offset apply to the rest", async () => {
    const value = (step: number) => [1, 2, 3, 4][step]!;
    const packing = { _FillValue: 2, missing_value: 3, scale_factor: 2, add_offset: 1 };
    expect((await read(await netcdf({ ...bytes, variable: { ...units, ...packing }, value }))).slice(0, 4)).toEqual([
      3,
      Number.NaN,
      Number.NaN,
      9,
    ]);
  });

  test("packing that is stored as text", async () => {
    const value = (step: number) => [10, 20, 30, 40][step]!;
    const short = { times: days(4), name: "pr", type: "short" as const, value };
    const said = async (variable: Record<string, string | number>) =>
      (await read(await netcdf({ ...short, variable: { ...units, ...variable } }))).slice(0, 4);
    expect(await said({ scale_factor: "2", add_offset: " 1 " })).toEqual([21, 41, 61, 81]);
    expect(await said({ missing_value: "20", _FillValue: "NaN" })).toEqual([10, Number.NaN, 30, 40]);
    expect(await said({ valid_range: "20, 30" })).toEqual([Number.NaN, 20, 30, Number.NaN]);
    expect(await said({ valid_max: "30" })).toEqual([10, 20, 30, Number.NaN]);
    // Written with a point, a bound is an unpacked value.
    expect(await said({ scale_factor: "0.5", valid_max: "15.0" })).toEqual([5, 10, 15, Number.NaN]);
    const refusal = await refuse(await netcdf({ ...short, variable: { ...units, scale_factor: "a tenth" } }));
    expect(refusal).toMatch(/^InvalidPacking: a\.nc: variable "pr": its scale_factor is the text "a tenth"/);
  });

  test.each([
    ["scale_factor", 0],
    ["scale_factor", Number.NaN],
    ["add_offset", Number.POSITIVE_INFINITY],
  ])("a %s of %d is refused", async (name, factor) => {
    const file = await netcdf({ times: days(4), name: "pr", variable: { ...units, [name]: factor } });
    expect(await refuse(file)).toMatch(/^InvalidPacking/);
  });

  test("what the NetCDF library fills unsigned and long integers with", async () => {
    const arrays = [
      Uint16Array.of(10, 65_535, 30),
      Uint32Array.of(10, 4_294_967_295, 30),
      BigInt64Array.of(10n, -9_223_372_036_854_775_806n, 30n),
      BigUint64Array.of(10n, 18_446_744_073_709_551_614n, 30n),
    ];
    for (const data of arrays) {
      const file = await writeHdf5((root) => {
        for (const [name, values, of] of [
          ["time", [0, 1, 2], "days since 2001-01-01"],
          ["lat", [36], "degrees_north"],
          ["lon", [127], "degrees_east"],
        ] as const) {
          const scale = root.create_dataset({ name, data: Float64Array.from(values) });
          scale.create_attribute("units", of);
          scale.make_scale(name);
        }
        const rain = root.create_dataset({ name: "pr", data, shape: [3, 1, 1] });
        rain.create_attribute("units", "mm d-1");
        ["time", "lat", "lon"].forEach((name, axis) => void rain.attach_scale(axis, name));
      });
      expect((await read({ "a.nc": file })).slice(0, 3)).toEqual([10, Number.NaN, 30]);
    }
  });

  test("a mark of a packed array is named as it is stored", async () => {
    const value = (step: number) => [10, -9990, 30][step]!;
    const file = await netcdf({
      ...{ times: days(3), name: "pr", type: "short" as const, value },
      variable: { ...units, scale_factor: 2 },
    });
    expect(await refuse(file)).toContain("give --missing pr=-9990.");
    expect((await read(file, { missing: ["pr=-9990"] })).slice(0, 3)).toEqual([20, Number.NaN, 60]);
  });

  test("packed coordinates are unpacked", async () => {
    const file = await makeNetcdf({
      ...{ times: days(3), latitudes: [360], longitudes: [1270] },
      latitude: { scale_factor: 0.1 },
      longitude: { scale_factor: 0.1 },
    });
    const scenario = `c${++scenarios}`;
    await ingest(database.client, { "a.nc": file }, { scenario });
    expect([...(await readStored(database.client)).keys()]).toContain(`${scenario} tasmax 36 127 2001`);
  });
});

describe("Zarr", () => {
  const array = (version: 2 | 3, fill: unknown, attributes: object) => {
    const entries = zarrEntries({ version, times: days(4), value: (step) => [0, 5, -999, 7][step]! });
    const name = version === 2 ? "tasmax/.zarray" : "tasmax/zarr.json";
    const description = JSON.parse(entries[name]!.toString());
    description.fill_value = fill;
    if (version === 3) Object.assign(description.attributes, attributes);
    entries[name] = Buffer.from(JSON.stringify(description));
    if (version === 2) {
      const own = JSON.parse(entries["tasmax/.zattrs"]!.toString());
      entries["tasmax/.zattrs"] = Buffer.from(JSON.stringify({ ...own, ...attributes }));
    }
    return { "a.zarr.zip": makeZip(entries) };
  };
  const known = (values: number[]) => values.slice(0, 4);

  test.each<[version: 2 | 3, fill: unknown, attributes: object, expected: number[]]>([
    [3, 0, { missing_value: -999 }, [0, 5, Number.NaN, 7]],
    [3, 0, { _FillValue: Buffer.from(Float64Array.of(-999).buffer).toString("base64") }, [0, 5, Number.NaN, 7]],
    [2, 0, { _FillValue: -999 }, [0, 5, Number.NaN, 7]],
    [2, -999, {}, [0, 5, Number.NaN, 7]],
  ])("v%i with fill_value %j and %j", async (version, fill, attributes, expected) => {
    expect(known(await read(array(version, fill, attributes)))).toEqual(expected);
  });

  describe("v3 in shards", () => {
    const plain = zarrEntries({ version: 3, times: days(5), value: (step) => step + 1 });
    const zip = (entries: Record<string, Buffer>) => ({ "a.zarr.zip": makeZip(entries) });
    const folder = (entries: Record<string, Buffer>) =>
      Object.fromEntries(Object.entries(entries).map(([name, content]) => [`a.zarr/${name}`, content]));

    test.each(["end", "start"] as const)("the index at the %s, in a zip and a folder", async (at) => {
      const entries = shardEntries(plain, { steps: 2, at });
      expect((await read(zip(entries))).slice(0, 6)).toEqual([1, 2, 3, 4, 5, Number.NaN]);
      expect((await read(folder(entries), { files: ["a.zarr"] })).slice(0, 6)).toEqual([1, 2, 3, 4, 5, Number.NaN]);
    });

    test("a chunk that was never written is the fill value", async () => {
      const entries = shardEntries(plain, { steps: 2, keep: (chunk) => chunk !== 1 });
      expect((await read(zip(entries))).slice(0, 5)).toEqual([1, 2, Number.NaN, Number.NaN, 5]);
    });

    const damaged: [string, (shard: Buffer) => Buffer][] = [
      ["whose end is cut off", (shard) => shard.subarray(0, shard.length - 40)],
      ["whose beginning is cut off", (shard) => shard.subarray(40)],
      ["whose index points beyond it", (shard) => pointTo(shard, shard.length)],
      ["whose index points to itself", (shard) => pointTo(shard, shard.length - 64)],
    ];
    const pointTo = (shard: Buffer, offset: number) => {
      const changed = Buffer.from(shard);
      changed.writeBigUInt64LE(BigInt(offset), shard.length - 16);
      return changed;
    };
    test.each(damaged)("a shard %s is refused, and nothing is read as 0", async (_, damage) => {
      const entries = shardEntries(plain, { steps: 2 });
      const key = "tasmax/c/0/0/0";
      const stored = { ...entries, [key]: damage(entries[key]!) };
      const said = /UnreadableFile.*"tasmax".*shard "tasmax\/c\/0\/0\/0" has \d+ bytes, and no chunk at/;
      expect(await refuse(zip(stored))).toMatch(said);
      expect(await refuse(folder(stored), { files: ["a.zarr"] })).toMatch(said);
    });
  });
});

describe("time", () => {
  const bounds = (ends: readonly (readonly [number, number])[]) => ({
    time: { bounds: "time_bnds" },
    extra: { nv: 2 },
    more: [
      {
        variable: { name: "time_bnds", type: "double" as const, dimensions: ["time", "nv"], attributes: {} },
        values: ends.flat(),
      },
    ],
  });
  const value = (step: number) => step + 1;

  test("days stamped at their end are those of their bounds", async () => {
    const file = await netcdf({
      times: [1, 2, 3],
      value,
      ...bounds([
        [0, 1],
        [1, 2],
        [2, 3],
      ]),
    });
    expect((await read(file)).slice(0, 4)).toEqual([1, 2, 3, Number.NaN]);
  });

  test("bounds with the later end first are the same days", async () => {
    const file = await netcdf({
      times: [1, 2],
      value,
      ...bounds([
        [1, 0],
        [2, 1],
      ]),
    });
    expect((await read(file)).slice(0, 3)).toEqual([1, 2, Number.NaN]);
  });

  test("bounds say the time step of one file with one step", async () => {
    expect((await read(await netcdf({ times: [1], value, ...bounds([[0, 1]]) }))).slice(0, 2)).toEqual([1, Number.NaN]);
  });

  test("bounds along the other axis are refused", async () => {
    const good = bounds([
      [0, 1],
      [1, 2],
    ]);
    const turned = good.more.map(({ variable, values }) => ({
      variable: { ...variable, dimensions: variable.dimensions.toReversed() },
      values,
    }));
    const refusal = await refuse(await netcdf({ times: [1, 2], value, ...good, more: turned }));
    expect(refusal).toMatch(/^InvalidTime: a\.nc: bounds "time_bnds" of "time": expected 2 x 2 numbers/);
  });

  test("a reference date that the calendar lacks is refused", async () => {
    const of = (calendar: string) =>
      netcdf({ time: { units: "days since 2001-02-30", calendar }, times: days(3), value });
    expect(await refuse(await of("standard"))).toContain("expected a date of the calendar standard");
    expect((await read(await of("360_day"))).slice(58, 62)).toEqual([Number.NaN, 1, 2, 3]);
  });

  test("bounds far from their times are refused", async () => {
    const refusal = await refuse(
      await netcdf({
        times: [1, 2],
        value,
        ...bounds([
          [40, 41],
          [41, 42],
        ]),
      }),
    );
    expect(refusal).toMatch(/InvalidTime.*bounds at position 0/);
  });

  test("the distance of files with one step each is their time step", async () => {
    const files = {
      "a.nc": await makeNetcdf({ ...one, times: [0], value }),
      "b.nc": await makeNetcdf({ ...one, times: [1], value }),
    };
    expect((await read(files)).slice(0, 3)).toEqual([1, 1, Number.NaN]);
    const monthly = {
      "a.nc": await makeNetcdf({ ...one, times: [0] }),
      "b.nc": await makeNetcdf({ ...one, times: [31] }),
    };
    expect(await read(monthly)).toHaveLength(12);
  });

  test("--frequency says it, and is refused against what the steps say", async () => {
    expect((await read(await netcdf({ times: [0], value }), { frequency: "daily" })).slice(0, 2)).toEqual([
      1,
      Number.NaN,
    ]);
    expect(await refuse(await netcdf({}), { frequency: "monthly" })).toMatch(/WrongFrequency.*is daily/);
  });

  test("another length than that of the axis is refused", async () => {
    const entries = zarrEntries({ times: days(4) });
    const description = JSON.parse(entries["time/.zarray"]!.toString());
    entries["time/.zarray"] = Buffer.from(JSON.stringify({ ...description, shape: [3], chunks: [3] }));
    entries["time/0"] = entries["time/0"]!.subarray(0, 24);
    expect(await refuse({ "a.zarr.zip": makeZip(entries) })).toMatch(/LengthsContradict.* 4 .* 3/);
  });
});

describe("what an array says it is", () => {
  const file = (name: string, variable: Record<string, string>, more: object = {}) =>
    netcdf({ times: days(3), name, variable: { units: "degC", ...variable }, value: () => 20, ...more });
  const at = (name: string, standard: string, units: string, value: number) => ({
    more: [
      {
        variable: {
          name,
          type: "double",
          dimensions: [],
          attributes: { standard_name: textOf(standard), units: textOf(units) },
        },
        values: [value],
      },
    ],
  });

  test.each([
    ["tas", "time: maximum"],
    ["tas", "area: mean time: standard_deviation"],
    ["tasmax", "time: minimum"],
    ["tasmax", "time: maximum within days time: maximum over days"],
    ["hurs", "time: minimum"],
    ["hursmin", "time: maximum"],
    ["sfcWind", "time: maximum (interval: 1 hour)"],
    ["pr", "time: maximum"],
  ])("%s with the cell methods %j is refused, and taken when --map says so", async (name, cell_methods) => {
    const units = name.startsWith("hurs") ? "%" : name === "pr" ? "mm d-1" : name === "sfcWind" ? "m s-1" : "degC";
    const made = await file(name, { cell_methods, units });
    expect(await refuse(made)).toMatch(/^WrongStatistic/);
    expect((await read(made, { map: [`${name}=${name}`] })).slice(0, 1)).toEqual([20]);
  });

  test.each([
    ["tas", "area: maximum time: mean"],
    ["tas", "time: point"],
    ["tasmax", "time: maximum"],
    ["tasmax", "area: mean time: maximum within days time: mean over days"],
    ["tasmin", "time: minimum within days"],
    ["hursmin", "time: minimum"],
  ])("%s with the cell methods %j is what its name says", async (name, cell_methods) => {
    const made = await file(name, { cell_methods, units: name.startsWith("hurs") ? "%" : "degC" });
    expect((await read(made)).slice(0, 1)).toEqual([20]);
  });

  test("the highest daily maximum of a month is not its tasmax; a mean over time of the highest in an area is no maximum", async () => {
    const air = { standard_name: "air_temperature" };
    const most = { ...air, cell_methods: "time: maximum within days time: maximum over days" };
    expect(await refuse(await file("t", most))).toMatch(/^WrongStatistic/);
    const mean = await file("t", { ...air, cell_methods: "area: maximum time: mean" });
    const { variables } = await ingest(database.client, mean, { scenario: `c${++scenarios}` });
    expect(variables.map(({ variable }) => variable)).toEqual(["tas"]);
  });

  test.each([
    ["tas", "soil_temperature", "degC"],
    ["tasmax", "air_temperature_anomaly", "degC"],
    ["pr", "snowfall_flux", "mm d-1"],
    ["pr", "convective_precipitation_flux", "mm d-1"],
    ["sfcWind", "wind_speed_of_gust", "m s-1"],
  ])("%s with the standard name %s is refused, and taken when --map says so", async (name, standard_name, units) => {
    const made = await file(name, { standard_name, units });
    expect(await refuse(made)).toMatch(/^WrongQuantity/);
    expect((await read(made, { map: [`${name}=${name}`] })).slice(0, 1)).toEqual([20]);
  });

  test("air at 850 hPa and wind at 100 m are not those of the surface", async () => {
    const air = { standard_name: "air_temperature", coordinates: "level" };
    expect(await refuse(await file("ta", air, at("level", "air_pressure", "Pa", 85_000)))).toMatch(
      /^WrongLevel.*85000 Pa/,
    );
    expect(await refuse(await file("tas", air, at("level", "height", "m", 50)))).toMatch(/^WrongLevel.*50 m/);
    expect((await read(await file("tas", air, at("level", "height", "m", 2)))).slice(0, 1)).toEqual([20]);
    const wind = { standard_name: "wind_speed", coordinates: "level", units: "m s-1" };
    expect(await refuse(await file("ws", wind, at("level", "height", "m", 100)))).toMatch(/^WrongLevel.*100 m/);
    expect((await read(await file("ws", wind, at("level", "height", "m", 10)))).slice(0, 1)).toEqual([20]);
  });
});

describe("monthly means of ERA5", () => {
  const months = { times: [0, 31, 59], name: "tp", value: () => 0.002 };
  test.each([
    ["avgad", 2],
    ["avgas", 2],
    ["accum", 2 / 31],
  ])("step type %s", async (type, expected) => {
    const variable = { units: "m", GRIB_stepType: type };
    expect((await read(await netcdf({ ...months, variable })))[0]).toBeCloseTo(expected, 6);
  });

  test("radiation in joules", async () => {
    const variable = { units: "J m**-2", GRIB_stepType: "avgad" };
    const file = await netcdf({ ...months, name: "ssrd", variable, value: () => 8_640_000 });
    expect((await read(file, { map: ["ssrd=rsds"] }))[0]).toBeCloseTo(100, 4);
  });

  test("amounts that do not say of what are refused, whatever their size, unless --units or the cell methods say it", async () => {
    const of = (variable: object) => netcdf({ ...months, value: () => 0.06, variable: { units: "m", ...variable } });
    expect(await refuse(await of({}))).toMatch(/^SpanNeeded.*--units "pr=m d-1"\. Sums: --units pr=m\./);
    expect((await read(await of({}), { units: ["pr=m d-1"] }))[0]).toBeCloseTo(60, 4);
    expect((await read(await of({}), { units: ["pr=m"] }))[0]).toBeCloseTo(60 / 31, 4);
    expect((await read(await of({ cell_methods: "time: sum" })))[0]).toBeCloseTo(60 / 31, 4);
  });

  test("a year of sums that are too small for months is refused, with the unit that fits", async () => {
    const times = days(24).map((month) => Math.round(15 + 30.4375 * month));
    const file = await netcdf({
      times,
      name: "tp",
      variable: { units: "m" },
      value: (step) => 0.002 + 0.0001 * (step % 12),
    });
    expect(await refuse(file)).toContain('--units "pr=m d-1"');
    expect((await read(file, { units: ["pr=m d-1"] }))[0]).toBeCloseTo(2, 5);
  });
});

describe("noise and saturation", () => {
  test("evaporation counted as negative gets no unit that would make it small, in arrays and tables", async () => {
    const said = /counts evaporation as negative, as ECMWF does: then change the sign/;
    const monthly = { times: days(3), name: "pev", variable: { units: "m" }, value: () => -0.009 };
    const refusal = await refuse(await netcdf(monthly), { map: ["pev=evspsblpot"] });
    expect(refusal).toMatch(said);
    expect(refusal).not.toContain("--units");
    const table = "date,latitude,longitude,evspsblpot (m d-1)\n2001-01-01,36,127,-0.009\n";
    expect(await refuse({ "a.csv": table })).toMatch(said);
  });

  const table = (header: string, ...values: readonly string[]) => ({
    "a.csv": `date,lat,lon,${header}\n${values.map((value, day) => `2001-01-0${day + 1},36,127,${value}\n`).join("")}`,
  });

  test.each([
    ["pr (mm)", ["-0.01", "0", "5"], [0, 0, 5]],
    ["evspsblpot (mm d-1)", ["-0.01", "0", "5"], [0, 0, 5]],
    ["mrro (mm d-1)", ["-0.01", "0", "5"], [0, 0, 5]],
    ["sfcWind (m s-1)", ["-0.05", "0", "5"], [0, 0, 5]],
    ["hurs (%)", ["100.5", "110", "50"], [100, 100, 50]],
  ])("%s: %j", async (header, values, expected) => {
    expect((await read(table(header, ...values))).slice(0, 3)).toEqual(expected);
  });

  test.each([
    ["pr (mm)", "-0.02"],
    ["sfcWind (m s-1)", "-0.06"],
    ["hurs (%)", "111"],
  ])("%s: %s is refused", async (header, value) => {
    expect(await refuse(table(header, value))).toMatch(/ImplausibleValue/);
  });

  test("what was changed is counted, in arrays too", async () => {
    const file = await netcdf({
      times: days(4),
      name: "pr",
      variable: { units: "mm d-1" },
      value: (step) => [-0.001, 1, 2, 3][step]!,
    });
    const { variables } = await ingest(database.client, file, { scenario: `c${++scenarios}` });
    expect(variables[0]).toMatchObject({ values: 4, noise: 1, clipped: 0, least: 0, greatest: 3, mean: 1.5 });
  });

  test("swapped temperatures are refused with both names", async () => {
    const files = { "a.csv": "date,lat,lon,hi,lo\n2001-01-01,36,127,1,9\n2001-01-02,36,127,2,8\n" };
    const refusal = await refuse(files, { map: ["hi=tasmax", "lo=tasmin"] });
    expect(refusal).toMatch(/SwappedTemperatures.*"hi".*"lo".*--map "hi=tasmin,lo=tasmax"/);
  });
});

describe("Parquet", () => {
  test("a value that cannot be is refused in whatever row it is", async () => {
    const of = (values: readonly number[]) => ({
      "a.parquet": Buffer.from(
        parquetWriteBuffer({
          columnData: [
            { name: "date", data: values.map((_, day) => `2001-01-0${day + 1}`), type: "STRING" },
            { name: "lat", data: values.map(() => 36), type: "DOUBLE" },
            { name: "lon", data: values.map(() => 127), type: "DOUBLE" },
            { name: "pr", data: [...values], type: "DOUBLE" },
          ],
        }),
      ),
    });
    for (let row = 1; row <= 5; row++) {
      const values = [1, 2, 3, 4, 5].map((value) => (value === row ? 40_000 : value));
      expect(await refuse(of(values))).toMatch(new RegExp(`^ImplausibleValue: a\\.parquet:${row}, column "pr"`));
    }
  });
});

describe("dates in tables", () => {
  const midnights = (zone: string) =>
    [1, 2, 3].map((day) => `2001-01-0${day}T00:00:00${zone},36,127,${day}\n`).join("");
  test.each(["", "Z", "+00:00", "+09:00", "+0900", "-11:30", "+12:00"])(
    "local midnights written with %j",
    async (zone) => {
      expect((await read({ "a.csv": `date,lat,lon,pr\n${midnights(zone)}` })).slice(0, 3)).toEqual([1, 2, 3]);
    },
  );

  test.each([
    ["Asia/Seoul", 9],
    ["Pacific/Auckland", 13],
    ["America/New_York", -5],
  ])("instants in UTC of the local midnights of %s", async (zone, hours) => {
    const instants = [1, 2, 3].map((day) => new Date(Date.UTC(2001, 0, day) - hours * 3_600_000));
    const rows = instants.map((instant, at) => `${instant.toISOString()},36,127,${at + 1}\n`).join("");
    expect((await read({ "a.csv": `date,lat,lon,pr\n${rows}` }, { timeZone: zone })).slice(0, 3)).toEqual([1, 2, 3]);
    const parquet = parquetWriteBuffer({
      columnData: [
        { name: "date", data: instants, type: "TIMESTAMP" },
        { name: "lat", data: [36, 36, 36], type: "DOUBLE" },
        { name: "lon", data: [127, 127, 127], type: "DOUBLE" },
        { name: "pr", data: [1, 2, 3], type: "DOUBLE" },
      ],
      kvMetadata: [
        { key: "pandas", value: JSON.stringify({ columns: [{ name: "date", metadata: { timezone: zone } }] }) },
      ],
    });
    expect((await read({ "a.parquet": Buffer.from(parquet) })).slice(0, 3)).toEqual([1, 2, 3]);
  });

  test.each([
    ["YEAR,MO,DY", ["2001,1,1", "2001,1,2"]],
    ["year,month,day", ["2001,1,1", "2001,1,2"]],
    ["YEAR,DOY", ["2001,1", "2001,2"]],
  ])("%s", async (header, dates) => {
    const rows = dates.map((date, at) => `${date},36,127,${at + 1}\n`).join("");
    expect((await read({ "a.csv": `${header},lat,lon,pr\n${rows}` })).slice(0, 2)).toEqual([1, 2]);
  });

  test("a year of months that are dated by a day each is refused", async () => {
    const months = days(12).map((month) => String(month + 1).padStart(2, "0"));
    const of = (day: (month: string) => string) =>
      `date,lat,lon,pr\n${months.map((month) => `2001-${month}-${day(month)},36,127,90\n`).join("")}`;
    const last = (month: string) => String(new Date(Date.UTC(2001, Number(month), 0)).getUTCDate());
    for (const text of [of(() => "01"), of(() => "15"), of(last)])
      expect(await refuse({ "a.csv": text })).toMatch(/^MonthsAsDays/);
    // One month with two days is of days.
    expect((await read({ "a.csv": `${of(() => "01")}2001-03-02,36,127,1\n` })).slice(59, 61)).toEqual([90, 1]);
  });

  test("a block above the column names, as NASA POWER writes it, is no data; lines are those of the file", async () => {
    const header = "-BEGIN HEADER-\r\nNASA/POWER, daily\r\nparameters: T2M, PRECTOTCORR\r\n-END HEADER-\r\n";
    const place = { latitude: 36, longitude: 127 };
    const table = (last: string) => ({ "a.csv": `${header}YEAR,DOY,pr\r\n2001,1,5\r\n2001,2,${last}\r\n` });
    expect((await read(table("6"), place)).slice(0, 3)).toEqual([5, 6, Number.NaN]);
    expect(await refuse(table("x"), place)).toContain("a.csv:7");
  });

  test("day 60 of a leap year is 29 February, day 366 of another year is refused", async () => {
    const file = (year: number, day: number) => ({ "a.csv": `year,doy,lat,lon,pr\n${year},${day},36,127,3\n` });
    expect((await read(file(2004, 60), {}, 2004))[59]).toBe(3);
    expect(await refuse(file(2001, 366))).toMatch(/InvalidDate.*"366"/);
  });
});

describe("numbers in tables", () => {
  test.each(["12.3*", "4 e", "12,34,567", "3B"])("no hint loses the number of %s", async (text) => {
    const refusal = await refuse({ "a.csv": `date;latitude;longitude;pr\n2001-01-01;36;127;${text}\n` });
    expect(refusal).toMatch(/a\.csv:2.*found ".*".*Write the number alone/);
    expect(refusal).not.toMatch(/--(missing|read-as)/);
  });

  const NBSP = "\u00a0";
  test.each([
    ["", Number.NaN],
    [" ", Number.NaN],
    [`${NBSP}\t\u3000\u200b`, Number.NaN],
    [`${NBSP}1.5 `, 1.5],
    ["+1e3", 1000],
    [".5", 0.5],
    ["0x10", undefined],
    ["0b1", undefined],
    ["Infinity", undefined],
    ["-Infinity", undefined],
    ["1e999", undefined],
    ["١٢", undefined],
    ["１２", undefined],
    ["1,234", undefined],
    ["1_000", undefined],
    ["--1", undefined],
  ])("%j is %s", (text, expected) => {
    expect(readNumberText(text)).toEqual(expected);
  });

  test.each([
    ["1,234", ".", ",", 1234],
    ["1,234,567.5", ".", ",", 1_234_567.5],
    ["12,34", ".", ",", undefined],
    ["1.234,5", ",", ".", 1234.5],
    ["21,5", ",", undefined, 21.5],
    ["1.5", ",", undefined, undefined],
    ["1 234,5", ",", " ", 1234.5],
  ] as const)("%j with decimal %j and thousands %j is %s", (text, decimal, thousands, expected) => {
    expect(readNumberText(text, { decimal, thousands })).toEqual(expected);
  });

  test("a mark of one variable is a value of another", async () => {
    const files = { "a.csv": "date,lat,lon,tasmin,pr\n2001-01-01,36,127,-9,-9\n2001-01-02,36,127,-8,1\n" };
    const { variables } = await ingest(database.client, files, { scenario: `c${++scenarios}`, missing: ["pr=-9"] });
    expect(variables).toMatchObject([
      { variable: "tasmin", values: 2 },
      { variable: "pr", values: 1, missing: 1 },
    ]);
    expect(await refuse(files, { missing: ["rain=-9"] })).toMatch(/UnknownVariable/);
  });

  test("a mark in arrays", async () => {
    const file = await netcdf({ times: days(3), value: (step) => [1, -9999, 3][step]! });
    expect((await read(file, { missing: ["tasmax=-9999"] })).slice(0, 3)).toEqual([1, Number.NaN, 3]);
  });
});

describe("storms and the sea", () => {
  test.each(["spur", "spur-merge", "PROVISIONAL_spur", "Spur-other"])("TRACK_TYPE %s is no storm", async (type) => {
    const row = { SID: "2018272N15144", SEASON: 2018, BASIN: "WP", NAME: "A", NATURE: "TS", LAT: 15, LON: 145 };
    const more = { USA_WIND: 60, USA_PRES: 985 };
    const point = (hour: string, track: string) => ({
      ...row,
      ...more,
      ISO_TIME: `2018-10-01 ${hour}:00:00`,
      TRACK_TYPE: track,
    });
    const other = (hour: string) => ({ ...point(hour, type), SID: "2018272N15145" });
    const file = ibtracs(point("00", "main"), point("06", "main"), other("00"), other("06"));
    expect((await readStorms({ "a.csv": file }, { agency: "usa" })).tracks).toHaveLength(1);
  });

  test("IBTrACS whose line of units says metres per second", async () => {
    const point = { SID: "2018272N15144", SEASON: 2018, BASIN: "WP", NAME: "A", NATURE: "TS", LAT: 15, LON: 145 };
    const wind = { USA_WIND: 30, USA_PRES: 985, TRACK_TYPE: "main" };
    const text = ibtracs(
      { ...point, ...wind, ISO_TIME: "2018-10-01 00:00:00" },
      { ...point, ...wind, ISO_TIME: "2018-10-01 06:00:00" },
    );
    const [names, units, ...rows] = text.split("\n");
    const at = names!.split(",").indexOf("USA_WIND");
    const converted = [names, units!.split(",").with(at, "m s-1").join(","), ...rows].join("\n");
    expect(await refusalOf(readStorms({ "a.csv": converted }, { agency: "usa" }))).toMatch(
      /^WrongWindUnit.*--wind-unit m\/s/,
    );
    const { tracks } = await readStorms({ "a.csv": converted }, { agency: "usa", windUnit: "m/s" });
    expect(tracks[0]!.wind[0]).toBe(30);
  });

  test.each([
    ["9999 among 1400 mm", "mm", (year: number) => (year === 1995 ? 9999 : 1400 + 10 * (year % 7)), /OddMaximum.*1995/],
    ["-9.99 among 1.4 m", "m", (year: number) => (year === 1995 ? -9.99 : 1.4 + 0.01 * (year % 7)), /OddMaximum.*1995/],
    ["0 among 1.4 m", "m", (year: number) => (year === 1995 ? 0 : 1.4 + 0.04 * (year % 7)), /OddMaximum.*1995/],
    ["plain maxima", "m", (year: number) => 1.4 + 0.1 * (year % 7), /accepted/],
  ] as const)("maxima of a gauge: %s", async (_, unit, level, outcome) => {
    const folder = await mkdtemp(join(tmpdir(), "climatebatch-gauge-"));
    const years = days(20).map((year) => 1990 + year);
    const text = `station,lat,lon,year,level\n${years.map((year) => `A,35,129,${year},${level(year)}\n`).join("")}`;
    await writeFile(join(folder, "a.csv"), text);
    const options = { unit, shapeSign: undefined, gauge: USUAL_GAUGE };
    const work = readStationFiles([join(folder, "a.csv")], options, new AbortController().signal);
    expect(await refusalOf(work)).toMatch(outcome);
    await rm(folder, { recursive: true });
  });
});
