// Seeded places with water and withdrawal, hot, cold and crossed days and tables of sea levels, and what this project makes of
// them, for water.py.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { dropCrossedDays } from "../../job/crossedTemperatures.ts";
import { seaLevelLaw } from "../../job/risks/extremeSeaLevels.ts";
import { RISK_DEFINITIONS } from "../../job/risks/registry.ts";
import { CellBuilder, makeRandom } from "../support/dailyWeather.ts";
import { writeNpy } from "../support/npy.ts";

const CASE = "water";
const PLACES = 100;
const FIRST_YEAR = 2031;
const LAST_YEAR = 2070;
const PERIOD = { firstYear: 2041, lastYear: 2060 };
const MONTHS_OF_YEAR = 12;
const LEVEL_PERIODS = [2, 5, 10, 25, 50, 100];
const BASE_PERIOD = { firstYear: 1991, lastYear: 2020 };
/** Summers of the seeded weather reach 33 degC here and there, its winters -12 degC. */
const WARMER = 6;
const COLDER = 8;
const CROSSED_DAYS = 1000;

/** Writes `<folder>/input/water` and `<folder>/ours/water`. */
export function writeOurWater(folder: string): void {
  const random = makeRandom(9);
  const rows = new Map<string, number[][]>();
  const add = (name: string, row: readonly number[]) =>
    void (rows.get(name)?.push([...row]) ?? rows.set(name, [[...row]]));
  for (let place = 0; place < PLACES; place++) {
    addWater(random, add);
    addHotDays(place, add);
    addColdDays(place, add);
    addSeaLevels(random, add);
    addCrossedDays(random, place, add);
  }
  const write = (side: string, names: (name: string) => boolean) => {
    mkdirSync(join(folder, side, CASE), { recursive: true });
    for (const [name, values] of rows) {
      if (!names(name)) continue;
      const file = join(folder, side, CASE, `${name}.npy`);
      writeNpy(file, Float64Array.from(values.flat()), [values.length, values[0]!.length]);
    }
  };
  const isInput = (name: string) =>
    [
      ...["rain", "evaporation", "withdrawal", "place", "tasmax", "tasmin", "sea_levels", "sea_periods"],
      ...["crossed_highest", "crossed_lowest"],
    ].includes(name);
  write("input", isInput);
  write("ours", (name) => !isInput(name));
}

type Add = (name: string, row: readonly number[]) => void;

function addWater(random: () => number, add: Add): void {
  const between = (low: number, high: number) => low + (high - low) * random();
  const years = LAST_YEAR - FIRST_YEAR + 1;
  const months = years * MONTHS_OF_YEAR;
  const [wet, thirst, area, omega] = [between(0.1, 5), between(1, 5), between(500, 5000), between(1.6, 3.2)];
  const rain = Array.from({ length: months }, () => wet * between(0.2, 1.8));
  const evaporation = Array.from({ length: months }, () => thirst * between(0.5, 1.5));
  const usual = area * 1e6 * between(0.005, 0.3);
  // Statistics of some years only.
  const withdrawal = Array.from({ length: years }, (_, year) =>
    year % 10 === 0 || random() < 0.1 ? usual * between(0.8, 1.2) : Number.NaN,
  );
  const input = new CellBuilder("noleap", FIRST_YEAR, LAST_YEAR, BASE_PERIOD)
    .monthly("pr", (month) => rain[month]!)
    .monthly("evspsblpot", (month) => evaporation[month]!)
    .yearly("withdrawal", (year) => withdrawal[year]!)
    .attribute("cellArea", area)
    .attribute("budykoOmega", omega)
    .periods(PERIOD)
    .build();
  const [{ hazard, probability }] = RISK_DEFINITIONS.water_scarcity.compute(input) as [
    ReturnType<typeof RISK_DEFINITIONS.water_scarcity.compute>[0],
  ];
  add("rain", rain);
  add("evaporation", evaporation);
  add("withdrawal", withdrawal);
  add("place", [area, omega]);
  add("bins", probability!.probabilities);
  add("low", probability!.probabilitiesLow);
  add("high", probability!.probabilitiesHigh);
  add("levels", probability!.returnLevels);
  add("value", [hazard!.value, hazard!.valueLow, hazard!.valueHigh]);
  add("score", [hazard!.score]);
  add("damage", [probability!.damageBins!]);
}

