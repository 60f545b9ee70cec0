// The direction of imports, as docs/architecture.md draws it. Files are read as text: an import is a line we write one way.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "../..");
const PROGRAMS = ["model", "database", "job", "operator", "cli"] as const;

interface Import {
  readonly from: string;
  readonly to: string;
}

function sourcesIn(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => join(folder, name));
}

const imports: Import[] = PROGRAMS.flatMap(sourcesIn).flatMap((from) => {
  const text = readFileSync(join(ROOT, from), "utf8");
  const targets = [...text.matchAll(/(?:from|import) "(\.[^"]+)"|import\("(\.[^"]+)"\)/g)];
  return targets.map((match) => ({ from, to: normalize(join(dirname(from), (match[1] ?? match[2])!)) }));
});

function violations(forbidden: (one: Import) => boolean): string[] {
  return imports.filter(forbidden).map(({ from, to }) => `${from} imports ${to}`);
}

const inside = (path: string, folder: string) => path.startsWith(`${folder}/`);

test("the rule test sees the imports it judges", () => {
  expect(imports.length).toBeGreaterThan(100);
  expect(imports).toContainEqual({ from: "job/computeCell.ts", to: "job/risks/registry.ts" });
});

test.each([
  { folder: "model", may: ["model"] },
  { folder: "database", may: ["model", "database"] },
  { folder: "job", may: ["model", "database", "job"] },
  { folder: "operator", may: ["model", "database", "operator"] },
  { folder: "cli", may: ["model", "database", "job", "operator", "cli"] },
])("$folder imports only $may", ({ folder, may }) => {
  expect(violations(({ from, to }) => inside(from, folder) && !may.some((allowed) => inside(to, allowed)))).toEqual([]);
});

test("inside job only the shard's own flow knows the database", () => {
  const flow = ["main", "config", "rejections", "shard", "cellStream", "shardSea", "shardStorms"].map(
    (name) => `job/${name}.ts`,
  );
  expect(violations(({ from, to }) => inside(from, "job") && inside(to, "database") && !flow.includes(from))).toEqual(
    [],
  );
});

test("the science points one way: risks use indices, indices use numerics, numerics use nothing", () => {
  const layers = ["job/numerics", "job/indices", "job/risks"];
  const upward = violations(({ from, to }) => {
    const own = layers.findIndex((layer) => inside(from, layer));
    const other = layers.findIndex((layer) => inside(to, layer));
    return own !== -1 && other > own;
  });
  const numerics = violations(({ from, to }) => inside(from, "job/numerics") && !inside(to, "job/numerics"));
  expect([...upward, ...numerics]).toEqual([]);
});

test("inside operator what decides and builds touches neither the API server nor the database", () => {
  const pure =
    /^operator\/(resources\/|reconcile\/(observe|decide|stage|status|statusConditions|retention|concurrency|stuckPods)\.ts)/;
  const may = /^(model\/|operator\/(resources|reconcile)\/)/;
  const acting = /^operator\/reconcile\/(reconcile|act|readFacts)\.ts/;
  expect(violations(({ from, to }) => pure.test(from) && (!may.test(to) || acting.test(to)))).toEqual([]);
  expect(violations(({ from, to }) => inside(from, "operator/kube") && inside(to, "operator/reconcile"))).toEqual([]);
});

test("nobody imports a main", () => {
  expect(violations(({ to }) => to.endsWith("/main.ts"))).toEqual([]);
});

test("only programs' mains, configurations and commands touch the process, its environment or its arguments", () => {
  const may = /^(cli\/|(job|operator)\/(main|config)\.ts|database\/embeddedServer\.ts)/;
  const found = PROGRAMS.flatMap(sourcesIn).filter(
    (file) => !may.test(file) && /\bprocess\.(env|argv|exit|std)/.test(readFileSync(join(ROOT, file), "utf8")),
  );
  expect(found).toEqual([]);
});

test("science has no clock and no randomness", () => {
  const found = ["job/numerics", "job/indices", "job/risks"]
    .flatMap(sourcesIn)
    .filter((file) => /Date\.now|new Date|Math\.random|performance\.now/.test(readFileSync(join(ROOT, file), "utf8")));
  expect(found).toEqual([]);
});
