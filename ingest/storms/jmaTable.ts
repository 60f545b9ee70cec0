// Best tracks of the Japan Meteorological Agency as its tables of positions: CSV in Shift_JIS or UTF-8, a file per year, the columns
// and codes of its best tracks. https://www.data.jma.go.jp/typhoon/position_table/
import { readFile } from "node:fs/promises";
import { RejectedError } from "../../model/errors.ts";
import type { FormatOfKind } from "../formats/fileFormat.ts";
import type { TrackReading } from "../formats/trackFile.ts";
import { explainReading } from "../formats/unreadable.ts";
import { oneMinuteWind } from "./agencies.ts";
import { headerOf, JMA, readRadii, TOKYO_GRADES } from "./jmaText.ts";
import { hourOf, readNumber, readPositive } from "./trackCollector.ts";

const COLUMNS = [
  ...["年", "月", "日", "時（UTC）", "台風番号", "台風名", "階級", "緯度", "経度", "中心気圧", "最大風速"],
  ...["50KT長径方向", "50KT長径", "50KT短径", "30KT長径方向", "30KT長径", "30KT短径"],
];
const BLANK = /^$/;

/** The name is that of the text: both are one record. */
export const JMA_TABLE: FormatOfKind<"tracks"> = {
  name: JMA.name,
  kind: "tracks",
  matches: ({ text }) => headerLine(decode(Buffer.from(text.slice(0, 1000), "latin1"))).includes("台風番号"),
  open: async (file) => ({
    windUnit: "kt",
    recordOf: () => JMA.name,
    read: (reading) => readTable(file, reading),
  }),
};

async function readTable(file: string, { toMetresPerSecond, into, onBytes }: TrackReading): Promise<void> {
  const bytes = await readFile(file).catch((error) => {
    throw explainReading(error, file);
  });
  const lines = decode(bytes).split(/\r?\n/);
  const titles = lines[0]!.split(",").map((title) => title.trim());
  const missing = COLUMNS.filter((title) => !titles.includes(title));
  if (missing.length > 0) {
    throw new RejectedError(
      "MissingColumn",
      `${file}: expected the columns of JMA's tables of positions, but ${missing.join(", ")} are missing. Fetch the whole file.`,
    );
  }
  const at = COLUMNS.map((title) => titles.indexOf(title));
  lines.slice(1).forEach((line, row) => {
    if (line.trim() === "") return;
    const where = `${file}:${row + 2}`;
    const all = line.split(",").map((cell) => cell.trim());
    const [year, month, day, hour, number, name, grade, latitude, longitude, pressure, wind, ...radii] = at.map(
      (column) => all[column],
    );
    if (all.length !== titles.length || !/^\d{4}$/.test(number!)) {
      throw new RejectedError(
        "BrokenTrack",
        `${where}: expected ${titles.length} columns, with the storm's number such as 1825, found "${line.slice(0, 60)}". Correct the line, or fetch the file again.`,
      );
    }
    const [year4, month2, day2, hour2] = [year, month, day, hour].map((text) =>
      readNumber(text!, BLANK, "time", where),
    );
    into.add(
      headerOf(number!, name!),
      {
        hour: hourOf(year4!, month2!, day2!, hour2!),
        latitude: readNumber(latitude!, BLANK, "緯度", where),
        longitude: readNumber(longitude!, BLANK, "経度", where),
        pressure: readPositive(pressure!, BLANK, "中心気圧", where),
        environmentPressure: Number.NaN,
        wind: oneMinuteWind("tokyo", readPositive(wind!, BLANK, "最大風速", where) * toMetresPerSecond),
        radius: Number.NaN,
        grade: TOKYO_GRADES.get(grade!) ?? null,
        gale: readRadii(radii[3]!, radii[4]!, radii[5]!, where),
        storm: readRadii(radii[0]!, radii[1]!, radii[2]!, where),
      },
      where,
    );
  });
  onBytes(bytes.length);
}

const headerLine = (text: string) => text.slice(0, text.search(/[\r\n]|$/));

/** Shift_JIS is what the agency writes, UTF-8 what others make of it. */
function decode(bytes: Buffer): string {
  const utf8 = new TextDecoder("utf-8").decode(bytes);
  return utf8.includes("\ufffd") ? new TextDecoder("shift_jis").decode(bytes) : utf8;
}
