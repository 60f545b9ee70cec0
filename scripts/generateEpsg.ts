// `npm run epsg`: ingest/projections/epsg.json, the definitions of projected and geographic systems by EPSG code, from the npm
// package epsg-index (ISC licence), which takes them from the EPSG dataset. Their shifts of datums to WGS 84 are judged by PROJ, and
// replaced by PROJ's where they differ: rotations have the wrong sign or unit in hundreds of them. A code that remains apart from
// PROJ is left out. Needs a python3 with pyproj. A point of each code goes to test/golden/projections/epsg.json.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeProjection } from "../ingest/projections/projection.ts";

const SOURCE = "epsg-index@2.0.0";
/** Codes from here on are ESRI's. */
const FIRST_FOREIGN_CODE = 100_000;
const KINDS = ["CRS-PROJCRS", "CRS-GEOGCRS"];
/** Where no definition agrees closely with PROJ, the accuracy of the operations themselves: 2 m. */
const [CLOSELY, LOOSELY] = [1e-6, 2e-5];
const DECIMALS = 9;
const SHIFT = / \+towgs84=(\S+)/;

interface Entry {
  readonly code: string;
  readonly kind: string;
  readonly proj4: string | null;
}

interface Operation {
  /** Seven numbers as towgs84 takes them; null where PROJ shifts otherwise. */
  readonly shift: readonly number[] | null;
  /** x, y, longitude, latitude */
  readonly points: readonly (readonly [number, number, number, number])[];
}

interface Judged {
  readonly definition: string;
  /** Of the operation that it agrees with; undefined where PROJ has none. */
  readonly point?: readonly number[] | undefined;
}

function readDefinitions(): Map<string, string> {
  const folder = mkdtempSync(join(tmpdir(), "climatebatch-epsg-"));
  try {
    execFileSync("npm", ["install", "--silent", "--no-save", "--prefix", folder, SOURCE], { stdio: "inherit" });
    const all = JSON.parse(readFileSync(join(folder, "node_modules/epsg-index/all.json"), "utf8"));
    const entries = (Object.values(all) as Entry[])
      .filter(({ code, kind, proj4 }) => Number(code) < FIRST_FOREIGN_CODE && KINDS.includes(kind) && proj4 !== null)
      // Files have east before north; systems that count to the west or to the south are left out.
      .filter(({ proj4 }) => !proj4!.includes("+axis="))
      .sort((a, b) => Number(a.code) - Number(b.code));
    return new Map(entries.map(({ code, proj4 }) => [code, proj4!.replace(/ \+type=crs\b/, "").trim()]));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** By code; null for a system that PROJ does not know. */
function readOperations(codes: readonly string[]): Readonly<Record<string, readonly Operation[] | null>> {
  const program = join(import.meta.dirname, "epsgOperations.py");
  const { status, stdout } = spawnSync("python3", [program], {
    input: JSON.stringify(codes),
    encoding: "utf8",
    maxBuffer: 1 << 30,
    stdio: ["pipe", "pipe", "inherit"],
  });
  if (status !== 0) throw new Error(`python3 ${program} ended with exit code ${status}; it needs pyproj 3.7`);
  return JSON.parse(stdout);
}

/** null: PROJ puts its places elsewhere, or has no way to WGS 84 that could judge the shift. */
function judge(definition: string, operations: readonly Operation[] | null): Judged | null {
  // Refused when a file uses it, by the name of its grid.
  if (/\+nadgrids=(?!@)/.test(definition)) return { definition };
  if (operations === null || operations.length === 0) return hasShift(definition) ? null : { definition };
  const shifts = operations.flatMap(({ shift }) => (shift === null ? [] : [shift.join(",")]));
  const candidates = [definition, ...shifts.map((shift) => withShift(definition, shift))];
  for (const degrees of [CLOSELY, LOOSELY]) {
    for (const candidate of candidates) {
      const operation = operations.find((one) => agrees(candidate, one, degrees));
      if (operation !== undefined) return { definition: candidate, point: operation.points[0]! };
    }
  }
  return null;
}

function hasShift(definition: string): boolean {
  const shift = SHIFT.exec(definition)?.[1];
  return shift?.split(",").some((number) => Number(number) !== 0) === true;
}

function withShift(definition: string, shift: string): string {
  return definition.replace(SHIFT, "").replace(/ \+no_defs/, ` +towgs84=${shift} +no_defs`);
}

function agrees(definition: string, { points }: Operation, degrees: number): boolean {
  const projection = (() => {
    try {
      return makeProjection(definition, "epsg");
    } catch {
      return null;
    }
  })();
  if (projection === null) return false;
  return points.every(([x, y, longitude, latitude]) => {
    const [east, north] = projection.toDegrees(x, y);
    const turns = Math.abs(east - longitude) % 360;
    const apart = Math.min(turns, 360 - turns) * Math.cos((latitude * Math.PI) / 180);
    return apart < degrees && Math.abs(north - latitude) < degrees;
  });
}

function writeObject(path: string, lines: readonly string[]): void {
  writeFileSync(join(import.meta.dirname, "..", path), `{\n${lines.map((line) => `  ${line}`).join(",\n")}\n}\n`);
}

const definitions = readDefinitions();
const operations = readOperations([...definitions.keys()]);
const judged = [...definitions].map(([code, before]) => ({
  code,
  before,
  result: judge(before, operations[code] ?? null),
}));
const kept = judged.filter(({ result }) => result !== null);
writeObject(
  "ingest/projections/epsg.json",
  kept.map(({ code, result }) => `"${code}": ${JSON.stringify(result!.definition)}`),
);
writeObject(
  "test/golden/projections/epsg.json",
  kept
    .filter(({ result }) => result!.point !== undefined)
    .map(
      ({ code, result }) => `"${code}": [${result!.point!.map((value) => Number(value.toFixed(DECIMALS))).join(", ")}]`,
    ),
);
const reshifted = kept.filter(({ before, result }) => before !== result!.definition).length;
process.stdout.write(
  `${kept.length} definitions from ${SOURCE}, ${reshifted} of them with PROJ's shift; ${judged.length - kept.length} left out.\n`,
);
process.stdout.write(
  `Left out: ${judged
    .filter(({ result }) => result === null)
    .map(({ code }) => code)
    .join(" ")}\n`,
);
