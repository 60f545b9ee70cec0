// The parts of the page around map and place, as text: risks, switches, legend, periods, provenance.
import { escapeHtml, histogram } from "./charts.ts";
import { formatNumber, formatPercent, formatScore, formatSigned } from "./numbers.ts";
import { MEASURES, type PageState } from "./pageState.ts";
import {
  decode,
  isRelative,
  LEVELS,
  levelOf,
  MISSING,
  NOT_APPLICABLE,
  type ReportHeader,
  SCORE_SCALE,
} from "./reportData.ts";
import { colourAt, countCodes, legendMarks, type Picture } from "./scales.ts";
import { riskName, type Translate } from "./words.ts";

export interface PageContext {
  readonly header: ReportHeader;
  readonly state: PageState;
  readonly translate: Translate;
  /** Served by the explorer, rather than a file. */
  readonly isLive: boolean;
}

export function renderHead({ header, isLive, state, translate }: PageContext): string {
  const notes = [
    header.synthetic ? `<p class="banner" role="note">${translate("synthetic")}</p>` : "",
    header.cells < header.cellsOfGrid
      ? `<p class="banner quiet">${translate("thinned", { all: header.cellsOfGrid, cells: header.cells })}</p>`
      : "",
    header.chunkCells === 0 ? `<p class="banner quiet">${translate("noExact", { steps: header.steps })}</p>` : "",
  ];
  const live = isLive
    ? `<p class="banner quiet" id="replaced" role="status" hidden>${translate("replaced")} <button type="button" data-do="reload" id="reload">${translate("reload")}</button></p>`
    : "";
  const pages = isLive
    ? `<nav class="buttons" aria-label="${translate("pages")}"><a href="/batches#language=${state.language}" id="batches">${translate("batches")}</a></nav>`
    : "";
  return `${notes.join("")}${live}<div class="title"><h1>${translate("title")}</h1><span class="quiet">${translate(
    "subtitle",
    {
      cells: header.cells.toLocaleString("en"),
      grid: escapeHtml(header.grid),
    },
  )}</span></div>
  <form class="find" id="find-form"><input id="find" type="search" aria-label="${translate("find")}" placeholder="${translate("findHint")}" autocomplete="off"></form>
  ${pages}
  <div class="buttons">
    <button type="button" data-do="language" id="language">${translate("language")}</button>
    <button type="button" data-do="theme" id="theme" aria-label="${translate("theme")}" title="${translate("theme")}">◐</button>
    <button type="button" data-do="print" id="print">${translate("print")}</button>
    <button type="button" data-do="help" id="help" aria-expanded="false">${translate("help")}</button>
  </div>
  <p id="help-text" class="note" hidden>${translate("helpText")}</p>`;
}

/** Counts of a score layer; null until it is read. */
export interface RiskSummary {
  readonly levels: readonly number[];
  readonly missing: number;
  readonly notApplicable: number;
  readonly worst: number;
}

export function summarise(codes: Uint8Array | null, cells: number): RiskSummary {
  const levels = LEVELS.map(() => 0);
  if (codes === null) return { levels, missing: cells, notApplicable: 0, worst: Number.NaN };
  const counts = countCodes(codes);
  let worst = Number.NaN;
  counts.forEach((count, code) => {
    const score = decode(code, SCORE_SCALE);
    if (count === 0 || Number.isNaN(score)) return;
    levels[levelOf(score)]! += count;
    worst = score;
  });
  return { levels, missing: counts[MISSING]!, notApplicable: counts[NOT_APPLICABLE]!, worst };
}

