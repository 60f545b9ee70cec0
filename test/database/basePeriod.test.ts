// A batch on data without a base period: refused when no risk can be computed, planned when a risk can do without one.
import { expect, test } from "vitest";
import type { ClimateSeries } from "../../database/climateLoad.ts";
import { writeClimate } from "../../database/climateWriter.ts";
import { resolveSpecification } from "../../database/specification.ts";
import { DEFAULT_BASE_PERIOD } from "../../model/periods.ts";
import { createTestDatabase } from "../support/database.ts";

const REQUESTED = { calculation: "probability", methods: "published", basePeriod: DEFAULT_BASE_PERIOD } as const;
const YEARS = { firstYear: 2021, lastYear: 2040 };

function yearly(variable: "WSDI" | "Rx1day"): ClimateSeries {
  return {
    frequency: "yearly",
    variables: [variable],
    ...YEARS,
    places: [{ latitude: 37.5, longitude: 127 }],
    *yearsOf() {
      for (let year = YEARS.firstYear; year <= YEARS.lastYear; year++)
        yield { variable, year, values: Float32Array.of(5) };
    },
  };
}

test.each([
  { variable: "Rx1day", risks: undefined, isMade: false },
  { variable: "WSDI", risks: undefined, isMade: true },
  { variable: "WSDI", risks: ["inland_flood"], isMade: false },
  { variable: "WSDI", risks: ["high_temperature"], isMade: true },
] as const)(
  "2021-2040 of yearly $variable alone, requested $risks: made $isMade",
  async ({ variable, risks, isMade }) => {
    await using database = await createTestDatabase();
    const { client } = database;
    const load = { grid: "test", scenario: { name: "ssp245", parent: undefined }, calendar: "standard" } as const;
    await writeClimate(client, { ...load, series: yearly(variable), onConflict: "fail", failRunningBatches: false });

    const resolved = resolveSpecification(client, { ...REQUESTED, ...(risks !== undefined && { risks }) });

    if (isMade) expect((await resolved).periods).toEqual([DEFAULT_BASE_PERIOD, YEARS]);
    else await expect(resolved).rejects.toMatchObject({ reason: "NoBasePeriod" });
  },
);
