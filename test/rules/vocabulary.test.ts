// One truth each: lists that stand in two places for good reasons must say the same.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ADDRESS_VARIABLES } from "../../database/address.ts";
import { RISK_DEFINITIONS } from "../../job/risks/registry.ts";
import { RETURN_PERIODS } from "../../model/results.ts";
import { RISKS } from "../../model/risks.ts";
import { existsAt, FREQUENCIES, isVariable } from "../../model/variables.ts";
import { SERVE_VARIABLES } from "../../serve/config.ts";
import { createTestDatabase } from "../support/database.ts";

const read = (path: string) => readFileSync(join(import.meta.dirname, "../..", path), "utf8");

test("the registry, the model and the database list the same nine risks", async () => {
  await using database = await createTestDatabase();
  const { rows } = await database.client.query("SELECT unnest(enum_range(NULL::climatebatch.risk))::text AS risk");
  expect(Object.keys(RISK_DEFINITIONS).sort()).toEqual([...RISKS].sort());
  expect(rows.map(({ risk }) => risk)).toEqual(RISKS);
});

test.each(RISKS.map((risk) => RISK_DEFINITIONS[risk]))("$risk is described consistently", (definition) => {
  expect(RISK_DEFINITIONS[definition.risk]).toBe(definition);
  for (const frequency of FREQUENCIES) {
    expect(
      definition.inputs[frequency]?.filter((name) => !isVariable(name) || !existsAt(name, frequency)) ?? [],
    ).toEqual([]);
  }
  for (const rates of Object.values(definition.rateSets)) expect(rates).toHaveLength(definition.edges.length + 1);
  expect(definition.anchors).toHaveLength(6);
  expect(RETURN_PERIODS).toHaveLength(8);
});

test("every variable that names the database or sets serve is in .env.example, and nothing else is", () => {
  const names = [...read(".env.example").matchAll(/^#?\s?([A-Z_]+)=/gm)].map((match) => match[1]);
  expect(names.sort()).toEqual([...ADDRESS_VARIABLES, ...SERVE_VARIABLES].sort());
});

test("each runtime and development dependency has its line in docs/decisions.md", () => {
  const manifest = JSON.parse(read("package.json"));
  const decisions = read("docs/decisions.md");
  const names = Object.keys({ ...manifest.dependencies, ...manifest.devDependencies }).filter(
    (name) => !name.startsWith("@types/"),
  );
  expect(names.filter((name) => !decisions.includes(`\`${name}\``))).toEqual([]);
});