export function renderRisks(
  { header, state, translate }: PageContext,
  summaries: readonly (RiskSummary | undefined)[],
): string {
  const rows = header.risks.map((risk, at) => {
    const summary = summaries[at];
    const parts = (summary?.levels ?? []).map((count, level) =>
      count === 0
        ? ""
        : `<i class="${LEVELS[level]!}" style="flex-grow:${count}" title="${translate(`level_${LEVELS[level]!}`)}: ${count}"></i>`,
    );
    const rest =
      summary === undefined
        ? ""
        : [
            [summary.notApplicable, "not-applicable"],
            [summary.missing, "missing"],
          ]
            .map(([count, name]) => (count === 0 ? "" : `<i class="${name}" style="flex-grow:${count}"></i>`))
            .join("");
    const facts =
      summary === undefined
        ? ""
        : [
            Number.isNaN(summary.worst) ? "" : translate("worst", { score: formatScore(summary.worst) }),
            summary.notApplicable === 0 ? "" : translate("notApplicableCount", { count: summary.notApplicable }),
            summary.missing === 0 ? "" : translate("withoutNumbers", { count: summary.missing }),
          ]
            .filter((fact) => fact !== "")
            .join(" · ");
    return `<li><button type="button" data-do="risk" data-risk="${at}" id="risk-${at}" aria-pressed="${at === state.risk}"><span class="name"><kbd>${at + 1}</kbd>${riskName(state.language, risk.id)}</span><span class="levels">${parts.join("")}${rest}</span><small>${facts}</small></button></li>`;
  });
  return `<h2>${translate("risks")}</h2><ul>${rows.join("")}</ul><p class="note">${translate("risksHint")}</p>`;
}

export function renderSwitches({ header, state, translate }: PageContext): string {
  const measures = MEASURES.filter((measure) => measure !== "scenarios" || header.scenarios.length > 1).map(
    (measure) =>
      `<button type="button" data-do="measure" data-measure="${measure}" id="measure-${measure}" aria-pressed="${measure === state.measure}">${translate(`measure_${measure}`)}</button>`,
  );
  const choice = (id: "scenario" | "other", chosen: number) =>
    `<select id="${id}" data-do="${id}" aria-label="${translate("scenario")}">${header.scenarios
      .map((name, at) => `<option value="${at}"${at === chosen ? " selected" : ""}>${escapeHtml(name)}</option>`)
      .join("")}</select>`;
  const scenarios =
    state.measure === "scenarios"
      ? `${choice("scenario", state.scenario)} <b aria-hidden="true">−</b> ${choice("other", state.other)}`
      : header.scenarios.length <= 3
        ? header.scenarios
            .map(
              (name, at) =>
                `<button type="button" data-do="pick" data-scenario="${at}" id="scenario-${at}" aria-pressed="${at === state.scenario}">${escapeHtml(name)}</button>`,
            )
            .join("")
        : choice("scenario", state.scenario);
  return `<div class="switch" role="group" aria-label="${translate("measure")}">${measures.join("")}</div>
  <div class="switch" role="group" aria-label="${translate("scenario")}">${scenarios}</div>`;
}

/** One line that says what is drawn. */
export function describeMap({ header, state, translate }: PageContext): string {
  const risk = header.risks[state.risk]!;
  const words = ({ firstYear, lastYear }: { firstYear: number; lastYear: number }) =>
    `<span class="years">${translate("period", { first: firstYear, last: lastYear })}</span>`;
  const base = header.basePeriod === null ? "–" : words(header.basePeriod);
  return translate(`line_${state.measure}`, {
    risk: riskName(state.language, risk.id),
    scenario: escapeHtml(header.scenarios[state.scenario]!),
    other: escapeHtml(header.scenarios[state.other]!),
    period: words(header.periods[state.period]!),
    base,
    what: escapeHtml(risk.returnLevelOf),
    reference: isRelative(risk.id) ? translate("relativeReference", { base }) : translate("absoluteReference"),
  });
}

export function renderPeriods({ header, state, translate }: PageContext, aspect: number): string {
  const height = 84;
  const width = Math.round(Math.min(110, Math.max(48, height * aspect)));
  return header.periods
    .map((period, at) => {
      const { firstYear, lastYear } = period;
      const label = translate("period", { first: firstYear, last: lastYear });
      const isBase = firstYear === header.basePeriod?.firstYear && lastYear === header.basePeriod.lastYear;
      return `<button type="button" data-do="period" data-period="${at}" id="period-${at}" aria-pressed="${at === state.period}"><canvas width="${width * 2}" height="${height * 2}" style="width:${width}px;height:${height}px" aria-hidden="true"></canvas><span>${label}</span>${isBase ? `<small>${translate("base")}</small>` : ""}</button>`;
    })
    .join("");
}

