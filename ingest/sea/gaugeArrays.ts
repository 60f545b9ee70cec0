// Tide gauges of UHSLC as NetCDF: sea_level over record_id and time, one station a file.
import { RejectedError } from "../../model/errors.ts";
import { asNumbers, readPacking, readUnpacked, unpack } from "../cf/packing.ts";
import { type ArrayFile, findArray, textAttribute } from "../formats/arrayFile.ts";
import { openFile } from "../formats/formats.ts";
import { broken, checkLevel, type GaugeFormat, type Gauges, type GaugeWords, isTime } from "./gauges.ts";
import { UHSLC_MISSING } from "./gaugeTexts.ts";

/** sea_level over record_id and time, one station a file. */
export const UHSLC_NETCDF: GaugeFormat = {
  name: "UHSLC",
  matches: (_, bytes) => /^(CDF|\x89HDF)/.test(bytes),
  read: async (file, words, gauges, signal) => {
    const opened = await openFile(file, "array", signal);
    try {
      await readUhslc(opened, words, gauges, signal);
    } finally {
      opened.close();
    }
  },
};

const LENGTHS: Readonly<Record<string, number>> = {
  ...{
    mm: 0.001,
    millimeters: 0.001,
    millimetres: 0.001,
    millimeter: 0.001,
    cm: 0.01,
    centimeters: 0.01,
    m: 1,
    meters: 1,
    metres: 1,
  },
};
const STEPS_AT_ONCE = 10_000;
const MS_PER_MINUTE = 60_000;
const TIME_UNITS: Readonly<Record<string, number>> = {
  ...{ days: 86_400_000, hours: 3_600_000, minutes: 60_000, seconds: 1000 },
};

async function readUhslc(file: ArrayFile, words: GaugeWords, gauges: Gauges, signal: AbortSignal): Promise<void> {
  const level = findArray(file, "sea_level");
  const time = findArray(file, "time");
  const steps = time?.shape[0] ?? 0;
  if (
    level === undefined ||
    time === undefined ||
    time.shape.length !== 1 ||
    level.shape.at(-1) !== steps ||
    level.shape.some((length, at) => at < level.shape.length - 1 && length !== 1)
  ) {
    const found = file.variables.map(({ name, shape }) => `${name} (${shape.join(" x ")})`).join(", ");
    throw new RejectedError(
      "NoGauge",
      `${file.file}: expected sea_level of one station over time, as UHSLC writes it; found ${found}. Other sea levels are read as CSV.`,
    );
  }
  const units = textAttribute(level, "units") ?? "";
  const metres = LENGTHS[units.toLowerCase()];
  const [, unit, ...date] =
    /^(days|hours|minutes|seconds) since (\d+)-(\d+)-(\d+)(?:[ T](\d+):(\d+))?/.exec(
      textAttribute(time, "units") ?? "",
    ) ?? [];
  if (metres === undefined || unit === undefined) {
    throw new RejectedError(
      "UnknownUnit",
      `${file.file}: expected sea_level in millimeters and time in days since a date, found "${units}" and "${textAttribute(time, "units") ?? ""}". Set their attributes units.`,
    );
  }
  const one = async (name: string) => {
    const array = findArray(file, name);
    return array === undefined || array.bytesPerValue === null ? undefined : (await readUnpacked(file, array))[0];
  };
  const name = findArray(file, "station_name");
  const names = name?.isText === true ? await file.readTexts(name) : [];
  const place = { latitude: await one("lat"), longitude: await one("lon") };
  const said = { ...place, name: names[0]?.trim() || undefined, datum: undefined };
  const gauge = gauges.open(
    file.file,
    words,
    Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined)),
  );
  const [year, month, day, hour = "0", minute = "0"] = date;
  const origin = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute));
  const times = await readUnpacked(file, time);
  const packing = readPacking(file.file, level, [UHSLC_MISSING]);
  const front = level.shape.slice(0, -1).map(() => 0);
  for (let from = 0; from < steps; from += STEPS_AT_ONCE) {
    signal.throwIfAborted();
    const count = Math.min(STEPS_AT_ONCE, steps - from);
    const stored = asNumbers(await file.read(level, [...front, from], [...front.map(() => 1), count]), packing);
    for (let at = 0; at < count; at++) {
      const value = unpack(stored[at]!, packing) * metres;
      if (Number.isNaN(value)) continue;
      const where = `${file.file}: sea_level at step ${from + at}`;
      // Days as a double are some microseconds off the hour.
      const moment = origin + Math.round((times[from + at]! * TIME_UNITS[unit]!) / MS_PER_MINUTE) * MS_PER_MINUTE;
      if (!isTime(moment)) throw broken(where, "a time", String(times[from + at]));
      gauge.record.add(moment, checkLevel(value, where));
    }
  }
}
