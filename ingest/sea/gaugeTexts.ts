// Tide gauges as text: GESLA-3 and the tables of geslaR, UHSLC's CSV, and KHOA's downloads.
import { createReadStream } from "node:fs";
import { createGunzip } from "node:zlib";
import { RejectedError } from "../../model/errors.ts";
import { CP949 } from "../formats/csvFile.ts";
import { readSample } from "../formats/fileFormat.ts";
import { openFile } from "../formats/formats.ts";
import { readNumberText } from "../formats/numberText.ts";
import { explainReading } from "../formats/unreadable.ts";
import {
  broken,
  checkLevel,
  type Gauge,
  type GaugeFormat,
  makeTime,
  nothing,
  numberIn,
  readLevel,
  readTime,
} from "./gauges.ts";

const MILLIMETRE = 0.001;
const linesOf = (start: string) => start.split(/\r?\n/);

/** The lines that begin with # say of the gauge what the keys name; then date, time, level [m], QC flag, use flag. */
export const GESLA: GaugeFormat = {
  name: "GESLA-3",
  matches: (start) => /^#\s*FORMAT VERSION/i.test(start),
  read: async (file, words, gauges, signal) => {
    const header = new Map<string, string>();
    let gauge: Gauge | undefined;
    let missing = Number.NaN;
    await readLines(file, signal, (line, where) => {
      if (line.startsWith("#")) {
        const [, key, value] = GESLA_HEADER.exec(line) ?? [];
        if (key !== undefined) header.set(key, value!);
        return;
      }
      if (gauge === undefined) {
        gauge = gauges.open(file, words, {
          ...{ name: header.get("SITE NAME"), datum: header.get("DATUM INFORMATION") },
          ...{ latitude: numberIn(header, "LATITUDE", file), longitude: numberIn(header, "LONGITUDE", file) },
        });
        missing = numberIn(header, "NULL VALUE", file) ?? Number.NaN;
      }
      const parts = line.trim().split(/\s+/);
      const time = readTime(`${parts[0]} ${parts[1]}`);
      if (parts.length !== 5 || time === undefined) throw broken(where, "date, time, level, QC flag, use flag", line);
      const level = readLevel(parts[2]!, where);
      if (level === missing) return;
      // The publisher has weighed its QC flags (3 doubtful, 4 spike, 5 missing) in this one.
      if (parts[4] !== "1") gauge.badValues++;
      else gauge.record.add(time, checkLevel(level, where));
    });
    if (gauge === undefined) throw nothing(file, GESLA.name);
  },
};
const GESLA_HEADER = /^#\s*(SITE NAME|LATITUDE|LONGITUDE|NULL VALUE|DATUM INFORMATION)\s*:?\s+(.*\S)\s*$/;

/** Year, month, day, hour in UTC, level [mm above the station's zero], without a header. */
export const UHSLC_CSV: GaugeFormat = {
  name: "UHSLC",
  matches: (start) =>
    linesOf(start)
      .slice(0, 3)
      .every((line) => /^\d{4},\s*\d{1,2},\s*\d{1,2},\s*\d{1,2},\s*-?\d+\s*$/.test(line)),
  read: async (file, words, gauges, signal) => {
    const gauge = gauges.open(file, words, {});
    await readLines(file, signal, (line, where) => {
      const parts = line.split(",").map((part) => part.trim());
      const [year, month, day, hour] = parts.map(Number);
      const time = makeTime(year!, month!, day!, hour!, 0);
      if (parts.length !== 5 || time === undefined) throw broken(where, "year, month, day, hour, level", line);
      const level = readLevel(parts[4]!, where);
      if (level !== UHSLC_MISSING) gauge.record.add(time, checkLevel(level * MILLIMETRE, where));
    });
  },
};
export const UHSLC_MISSING = -32_767;

/** Columns 관측시간 (Korean time) and 조위(cm), tabs or commas, up to some lines above them; "-" is missing. */
export const KHOA: GaugeFormat = {
  name: "KHOA",
  matches: (start) => linesOf(start).slice(0, KHOA_PREAMBLE).some(isKhoaHeader),
  read: async (file, words, gauges, signal) => {
    let columns:
      | { time: number; level: number; name: number; metres: number; delimiter: string; width: number }
      | undefined;
    let gauge: Gauge | undefined;
    let named = "";
    await readLines(file, signal, (line, where) => {
      if (columns === undefined) {
        if (isKhoaHeader(line)) columns = khoaColumns(line);
        return;
      }
      const parts = line.split(columns.delimiter).map(unquote);
      const time = readTime(parts[columns.time] ?? "");
      if (parts.length !== columns.width || time === undefined) throw broken(where, `${columns.width} columns`, line);
      const own = parts[columns.name];
      named ||= own ?? "";
      if (own !== undefined && own !== named) {
        throw new RejectedError(
          "TwoGauges",
          `${where}: expected one gauge in a file of KHOA, found "${named}" and "${own}". Give a file for each.`,
        );
      }
      gauge ??= gauges.open(file, words, named === "" ? {} : { name: named });
      const text = parts[columns.level]!;
      if (text === "-" || text === "") return;
      gauge.record.add(time, checkLevel(readLevel(text, where) * columns.metres, where));
    });
    if (gauge === undefined) throw nothing(file, KHOA.name);
  },
};

