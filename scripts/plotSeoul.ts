// `npm run plot:seoul -- FILE.csv`: heat, cold, drought and fire weather of a station by year as docs/seoul.svg, and the
// means that docs/seoul.md reports. The file is a record of the Korea Meteorological Administration as KMA ASOS exports it.

import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { ClimateIndex } from "../cli/index/catalogue.ts";
import { type DailySeries, indexCells, readDailySeries } from "../cli/index/indexFiles.ts";
import { type IndexWords, readIndexSettings } from "../cli/index/settings.ts";
import { readReadingOptions } from "../ingest/series/readingOptions.ts";
import { lowestMonths } from "../job/indices/standardizedYears.ts";
import { scoresOf } from "../job/risks/hazardScore.ts";
import { RISK_DEFINITIONS } from "../job/risks/registry.ts";
import { makeTimeAxis } from "../job/timeAxis.ts";
import { RejectedError } from "../model/errors.ts";
import { drawPanels, meanOf, type Panel } from "./yearlyPanels.ts";

const PICTURE = fileURLToPath(new URL("../docs/seoul.svg", import.meta.url));
const SHOWN = { firstYear: 1954, lastYear: 2019 };
const MEANS = [
  { firstYear: 1961, lastYear: 1990 },
  { firstYear: 1991, lastYear: 2019 },
];
const BASE_PERIODS = ["1991-2020", "1991-2019"];
const MONTHS_OF_YEAR = 12;
/** Score anchors of CW12, a companion of cold wave that is not scored by itself. */
const CW12_ANCHORS = [0, 1, 5, 15, 30, 60];

/** Blue, orange, green and vermilion of Okabe and Ito, distinct for colour-blind readers. */
const COLOURS = { heat: "#d55e00", cold: "#0072b2", drought: "#e69f00", fire: "#009e73" };

const READING = {
  map: ["HighTemp=tasmax,LowTemp=tasmin,AvgTemp=tas,Precipitation=pr,AvgRelativeHumidity=hurs,AvgWindSpeed=sfcWind"],
  // The agency writes no rain as a blank.
  blank: ["pr=0"],
  latitude: 37.57142,
  longitude: 126.9658,
  units: [],
  missing: [],
  variables: [],
  spool: undefined,
  stations: undefined,
  calendar: undefined,
};

type Yearly = ReadonlyMap<number, number>;

async function main(file: string | undefined): Promise<void> {
  if (file === undefined) throw new RejectedError("NoFile", "Say which file: npm run plot:seoul -- FILE.csv");
  const silent = { onFiles() {}, onBytes() {}, onFileRead() {} };
  const options = readReadingOptions({ ...READING, files: [file] });
  const settings = readIndexSettings("FWI95", wordsOf(undefined));
  const read = await readDailySeries(options, settings, silent, new AbortController().signal);
  await writeFile(PICTURE, draw(read));
  process.stdout.write(`${table(read)}\n\n${PICTURE} is written.\n`);
}

function draw(read: DailySeries): string {
  const basePeriod = BASE_PERIODS[0]!;
  const panels: Panel[] = [
    {
      title: "High temperature: days in warm spells (WSDI), year from January",
      axis: "WSDI [d]",
      colour: COLOURS.heat,
      ticks: [0, 10, 20, 30, 40],
      values: shown(yearly(read, "WSDI", basePeriod)),
      named: [1994, 2016, 2018],
    },
    {
      title: "Cold wave: days in cold spells (CSDI), year from July",
      axis: "CSDI [d]",
      colour: COLOURS.cold,
      ticks: [0, 20, 40, 60, 80],
      values: shown(yearly(read, "CSDI", basePeriod)),
      named: [1955, 1980],
    },
    {
      title: "Drought: lowest SPEI-12 of the year's twelve months",
      axis: "SPEI-12 [1]",
      colour: COLOURS.drought,
      ticks: [-3, -2, -1, 0, 1, 2],
      values: shown(yearly(read, "SPEI12", basePeriod)),
      named: [1988, 2015],
    },
    {
      title: "Wildfire: 95th percentile of the year's daily Fire Weather Index (FWI95), humidity estimated",
      axis: "FWI95 [1]",
      colour: COLOURS.fire,
      ticks: [0, 10, 20, 30, 40],
      values: shown(yearly(read, "FWI95", basePeriod)),
      named: [1965, 2012, 2017],
    },
  ];
  return drawPanels({
    title: "Seoul, 1954-2019: four daily risks by year",
    description:
      "Bars by year of WSDI, CSDI, the lowest SPEI-12 and FWI95 at Seoul. Dashed lines are the means of 1961-1990 and 1991-2019; × marks years without a value.",
    years: SHOWN,
    shaded: { firstYear: 1991, lastYear: 2020 },
    shadedLabel: "base period 1991-2020",
    means: MEANS,
    panels,
  });
}

