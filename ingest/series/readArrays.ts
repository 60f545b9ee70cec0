// Files of arrays as series: layouts, then every value once through the spool, then the series of each place.
import { randomUUID } from "node:crypto";
import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { CALENDARS, type Calendar } from "../../model/calendars.ts";
import { RejectedError } from "../../model/errors.ts";
import { VARIABLE_NAMES } from "../../model/variables.ts";
import { formatMoment, YEAR } from "../cf/dates.ts";
import { valuesIn } from "../formats/arrayFile.ts";
import { isRemoteStore } from "../formats/remoteStore.ts";
import { boxesOf, countBoxes, planBoxes } from "./arrayBlocks.ts";
import type { ArrayLayout, ArrayPart } from "./arrayLayout.ts";
import { makeArraySeries, rankPlaces } from "./arraySeries.ts";
import { type BoxPlaces, locatePlaces, makeBoxReader, optionForMark } from "./arrayValues.ts";
import { refuseLikelyMarks } from "./likelyMarks.ts";
import { type PlacedPart, PlacesOfParts } from "./partPlaces.ts";
import { Places } from "./places.ts";
import type { FilesRead, ReadingProgress, ReadingTarget } from "./readFiles.ts";
import type { ReadingOptions } from "./readingOptions.ts";
import { describeSources } from "./report.ts";
import { openSpool } from "./spoolFolder.ts";
import { planSpool, type SpoolValues, TileSpool } from "./tileSpool.ts";
import { checkTypicalValues } from "./typicalValues.ts";
import { ValueTally } from "./valueTally.ts";

/** Bytes read between two checkpoints. */
const CHECKPOINT_BYTES = 64 << 20;

export async function readArrays<Values extends SpoolValues>(
  layouts: readonly ArrayLayout[],
  options: ReadingOptions,
  target: ReadingTarget<Values>,
  progress: ReadingProgress,
  signal: AbortSignal,
): Promise<FilesRead<Values>> {
  const parts = layouts.flatMap((layout) => layout.parts);
  const { calendar, because } = commonCalendar(parts, target);
  const places = new Places(target.gridStepDegrees);
  const placed = await placeParts(parts, places, options);
  const bytesPerValue = target.makeValues(0).BYTES_PER_ELEMENT;
  const plan = planSpool(
    placed.map(({ part, placeOf, box }) => ({
      cells: placeOf.length,
      steps: part.steps.moments.length,
      blockSteps: box[part.axes.timeAxis]!,
    })),
    bytesPerValue,
  );
  const shape = {
    bytes: plan.bytes,
    boxes: placed.reduce((sum, { part, box }) => sum + countBoxes(part.array.shape, box), 0),
    parts: parts.length,
    places: places.all.length,
  };
  const spool = await openSpool(options.spool, shape, await identify(options, target));
  try {
    const tiles = plan.parts.map(({ begin, shape }) => new TileSpool(spool.store, begin, shape, target.makeValues));
    const tallies = placed.map((_, at) => Object.assign(new ValueTally(), spool.checkpoint?.tallies[at]));
    const seen = spool.checkpoint?.seen ?? new Uint8Array(places.all.length);
    const filling: Filling<Values> = { places, tiles, tallies, seen, makeValues: target.makeValues, progress, signal };
    await fillSpool(placed, filling, spool.checkpoint?.boxes ?? 0, spool.save);
    if (!seen.includes(1)) {
      throw new RejectedError(
        "NoValues",
        `Every value in ${options.files.join(", ")} is missing: nothing is left. Check the attributes _FillValue, missing_value and valid_range of the arrays.`,
      );
    }
    const sources = parts.map((part, at) => ({ ...part, tally: tallies[at]! }));
    refuseLikelyMarks(sources, options, optionForMark);
    checkTypicalValues(sources);
    const series = makeArraySeries(placed, tiles, places.all, seen, target.makeValues);
    return {
      series,
      calendar,
      report: {
        files: layouts.map(({ file, parts: own }) => ({
          file: file.file,
          layout: file.format,
          rows: own.reduce((sum, { array }) => sum + valuesIn(array.shape), 0),
        })),
        frequency: series.frequency,
        calendar,
        calendarBecause: because,
        cells: series.places.length,
        firstYear: series.firstYear,
        lastYear: series.lastYear,
        variables: describeSources(sources),
        ignoredColumns: [...new Set(layouts.flatMap(({ ignored }) => ignored))],
        ...datesOf(parts),
        notes: describeNotes(placed),
      },
      close: (isDone) => spool.close(!isDone),
    };
  } catch (error) {
    // What is refused will be refused again.
    spool.close(!(error instanceof RejectedError));
    throw error;
  }
}