/** Thermometers are read in tenths, so that days are at a threshold too. */
const tenths = (value: number) => Math.round(10 * value) / 10;

/** The score of HD33, beside the one relative to the place's own climate. */
function addHotDays(place: number, add: Add): void {
  const { firstYear, lastYear } = BASE_PERIOD;
  const input = new CellBuilder("noleap", firstYear, lastYear, BASE_PERIOD)
    .weather(1000 + place)
    .change("tasmax", (value) => tenths(value + (WARMER * place) / PLACES))
    .build();
  const [base] = RISK_DEFINITIONS.high_temperature.compute(input);
  add("tasmax", Array.from(input.daily.get("tasmax")!));
  add("hot_score", [base!.hazard!.scoreAbsolute!]);
}

/** The score of CW12, beside the relative one. The first half of the places is in the south, where a cold season is within a year. */
function addColdDays(place: number, add: Add): void {
  const { firstYear, lastYear } = BASE_PERIOD;
  const input = new CellBuilder("noleap", firstYear - 1, lastYear + 1, BASE_PERIOD)
    .weather(2000 + place)
    .latitude(place < PLACES / 2 ? -45 : 45)
    .change("tasmin", (value) => tenths(value - (COLDER * (place % (PLACES / 2))) / (PLACES / 2)))
    .build();
  const [base] = RISK_DEFINITIONS.cold_wave.compute(input);
  add("tasmin", Array.from(input.daily.get("tasmin")!));
  add("cold_score", [base!.hazard!.scoreAbsolute!]);
}

/** Lows that come near their highs or cross them on some days, in every second place on many; tenths, so that 0.5 K happens too. */
function addCrossedDays(random: () => number, place: number, add: Add): void {
  const highest = Float64Array.from({ length: CROSSED_DAYS }, () =>
    random() < 0.02 ? Number.NaN : tenths(30 * random()),
  );
  const often = place % 2 === 0 ? 0.004 : 0.03;
  const lowest = highest.map((high) => tenths(random() < often ? high + random() : high - 1 - 9 * random()));
  add("crossed_highest", Array.from(highest));
  add("crossed_lowest", Array.from(lowest));
  const { tooMany } = dropCrossedDays(highest, lowest);
  add(
    "crossed_left",
    [...highest, ...lowest].map((value) => Number(!Number.isNaN(value))),
  );
  add("crossed_refused", [Number(tooMany)]);
}

/** Every fourth table does not rise: it has no law. */
function addSeaLevels(random: () => number, add: Add): void {
  const [location, scale] = [0.5 + 2 * random(), 0.05 + 0.3 * random()];
  const falls = random() < 0.25;
  const levels = LEVEL_PERIODS.map((years) => {
    const level = location - scale * Math.log(-Math.log1p(-1 / years)) + 0.02 * scale * random();
    return falls ? 2 * location - level : level;
  });
  const law = seaLevelLaw(
    {
      ...{ latitude: 0, longitude: 0, name: "", recordYears: 30, referenceYear: 2005, datumOffset: null },
      record: { kind: "levels", returnPeriods: LEVEL_PERIODS, levels },
    } as unknown as Parameters<typeof seaLevelLaw>[0],
    BASE_PERIOD,
  );
  add("sea_levels", levels);
  add("sea_periods", LEVEL_PERIODS);
  add("sea_fit", law === null ? [Number.NaN, Number.NaN] : [law.law.scale, law.law.location]);
}
