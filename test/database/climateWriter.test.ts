// What loading does to the database: merging, locking, refusing, and leaving alone.
import type { Client } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ClimateSeries, ClimateYear, LoadOutcome, LoadRequest } from "../../database/climateLoad.ts";
import { CONFLICT_RULES, formatPosition, mergeYears } from "../../database/climateMerge.ts";
import { writeClimate } from "../../database/climateWriter.ts";
import { connect } from "../../database/connect.ts";
import { type Place, snapCoordinate } from "../../database/gridCells.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { readStored, refusalOf } from "../support/ingest.ts";
import { digestTables } from "../support/tableDigests.ts";

const NAN = Number.NaN;
const SEOUL: Place = { latitude: 37.57, longitude: 126.97 };
const BUSAN: Place = { latitude: 35.1, longitude: 129.03 };

interface Year extends Omit<ClimateYear, "values"> {
  readonly place: Place;
  readonly values: readonly number[];
}

/** Twelve monthly values, the given ones first, the others missing. */
function year(place: Place, variable: ClimateYear["variable"], which: number, values: readonly number[]): Year {
  return { place, variable, year: which, values: [...values, ...new Array(12 - values.length).fill(NAN)] };
}

function load(client: Client, years: readonly Year[], more: Partial<LoadRequest> = {}): Promise<LoadOutcome> {
  const places = [...new Set(years.map(({ place }) => place))];
  return writeClimate(client, {
    grid: "korea",
    scenario: { name: "observed", parent: undefined },
    calendar: "standard",
    series: {
      frequency: "monthly",
      variables: [...new Set(years.map(({ variable }) => variable))],
      firstYear: Math.min(...years.map((one) => one.year)),
      lastYear: Math.max(...years.map((one) => one.year)),
      places,
      yearsOf: (at) =>
        years
          .filter(({ place }) => place === places[at])
          .map((one) => ({ variable: one.variable, year: one.year, values: Float32Array.from(one.values) })),
    },
    onConflict: "fail",
    failRunningBatches: false,
    ...more,
  });
}

async function withDatabase(work: (client: Client, database: TestDatabase) => Promise<void>): Promise<void> {
  await using database = await createTestDatabase();
  await work(database.client, database);
}

async function revisions(client: Client): Promise<Record<string, number>> {
  const { rows } = await client.query("SELECT input, revision::int FROM climatebatch.input_revisions ORDER BY input");
  return Object.fromEntries(rows.map(({ input, revision }) => [input, revision]));
}

/** A batch in the given state that pinned the input. */
async function makeBatch(client: Client, input: string, state = "running"): Promise<string> {
  const { rows } = await client.query(
    `WITH batch AS (INSERT INTO climatebatch.batches (calculation, specification, specification_key, grid_id, state)
       SELECT 'probability', '{}', '', grid_id, $2 FROM climatebatch.grids LIMIT 1 RETURNING batch_id)
     INSERT INTO climatebatch.batch_inputs SELECT batch_id, $1, 1 FROM batch RETURNING batch_id`,
    [input, state],
  );
  return rows[0].batch_id;
}

