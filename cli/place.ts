// `climatebatch place`: nine risks of one place on a screen.
import { formatPeriod } from "../model/periods.ts";
import { HAZARD_LEVELS } from "../model/results.ts";
import { formatNumber, formatScore, formatUnit } from "../report/page/numbers.ts";
import { levelOf } from "../report/page/reportData.ts";
import { riskName } from "../report/page/words.ts";
import { type PlaceAnswer, type PlaceResult, readPlace } from "../report/readPlace.ts";
import { extentOf, findResults, withSnapshot } from "../report/readResults.ts";
import { defineCommand } from "./command.ts";
import { withDatabase } from "./database.ts";
import { batchArgument, databaseOption, jsonOption, number, requestOptions } from "./options.ts";
import { formatTable, printFacts, screenWidth, wrap } from "./printing.ts";

const SCREEN = 80;
const BAR = 5;
/** What a result in degrees is far from. */
const FAR_KM = 50;

const degrees = { ...number, required: true } as const;

export const placeCommand = defineCommand(
  {
    arguments: {
      latitude: { ...degrees, describe: "degrees north" },
      longitude: { ...degrees, describe: "degrees east" },
    },
    options: {
      scenario: { ...requestOptions.scenario, describe: "these scenarios [default: the last]" },
      period: { ...requestOptions.period, describe: "these periods [default: the middle one]" },
      batch: { ...batchArgument, describe: "results of this batch [default: what is published]" },
      ...jsonOption,
      ...databaseOption,
    },
    examples: [
      ["place 37.57 126.98", "nine risks in Seoul"],
      ["place 37.57 126.98 --period 1991-2020,2081-2100", "then and later"],
      ["place 37.57 126.98 --json", "everything: bins, return levels, indicators"],
    ],
  },
  (argv) =>
    withDatabase(argv, "place", async ({ client }) => {
      const { latitude, longitude, batch: batchId } = argv;
      const { others, facts } = await withSnapshot(client, async () => {
        const others = extentOf(await findResults(client, batchId));
        const chosen = argv.json
          ? { scenarios: undefined, periods: undefined }
          : { scenarios: others.scenarios.slice(-1), periods: [others.periods[others.periods.length >> 1]!] };
        const { scenario: scenarios = chosen.scenarios, period = chosen.periods } = argv;
        const periods = period?.map(formatPeriod);
        return { others, facts: await readPlace(client, { latitude, longitude, batchId, scenarios, periods }) };
      });
      printFacts(argv, facts, () => describePlace(facts, others));
    }),
);

function describePlace(
  { requested, cell, grid, batches, results }: PlaceAnswer,
  others: ReturnType<typeof extentOf>,
): string {
  const groups = Map.groupBy(results, ({ scenario, firstYear, lastYear }) => `${scenario}, ${firstYear}-${lastYear}`);
  const words = [...new Set(results.flatMap(({ reason, flags }) => [...(reason === null ? [] : [reason]), ...flags]))];
  const far = cell.distanceKm > FAR_KM ? ` That is far: its risks are not those of the place.` : "";
  return [
    `${requested.latitude}, ${requested.longitude}: cell ${cell.latitude}, ${cell.longitude} of ${grid}, ${cell.distanceKm} km away.${far}`,
    `Batch ${[...new Set(batches.map(({ batch }) => batch))].join(" and ")}, methods ${batches[0]!.methods}`,
    ...[...groups].flatMap(([name, rows]) => ["", name, formatTable(HEADER, rows.map(rowOf))]),
    "",
    ...describeReference(groups),
    "P: probability that a year is above the lowest bin. Damage: expected share lost in a year; shares of different risks mean different losses and are not added up.",
    ...(words.length === 0 ? [] : [`Flags: ${words.join(", ")}`, "What a flag means: climatebatch explain FLAG"]),
    `Scenarios: ${others.scenarios.join(", ")}. Periods: ${others.periods.map(formatPeriod).join(", ")}.`,
  ]
    .flatMap((line) => (line.includes("\n") ? [line] : wrap(line, screenWidth(SCREEN))))
    .join("\n");
}

/** What scores compare with; both scores of heat and cold where they are shown. */
function describeReference(groups: ReadonlyMap<string, readonly PlaceResult[]>): string[] {
  const absolute = [...groups].flatMap(([name, rows]) =>
    rows.flatMap(({ risk, hazard }) =>
      hazard?.scoreAbsolute == null
        ? []
        : [`${riskName("en", risk)} ${formatScore(hazard.scoreAbsolute)} (${hazard.levelAbsolute}; ${name})`],
    ),
  );
  return [
    "Scores and levels of heat, cold and drought are against the place's own climate of the base period.",
    ...(absolute.length === 0 ? [] : [`Against fixed thresholds: ${absolute.join("; ")}.`]),
  ];
}

const HEADER = ["risk", "", "score", "90 %", "level", "P %", "damage %", "100-year"];

function rowOf({ risk, hazard, probability, reason, flags }: PlaceResult): string[] {
  const name = riskName("en", risk);
  if (reason !== null) return [name, "", "-", "", `(${reason})`, "", "", ""];
  if (flags.includes("notApplicable")) return [name, "", "0", "", "(not here)", "", "", ""];
  const score = hazard?.score ?? null;
  const level = probability?.returnLevels?.find(({ returnPeriod }) => returnPeriod === 100)?.level ?? null;
  const low = hazard?.scoreLow ?? null;
  return [
    name,
    score === null ? "" : bar(score),
    score === null ? "-" : formatScore(score).padStart(5),
    low === null ? "" : `${formatScore(low)}-${formatScore(hazard!.scoreHigh!)}`,
    score === null ? "" : HAZARD_LEVELS[levelOf(score)]!,
    probability?.damagingYear == null ? "" : percent(probability.damagingYear),
    probability?.damage == null ? "" : percent(probability.damage),
    level === null ? "" : `${formatNumber(level)} ${formatUnit(probability!.returnLevelUnit)}`.trim(),
  ];
}

/** Two or three digits, without the sign. */
function percent(share: number): string {
  return share > 0 && share < 1e-5 ? "<0.001" : formatNumber(Number((100 * share).toPrecision(share < 0.01 ? 2 : 3)));
}

/** Eighths of a character. */
function bar(score: number): string {
  const eighths = Math.round((score / 100) * BAR * 8);
  return "█".repeat(eighths >> 3) + ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"][eighths & 7]!;
}
