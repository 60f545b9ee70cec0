// CF unit spellings, the other ways people write them, and the only conversions between units.
import { RejectedError } from "./errors.ts";
import { VARIABLES, type Variable } from "./variables.ts";

type Dimension =
  | "temperature"
  | "precipitation"
  | "length"
  | "irradiance"
  | "irradiation"
  | "fraction"
  | "pressure"
  | "speed"
  | "duration"
  | "yearly volume";

/** What an amount gathered over the time step (a day, a month, a year) is, for a quantity given per day. */
const AMOUNTS: Readonly<Partial<Record<Dimension, Dimension>>> = {
  precipitation: "length",
  irradiance: "irradiation",
};

interface Unit {
  readonly dimension: Dimension;
  /** base = value * factor + offset; bases: degC, mm d-1, mm, W m-2, W d m-2, %, hPa, m s-1, d, m3 yr-1. */
  readonly factor: number;
  readonly offset: number;
  /** Other spellings in lower case; "**" and "^" are dropped, dots and runs of blanks are one blank. */
  readonly spellings: readonly string[];
}

const SECONDS_PER_DAY = 86_400;
const JOULES_PER_MEGAJOULE = 1e6;

const UNITS = {
  degC: linear("temperature", 1, "celsius c °c ℃ deg_c degreec degreesc degree_celsius degrees_celsius", "deg c"),
  K: linear("temperature", 1, "kelvin degk degrees_kelvin", "deg k", -273.15),
  degF: linear("temperature", 5 / 9, "fahrenheit f °f ℉ deg_f degrees_fahrenheit", "deg f", -160 / 9),
  "mm d-1": linear("precipitation", 1, "mm/day mm/d kg/m2/day", "mm day-1,kg m-2 d-1,kg m-2 day-1"),
  "mm h-1": linear("precipitation", 24, "mm/h mm/hr", "mm hr-1,mm hour-1"),
  "kg m-2 s-1": linear("precipitation", SECONDS_PER_DAY, "kg/m2/s mm/s kg/(m2s)", "mm s-1,kg/(m2 s)"),
  mm: linear("length", 1, "millimeter millimeters millimetre millimetres kg/m2", "kg m-2"),
  cm: linear("length", 10, "centimeter centimeters centimetre centimetres"),
  "cm d-1": linear("precipitation", 10, "cm/day cm/d", "cm day-1"),
  "m d-1": linear("precipitation", 1000, "m/day m/d", "m day-1,m of water equivalent d-1"),
  m: linear("length", 1000, "meter meters metre metres", "m of water equivalent"),
  "W m-2": linear("irradiance", 1, "w/m2", "watt m-2"),
  "MJ m-2 d-1": linear("irradiance", JOULES_PER_MEGAJOULE / SECONDS_PER_DAY, "mj/m2/d mj/m2/day", "mj m-2 day-1"),
  "J m-2 d-1": linear("irradiance", 1 / SECONDS_PER_DAY, "j/m2/d j/m2/day", "j m-2 day-1"),
  "J m-2": linear("irradiation", 1 / SECONDS_PER_DAY, "j/m2"),
  "MJ m-2": linear("irradiation", JOULES_PER_MEGAJOULE / SECONDS_PER_DAY, "mj/m2"),
  "%": linear("fraction", 1, "percent pct", "per cent"),
  "1": linear("fraction", 100, "fraction kg/kg", "kg kg-1"),
  hPa: linear("pressure", 1, "mb mbar millibar"),
  Pa: linear("pressure", 0.01, "pascal"),
  kPa: linear("pressure", 10, "kilopascal"),
  "m s-1": linear("speed", 1, "m/s m/sec", "m sec-1"),
  "km h-1": linear("speed", 1 / 3.6, "km/h km/hr kmh kph", "km hr-1"),
  kt: linear("speed", 1852 / 3600, "kts kn knot knots"),
  "mi h-1": linear("speed", 1609.344 / 3600, "mph mi/h mile/h"),
  d: linear("duration", 1, "day days"),
  "m3 yr-1": linear("yearly volume", 1, "m3 m3/yr m3/year m3/a", "m3 year-1,m3 a-1"),
  "hm3 yr-1": linear("yearly volume", 1e6, "hm3 hm3/yr hm3/year", "hm3 year-1,hm3 a-1"),
  "km3 yr-1": linear("yearly volume", 1e9, "km3 km3/yr km3/year", "km3 year-1,km3 a-1"),
} as const satisfies Record<string, Unit>;
export type UnitName = keyof typeof UNITS;

