// The values of a climate index as a file: lines of CSV, or a NetCDF file by CF, by the name of the output.

import { DAYS_A_MONTH, formatMoment } from "../../ingest/cf/dates.ts";
import { textOf } from "../../ingest/formats/netcdf3Writer.ts";
import { isNetcdfName, type StationVariable, writeStationFile } from "../../ingest/formats/stationFile.ts";
import { makeTimeAxis, type TimeAxis } from "../../job/timeAxis.ts";
import { daysInMonth } from "../../model/calendars.ts";
import { INDEX_DESCRIPTIONS, type IndexDescription } from "./catalogue.ts";
import { type DailySeries, type IndexTally, indexCells, southWestFirst } from "./indexFiles.ts";
import { describeSettings, type IndexSettings } from "./settings.ts";

const MONTHS_OF_YEAR = 12;
const COLUMNS: Readonly<Record<IndexDescription["step"], string>> = {
  year: "cell,latitude,longitude,year,value",
  month: "cell,latitude,longitude,date,value",
  day: "cell,latitude,longitude,date,value",
};
const FREQUENCY_OF = { year: "yearly", month: "monthly", day: "daily" } as const;

/** What is written to `output`, piece by piece. */
export function indexOutput(
  read: DailySeries,
  settings: IndexSettings,
  output: string,
  tally: IndexTally,
  onCell: () => void,
): Iterable<string> | AsyncIterable<Buffer> {
  const axis = makeTimeAxis(read.calendar, read.series.firstYear, read.series.lastYear);
  return isNetcdfName(output)
    ? netcdfOf(read, axis, settings, tally, onCell)
    : linesOf(read, axis, settings, tally, onCell);
}

function* linesOf(
  read: DailySeries,
  axis: TimeAxis,
  settings: IndexSettings,
  tally: IndexTally,
  onCell: () => void,
): Generator<string> {
  const { step } = INDEX_DESCRIPTIONS[settings.name];
  const labels = labelsOf(axis, step);
  let number = 0;
  yield `${COLUMNS[step]}\n`;
  for (const { place, values } of indexCells(read, axis, settings, tally, onCell)) {
    const cell = `${++number},${place.latitude},${place.longitude}`;
    let lines = "";
    labels.forEach((label, at) => {
      lines += `${cell},${label},${Number.isNaN(values[at]) ? "" : values[at]}\n`;
    });
    yield lines;
  }
}

function netcdfOf(
  read: DailySeries,
  axis: TimeAxis,
  settings: IndexSettings,
  tally: IndexTally,
  onCell: () => void,
): AsyncGenerator<Buffer> {
  const { longName, unit, step } = INDEX_DESCRIPTIONS[settings.name];
  const { series, calendar } = read;
  const how = describeSettings(settings);
  const variable: StationVariable = {
    name: settings.name,
    type: "double",
    unit,
    longName,
    attributes: how === "" ? {} : { comment: textOf(how) },
  };
  const places = southWestFirst(series.places).map((at) => series.places[at]!);
  const file = {
    title: `${settings.name}, ${longName}`,
    calendar,
    frequency: FREQUENCY_OF[step],
    firstYear: axis.firstYear,
    days: firstDaysOf(axis, step),
    places,
    variables: [variable],
  };
  return writeStationFile(file, function* () {
    for (const { values } of indexCells(read, axis, settings, tally, onCell)) yield values;
  });
}

/** [steps] days from the start of the axis to the first day of each step. */
function firstDaysOf({ yearStart, month, years }: TimeAxis, step: IndexDescription["step"]): number[] {
  if (step === "year") return Array.from(yearStart.subarray(0, years));
  const days = [...month.keys()];
  return step === "day" ? days : days.filter((day) => day === 0 || month[day] !== month[day - 1]);
}

function labelsOf({ calendar, firstYear, years }: TimeAxis, step: IndexDescription["step"]): string[] {
  const labels: string[] = [];
  for (let year = firstYear; year < firstYear + years; year++) {
    if (step === "year") labels.push(String(year));
    for (let month = 0; step !== "year" && month < MONTHS_OF_YEAR; month++) {
      if (step === "month") labels.push(formatMoment("monthly", year, month));
      const days = step === "day" ? daysInMonth(calendar, year, month + 1) : 0;
      for (let day = 0; day < days; day++) labels.push(formatMoment("daily", year, month * DAYS_A_MONTH + day));
    }
  }
  return labels;
}
