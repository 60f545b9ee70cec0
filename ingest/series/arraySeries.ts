// The spooled values of all parts as one series per place: runs of days cut into years, parts of the same variable joined.
import type { Place } from "../../database/gridCells.ts";
import { type Calendar, dayOfYear, daysInYear } from "../../model/calendars.ts";
import { RejectedError } from "../../model/errors.ts";
import { VARIABLE_NAMES, VARIABLES, type Variable } from "../../model/variables.ts";
import { DAYS_A_MONTH, formatMoment, STEPS, YEAR } from "../cf/dates.ts";
import type { ArrayPart } from "./arrayLayout.ts";
import type { PlacedPart } from "./partPlaces.ts";
import type { Series, SeriesYear } from "./seriesTable.ts";
import type { SpoolValues, TileSpool } from "./tileSpool.ts";

/** Steps of a part that follow on one another within a year. */
interface Run {
  readonly year: number;
  readonly firstStep: number;
  readonly steps: number;
  /** Position of the first in the year. */
  readonly position: number;
}

interface SpooledPart<Values extends SpoolValues> {
  readonly part: ArrayPart;
  readonly runs: readonly Run[];
  readonly tile: TileSpool<Values>;
  /** [places] cell of the part, -1 where it has none. */
  readonly cellAt: Int32Array;
  readonly room: Values;
}

/** [positions] rank of each position's place by latitude and longitude, as the database numbers its cells; those without a place are last. */
export function rankPlaces(placeOf: Int32Array, places: readonly Place[]): Int32Array {
  const positions = Array.from(placeOf.keys()).sort((a, b) => {
    const [one, other] = [places[placeOf[a]!], places[placeOf[b]!]];
    if (one === undefined || other === undefined) return Number(one === undefined) - Number(other === undefined);
    return southWestFirst(one, other);
  });
  const ranks = new Int32Array(placeOf.length);
  positions.forEach((position, rank) => void (ranks[position] = rank));
  return ranks;
}

function southWestFirst(a: Place, b: Place): number {
  return a.latitude - b.latitude || a.longitude - b.longitude;
}

/** `seen` marks places that have any value. Places come from the south-west on. */
export function makeArraySeries<Values extends SpoolValues>(
  placed: readonly PlacedPart[],
  tiles: readonly TileSpool<Values>[],
  places: readonly Place[],
  seen: Uint8Array,
  makeValues: (length: number) => Values,
): Series<Values> {
  const numbers = [...places.keys()]
    .filter((place) => seen[place] === 1)
    .sort((a, b) => southWestFirst(places[a]!, places[b]!));
  // Parts at the same places share this too.
  const cellsAt = new Map<Int32Array, Int32Array>();
  const parts = placed.map(({ part, placeOf, cellOf }, at): SpooledPart<Values> => {
    const cellAt = cellsAt.get(placeOf) ?? new Int32Array(places.length).fill(-1);
    placeOf.forEach((place, position) => {
      if (place !== -1) cellAt[place] = cellOf[position]!;
    });
    cellsAt.set(placeOf, cellAt);
    return { part, runs: runsOf(part), tile: tiles[at]!, cellAt, room: makeValues(part.steps.moments.length) };
  });
  const years = parts.flatMap(({ runs }) => runs.map(({ year }) => year));
  const byVariable = Map.groupBy(parts, ({ part }) => part.variable);
  const variables = VARIABLE_NAMES.filter((variable) => byVariable.has(variable));
  const { frequency, calendar } = placed[0]!.part.steps;
  return {
    frequency,
    variables,
    firstYear: years.reduce((least, year) => Math.min(least, year)),
    lastYear: years.reduce((most, year) => Math.max(most, year)),
    places: numbers.map((number) => places[number]!),
    *yearsOf(at) {
      for (const variable of variables) {
        const own = byVariable.get(variable)!.filter(({ cellAt }) => cellAt[numbers[at]!] !== -1);
        yield* joinYears(variable, own, numbers[at]!, calendar, places[numbers[at]!]!, makeValues);
      }
    },
  };
}

function* joinYears<Values extends SpoolValues>(
  variable: Variable,
  parts: readonly SpooledPart<Values>[],
  place: number,
  calendar: Calendar,
  where: Place,
  makeValues: (length: number) => Values,
): Generator<SeriesYear<Values>> {
  const years = new Map<number, Values>();
  for (const { part, runs, tile, cellAt, room } of parts) {
    tile.readCell(cellAt[place]!, room);
    const { frequency } = part.steps;
    for (const { year, firstStep, steps, position } of runs) {
      let values = years.get(year);
      if (values === undefined) {
        values = makeValues(frequency === "daily" ? daysInYear(calendar, year) : STEPS[frequency]);
        values.fill(Number.NaN);
        years.set(year, values);
      }
      const given = room.subarray(firstStep, firstStep + steps);
      // With one part nothing is there yet.
      if (parts.length === 1) values.set(given, position);
      else
        putAll(values, position, given as Values, (at) => conflict(part, variable, firstStep + at, where, given[at]!));
    }
  }
  for (const year of [...years.keys()].sort((a, b) => a - b)) {
    const values = years.get(year)!;
    if (values.some((value) => !Number.isNaN(value))) yield { variable, year, values };
  }
}

function putAll<Values extends SpoolValues>(
  values: Values,
  position: number,
  given: Values,
  refuse: (at: number) => RejectedError,
): void {
  for (let at = 0; at < given.length; at++) {
    const value = given[at]!;
    const existing = values[position + at]!;
    if (Number.isNaN(existing)) values[position + at] = value;
    else if (!Number.isNaN(value) && value !== existing) throw refuse(at);
  }
}

function conflict(
  { file, array, steps }: ArrayPart,
  variable: Variable,
  step: number,
  where: Place,
  value: number,
): RejectedError {
  const moment = steps.moments[step]!;
  return new RejectedError(
    "DuplicateValue",
    `${file.file}: variable "${array.name}": ${variable} at ${where.latitude}, ${where.longitude} on ${formatMoment(steps.frequency, Math.floor(moment / YEAR), moment % YEAR)} ` +
      `is ${Number(value.toPrecision(7))} ${VARIABLES[variable].unit}, but another file has another value. Leave one of the files out, or ingest them one after the other with --on-conflict.`,
  );
}

function runsOf({ steps }: ArrayPart): Run[] {
  const { moments, frequency, calendar } = steps;
  const positionOf = (moment: number) => {
    const step = moment % YEAR;
    if (frequency !== "daily") return step;
    return dayOfYear(
      calendar,
      Math.floor(moment / YEAR),
      Math.floor(step / DAYS_A_MONTH) + 1,
      (step % DAYS_A_MONTH) + 1,
    );
  };
  const runs: Run[] = [];
  let first = 0;
  for (let step = 1; step <= moments.length; step++) {
    const year = Math.floor(moments[first]! / YEAR);
    const position = positionOf(moments[first]!);
    const follows =
      step < moments.length &&
      Math.floor(moments[step]! / YEAR) === year &&
      positionOf(moments[step]!) === position + step - first;
    if (follows) continue;
    runs.push({ year, firstStep: first, steps: step - first, position });
    first = step;
  }
  return runs;
}
