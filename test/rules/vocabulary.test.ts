// Lists that exist twice for good reasons are equal; texts use plain English.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ADDRESS_VARIABLES } from "../../database/address.ts";
import { RISK_DEFINITIONS } from "../../job/risks/registry.ts";
import { RETURN_PERIODS } from "../../model/results.ts";
import { RISKS } from "../../model/risks.ts";
import { SERVE_VARIABLES } from "../../serve/config.ts";
import { createTestDatabase } from "../support/database.ts";
import { listFiles, listPages, ROOT } from "../support/pages.ts";

const read = (path: string) => readFileSync(join(ROOT, path), "utf8");

test("the registry, the model and the database list the same risks", async () => {
  await using database = await createTestDatabase();
  const { rows } = await database.client.query("SELECT unnest(enum_range(NULL::climatebatch.risk))::text AS risk");
  expect(Object.keys(RISK_DEFINITIONS).sort()).toEqual([...RISKS].sort());
  expect(rows.map(({ risk }) => risk)).toEqual(RISKS);
});

test.each(RISKS.map((risk) => RISK_DEFINITIONS[risk]))("$risk is described consistently", (definition) => {
  expect(RISK_DEFINITIONS[definition.risk]).toBe(definition);
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

/** Words that the page refuses; a phrase matches across any white space. */
const AVOIDED = [
  ...read("docs/architecture.md")
    .split("| avoid | say |")[1]!
    .matchAll(/^\| ([a-z][a-z, ]+) \|/gm),
].flatMap(([, words]) => words!.split(", "));
/** The user `nobody` of Unix; names and messages of applied migrations. */
const TERMS_OF_OTHERS = /\broot is nobody\b|--user=nobody\b|\b(probability|hazard) rows told\b/g;
/** The word list itself, results of others, migrations up to the one that renames, generated reports. */
const NOT_OURS_TO_CHANGE =
  /^(docs\/architecture\.md|docs\/test-long\.md|test\/rules\/vocabulary\.test\.ts|test\/golden\/|database\/migrations\/00(0\d|1[0-3])_)/;
const TEXTS = /(\.(ts|mjs|sql|md|yaml|yml|tpl|txt|json|py)|^\.env\.example|^Dockerfile\.\w+|^climatebatch)$/;
const texts = listFiles().filter(
  (path) => TEXTS.test(path) && !NOT_OURS_TO_CHANGE.test(path) && path !== "package-lock.json",
);
const rooms = Map.groupBy(texts, (path) => (path.includes("/") ? path.split("/")[0]! : "the root"));

function findAvoided(text: string): string[] {
  // Identifiers as the words they are made of: serveTold → serve Told.
  const words = text
    .replaceAll(/([a-z0-9])([A-Z])/g, "$1 $2")
    .replaceAll("_", " ")
    .replaceAll(TERMS_OF_OTHERS, "");
  return AVOIDED.flatMap((phrase) =>
    [...words.matchAll(new RegExp(`\\b${phrase.replaceAll(" ", "\\s+")}\\b`, "gi"))].map(([found]) => {
      const at = words.indexOf(found);
      return `${found}: …${words.slice(Math.max(0, at - 40), at + 40).replaceAll(/\s+/g, " ")}…`;
    }),
  );
}

test("the list of avoided words is read, and a word in a phrase or in an identifier is found", () => {
  expect(AVOIDED).toContain("told");
  expect(AVOIDED).toContain("for ever");
  expect(findAvoided("rows are\ntold")).toHaveLength(1);
  expect(findAvoided("const isTold = rows_told;")).toHaveLength(2);
  expect(findAvoided("kept for\n  ever")).toHaveLength(1);
  expect(findAvoided("understand the standby's outstanding work: root is nobody")).toEqual([]);
});

test.each([...rooms])("%s: plain English", (_, paths) => {
  const found = paths.flatMap((path) => findAvoided(read(path)).map((where) => `${path}: ${where}`));
  expect(found).toEqual([]);
});

test("no line of a page is longer than 160 characters", () => {
  // The chart's table is made of the comments in its values.
  const pages = listPages().filter((path) => !path.startsWith("charts/"));
  expect(pages.length).toBeGreaterThan(30);
  const long = pages.flatMap((path) =>
    read(path)
      .split("\n")
      .flatMap((line, at) => (line.length > 160 ? [`${path}:${at + 1} has ${line.length}`] : [])),
  );
  expect(long).toEqual([]);
});
