// `npm run epsg`: ingest/projections/epsg.json, the definitions of projected and geographic systems by EPSG code, from the npm
// package epsg-index (ISC licence), which takes them from the EPSG dataset with the shift of each datum to WGS 84.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const SOURCE = "epsg-index@2.0.0";
/** Codes from here on are ESRI's. */
const FIRST_FOREIGN_CODE = 100_000;
const KINDS = ["CRS-PROJCRS", "CRS-GEOGCRS"];

interface Entry {
  readonly code: string;
  readonly kind: string;
  readonly proj4: string | null;
}

const folder = mkdtempSync(join(tmpdir(), "climatebatch-epsg-"));
try {
  execFileSync("npm", ["install", "--silent", "--no-save", "--prefix", folder, SOURCE], { stdio: "inherit" });
  const all = JSON.parse(readFileSync(join(folder, "node_modules/epsg-index/all.json"), "utf8"));
  const lines = (Object.values(all) as Entry[])
    .filter(({ code, kind, proj4 }) => Number(code) < FIRST_FOREIGN_CODE && KINDS.includes(kind) && proj4 !== null)
    // Files have east before north; systems that count to the west or to the south are left out.
    .filter(({ proj4 }) => !proj4!.includes("+axis="))
    .sort((a, b) => Number(a.code) - Number(b.code))
    .map(({ code, proj4 }) => `  "${code}": ${JSON.stringify(proj4!.replace(/ \+type=crs\b/, "").trim())}`);
  const target = join(import.meta.dirname, "../ingest/projections/epsg.json");
  writeFileSync(target, `{\n${lines.join(",\n")}\n}\n`);
  process.stdout.write(`${lines.length} definitions from ${SOURCE}\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