const UNIT_NAMES = Object.keys(UNITS) as readonly UnitName[];
const NAME_OF_SPELLING: ReadonlyMap<string, UnitName> = new Map(
  UNIT_NAMES.flatMap((name) => [name.toLowerCase(), ...UNITS[name].spellings].map((spelling) => [spelling, name])),
);

/** canonical = value * factor + offset; for an amount, divided by the days of its time step. */
export interface Conversion {
  readonly from: UnitName;
  readonly to: string;
  readonly factor: number;
  readonly offset: number;
  readonly perStep: boolean;
}

/** The unit that `text` spells, or undefined. */
export function readUnit(text: string): UnitName | undefined {
  const plain = text
    .replaceAll("**", "")
    .replaceAll("^", "")
    .replaceAll("⁻¹", "-1")
    .replaceAll("⁻²", "-2")
    .replaceAll("²", "2")
    .replaceAll(/[\s.·*]+/g, " ");
  return NAME_OF_SPELLING.get(plain.trim().toLowerCase());
}

/** Units a variable may be given in, its own first. */
export function unitsOf(variable: Variable): readonly UnitName[] {
  const canonical = VARIABLES[variable].unit;
  // A standardised index has no unit; a percentage of it would mean nothing.
  if (canonical === "1") return [canonical];
  const { dimension } = UNITS[canonical];
  const others = UNIT_NAMES.filter((name) => name !== canonical && UNITS[name].dimension === dimension);
  const amounts = UNIT_NAMES.filter((name) => UNITS[name].dimension === AMOUNTS[dimension]);
  return [canonical, ...others, ...amounts];
}

/** From `unit` to the canonical unit of `variable`; `where` names the column or option that said `unit`. */
export function conversionOf(variable: Variable, unit: string, where: string): Conversion {
  const name = readUnit(unit);
  const known = unitsOf(variable);
  if (name === undefined || !known.includes(name)) {
    throw new RejectedError(
      name === undefined ? "UnknownUnit" : "WrongUnit",
      `${where}: expected a unit of ${variable} (${known.join(", ")}), but got "${unit}"` +
        `${name === undefined ? "" : `, a unit of ${UNITS[name].dimension}`}. Say what the file holds: --units ${variable}=UNIT.`,
    );
  }
  const from = UNITS[name];
  const to = UNITS[VARIABLES[variable].unit];
  return {
    from: name,
    to: VARIABLES[variable].unit,
    factor: from.factor / to.factor,
    offset: (from.offset - to.offset) / to.factor,
    perStep: from.dimension !== to.dimension,
  };
}

/** The option of `ingest` that says a unit, as it is typed. */
export function unitsOption(variable: Variable, unit: UnitName): string {
  return unit.includes(" ") ? `--units "${variable}=${unit}"` : `--units ${variable}=${unit}`;
}

/** `days` of the time step count only for amounts. */
export function convert(value: number, { factor, offset, perStep }: Conversion, days: number): number {
  const converted = value * factor + offset;
  return perStep ? converted / days : converted;
}

function linear(dimension: Dimension, factor: number, words: string, phrases = "", offset = 0): Unit {
  const spellings = [...words.split(" "), ...phrases.split(",")].filter((spelling) => spelling !== "");
  return { dimension, factor, offset, spellings };
}

/** Of best tracks, whose numbers are not variables of climate_data. */
export const M_PER_S_PER_KNOT = UNITS.kt.factor;
export const M_PER_S_PER_KM_PER_HOUR = UNITS["km h-1"].factor;
export const KM_PER_NAUTICAL_MILE = 1.852;
export const PA_PER_HPA = 100;