async function placeParts(parts: readonly ArrayPart[], places: Places, options: ReadingOptions): Promise<PlacedPart[]> {
  const placesOf = new PlacesOfParts(places, options);
  const ranks = new Map<Int32Array, Int32Array>();
  const placed: PlacedPart[] = [];
  for (const part of parts) {
    const placeOf = await placesOf.of(part);
    const cellOf = ranks.get(placeOf) ?? rankPlaces(placeOf, places.all);
    ranks.set(placeOf, cellOf);
    placed.push({ part, placeOf, cellOf, box: planBoxes(part.file.file, part.array) });
  }
  return placed;
}

interface Filling<Values extends SpoolValues> {
  readonly places: Places;
  readonly tiles: readonly TileSpool<Values>[];
  readonly tallies: readonly ValueTally[];
  readonly seen: Uint8Array;
  readonly progress: ReadingProgress;
  readonly signal: AbortSignal;
  makeValues(length: number): Values;
}

/** Every value of every part once, box by box, from `boxesDone` on. */
async function fillSpool<Values extends SpoolValues>(
  placed: readonly PlacedPart[],
  filling: Filling<Values>,
  boxesDone: number,
  save: (checkpoint: { boxes: number; tallies: readonly ValueTally[]; seen: Uint8Array }) => void,
): Promise<void> {
  const { tallies, seen, progress } = filling;
  const bytesOf = ({ part }: PlacedPart) => valuesIn(part.array.shape) * part.array.bytesPerValue!;
  progress.onFiles(placed.reduce((sum, one) => sum + bytesOf(one), 0));
  let boxes = 0;
  let sinceCheckpoint = 0;
  for (const [at, one] of placed.entries()) {
    const { array } = one.part;
    if (boxes + countBoxes(array.shape, one.box) <= boxesDone) {
      boxes += countBoxes(array.shape, one.box);
      progress.onBytes(bytesOf(one));
      continue;
    }
    const takeBox = makeBoxTaker(one, filling, at);
    for (const box of boxesOf(array.shape, one.box)) {
      filling.signal.throwIfAborted();
      const bytes = valuesIn(box.count) * array.bytesPerValue!;
      if (boxes >= boxesDone) {
        await takeBox(box);
        sinceCheckpoint += bytes;
      }
      boxes++;
      progress.onBytes(bytes);
      if (sinceCheckpoint < CHECKPOINT_BYTES) continue;
      save({ boxes, tallies, seen });
      sinceCheckpoint = 0;
    }
    progress.onFileRead(`${one.part.file.file} (${one.part.variable})`, valuesIn(array.shape), "values");
  }
  save({ boxes, tallies, seen });
}

function makeBoxTaker<Values extends SpoolValues>(
  { part, placeOf, cellOf, box: shape }: PlacedPart,
  { places, tiles, tallies, seen, makeValues }: Filling<Values>,
  at: number,
): (box: { start: readonly number[]; count: readonly number[] }) => Promise<void> {
  const { axes, array, file } = part;
  const tile = tiles[at]!;
  const placeOfCell = new Int32Array(placeOf.length);
  cellOf.forEach((cell, position) => void (placeOfCell[cell] = placeOf[position]!));
  const describePlace = (cell: number) => {
    const place = places.all[placeOfCell[cell]!];
    return place === undefined ? "a position without a place" : `${place.latitude}, ${place.longitude}`;
  };
  const reader = makeBoxReader<Values>(part, tallies[at]!, describePlace);
  const seenCells = new Uint8Array(placeOf.length);
  const out = makeValues(valuesIn(shape));
  let located: { readonly key: string; readonly places: BoxPlaces } | undefined;
  return async (box) => {
    const stored = await file.read(array, box.start, box.count);
    const key = axes.placeAxes.map((axis) => `${box.start[axis]}+${box.count[axis]}`).join();
    if (located?.key !== key) located = { key, places: locatePlaces(part, box, cellOf) };
    const { cells } = located.places;
    const steps = box.count[axes.timeAxis]!;
    reader.take(stored, box, located.places, out, seenCells);
    for (const [from, to] of runsWithinTiles(cells, tile.shape.tileCells)) {
      tile.write(out.subarray(from * steps, to * steps) as Values, cells[from]!, box.start[axes.timeAxis]!);
    }
    for (const cell of cells) if (seenCells[cell] === 1 && placeOfCell[cell] !== -1) seen[placeOfCell[cell]!] = 1;
  };
}

