// What high temperature and cold wave share: which record of yearly spell days a cell has, and the definition around
// it.
import { formatPeriod, type Period } from "../../model/periods.ts";
import type { Flag } from "../../model/reasons.ts";
import { hasSeries, RISK_INPUTS } from "../../model/riskInputs.ts";
import type { Variable } from "../../model/variables.ts";
import type { InBase, YearEnds } from "../indices/dayOfYearSample.ts";
import { type HazardYearStart, hazardYearStart, type Season } from "../indices/hazardYears.ts";
import type { Tail } from "../indices/windowTops.ts";
import type { TimeAxis } from "../timeAxis.ts";
import { recordShape } from "./extremes.ts";
import { describeMethods, type RiskMethods } from "./methodSet.ts";
import { inOwnRecord, spliceFlags } from "./ownRecord.ts";
import { countMarks, isBaseUsable, markPresent, positionsIn } from "./periodYears.ts";
import type { CellInput, RiskDefinition } from "./riskDefinition.ts";
import { type SpellRecord, spellPeriod } from "./spellStatistics.ts";
import { fillSpellYears, makeSpellYears, type SpellYears, type YearlyCompanion } from "./spellYears.ts";
import { withoutNumbers } from "./withoutNumbers.ts";
import { makeWorkPerAxis } from "./workPerAxis.ts";

export interface SpellRisk {
  readonly risk: "cold_wave" | "high_temperature";
  readonly longName: string;
  readonly intensity: string;
  /** Daily. */
  readonly variable: Variable;
  readonly tail: Tail;
  readonly season: Season;
  /** The first counts days beyond a fixed threshold: it has a score of its own. */
  readonly companions: readonly YearlyCompanion[];
  /** The companion of the return levels: yearly maxima in the upper tail, minima in the lower one. */
  readonly extreme: string;
}

/** How heat and cold are counted; the defaults are the product's, the others serve comparison with climdex and xclim. */
export interface SpellSettings {
  readonly yearEnds: YearEnds;
  readonly inBase: InBase;
  readonly years: "hazard" | "calendar";
}

export const DEFAULT_SPELL_SETTINGS: SpellSettings = { yearEnds: "within", inBase: "leaveOneOut", years: "hazard" };

/** A provider's index: its base period, and whether base years were judged by themselves, are unknown. */
const PROVIDED_FLAGS: readonly Flag[] = ["inBaseUnknown", "calendarYearIndex"];

export function makeSpellRisk(spell: SpellRisk, methods: RiskMethods, settings: SpellSettings): RiskDefinition {
  const { companions } = spell;
  const names = companions.map(({ name }) => name);
  const inputs = RISK_INPUTS.published[spell.risk];
  const { daily: ofDays, provided } = inputs.ways;
  const readDaily = makeDailyReader(spell, settings);
  const readProvided = makeProvidedReader(provided.series[0]!.variables[0]!);
  const extreme = companions.find(({ name }) => name === spell.extreme)!;
  return {
    risk: spell.risk,
    longName: spell.longName,
    intensity: spell.intensity,
    unit: methods.edges.unit,
    inputs,
    ...describeMethods(methods),
    companions: companions.map(({ name, unit }) => ({ name, unit })),
    returnLevelOf: spell.extreme,
    returnLevelUnit: extreme.unit,
    compute(input) {
      const describe = (record: SpellRecord, words: string, flags: readonly Flag[]) =>
        input.periods.map((period) => spellPeriod(period, record, words, flags, names, methods));
      const own = hasSeries(ofDays, input) ? inOwnRecord(input, ofDays) : input;
      const spliced = spliceFlags(own);
      const daily = readDaily(own);
      if (daily !== null && daily !== "noBasePeriod") return describe(daily, ofDays.text, spliced);
      const ready = hasSeries(provided, input) ? readProvided(inOwnRecord(input, provided)) : null;
      if (ready !== null) return describe(ready, provided.text, PROVIDED_FLAGS);
      return input.periods.map((period) =>
        daily === null
          ? withoutNumbers(period, "noInput", null, [])
          : withoutNumbers(period, "noBasePeriod", ofDays.text, spliced),
      );
    },
  };
}

/** The record from a cell's daily series; null when it has none. */
function makeDailyReader(
  { companions, extreme, season, tail, variable }: SpellRisk,
  settings: SpellSettings,
): (input: CellInput) => SpellRecord | "noBasePeriod" | null {
  const extremeAt = companions.findIndex(({ name }) => name === extreme);
  const workFor = makeWorkPerBase(settings.yearEnds, companions);
  return (input) => {
    const series = input.daily.get(variable);
    if (series === undefined) return null;
    const start = settings.years === "calendar" ? "January" : hazardYearStart(season, input.latitude);
    const work = workFor(input.axis, start, input.basePeriod);
    fillSpellYears(series, input.axis, tail, settings.inBase, companions, work);
    const { firstYear, years } = work.hazardYears;
    const base = positionsIn(input.basePeriod, firstYear, years);
    if (!isBaseUsable(countMarks(work.valid, base.from, base.to))) return "noBasePeriod";
    for (let year = 0; year < years; year++) work.extreme[year] = tail * work.companions[extremeAt]![year]!;
    const shape = recordShape(work.extreme, years, "subtract", work.extremes);
    return { ...work, firstYear, years, daily: { ...work, tail, shape } };
  };
}

/** The record that a provider's yearly index is; null when the cell has none. It needs no base period. */
function makeProvidedReader(provided: Variable): (input: CellInput) => SpellRecord | null {
  const workFor = makeWorkPerAxis(({ years }) => ({
    valid: new Uint8Array(years),
    sorted: new Float64Array(years),
    roots: new Float64Array(years),
  }));
  return ({ axis, yearly }) => {
    const spellDays = yearly.get(provided);
    if (spellDays === undefined) return null;
    const work = workFor(axis);
    markPresent(spellDays, work.valid);
    return { ...work, firstYear: axis.firstYear, years: axis.years, spellDays, daily: null };
  };
}

/** Work arrays are made once per axis, kind of hazard year and base period; nothing in them outlives a cell. */
function makeWorkPerBase(yearEnds: YearEnds, companions: readonly YearlyCompanion[]) {
  const made = new WeakMap<TimeAxis, Map<string, SpellYears>>();
  return (axis: TimeAxis, start: HazardYearStart, basePeriod: Period): SpellYears => {
    const ofAxis = made.get(axis) ?? new Map<string, SpellYears>();
    made.set(axis, ofAxis);
    const key = `${start} ${formatPeriod(basePeriod)}`;
    const work = ofAxis.get(key) ?? makeSpellYears(axis, start, basePeriod, yearEnds, companions);
    ofAxis.set(key, work);
    return work;
  };
}