describe("a first load", () => {
  test("makes grid, cells in order of latitude and longitude, scenario with its years, and rows", () =>
    withDatabase(async (client) => {
      const outcome = await load(client, [year(SEOUL, "tas", 2019, [1]), year(BUSAN, "tas", 2021, [2, NAN, 3])]);
      expect(outcome).toMatchObject({ cellsAdded: 2, rowsWritten: 2, rowsUnchanged: 0, failedBatches: [] });
      expect(await readStored(client)).toEqual(
        new Map([
          ["observed tas 35.1 129.03 2021", Float32Array.from([2, NAN, 3, ...new Array(9).fill(NAN)])],
          ["observed tas 37.57 126.97 2019", Float32Array.from([1, ...new Array(11).fill(NAN)])],
        ]),
      );
      const cells = await client.query("SELECT cell_id, latitude FROM climatebatch.grid_cells ORDER BY cell_id");
      expect(cells.rows).toEqual([
        { cell_id: 1, latitude: 35.1 },
        { cell_id: 2, latitude: 37.57 },
      ]);
      const scenarios = await client.query(
        "SELECT name, calendar, data_first_year, data_last_year FROM climatebatch.scenarios",
      );
      expect(scenarios.rows).toEqual([
        { name: "observed", calendar: "standard", data_first_year: 2019, data_last_year: 2021 },
      ]);
      expect((await revisions(client))["climate_data/observed"]).toBe(outcome.revision);
    }));

  test("gives the same cell ids after a load that failed, and goes on with them", () =>
    withDatabase(async (client) => {
      const broken = load(client, [{ ...year(SEOUL, "tas", 2019, [1]), values: [1, 2, 3] }]);
      await expect(broken).rejects.toThrow("climate_data_values_check");
      await load(client, [year(SEOUL, "tas", 2019, [1])]);
      await client.query(
        "INSERT INTO climatebatch.grid_cells (grid_id, latitude, longitude) SELECT grid_id, 1, 1 FROM climatebatch.grids",
      );
      await load(client, [year(BUSAN, "tas", 2019, [1])]);
      const { rows } = await client.query("SELECT cell_id FROM climatebatch.grid_cells ORDER BY cell_id");
      expect(rows.map(({ cell_id }) => cell_id)).toEqual([1, 2, 3]);
    }));

  test("that the server refuses leaves everything as it was", () =>
    withDatabase(async (client) => {
      await load(client, [year(SEOUL, "tas", 2019, [1])]);
      const before = await digestTables(client);
      const broken = load(client, [{ ...year(BUSAN, "tas", 2019, [1]), values: [1, 2, 3] }], {
        scenario: { name: "other", parent: { name: "observed", firstYear: 2015 } },
        grid: "elsewhere",
      });
      await expect(broken).rejects.toThrow("climate_data_values_check");
      expect(await digestTables(client)).toEqual(before);
    }));
});

describe("a load that ends in the middle of its rows", () => {
  const years = [year(SEOUL, "tas", 2019, [1])];
  const fail = (): void => {
    throw new Error("stopped here");
  };
  const rows: readonly { name: string; end: (interruption: AbortController) => void }[] = [
    { name: "because its series throws", end: fail },
    { name: "because it is interrupted", end: (interruption) => interruption.abort() },
  ];
  test.for(rows)("$name, undoes everything and leaves the session usable", ({ end }) =>
    withDatabase(async (client) => {
      const before = await digestTables(client);
      const interruption = new AbortController();
      const series: ClimateSeries = {
        frequency: "monthly",
        variables: ["tas"],
        firstYear: 2019,
        lastYear: 2019,
        places: [SEOUL],
        *yearsOf() {
          yield { variable: "tas", year: 2019, values: new Float32Array(12) };
          end(interruption);
        },
      };
      await expect(load(client, years, { series, signal: interruption.signal })).rejects.toThrow(
        /stopped here|aborted/,
      );
      expect(await digestTables(client)).toEqual(before);
      expect(await load(client, years)).toMatchObject({ rowsWritten: 1 });
    }),
  );
});

describe("a later load", () => {
  test("of the same values writes nothing and keeps the revision", () =>
    withDatabase(async (client) => {
      const years = [year(SEOUL, "tas", 2019, [1, NAN, 3]), year(BUSAN, "pr", 2020, [0])];
      const first = await load(client, years);
      const before = await digestTables(client);
      expect(await load(client, years)).toEqual({
        cellsAdded: 0,
        rowsWritten: 0,
        rowsUnchanged: 2,
        revision: first.revision,
        failedBatches: [],
      });
      expect(await digestTables(client)).toEqual(before);
    }));

  test("adds missing days and years, and widens the scenario's years", () =>
    withDatabase(async (client) => {
      const first = await load(client, [year(SEOUL, "tas", 2019, [1, NAN, 3]), year(SEOUL, "tas", 2020, [9])]);
      const more = [
        year(SEOUL, "tas", 2019, [NAN, 2, 3]),
        year(SEOUL, "tas", 2020, [9]),
        year(SEOUL, "tas", 2018, [7]),
      ];
      const outcome = await load(client, more);
      expect(outcome).toMatchObject({ rowsWritten: 2, rowsUnchanged: 1 });
      expect(outcome.revision).toBeGreaterThan(first.revision);
      const stored = await readStored(client);
      expect([...stored.get("observed tas 37.57 126.97 2019")!.slice(0, 3)]).toEqual([1, 2, 3]);
      expect([...stored.get("observed tas 37.57 126.97 2018")!.slice(0, 2)]).toEqual([7, NAN]);
      const { rows } = await client.query("SELECT data_first_year FROM climatebatch.scenarios");
      expect(rows[0].data_first_year).toBe(2018);
    }));

  test("of other variables, years, scenarios or grids meets nothing that is stored", () =>
    withDatabase(async (client) => {
      await load(client, [year(SEOUL, "tas", 2019, [1])]);
      for (const more of [{ grid: "other" }, { scenario: { name: "other", parent: undefined } }]) {
        expect(await load(client, [year(SEOUL, "tas", 2019, [5])], more)).toMatchObject({ rowsWritten: 1 });
      }
      expect(await load(client, [year(SEOUL, "tasmax", 2019, [5])])).toMatchObject({ rowsWritten: 1 });
      expect(await load(client, [year(SEOUL, "tas", 2018, [5])])).toMatchObject({ rowsWritten: 1 });
      const { rows } = await client.query("SELECT count(*)::int AS rows FROM climatebatch.climate_data");
      expect(rows[0].rows).toBe(5);
    }));
});

