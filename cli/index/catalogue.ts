// The climate indices that `climatebatch index` computes: what they are, what they need, which options apply to them.
import type { Variable } from "../../model/variables.ts";

export const CLIMATE_INDICES = [
  "WSDI",
  "CSDI",
  "TX90p",
  "HD33",
  "CW12",
  "Rx1day",
  "Rx5day",
  "SPEI12",
  "SPI12",
  "FWI",
  "FWI95",
] as const;
export type ClimateIndex = (typeof CLIMATE_INDICES)[number];

/** Options that apply to some of the indices, as they are typed. */
export const INDEX_OPTIONS = [
  "base-period",
  "in-base",
  "year",
  "year-end",
  "ffmc-coefficient",
  "bands",
  "humidity",
] as const;
export type IndexOption = (typeof INDEX_OPTIONS)[number];

export interface IndexDescription {
  readonly longName: string;
  readonly unit: string;
  /** What one value is of. */
  readonly step: "year" | "month" | "day";
  /** Sets of daily variables, any of which will do, the best first. */
  readonly needs: readonly (readonly Variable[])[];
  readonly options: readonly IndexOption[];
}

const SPELL_OPTIONS = ["base-period", "in-base", "year", "year-end"] as const;
const DROUGHT_OPTIONS = ["base-period", "in-base"] as const;
const FIRE_OPTIONS = ["ffmc-coefficient", "bands", "humidity"] as const;
const FIRE_NEEDS = [
  ["tasmax", "hursmin", "sfcWind", "pr"],
  ["tasmax", "hurs", "tas", "sfcWind", "pr"],
] as const;

export const INDEX_DESCRIPTIONS: Readonly<Record<ClimateIndex, IndexDescription>> = {
  WSDI: {
    longName: "days in warm spells: 6 or more in a row above the 90th percentile of their calendar day",
    unit: "d",
    step: "year",
    needs: [["tasmax"]],
    options: SPELL_OPTIONS,
  },
  CSDI: {
    longName: "days in cold spells: 6 or more in a row below the 10th percentile of their calendar day",
    unit: "d",
    step: "year",
    needs: [["tasmin"]],
    options: SPELL_OPTIONS,
  },
  TX90p: {
    longName: "share of the valid days above the 90th percentile of their calendar day",
    unit: "%",
    step: "year",
    needs: [["tasmax"]],
    options: SPELL_OPTIONS,
  },
  HD33: { longName: "days of 33 degC or more", unit: "d", step: "year", needs: [["tasmax"]], options: ["year"] },
  CW12: { longName: "days of -12 degC or less", unit: "d", step: "year", needs: [["tasmin"]], options: ["year"] },
  Rx1day: { longName: "heaviest rain of a day", unit: "mm", step: "year", needs: [["pr"]], options: [] },
  Rx5day: { longName: "heaviest rain of five days in a row", unit: "mm", step: "year", needs: [["pr"]], options: [] },
  SPEI12: {
    longName: "standardised balance of rain and evapotranspiration over 12 months",
    unit: "1",
    step: "month",
    needs: [
      ["pr", "tasmin", "tasmax"],
      ["pr", "tas"],
    ],
    options: DROUGHT_OPTIONS,
  },
  SPI12: {
    longName: "standardised rain over 12 months",
    unit: "1",
    step: "month",
    needs: [["pr"]],
    options: DROUGHT_OPTIONS,
  },
  FWI: {
    longName: "Canadian Fire Weather Index",
    unit: "1",
    step: "day",
    needs: FIRE_NEEDS,
    options: FIRE_OPTIONS,
  },
  FWI95: {
    longName: "95th percentile of the year's Fire Weather Index",
    unit: "1",
    step: "year",
    needs: FIRE_NEEDS,
    options: ["year", ...FIRE_OPTIONS],
  },
};

/** The indices that an option applies to, for messages and help. */
export function indicesWith(option: IndexOption): readonly ClimateIndex[] {
  return CLIMATE_INDICES.filter((name) => INDEX_DESCRIPTIONS[name].options.includes(option));
}

export function describeNeeds(needs: IndexDescription["needs"]): string {
  return needs.map((variables) => variables.join(", ")).join("; or ");
}