/** Lines above the header that are looked through. */
const KHOA_PREAMBLE = 10;
const KHOA_TIME = /^관측\s?(?:시간|일시)$/;
const KHOA_LEVEL = /^조위\s?\((cm|m)\)$/;
const KHOA_NAME = /^관측소(?:명)?$/;
const unquote = (text: string) =>
  text
    .trim()
    .replace(/^"(.*)"$/, "$1")
    .trim();
const delimiterOf = (line: string) => (line.includes("\t") ? "\t" : ",");

function isKhoaHeader(line: string): boolean {
  const titles = line.split(delimiterOf(line)).map(unquote);
  return titles.some((title) => KHOA_TIME.test(title)) && titles.some((title) => KHOA_LEVEL.test(title));
}

function khoaColumns(line: string) {
  const delimiter = delimiterOf(line);
  const titles = line.split(delimiter).map(unquote);
  const level = titles.findIndex((title) => KHOA_LEVEL.test(title));
  return {
    ...{ time: titles.findIndex((title) => KHOA_TIME.test(title)), level, delimiter, width: titles.length },
    name: titles.findIndex((title) => KHOA_NAME.test(title)),
    metres: KHOA_LEVEL.exec(titles[level]!)![1] === "cm" ? 0.01 : 1,
  };
}

/** The table that geslaR writes of GESLA-3: date_time in UTC, site_name, lat, lon, sea_level [m], use_flag. */
export const GESLA_TABLE: GaugeFormat = {
  name: "GESLA-3",
  matches: (start) => GESLA_COLUMNS.every((name) => linesOf(start)[0]!.split(",").map(unquote).includes(name)),
  read: async (file, words, gauges, signal) => {
    const table = await openFile(file, "table", signal);
    const at = Object.fromEntries(GESLA_COLUMNS.map((name) => [name, table.header.indexOf(name)]));
    await table.readRows(
      (row, line) => {
        const where = `${file}:${line}`;
        const [latitude, longitude] = [row[at.lat!], row[at.lon!]].map((text) => readNumberText(text!) ?? Number.NaN);
        const gauge = gauges.open(file, words, {
          name: row[at.site_name!]!,
          latitude: latitude!,
          longitude: longitude!,
        });
        const time = readTime(row[at.date_time!]!);
        if (time === undefined) throw broken(where, "date_time as 2019-01-01 00:40:00", row[at.date_time!]!);
        const text = row[at.sea_level!]!;
        if (text === "" || text === "NA") return;
        if (row[at.use_flag!] !== "1") gauge.badValues++;
        else gauge.record.add(time, checkLevel(readLevel(text, where), where));
      },
      () => undefined,
      signal,
    );
  },
};
const GESLA_COLUMNS = ["date_time", "site_name", "lat", "lon", "sea_level", "use_flag"];

/** Decoded and unpacked, blank ones left out. */
async function readLines(
  file: string,
  signal: AbortSignal,
  onLine: (line: string, where: string) => void,
): Promise<void> {
  try {
    const { bytes, gzip } = await readSample(file);
    const decoder = new TextDecoder(encodingOf(bytes));
    const source = createReadStream(file, { signal });
    const unpacked = gzip ? source.pipe(createGunzip()) : source;
    source.on("error", (error) => unpacked.destroy(error));
    let rest = "";
    let number = 0;
    const take = (line: string) => {
      number++;
      if (line.trim() !== "") onLine(line.replace(/\r$/, ""), `${file}:${number}`);
    };
    for await (const chunk of unpacked as AsyncIterable<Buffer>) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
      rest = lines.pop()!;
      if (rest.length > LONGEST_LINE) throw broken(`${file}:${number + 1}`, "lines of text", rest);
      for (const line of lines) take(line);
    }
    take(rest + decoder.decode());
  } catch (error) {
    throw explainReading(error, file);
  }
}
const LONGEST_LINE = 1 << 16;

/** UTF-8, or CP949 as KHOA writes it. */
export function encodingOf(sample: Buffer): string {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(sample, { stream: true });
    return "utf-8";
  } catch {
    return CP949;
  }
}
