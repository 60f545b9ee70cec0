// Exports of the Korea Meteorological Administration (data.kma.go.kr, ASOS and AWS, and its climate statistics): Korean headers,
// stations by number or by name or not at all, and a blank where no rain fell. Only a file with these headers is read by these rules.
import type { Frequency, Variable } from "../../model/variables.ts";

/** Without blanks, which exports differ in: "평균 풍속", "평균풍속". */
const STATION = ["지점", "지점번호"];
const STATION_NAME = ["지점명"];
const DATE = ["일시", "날짜"];
const EVERY: Readonly<Record<string, Variable>> = {
  평균기온: "tas",
  강수량: "pr",
  평균상대습도: "hurs",
  평균습도: "hurs",
  평균풍속: "sfcWind",
  평균이슬점온도: "tdps",
  평균현지기압: "ps",
};
const COLUMNS: Readonly<Record<Frequency, Readonly<Record<string, Variable>>>> = {
  daily: {
    ...EVERY,
    최고기온: "tasmax",
    최저기온: "tasmin",
    일강수량: "pr",
    최소상대습도: "hursmin",
    최저습도: "hursmin",
  },
  // In months 최고기온 is the highest of all days, which is no mean of tasmax; 최저기온 and 최소상대습도 likewise.
  monthly: { ...EVERY, 평균최고기온: "tasmax", 평균최저기온: "tasmin", 월합강수량: "pr" },
  yearly: {},
};
/** A blank of this variable is 0 on a day with any other value. */
const BLANK_IS_ZERO: Variable = "pr";

export interface KmaDialect {
  /** Column of the station's number, else of its name; undefined in an export of one station. */
  readonly station: number | undefined;
  readonly date: number;
  readonly blankIsZero: Variable;
}

export function findKmaDialect(header: readonly string[]): KmaDialect | undefined {
  const titles = header.map(bare);
  const find = (wanted: readonly string[]) => {
    const at = titles.findIndex((title) => wanted.includes(title));
    return at === -1 ? undefined : at;
  };
  const station = find(STATION) ?? find(STATION_NAME);
  const date = find(DATE);
  const isKorean = station !== undefined || titles.some((title) => Object.hasOwn(COLUMNS.daily, title));
  return date === undefined || !isKorean ? undefined : { station, date, blankIsZero: BLANK_IS_ZERO };
}

/** The variable of a Korean header, its unit taken off. */
export function variableOfKma(name: string, frequency: Frequency): Variable | undefined {
  const columns = COLUMNS[frequency];
  return Object.hasOwn(columns, bare(name)) ? columns[bare(name)] : undefined;
}

function bare(header: string): string {
  return header.replace(/\(.*\)/, "").replace(/\s/g, "");
}