describe("a day with another value than the stored one", () => {
  const stored = [1, 2, NAN, 4];
  const given = [1, 20, 30, NAN];
  const rows = [
    { rule: "replace", expected: [1, 20, 30, 4] },
    { rule: "keep", expected: [1, 2, 30, 4] },
  ] as const;
  test.for(rows)("--on-conflict $rule", ({ rule, expected }) =>
    withDatabase(async (client) => {
      await load(client, [year(SEOUL, "tas", 2019, stored)]);
      await load(client, [year(SEOUL, "tas", 2019, given)], { onConflict: rule });
      expect([...(await readStored(client)).get("observed tas 37.57 126.97 2019")!.slice(0, 4)]).toEqual(expected);
    }),
  );

  test("--on-conflict fail names place, variable, day and both values", () =>
    withDatabase(async (client) => {
      await load(client, [year(SEOUL, "tas", 2019, stored)]);
      const before = await digestTables(client);
      expect(await refusalOf(load(client, [year(BUSAN, "tas", 2019, [1]), year(SEOUL, "tas", 2019, given)]))).toBe(
        'ValuesConflict: Scenario "observed" has tas 2 degC at 37.57, 126.97 on 2019-02, but the files say 20 degC. ' +
          "Give --on-conflict replace to take the files' values, or --on-conflict keep to keep the stored ones.",
      );
      expect(await digestTables(client)).toEqual(before);
    }));

  test("--on-conflict keep with nothing new writes nothing", () =>
    withDatabase(async (client) => {
      const first = await load(client, [year(SEOUL, "tas", 2019, stored)]);
      const outcome = await load(client, [year(SEOUL, "tas", 2019, [9, 9])], { onConflict: "keep" });
      expect(outcome).toMatchObject({ rowsWritten: 0, revision: first.revision });
    }));

  test.for(CONFLICT_RULES)("equal values are no conflict under the rule %s", (rule) => {
    expect(mergeYears(Float32Array.of(1, NAN, 0), Float32Array.of(1, NAN, -0), rule)).toBe("unchanged");
  });
});