/** Ranges of `cells` that follow on one another and lie in one tile. */
function* runsWithinTiles(cells: Int32Array, tileCells: number): Generator<readonly [from: number, to: number]> {
  let from = 0;
  for (let at = 1; at <= cells.length; at++) {
    const isRun = at < cells.length && cells[at] === cells[at - 1]! + 1 && cells[at]! % tileCells !== 0;
    if (isRun) continue;
    yield [from, at];
    from = at;
  }
}

function commonCalendar<Values extends SpoolValues>(
  parts: readonly ArrayPart[],
  { calendar: known }: ReadingTarget<Values>,
): { readonly calendar: Calendar; readonly because: string } {
  const [first, ...others] = parts;
  const { calendar, frequency } = first!.steps;
  const describe = ({ file, array, steps }: ArrayPart) =>
    `${file.file} has ${array.name} ${steps.frequency} in the calendar ${steps.calendar}`;
  const other = others.find(({ steps }) => steps.calendar !== calendar || steps.frequency !== frequency);
  if (other !== undefined) {
    const isCalendar = other.steps.calendar !== calendar;
    throw new RejectedError(
      isCalendar ? "CalendarMismatch" : "MixedFrequencies",
      `${describe(first!)}, but ${describe(other)}. Ingest files of different ${isCalendar ? "calendars as different scenarios" : "frequencies one after the other"}.`,
    );
  }
  if (known !== undefined && known.calendar !== calendar) {
    throw new RejectedError(
      "CalendarMismatch",
      `${first!.file.file} says that its calendar is ${calendar}, but ${known.source} has ${known.calendar}. ` +
        (known.source === "--calendar"
          ? `Leave --calendar out; if the file is wrong, correct its attribute: ncatted -a calendar,${first!.axes.time.name},o,c,${CALENDARS.includes(known.calendar) ? known.calendar : "standard"}.`
          : "Ingest it into another --scenario, or convert it: xarray's Dataset.convert_calendar."),
    );
  }
  return { calendar, because: "said by the files" };
}

function describeNotes(placed: readonly PlacedPart[]): string[] {
  const notes = placed.flatMap(({ part: { file, steps, notes: own }, placeOf }) => {
    const elsewhere = placeOf.reduce((count, place) => count + Number(place === -1), 0);
    return [
      ...own,
      ...(steps.usesBounds ? [`${file.file}: dates are those of the middles of its time bounds.`] : []),
      ...(elsewhere > 0
        ? [
            `${file.file}: ${elsewhere.toLocaleString("en")} of ${placeOf.length.toLocaleString("en")} positions have no latitude and longitude: left out.`,
          ]
        : []),
    ];
  });
  return [...new Set(notes)];
}

/** What must be the same for an interrupted reading to be resumed. */
async function identify(options: ReadingOptions, target: ReadingTarget<SpoolValues>): Promise<string> {
  const files = await Promise.all(
    options.files.map(async (file) => {
      // Whether a store over HTTP is still the same cannot be known: its reading begins again.
      if (isRemoteStore(file)) return [file, randomUUID()];
      const { size, mtimeMs, ino } = await stat(file);
      return [resolve(file), size, Math.floor(mtimeMs), ino];
    }),
  );
  const { map, units, only, place, select, statistic } = options;
  const marks = VARIABLE_NAMES.map((variable) => [...options.marksOf(variable)]);
  const said = [
    [...map],
    [...units],
    only === undefined ? null : [...only],
    place ?? null,
    marks,
    options.frequency,
    [...select],
    statistic,
  ];
  return JSON.stringify([files, said, target.gridStepDegrees, target.makeValues(0).BYTES_PER_ELEMENT]);
}

function datesOf(parts: readonly ArrayPart[]): { readonly firstDate: string; readonly lastDate: string } {
  const first = parts.map(({ steps }) => steps.moments[0]!).reduce((least, moment) => Math.min(least, moment));
  const last = parts.map(({ steps }) => steps.moments.at(-1)!).reduce((most, moment) => Math.max(most, moment));
  const { frequency } = parts[0]!.steps;
  const date = (moment: number) => formatMoment(frequency, Math.floor(moment / YEAR), moment % YEAR);
  return { firstDate: date(first), lastDate: date(last) };
}
