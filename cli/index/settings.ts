// What the words of `climatebatch index` mean, with the product's settings where none are given.
import type { InBase, YearEnds } from "../../job/indices/dayOfYearSample.ts";
import type { DayLengthBands } from "../../job/indices/fireDayLength.ts";
import { FFMC_COEFFICIENT_EXACT, FFMC_COEFFICIENT_PRINTED } from "../../job/indices/fireMoisture.ts";
import { DEFAULT_FIRE_WEATHER, type FireWeatherSettings } from "../../job/indices/fireWeather.ts";
import { DEFAULT_SPELL_SETTINGS } from "../../job/risks/spellRisk.ts";
import { RejectedError } from "../../model/errors.ts";
import { DEFAULT_BASE_PERIOD, formatPeriod, type Period, parsePeriod } from "../../model/periods.ts";
import type { Variable } from "../../model/variables.ts";
import { type ClimateIndex, INDEX_DESCRIPTIONS, INDEX_OPTIONS, type IndexOption, indicesWith } from "./catalogue.ts";

export const IN_BASE_WORDS = ["none", "leave-one-out"] as const;
export const YEAR_WORDS = ["calendar", "hazard"] as const;
export const YEAR_END_WORDS = ["within", "across"] as const;
export const FFMC_COEFFICIENT_WORDS = ["147.27723", "147.2"] as const;
export const HUMIDITY_WORDS = ["hursmin", "hurs"] as const;

/** Absent where the user said nothing. */
export interface IndexWords {
  readonly basePeriod: string | undefined;
  readonly inBase: (typeof IN_BASE_WORDS)[number] | undefined;
  readonly year: (typeof YEAR_WORDS)[number] | undefined;
  readonly yearEnd: (typeof YEAR_END_WORDS)[number] | undefined;
  readonly ffmcCoefficient: (typeof FFMC_COEFFICIENT_WORDS)[number] | undefined;
  readonly bands: DayLengthBands | undefined;
  readonly humidity: (typeof HUMIDITY_WORDS)[number] | undefined;
}

export interface IndexSettings {
  readonly name: ClimateIndex;
  readonly basePeriod: Period;
  readonly inBase: InBase;
  readonly years: "hazard" | "calendar";
  readonly yearEnds: YearEnds;
  readonly fireWeather: FireWeatherSettings;
  /** Sets of daily variables, any of which will do. */
  readonly needs: readonly (readonly Variable[])[];
}

export function readIndexSettings(name: ClimateIndex, words: IndexWords): IndexSettings {
  refuseIdleOptions(name, words);
  const { inBase, years, yearEnds } = DEFAULT_SPELL_SETTINGS;
  return {
    name,
    basePeriod: words.basePeriod === undefined ? DEFAULT_BASE_PERIOD : parsePeriod(words.basePeriod, "--base-period"),
    inBase: words.inBase === undefined ? inBase : words.inBase === "none" ? "none" : "leaveOneOut",
    years: words.year ?? years,
    yearEnds: words.yearEnd ?? yearEnds,
    fireWeather: {
      ...DEFAULT_FIRE_WEATHER,
      ffmcCoefficient: words.ffmcCoefficient === "147.2" ? FFMC_COEFFICIENT_PRINTED : FFMC_COEFFICIENT_EXACT,
      bands: words.bands ?? DEFAULT_FIRE_WEATHER.bands,
    },
    needs:
      words.humidity === undefined ? INDEX_DESCRIPTIONS[name].needs : [["tasmax", words.humidity, "sfcWind", "pr"]],
  };
}

const WORDS: Readonly<Record<IndexOption, keyof IndexWords>> = {
  "base-period": "basePeriod",
  "in-base": "inBase",
  year: "year",
  "year-end": "yearEnd",
  "ffmc-coefficient": "ffmcCoefficient",
  bands: "bands",
  humidity: "humidity",
};

function refuseIdleOptions(name: ClimateIndex, words: IndexWords): void {
  const { options } = INDEX_DESCRIPTIONS[name];
  const idle = INDEX_OPTIONS.filter((option) => words[WORDS[option]] !== undefined && !options.includes(option));
  if (idle.length === 0) return;
  const sentences = idle.map(
    (option) =>
      `--${option} ${words[WORDS[option]]} does not apply to ${name}, only on ${indicesWith(option).join(", ")}.`,
  );
  throw new RejectedError("InvalidOption", `${sentences.join(" ")} Leave ${idle.length === 1 ? "it" : "them"} out.`);
}

/** The settings that apply to the index, in words. */
export function describeSettings(settings: IndexSettings): string {
  const { ffmcCoefficient, bands } = settings.fireWeather;
  const described: Readonly<Record<IndexOption, string>> = {
    "base-period": `base period ${formatPeriod(settings.basePeriod)}`,
    "in-base": settings.inBase === "none" ? "its years judged by all of it" : "its years left out one by one",
    year: `${settings.years} years`,
    "year-end": settings.yearEnds === "within" ? "windows within the year" : "windows across the year's ends",
    "ffmc-coefficient": `FFMC coefficient ${Number(ffmcCoefficient.toFixed(5))}`,
    bands: `day-length bands of ${bands}`,
    humidity: "",
  };
  const { options } = INDEX_DESCRIPTIONS[settings.name];
  return options
    .map((option) => described[option])
    .filter((text) => text !== "")
    .join(", ");
}
