// What the predecessor's tables and columns mean: its names for variables, the frequency and unit of each, and
// which scenario a column is of.
import type { UnitName } from "../../model/units.ts";
import type { Frequency, Variable } from "../../model/variables.ts";

export interface CatalogueEntry {
  readonly variable: Variable;
  readonly frequency: Exclude<Frequency, "daily">;
  /** solar: a month's sum or a day's mean in MJ m-2; its values decide which. */
  readonly unit: UnitName | "solar";
}

const monthly = (variable: Variable, unit: CatalogueEntry["unit"]): CatalogueEntry => ({
  variable,
  frequency: "monthly",
  unit,
});
const yearly = (variable: Variable, unit: UnitName): CatalogueEntry => ({ variable, frequency: "yearly", unit });

/** By column of the long table, and by table before `_data`; in lower case. */
export const CATALOGUE: Readonly<Record<string, CatalogueEntry>> = {
  ta: monthly("tas", "degC"),
  tamax: monthly("tasmax", "degC"),
  tamin: monthly("tasmin", "degC"),
  rn: monthly("pr", "mm"),
  ws: monthly("sfcWind", "m s-1"),
  rhm: monthly("hurs", "%"),
  si: monthly("rsds", "solar"),
  spei12: monthly("SPEI12", "1"),
  wsdi: yearly("WSDI", "d"),
  csdi: yearly("CSDI", "d"),
  rx1day: yearly("Rx1day", "mm"),
  rx5day: yearly("Rx5day", "mm"),
  rain80: yearly("RAIN80", "mm"),
  withdrawal: yearly("withdrawal", "m3 yr-1"),
};

/** Known, and read by no risk. */
export const UNUSED: Readonly<Record<string, string>> = {
  cdd: "dry days in a row are read by no risk",
  sdii: "rain per wet day is read by no risk",
  ta_yearly: "yearly mean temperature is read by no risk",
};

export const SEA_LEVEL_TABLES = ["sea_level_data", "zos_data"];
export const SEA_LEVEL: CatalogueEntry = monthly("zos", "cm");

/** Columns of a wide table, and what its scenarios are called here. */
export const SCENARIO_COLUMNS: Readonly<Record<string, string>> = {
  ssp1: "ssp126",
  ssp2: "ssp245",
  ssp3: "ssp370",
  ssp5: "ssp585",
};

export const LATITUDE = ["latitude", "lat"];
export const LONGITUDE = ["longitude", "lon", "lng"];
export const YEAR = ["year", "yyyy"];
export const MONTH = ["month", "mm"];
export const TIME = ["time", "date", "observation_date", "base_date", "timestamp"];

/** The predecessor's results are kept for comparison; they are no input. */
export const RESULT_TABLES = ["probability_results", "hazard_results", "batch_job_logs"];

/** Words of KMA's best tracks in their order, with the columns that may hold them. */
export const TRACK_COLUMNS = [
  ["grade", "class"],
  ["tcid", "typhoon_id"],
  ["year"],
  ["month"],
  ["day"],
  ["hour"],
  ["longitude", "lon"],
  ["latitude", "lat"],
  ["max_wind_speed", "max_ws", "wind"],
  ["central_pressure", "ps", "pressure"],
  ["gale_long"],
  ["gale_short"],
  ["gale_dir"],
  ["storm_long"],
  ["storm_short"],
  ["storm_dir"],
  ["typhoon_name", "name"],
] as const;
