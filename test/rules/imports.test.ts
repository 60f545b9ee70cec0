// The direction of imports, as docs/architecture.md draws it. Files are read as text: an import is a line we write one way.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "../..");
const ROOMS = ["model", "database", "telemetry", "job", "operator", "ingest", "serve", "report", "cli"] as const;

interface Import {
  readonly from: string;
  readonly to: string;
}

function sourcesIn(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => join(folder, name));
}

const imports: Import[] = ROOMS.flatMap(sourcesIn).flatMap((from) => {
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
  { folder: "telemetry", may: ["model", "database", "telemetry"] },
  { folder: "job", may: ["model", "database", "telemetry", "job"] },
  { folder: "operator", may: ["model", "database", "telemetry", "operator"] },
  { folder: "ingest", may: ["model", "database", "ingest"] },
  { folder: "serve", may: ["model", "database", "telemetry", "serve"] },
  { folder: "report", may: ["model", "database", "telemetry", "report"] },
  { folder: "cli", may: ROOMS },
])("$folder imports only $may", ({ folder, may }) => {
  expect(
    violations(({ from, to }) => inside(from, folder) && !may.some((allowed) => to === allowed || inside(to, allowed))),
  ).toEqual([]);
});

test("model is pure: it imports no package", () => {
  const found = sourcesIn("model").filter((file) =>
    /from "(?!\.)(?!zod")/.test(readFileSync(join(ROOT, file), "utf8")),
  );
  expect(found).toEqual([]);
});

test("no circle of files, type imports included", () => {
  expect(circles()).toEqual([]);
});

/** Groups of files that import each other, directly or through others (Tarjan 1972, strongly connected components). */
function circles(): string[] {
  const imported = new Map<string, string[]>();
  for (const { from, to } of imports) imported.set(from, [...(imported.get(from) ?? []), to]);
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const open: string[] = [];
  const found: string[] = [];
  const visit = (file: string): void => {
    order.set(file, order.size);
    lowest.set(file, order.get(file)!);
    open.push(file);
    for (const next of imported.get(file) ?? []) {
      if (!order.has(next)) visit(next);
      if (open.includes(next)) lowest.set(file, Math.min(lowest.get(file)!, lowest.get(next)!));
    }
    if (lowest.get(file) !== order.get(file)) return;
    const group = open.splice(open.indexOf(file));
    if (group.length > 1 || imported.get(file)?.includes(file)) found.push(group.sort().join(" ↔ "));
  };
  for (const file of imported.keys()) if (!order.has(file)) visit(file);
  return found;
}

test("inside job only the shard's own flow knows the database", () => {
  const flow = [
    "main",
    "config",
    "rejections",
    "shard",
    "shardInput",
    "cellStream",
    "besideSeries",
    "basinSupply",
    "trial",
  ].map((name) => `job/${name}.ts`);
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
  const pure = /^operator\/(objects\/|reconcile\/)/;
  const may = /^(model\/|operator\/(objects|reconcile)\/)/;
  const acting = /^operator\/reconcile\/(reconcile|act|readFacts)\.ts/;
  expect(
    violations(({ from, to }) => pure.test(from) && !acting.test(from) && (!may.test(to) || acting.test(to))),
  ).toEqual([]);
  expect(violations(({ from, to }) => inside(from, "operator/kube") && inside(to, "operator/reconcile"))).toEqual([]);
});

test("programs import only packages that an installation has: no development dependency", () => {
  const { dependencies } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  const found = ROOMS.flatMap(sourcesIn).flatMap((file) => {
    const text = readFileSync(join(ROOT, file), "utf8");
    const names = [
      ...text.matchAll(/^(?:import|export) (?!type )[^;]*?from "([^."][^"]*)"|import\("([^."][^"]*)"\)/gm),
    ];
    return names.map(([, fixed, dynamic]) => ({ file, name: fixed ?? dynamic! }));
  });
  expect(found.length).toBeGreaterThan(100);
  const packageOf = (name: string) => name.split("/", name.startsWith("@") ? 2 : 1).join("/");
  const missing = found.filter(({ name }) => !name.startsWith("node:") && !(packageOf(name) in dependencies));
  expect(missing).toEqual([]);
});

test("no file imports a main", () => {
  expect(violations(({ to }) => to.endsWith("/main.ts"))).toEqual([]);
});

test("only programs' mains, configurations and commands touch the process, its environment or its arguments", () => {
  const may =
    /^(cli\/|(job|operator)\/(main|config)\.ts|ingest\/formats\/decoderThread\.ts|database\/embeddedServer\.ts|serve\/executor\/localExecutor\.ts)/;
  const found = ROOMS.flatMap(sourcesIn).filter(
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
