// Tide gauges by the hour, of any publisher, as stations with yearly maxima.
import { stat } from "node:fs/promises";
import type { SeaLevelStation } from "../../model/seaLevels.ts";
import { readSample } from "../formats/fileFormat.ts";
import { explainReading } from "../formats/unreadable.ts";
import { UHSLC_NETCDF } from "./gaugeArrays.ts";
import type { GaugeRule } from "./gaugeRecord.ts";
import { type Gauge, type GaugeFormat, Gauges, type GaugeWords } from "./gauges.ts";
import { encodingOf, GESLA, GESLA_TABLE, KHOA, UHSLC_CSV } from "./gaugeTexts.ts";

const FORMATS: readonly GaugeFormat[] = [GESLA, UHSLC_NETCDF, UHSLC_CSV, KHOA, GESLA_TABLE];

export interface GaugeOptions extends GaugeWords, GaugeRule {
  /** m from the datum of the levels to that of the elevations; undefined: not known */
  readonly datumOffset: number | undefined;
}

/** What was made of a gauge, for the report. */
export interface GaugeReport {
  readonly name: string;
  readonly years: number;
  readonly incompleteYears: readonly number[];
  readonly badValues: number;
  /** As the file describes it; null where it does not. */
  readonly datum: string | null;
}

/** The format of a file of a gauge's hours; undefined of any other file. */
export async function findGaugeFormat(file: string): Promise<GaugeFormat | undefined> {
  try {
    // A folder may be a Zarr store, which is no gauge.
    if ((await stat(file)).isDirectory()) return undefined;
    const { bytes } = await readSample(file);
    const start = new TextDecoder(encodingOf(bytes)).decode(bytes);
    return FORMATS.find((format) => format.matches(start, bytes.toString("latin1")));
  } catch (error) {
    throw explainReading(error, file);
  }
}

/** Reads files whose formats were found into stations, each a record of maxima. */
export async function readGauges(
  files: readonly { readonly file: string; readonly format: GaugeFormat }[],
  options: GaugeOptions,
  signal: AbortSignal,
): Promise<{ readonly stations: readonly SeaLevelStation[]; readonly reports: readonly GaugeReport[] }> {
  const gauges = new Gauges();
  for (const { file, format } of files) await format.read(file, options, gauges, signal);
  const made = gauges.all.map((gauge) => makeStation(gauge, options));
  return { stations: made.map(({ station }) => station), reports: made.map(({ report }) => report) };
}

function makeStation(
  { name, latitude, longitude, record, badValues, datum }: Gauge,
  options: GaugeOptions,
): { station: SeaLevelStation; report: GaugeReport } {
  const { years, maxima, referenceYear, incomplete } = record.maxima(`Gauge "${name}"`, options);
  const { datumOffset } = options;
  return {
    station: {
      ...{ name, latitude, longitude, referenceYear, recordYears: null, datumOffset: datumOffset ?? null },
      record: { kind: "maxima", years, maxima },
    },
    report: { name, years: years.length, incompleteYears: incomplete, badValues, datum: datum ?? null },
  };
}
