// One cell's daily series in, the values of one climate index out: each index handed to the job's own functions.
// Nothing is computed here that the job program could compute otherwise.

import { exceedanceShare } from "../../job/indices/exceedanceShare.ts";
import { fireWeather, makeFireWeatherArrays } from "../../job/indices/fireWeather.ts";
import {
  type HazardYearStart,
  type HazardYears,
  hazardYearStart,
  makeHazardYears,
} from "../../job/indices/hazardYears.ts";
import { heaviestRain } from "../../job/indices/heaviestRain.ts";
import { markValidYears } from "../../job/indices/missingDays.ts";
import { markExceedances } from "../../job/indices/percentileDays.ts";
import { fillThresholds } from "../../job/indices/percentileThresholds.ts";
import { COLD_WAVE } from "../../job/risks/coldWave.ts";
import { fillSpei, fillSpi, makeDroughtYears, markWholeYears } from "../../job/risks/droughtYears.ts";
import {
  chooseHumidity,
  fillFireYears,
  fireInput,
  firstCompleteDay,
  type HumiditySource,
  humidityOf,
  makeFireYears,
} from "../../job/risks/fireYears.ts";
import { HIGH_TEMPERATURE } from "../../job/risks/highTemperature.ts";
import { countMarks, isBaseUsable, positionsIn } from "../../job/risks/periodYears.ts";
import type { CellInput } from "../../job/risks/riskDefinition.ts";
import type { SpellRisk } from "../../job/risks/spellRisk.ts";
import { fillCompanions, fillSpellYears, makeSpellYears, type YearlyCompanion } from "../../job/risks/spellYears.ts";
import { balanceOf, type Evapotranspiration, fillRain } from "../../job/risks/waterBalance.ts";
import type { TimeAxis } from "../../job/timeAxis.ts";
import { formatPeriod, type Period } from "../../model/periods.ts";
import { BALANCE_WAYS, bestWay } from "../../model/riskInputs.ts";
import type { Variable } from "../../model/variables.ts";
import type { IndexSettings } from "./settings.ts";

/** Values from the first step of the axis on, NaN where missing; rewritten by the next cell. */
export interface CellIndex {
  readonly values: Float64Array;
  /** How many of the values are the cell's. */
  readonly count: number;
  /** What a reader of the values should know. */
  readonly remark?: string;
}

export type ComputeIndex = (input: CellInput) => CellIndex;

/** The function that computes one cell after the other on `axis`; a cell has one of the sets of `settings.needs`. */
export function makeComputeIndex(settings: IndexSettings, axis: TimeAxis): ComputeIndex {
  const { name } = settings;
  switch (name) {
    case "WSDI":
      return makeSpellDays(HIGH_TEMPERATURE, settings, axis);
    case "CSDI":
      return makeSpellDays(COLD_WAVE, settings, axis);
    case "TX90p":
      return makeExceedanceShare(HIGH_TEMPERATURE, settings, axis);
    case "HD33":
      return makeCompanion(HIGH_TEMPERATURE, name, settings, axis);
    case "CW12":
      return makeCompanion(COLD_WAVE, name, settings, axis);
    case "Rx1day":
    case "Rx5day":
      return makeHeaviestRain(name, axis);
    case "SPEI12":
    case "SPI12":
      return makeDroughtIndex(name, settings, axis);
    case "FWI":
    case "FWI95":
      return makeFireIndex(name, settings, axis);
    default:
      throw new Error(`no such climate index: ${name satisfies never}`);
  }
}

function makeSpellDays(spell: SpellRisk, settings: IndexSettings, axis: TimeAxis): ComputeIndex {
  const workOf = makeSpellWork(spell, settings, axis);
  return (input) => {
    const work = workOf(input.latitude);
    fillSpellYears(input.daily.get(spell.variable)!, axis, spell.tail, settings.inBase, [], work);
    return judgedByBase(work.spellDays, work.valid, work.hazardYears, settings.basePeriod);
  };
}

function makeExceedanceShare(spell: SpellRisk, settings: IndexSettings, axis: TimeAxis): ComputeIndex {
  const workOf = makeSpellWork(spell, settings, axis);
  const shares = new Float64Array(axis.years);
  return (input) => {
    const work = workOf(input.latitude);
    const { exceeds, hazardYears, missing, percentiles, sample, valid } = work;
    const { years, yearStart } = hazardYears;
    const series = input.daily.get(spell.variable)!;
    fillThresholds(series, spell.tail, sample, percentiles);
    markExceedances(series, spell.tail, sample, percentiles, axis, hazardYears, settings.inBase, exceeds, missing);
    markValidYears(missing, axis.month, yearStart, years, valid);
    exceedanceShare(exceeds, missing, yearStart, years, shares);
    return judgedByBase(shares, valid, hazardYears, settings.basePeriod);
  };
}

function makeSpellWork(spell: SpellRisk, { basePeriod, yearEnds, years }: IndexSettings, axis: TimeAxis) {
  const make = (start: HazardYearStart) => makeSpellYears(axis, start, basePeriod, yearEnds, []);
  return forLatitude(spell.season, years, make);
}