/** Yearly values of one index, those of SPEI12 the lowest of the year's months. */
function yearly(read: DailySeries, name: ClimateIndex, basePeriod: string): Yearly {
  const tally = { values: 0, empty: 0, remarks: new Map() };
  const usesBase = name !== "FWI95" && name !== "CW12";
  const settings = readIndexSettings(name, wordsOf(usesBase ? basePeriod : undefined));
  const { firstYear, lastYear } = read.series;
  const axis = makeTimeAxis(read.calendar, firstYear, lastYear);
  const [{ values } = { values: new Float64Array() }] = indexCells(read, axis, settings, tally, () => {});
  if (name !== "SPEI12") return byYear(firstYear, values);
  const lowest = new Float64Array(values.length / MONTHS_OF_YEAR);
  lowestMonths(values, lowest);
  return byYear(firstYear, lowest);
}

function byYear(firstYear: number, values: Float64Array): Yearly {
  return new Map(Array.from(values, (value, at) => [firstYear + at, value]));
}

function shown(values: Yearly): Yearly {
  return new Map([...values].filter(([year]) => year >= SHOWN.firstYear && year <= SHOWN.lastYear));
}

function table(read: DailySeries): string {
  const rows = [
    { name: "WSDI", unit: "d", anchors: RISK_DEFINITIONS.high_temperature.numbers.anchors.values },
    { name: "CSDI", unit: "d", anchors: RISK_DEFINITIONS.cold_wave.numbers.anchors.values },
    { name: "CW12", unit: "d", anchors: CW12_ANCHORS },
    { name: "SPEI12", unit: "1", anchors: RISK_DEFINITIONS.drought.numbers.anchors.values },
    { name: "FWI95", unit: "1", anchors: RISK_DEFINITIONS.wildfire.numbers.anchors.values },
  ] as const;
  const header = ["index", "base period", ...MEANS.map(({ firstYear, lastYear }) => `${firstYear}-${lastYear}, score`)];
  const lines = [header, header.map(() => "---")];
  for (const { name, unit, anchors } of rows) {
    for (const basePeriod of name === "CW12" || name === "FWI95" ? ["none needed"] : BASE_PERIODS) {
      const values = yearly(read, name, basePeriod);
      const means = MEANS.map((span) => {
        const mean = meanOf(values, span);
        return `${mean.toFixed(2)}, ${scoresOf(mean, mean, mean, anchors).score.toFixed(1)}`;
      });
      lines.push([`${name === "SPEI12" ? "lowest SPEI-12" : name} [${unit}]`, basePeriod, ...means]);
    }
  }
  return lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function wordsOf(basePeriod: string | undefined): IndexWords {
  return {
    basePeriod,
    inBase: undefined,
    year: undefined,
    yearEnd: undefined,
    ffmcCoefficient: undefined,
    bands: undefined,
    humidity: undefined,
  };
}

try {
  await main(process.argv[2]);
} catch (error) {
  if (!(error instanceof RejectedError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
}
