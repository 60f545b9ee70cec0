// Daily exports of the Korea Meteorological Administration (data.kma.go.kr, ASOS and AWS): Korean headers, stations by number,
// and a blank where no rain fell. Only a file with these headers is read by these rules.
import type { Variable } from "../../model/variables.ts";

const STATION = "지점";
const DATE = "일시";
const COLUMNS: Readonly<Record<string, Variable>> = {
  평균기온: "tas",
  최고기온: "tasmax",
  최저기온: "tasmin",
  일강수량: "pr",
  "평균 상대습도": "hurs",
  평균상대습도: "hurs",
  "최소 상대습도": "hursmin",
  최소상대습도: "hursmin",
  "평균 풍속": "sfcWind",
  평균풍속: "sfcWind",
};
/** A blank of this variable is 0 on a day with any other value. */
const BLANK_IS_ZERO: Variable = "pr";

export interface KmaDialect {
  readonly station: number;
  readonly date: number;
  readonly blankIsZero: Variable;
}

export function findKmaDialect(header: readonly string[]): KmaDialect | undefined {
  const [station, date] = [STATION, DATE].map((name) => header.findIndex((one) => bare(one) === name)) as [
    number,
    number,
  ];
  return station === -1 || date === -1 ? undefined : { station, date, blankIsZero: BLANK_IS_ZERO };
}

/** The variable of a Korean header, its unit taken off. */
export function variableOfKma(name: string): Variable | undefined {
  return Object.hasOwn(COLUMNS, bare(name)) ? COLUMNS[bare(name)] : undefined;
}

function bare(header: string): string {
  return header.trim().replace(/\s*\(.*\)$/, "");
}
