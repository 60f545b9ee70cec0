import { expect, test } from "vitest";
import { METHODS } from "../../model/calculations.ts";
import { bestWay, inputsOfRisk, RISK_INPUTS, risksOf, seriesOf, tablesOf, waysOf } from "../../model/riskInputs.ts";
import { RISKS } from "../../model/risks.ts";
import { existsAt, type Variable } from "../../model/variables.ts";

test("every way of every risk reads variables at frequencies that they have, and no two ways have one text", () => {
  for (const methods of METHODS) {
    for (const risk of risksOf(methods)) {
      const ways = waysOf(methods, risk);
      for (const { frequency, variables } of ways.flatMap(({ series }) => series))
        for (const variable of variables) expect([risk, variable, existsAt(variable, frequency)]).toContain(true);
      expect(new Set(ways.map(({ text }) => text)).size).toBe(ways.length);
      expect(ways.length).toBeGreaterThan(0);
    }
  }
});

test("the texts of ways list their series by frequency", () => {
  const drought = waysOf("published", "drought").map(({ text }) => text);
  expect(drought).toEqual([
    "pr, tasmin, tasmax daily",
    "pr, tasmin, tasmax monthly",
    "pr, tas daily",
    "pr, tas monthly",
    "SPEI12 monthly",
  ]);
  const water = waysOf("published", "water_scarcity").map(({ text }) => text);
  expect(water).toHaveLength(20);
  expect(water).toContain("mrro yearly; withdrawal, inflow yearly");
});

test("a risk uses the best way that its series allow", () => {
  const { ways } = RISK_INPUTS.published.wildfire;
  const having = (...variables: Variable[]) =>
    bestWay(ways, { daily: new Set(variables), monthly: new Set(), yearly: new Set() });
  expect(having("tasmax", "hurs", "sfcWind", "pr")).toBe(ways.hurs);
  expect(having("tasmax", "hurs", "tas", "sfcWind", "pr")).toBe(ways.proxy);
  expect(having("tasmax", "hurs", "hursmin", "sfcWind", "pr")).toBe(ways.hursmin);
  expect(having("tasmax", "hurs", "pr")).toBeUndefined();
});

test("the series and tables of several risks are united", () => {
  expect(seriesOf("published", ["high_temperature", "urban_flood", "typhoon"])).toEqual({
    daily: ["pr", "tasmax"],
    yearly: ["Rx1day", "WSDI"],
  });
  expect(seriesOf("published", ["typhoon"])).toEqual({});
  expect(tablesOf("published", RISKS)).toEqual(["storms", "sea", "basins"]);
  expect(tablesOf("predecessor", RISKS)).toEqual(["storms"]);
});

test("a table or an attribute that a risk needs is not also listed as one that it can do without", () => {
  for (const methods of METHODS) {
    for (const risk of risksOf(methods)) {
      const { attributes, neededAttributes, neededTables, tables } = inputsOfRisk(methods, risk)!;
      expect(neededTables.every((table) => tables.includes(table))).toBe(true);
      expect(neededAttributes.filter((name) => attributes.includes(name))).toEqual([]);
    }
  }
});