/** What `make` makes for the years of a latitude, made once for each kind of year. */
function forLatitude<Work>(
  season: SpellRisk["season"],
  years: IndexSettings["years"],
  make: (start: HazardYearStart) => Work,
): (latitude: number) => Work {
  const made = new Map<HazardYearStart, Work>();
  return (latitude) => {
    const start = years === "calendar" ? "January" : hazardYearStart(season, latitude);
    const work = made.get(start) ?? make(start);
    made.set(start, work);
    return work;
  };
}

/** NaN in years that are not valid, and in all when the base period has too few that are. */
function judgedByBase(values: Float64Array, valid: Uint8Array, years: HazardYears, basePeriod: Period): CellIndex {
  const base = positionsIn(basePeriod, years.firstYear, years.years);
  const remark = remarkOnBase(valid, base.from, base.to, basePeriod);
  for (let year = 0; year < years.years; year++) {
    if (remark !== undefined || valid[year] === 0) values[year] = Number.NaN;
  }
  return cellIndex(values, years.years, remark);
}

function remarkOnBase(valid: Uint8Array, from: number, to: number, basePeriod: Period): string | undefined {
  const years = countMarks(valid, from, to);
  if (isBaseUsable(years)) return undefined;
  return `no values: too few valid years (fewer than 20) in the base period ${formatPeriod(basePeriod)}`;
}

function cellIndex(values: Float64Array, count: number, remark: string | undefined): CellIndex {
  return remark === undefined ? { values, count } : { values, count, remark };
}

function makeCompanion(spell: SpellRisk, name: string, settings: IndexSettings, axis: TimeAxis): ComputeIndex {
  const companion = spell.companions.find((one) => one.name === name)!;
  const yearsOf = forLatitude(spell.season, settings.years, (start) => makeHazardYears(axis, start));
  return makeYearly(spell.variable, companion, axis, yearsOf);
}

/** Calendar years, as for floods. */
function makeHeaviestRain(name: "Rx1day" | "Rx5day", axis: TimeAxis): ComputeIndex {
  const calendarYears = makeHazardYears(axis, "January");
  const other = new Float64Array(axis.years);
  const compute: YearlyCompanion["compute"] = (rain, yearStart, years, out) =>
    name === "Rx1day"
      ? heaviestRain(rain, yearStart, years, out, other)
      : heaviestRain(rain, yearStart, years, other, out);
  const companion: YearlyCompanion = { name, unit: "mm", isDayCount: false, compute };
  return makeYearly("pr", companion, axis, () => calendarYears);
}

function makeYearly(
  variable: Variable,
  companion: YearlyCompanion,
  axis: TimeAxis,
  yearsOf: (latitude: number) => HazardYears,
): ComputeIndex {
  const observed = new Uint8Array(axis.years);
  const values = new Float64Array(axis.years);
  return (input) => {
    const years = yearsOf(input.latitude);
    fillCompanions(input.daily.get(variable)!, axis, years, [companion], observed, [values]);
    return { values, count: years.years };
  };
}

const EVAPOTRANSPIRATION: Readonly<Record<Evapotranspiration, string>> = {
  hargreaves: "evapotranspiration by Hargreaves from tasmin, tasmax",
  thornthwaite: "evapotranspiration by Thornthwaite from tas: it overreacts to warming",
};

function makeDroughtIndex(name: "SPEI12" | "SPI12", settings: IndexSettings, axis: TimeAxis): ComputeIndex {
  const work = makeDroughtYears(axis);
  const base = positionsIn(settings.basePeriod, axis.firstYear, axis.years);
  const values = name === "SPEI12" ? work.spei : work.spi;
  return (input) => {
    const source = name === "SPEI12" ? balanceOf(bestWay(BALANCE_WAYS, input)!) : null;
    fillRain(input, "daily", work.water, work.rain);
    if (source === null) fillSpi(input, settings.inBase, work);
    else fillSpei(input, source, settings.inBase, work);
    markWholeYears(work.sums, work.valid);
    const remark = remarkOnBase(work.valid, base.from, base.to, settings.basePeriod);
    if (remark !== undefined) values.fill(Number.NaN);
    return cellIndex(
      values,
      values.length,
      remark ?? (source === null ? undefined : EVAPOTRANSPIRATION[source.evapotranspiration]),
    );
  };
}

const HUMIDITY: Readonly<Record<HumiditySource, string>> = {
  hursmin: "humidity: hursmin",
  proxy: "humidity: estimated from hurs, tas and tasmax, as the vapour of the mean at the day's highest temperature",
  hurs: "humidity: the daily mean hurs as it is, so the index is lower than with that of noon",
};

function makeFireIndex(name: "FWI" | "FWI95", settings: IndexSettings, axis: TimeAxis): ComputeIndex {
  const work = makeFireYears(axis);
  const days = makeFireWeatherArrays(axis.month.length);
  return (input) => {
    const source = chooseHumidity(input, work);
    if (source === null) return { values: work.yearly.fwi95, count: 0, remark: "no day has all variables" };
    const remark = HUMIDITY[source];
    const humidity = humidityOf(source, input, work)!;
    if (name === "FWI") {
      const firstDay = firstCompleteDay(input, humidity);
      fireWeather(fireInput(input, humidity, work), settings.fireWeather, days, firstDay);
      return { values: days.fwi, count: axis.month.length, remark };
    }
    const start = settings.years === "calendar" ? "January" : hazardYearStart("warm", input.latitude);
    const { years } = fillFireYears(input, humidity, settings.fireWeather, work, start);
    return { values: work.yearly.fwi95, count: years, remark };
  };
}
