// A century of a real station through the whole product: file in, published results out, against figures computed apart.
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { cli } from "../support/cli.ts";
import { createTestDatabase } from "../support/database.ts";

const FOLDER = join(import.meta.dirname, "../../../shared/data/seoul_asos_1907_2020");
const DIALECT = [
  ...["--scenario", "observed", "--latitude", "37.57142", "--longitude", "126.9658", "--blank", "pr=0", "--map"],
  "HighTemp=tasmax,LowTemp=tasmin,AvgTemp=tas,Precipitation=pr,AvgRelativeHumidity=hurs,AvgWindSpeed=sfcWind",
];

/** Means over the years; of 1991-2019 in each second place. Sources: docs/seoul.md. */
const EXPECTED = [
  { risk: "high_temperature", values: [1.8, 5.6], scores: [6, 18] },
  { risk: "cold_wave", values: [11.9, 2.1], scores: [40, 7] },
  { risk: "wildfire", values: [19.2, 21.7], scores: [56, 60] },
];

test.skipIf(!existsSync(FOLDER))(
  "Seoul 1907-2020 [needs ../shared/data] is ingested, computed and published",
  async () => {
    await using database = await createTestDatabase();
    const file = join(FOLDER, readdirSync(FOLDER).find((name) => name.endsWith(".csv"))!);
    const run = ["run", "all", "--scenario", "observed", "--period", "1961-1990", "--base-period", "1991-2019"];

    expect(await cli(database.url, "ingest", file, ...DIALECT)).toMatchObject({ code: 0 });
    expect(await cli(database.url, ...run)).toMatchObject({ code: 0, stdout: expect.stringContaining("is published") });

    const { rows } = await database.client.query(
      `SELECT risk_type, array_agg(round(value::numeric, 1)::float8 ORDER BY first_year) AS values,
       array_agg(hazard_score_100 ORDER BY first_year) AS scores
     FROM climatebatch.hazard_results WHERE latitude = 37.5714 AND reason IS NULL GROUP BY risk_type`,
    );
    const byRisk = new Map(rows.map((row) => [row.risk_type, row]));
    for (const { risk, values, scores } of EXPECTED) {
      expect(byRisk.get(risk)).toMatchObject({ values });
      for (const [at, score] of scores.entries()) {
        expect(Math.abs(byRisk.get(risk).scores[at] - score), `${risk} score`).toBeLessThan(0.6);
      }
    }
    expect(byRisk.get("drought").scores).toHaveLength(2);
  },
);