/** The unit of what a map shows, and how its values are written. */
export function legendUnit({ header, state, translate }: PageContext, { measure }: Picture) {
  const risk = header.risks[state.risk]!;
  const unit =
    measure === "returnLevel"
      ? risk.returnLevelUnit
      : translate(measure === "damage" ? "unit_damage" : measure === "probability" ? "unit_probability" : "unit_score");
  const format =
    measure === "damage"
      ? formatPercent
      : measure === "probability"
        ? formatNumber
        : measure === "returnLevel"
          ? formatNumber
          : measure === "score"
            ? (score: number) => String(score)
            : (points: number) => formatSigned(points, formatNumber);
  return { unit, format };
}

/** Bounds of the filter are codes. */
export function renderLegend(
  context: PageContext,
  picture: Picture,
  shown: readonly [number, number],
  hasUncertain: boolean,
): string {
  const { header, state, translate } = context;
  const { measure } = picture;
  const risk = header.risks[state.risk]!;
  const { unit, format } = legendUnit(context, picture);
  const last = lastCode(picture);
  const counts = countCodes(picture.codes);
  const bars = Array.from({ length: last - 1 }, (_, at) => counts[at + 2]!);
  const colours = bars.map((_, at) => colourAt(measure, at / Math.max(1, bars.length - 1)));
  const stops = Array.from({ length: 33 }, (_, at) => colourAt(measure, at / 32));
  const marks = legendMarks(picture).map(
    ({ value, position }) => `<span style="left:${(100 * position).toFixed(2)}%">${format(value)}</span>`,
  );
  const levels =
    measure === "score"
      ? `<div class="legend-levels">${LEVELS.map((level) => `<span><b>${translate(`letter_${level}`)}</b> ${translate(`level_${level}`)}</span>`).join("")}</div>`
      : "";
  const bound = (end: "low" | "high", value: number) =>
    `<input type="range" id="filter-${end}" data-do="filter" min="2" max="${last}" value="${value}" aria-label="${translate(end === "low" ? "filterLow" : "filterHigh")}" aria-valuetext="${format(decode(value, picture.scale))}">`;
  const isFiltered = shown[0] > 2 || shown[1] < last;
  const notes = [
    translate("scaleNote"),
    measure === "change" || measure === "scenarios" ? translate("scaleCut", { bound: risk.changeBound }) : "",
    isFiltered
      ? translate("filter", {
          low: format(decode(shown[0], picture.scale)),
          high: format(decode(Math.min(shown[1], last), picture.scale)),
        })
      : "",
  ];
  const keys = [
    counts[MISSING] === 0 ? "" : `<span class="key missing">${translate("missing")}</span>`,
    counts[NOT_APPLICABLE] === 0 ? "" : `<span class="key not-applicable">${translate("notApplicable")}</span>`,
    hasUncertain ? `<span class="key uncertain">${translate("uncertain")}</span>` : "",
  ];
  return `<div class="legend-bar">${histogram(bars, colours)}<div class="ramp" style="background:linear-gradient(90deg,${stops.join()})"></div><div class="brush">${bound("low", shown[0])}${bound("high", Math.min(shown[1], last))}</div><div class="marks">${marks.join("")}</div>${levels}</div>
  <p class="note"><b>${unit}</b> ${notes.filter((note) => note !== "").join(" ")}</p><p class="keys">${keys.join("")}</p>`;
}

/** The code of the scale's end: that of the score ends at 100. */
export function lastCode({ scale, top }: Picture): number {
  return scale.kind === "linear" && top < scale.max
    ? 2 + Math.round((253 * (top - scale.min)) / (scale.max - scale.min))
    : 255;
}

export function renderProvenance({ header, translate }: PageContext): string {
  const when = (text: string) => `${text.slice(0, 10)} ${text.slice(11, 16)} UTC`;
  const batches = header.batches.map((batch) => {
    const word = batch.calculation === "hazard" ? "calculation_hazard" : "calculation_probability";
    const inputs = batch.inputs
      .map(({ input, revision }) => `${escapeHtml(input)} (${escapeHtml(revision)})`)
      .join(", ");
    return `<dt>${translate(word)}</dt><dd>${translate("batch", {
      batch: batch.batchId,
      methods: escapeHtml(batch.methods),
      finished: when(batch.finishedAt),
    })}<details><summary>${translate("inputsWithRevisions")}</summary><p>${inputs}</p></details></dd>`;
  });
  return `<h2>${translate("provenance")}</h2><dl>${batches.join("")}</dl><p class="quiet">${translate("made", { when: when(header.createdAt), version: escapeHtml(header.version) })}</p>`;
}