describe("while an unfinished batch uses the input", () => {
  let database: TestDatabase;
  let client: Client;
  let revision: number;
  const change = [year(SEOUL, "tas", 2019, [1, 2])];
  beforeAll(async () => {
    database = await createTestDatabase();
    client = database.client;
    ({ revision } = await load(client, [year(SEOUL, "tas", 2019, [1])]));
    for (const state of ["complete", "failed", "cancelled"]) await makeBatch(client, "climate_data/observed", state);
    await makeBatch(client, "climate_data/other");
  });
  afterAll(() => database.drop());

  test("loading is refused, naming the batch and the two ways out", async () => {
    const batch = await makeBatch(client, "climate_data/observed");
    const before = await digestTables(client);
    expect(await refusalOf(load(client, change))).toBe(
      `InputInUse: Batch ${batch} is unfinished and uses climate_data/observed, which this command would change. ` +
        "Finish it first (climatebatch run with the same options goes on where it stopped), or give --fail-running-batches to end it as failed.",
    );
    expect(await digestTables(client)).toEqual(before);
  });

  test("--fail-running-batches spares the batch when nothing changes", async () => {
    const outcome = await load(client, [year(SEOUL, "tas", 2019, [1])], { failRunningBatches: true });
    expect(outcome).toMatchObject({ rowsWritten: 0, revision, failedBatches: [] });
  });

  test("--fail-running-batches ends that batch and no other, with reason InputChanged", async () => {
    const outcome = await load(client, change, { failRunningBatches: true });
    expect(outcome.failedBatches).toEqual(["5"]);
    const { rows } = await client.query(
      "SELECT batch_id, state, reason, message, finished_at IS NOT NULL AS finished FROM climatebatch.batches WHERE batch_id >= 4 ORDER BY 1",
    );
    expect(rows).toEqual([
      { batch_id: "4", state: "running", reason: null, message: null, finished: false },
      {
        batch_id: "5",
        state: "failed",
        reason: "InputChanged",
        message:
          "A command with --fail-running-batches changed climate_data/observed while the batch was unfinished. Start it again: climatebatch run.",
        finished: true,
      },
    ]);
  });

  test("new cells are refused for a batch that uses the grid, old cells are not", async () => {
    await makeBatch(client, "grid/korea");
    expect(await refusalOf(load(client, [year(BUSAN, "tas", 2019, [1])]))).toContain(
      "Batch 6 is unfinished and uses climate_data/observed and grid/korea",
    );
    expect(await load(client, [year(SEOUL, "tas", 2019, [1, 2, 3])])).toMatchObject({ rowsWritten: 1 });
  });

  test("loading waits for a shard that is committing", async () => {
    const shard = await connect(database.url, { purpose: "test" });
    try {
      await shard.query("BEGIN");
      await shard.query("SELECT FROM climatebatch.input_revisions WHERE input = 'climate_data/observed' FOR SHARE");
      await client.query("SET lock_timeout = '100ms'");
      await expect(load(client, [year(SEOUL, "tas", 2020, [1])])).rejects.toMatchObject({ code: "55P03" });
    } finally {
      await shard.end();
    }
    await client.query("RESET lock_timeout");
    expect(await load(client, [year(SEOUL, "tas", 2020, [1])])).toMatchObject({ rowsWritten: 1 });
  });
});

test("two loads at once into a new scenario and grid both arrive", () =>
  withDatabase(async (client, { url }) => {
    const other = await connect(url, { purpose: "test" });
    try {
      const both = await Promise.all([
        load(client, [year(SEOUL, "tas", 2019, [1]), year(BUSAN, "tas", 2019, [1])]),
        load(other, [year(SEOUL, "tas", 2019, [1]), year(SEOUL, "tas", 2020, [2])]),
      ]);
      expect(both.reduce((sum, { cellsAdded }) => sum + cellsAdded, 0)).toBe(2);
      expect((await readStored(client)).size).toBe(3);
    } finally {
      await other.end();
    }
  }));

describe("places and days", () => {
  test("coordinates become the decimal number that people type", () => {
    const rows: readonly [degrees: number, step: number, expected: number][] = [
      [37.57142, 0.0001, 37.5714],
      [126.9658, 0.01, 126.97],
      [-0.00001, 0.0001, 0],
      [35.1, 0.25, 35],
      [35.2, 0.25, 35.25],
      [33.4375, 0.125, 33.5],
      [-12.3, 1, -12],
      [0.1 + 0.2, 0.1, 0.3],
    ];
    for (const [degrees, step, expected] of rows) expect(snapCoordinate(degrees, step)).toBe(expected);
  });

  test("positions are reported as dates of the calendar", () => {
    expect(formatPosition("daily", "standard", 2020, 59)).toBe("2020-02-29");
    expect(formatPosition("daily", "noleap", 2020, 59)).toBe("2020-03-01");
    expect(formatPosition("daily", "360_day", 2020, 359)).toBe("2020-12-30");
    expect(formatPosition("monthly", "standard", 2020, 11)).toBe("2020-12");
    expect(formatPosition("yearly", "standard", 2020, 0)).toBe("2020");
  });
});
