// Reads changed files by every reader, and counts what must not be: hangs, raw errors, values that cannot be.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openFile } from "../../ingest/formats/formats.ts";
import { PLAIN_NUMBERS } from "../../ingest/formats/numberText.ts";
import { readCsvAttributes } from "../../ingest/ground/csvAttributes.ts";
import { samplePolygons } from "../../ingest/ground/polygonAttributes.ts";
import { readRasters } from "../../ingest/ground/readRasters.ts";
import { readRiseFiles } from "../../ingest/sea/readRiseFiles.ts";
import { readStationFiles } from "../../ingest/sea/readStationFiles.ts";
import { readReadingOptions } from "../../ingest/series/readingOptions.ts";
import { openSources, readSources } from "../../ingest/series/sources.ts";
import { Stations } from "../../ingest/series/stations.ts";
import { readStormFiles } from "../../ingest/storms/stormFiles.ts";
import { RejectedError } from "../../model/errors.ts";
import { VARIABLES } from "../../model/variables.ts";
import { USUAL_WORDS } from "../support/ingest.ts";
import { memoryOfTree, processorSecondsOfTree } from "../support/processTree.ts";
import { makeRandom } from "../support/random.ts";
import { USUAL_GAUGE, USUAL_RISE } from "../support/seaFiles.ts";
import { makeSeeds, mutate, type Reader } from "./inputs.ts";

export interface FuzzReport {
  inputs: number;
  accepted: number;
  refused: number;
  /** Each with the input that shows it: "NAME #NUMBER: what". */
  readonly slow: string[];
  readonly raw: string[];
  readonly absurd: string[];
  slowestSeconds: number;
  /** Resident memory of the program and of the process that decodes, together, looked at every few milliseconds. */
  highestMib: number;
}

const FUZZED_DISTRICTS = new Stations("districts.csv");
for (const [at, code] of ["1101000000", "1102000000"].entries())
  FUZZED_DISTRICTS.add(code, undefined, { latitude: String(36 + at), longitude: "127" });
/** Gauges of one value a day, at one place. */
const FUZZED_GAUGE = { ...USUAL_GAUGE, station: "A", latitude: 36, longitude: 129, complete: 0.04 };

const SLOW_SECONDS = 5;
const LOOK_MS = 5;
const signal = new AbortController().signal;
const nothing = () => undefined;
const silent = { onFiles: nothing, onBytes: nothing, onFileRead: nothing };
const PLACES = [36.25, 37.25].flatMap((latitude) => [126.75, 127.25].map((longitude) => ({ latitude, longitude })));

/** `seed` and the number of an input give the input; `first` is the number of the first. */
export async function fuzzReaders(seed: string, inputs: number, first = 0): Promise<FuzzReport> {
  const seeds = await makeSeeds();
  const report: FuzzReport = {
    inputs,
    accepted: 0,
    refused: 0,
    slow: [],
    raw: [],
    absurd: [],
    slowestSeconds: 0,
    highestMib: 0,
  };
  const folder = mkdtempSync(join(tmpdir(), "climatebatch-fuzz-"));
  const measure = () => {
    report.highestMib = Math.max(report.highestMib, memoryOfTree() / 2 ** 20);
  };
  const looking = setInterval(measure, LOOK_MS);
  try {
    for (let number = first; number < first + inputs; number++) {
      const one = seeds[number % seeds.length]!;
      const file = join(folder, one.name);
      writeFileSync(file, mutate(one, makeRandom(`${seed} ${number}`)));
      const show = (what: string) => `${one.name} #${number}: ${what}`;
      const start = processorSecondsOfTree();
      try {
        const absurd = await READERS[one.reader](file);
        report.accepted++;
        if (absurd !== undefined) report.absurd.push(show(absurd));
      } catch (error) {
        if (error instanceof RejectedError) report.refused++;
        else report.raw.push(show(error instanceof Error ? (error.stack ?? error.message) : String(error)));
      }
      // Processor time, because a busy machine gives a program a fraction of itself.
      const seconds = processorSecondsOfTree() - start;
      report.slowestSeconds = Math.max(report.slowestSeconds, seconds);
      measure();
      if (seconds > SLOW_SECONDS) report.slow.push(show(`${seconds.toFixed(1)} s`));
    }
  } finally {
    clearInterval(looking);
    rmSync(folder, { recursive: true, force: true });
  }
  return report;
}

/** Read a file; return what cannot be among the values, if anything. */
const READERS: Readonly<Record<Reader, (file: string) => Promise<string | undefined>>> = {
  series: async (file) => {
    const options = readReadingOptions({ ...USUAL_WORDS, files: [file], stations: FUZZED_DISTRICTS });
    const sources = await openSources(options, signal);
    try {
      const target = {
        gridStepDegrees: 1e-4,
        calendar: undefined,
        makeValues: (steps: number) => new Float32Array(steps),
      };
      const read = await readSources(sources, options, target, silent, signal);
      try {
        for (const at of read.series.places.keys()) {
          for (const { variable, values } of read.series.yearsOf(at)) {
            const { plausibleMin: min, plausibleMax: max } = VARIABLES[variable];
            const odd = values.find((value) => !Number.isNaN(value) && !(value >= min - 1e-3 && value <= max + 1e-3));
            if (odd !== undefined) return `${variable} ${odd}`;
          }
        }
        return undefined;
      } finally {
        read.close(true);
      }
    } finally {
      sources.close();
    }
  },
  storms: async (file) => {
    const { tracks } = await readStormFiles({ files: [file], windUnit: undefined, agency: undefined }, silent, signal);
    const odd = tracks.find(
      ({ wind, season }) => wind.some((value) => value < 0 || value > 120) || !Number.isInteger(season),
    );
    return odd === undefined ? undefined : `storm ${odd.stormId} of ${odd.season}`;
  },
  stations: async (file) => {
    const options = { unit: "m", shapeSign: undefined, gauge: FUZZED_GAUGE } as const;
    const { stations } = await readStationFiles([file], options, signal);
    return stations.every(({ latitude }) => Math.abs(latitude) <= 90) ? undefined : "a latitude";
  },
  rise: async (file) => {
    const { rises } = await readRiseFiles([file], { ...USUAL_RISE, unit: "m", series: undefined }, signal);
    return rises.every(({ rises: metres }) => metres.every((rise) => Math.abs(rise) <= 10)) ? undefined : "a rise";
  },
  attributes: async (file) => {
    const options = { map: new Map(), missing: [], numbers: PLAIN_NUMBERS, stepDegrees: 1e-4 };
    const { values } = await readCsvAttributes([file], options, signal);
    return values.every((known) => Object.values(known).every(Number.isFinite)) ? undefined : "an attribute";
  },
  raster: async (file) => {
    for (const by of ["centre", "mean"] as const) {
      const options = { by, classes: [], missing: [], unit: undefined };
      const { values } = await readRasters([file], "elevation", PLACES, options, signal);
      if (!values.every((value) => Number.isNaN(value) || (value >= -450 && value <= 9000))) return "an elevation";
    }
    return undefined;
  },
  polygons: async (file) => {
    const polygons = await openFile(file, "polygons");
    samplePolygons(file, polygons, "basin", PLACES, { property: "id", inside: 1, outside: null });
    return undefined;
  },
};
