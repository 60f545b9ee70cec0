// node test/reference/makeStormGoldens.ts [best tracks of JMA, 2015-2018]: makes the golden cases of storm winds
// again from CLIMADA.
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readStormFiles } from "../../ingest/storms/stormFiles.ts";
import { WIND_MODELS } from "../../job/indices/windProfiles.ts";
import { readNpy } from "../support/npy.ts";
import { SILENT_READING } from "../support/stormFiles.ts";
import { STORM_CASES, writeOurStorms } from "./ourStorms.ts";
import { runStormReference } from "./stormEnvironment.ts";

const GOLDEN = join(import.meta.dirname, "../golden");
const TOLERANCE = "1e-5 m s-1";
const NODE_COLUMNS = ["hours", "latitude", "longitude", "pressure", "environment", "wind"] as const;
/** Storms of JMA that came near Korea: Chan-hom, Goni, Chaba, Prapiroon, Soulik, Kong-rey. */
const KOREAN_STORMS = ["201509", "201515", "201618", "201807", "201819", "201825"];
const KOREAN_CELLS = 20;

const [jma] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), "climatebatch-goldens-"));
try {
  const signal = new AbortController().signal;
  const read = async (file: string) =>
    (await readStormFiles({ files: [file], windUnit: undefined, agency: undefined }, SILENT_READING, signal)).tracks;
  const tracks = jma === undefined ? undefined : await read(jma);
  writeOurStorms(folder, tracks);
  const version = `climada ${runStormReference(folder)}`;
  const theirs = (name: string, column: string) => [...readNpy(join(folder, "theirs", name, `${column}.npy`))];
  writeGolden(
    "storm-winds-barbados",
    {
      nodes: Object.fromEntries(NODE_COLUMNS.map((column) => [column, theirs("barbados", column)])),
      cells: { latitude: theirs("barbados", "cell_latitude"), longitude: theirs("barbados", "cell_longitude") },
    },
    Object.fromEntries(WIND_MODELS.map((model) => [model, theirs("barbados", model)])),
    {
      producer: "CLIMADA, TropCyclone.from_tracks on its own test track, IBTrACS 1951239N12334 (NOAA, public domain)",
      version,
    },
  );
  if (tracks !== undefined) {
    const input = (column: string) => [...readNpy(join(folder, "input", STORM_CASES.real, `${column}.npy`))];
    const [latitude, longitude] = [input("cell_latitude"), input("cell_longitude")];
    const wanted = tracks
      .map(({ stormId }, at) => ({ stormId, at }))
      .filter(({ stormId }) => KOREAN_STORMS.includes(stormId));
    const winds = (model: string) => {
      const all = theirs(STORM_CASES.real, model);
      return wanted.map(({ at }) => all.slice(at * latitude.length, at * latitude.length + KOREAN_CELLS));
    };
    writeGolden(
      "storm-winds-jma",
      {
        storms: wanted.map(({ stormId }) => stormId),
        cells: { latitude: latitude.slice(0, KOREAN_CELLS), longitude: longitude.slice(0, KOREAN_CELLS) },
      },
      Object.fromEntries(WIND_MODELS.map((model) => [model, winds(model)])),
      { producer: "CLIMADA, TropCyclone.from_tracks on hourly nodes of JMA's best tracks 2015-2018", version },
    );
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function writeGolden(
  name: string,
  input: unknown,
  expected: unknown,
  about: { readonly producer: string; readonly version: string },
): void {
  const place = join(GOLDEN, name);
  mkdirSync(place, { recursive: true });
  const sha256: Record<string, string> = {};
  for (const [file, content] of Object.entries({ "input.json": input, "expected.json": expected })) {
    const text = `${JSON.stringify(content)}\n`;
    writeFileSync(join(place, file), text);
    sha256[file] = createHash("sha256")
      .update(readFileSync(join(place, file)))
      .digest("hex");
  }
  const provenance = { ...about, tolerance: TOLERANCE, sha256 };
  writeFileSync(join(place, "provenance.json"), `${JSON.stringify(provenance, undefined, 2)}\n`);
}
