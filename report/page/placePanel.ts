// The place: nine rows with score, level, interval and a line over the periods; the chosen row opens to everything known of it.
import { escapeHtml, periodsChart, returnLevelChart, sparkline } from "./charts.ts";
import {
  formatInterval,
  formatNumber,
  formatPercent,
  formatPlace,
  formatScore,
  formatSigned,
  formatUnit,
} from "./numbers.ts";
import type { PageState } from "./pageState.ts";
import { type Detail, isRelative, LEVELS, levelOf, type ReportHeader, type ReportRisk } from "./reportData.ts";
import { explainWord, riskName, type Translate } from "./words.ts";

/** The facts of a cell; `details` are null where the file has layers only, which give `scores`. */
export interface PlaceFacts {
  readonly cell: number;
  readonly latitude: number;
  readonly longitude: number;
  readonly district: string | null;
  /** Names of a portfolio's sites in the cell. */
  readonly sites: readonly string[];
  /** km from the requested point; null when the cell was chosen itself */
  readonly distance: number | null;
  readonly details: ((risk: number, scenario: number, period: number) => Detail) | null;
  /** [risks] of the shown scenario and period; NaN where there is none */
  readonly scores: readonly number[];
}

const SITES_NAMED = 8;

export interface PlaceContext {
  readonly header: ReportHeader;
  readonly state: PageState;
  readonly translate: Translate;
}

export function levelChip(translate: Translate, score: number): string {
  if (Number.isNaN(score)) return "";
  const level = LEVELS[levelOf(score)]!;
  return `<span class="level ${level}"><b>${translate(`letter_${level}`)}</b> ${translate(`level_${level}`)}</span>`;
}

export function renderPlace(context: PlaceContext, facts: PlaceFacts | null, beside: PlaceFacts | null): string {
  const { translate, header, state } = context;
  if (facts === null) return `<p class="quiet">${translate("placeNone")}</p>`;
  const isPinned = state.at !== null;
  const buttons = [
    isPinned
      ? `<button type="button" data-do="release" id="release">${translate("release")}</button>`
      : `<button type="button" data-do="pin" id="pin">${translate("pin")}</button>`,
    isPinned ? `<button type="button" data-do="compare" id="compare">${translate("compare")}</button>` : "",
  ];
  const rows = header.risks.map((risk, at) => renderRow(context, facts, beside, risk, at));
  return `<div class="place-head"><div><strong>${formatPlace(facts.latitude, facts.longitude)}</strong>${
    isPinned ? ` <span class="tag">${translate("pinned")}</span>` : ""
  }${facts.district === null ? "" : `<br><span class="quiet">${escapeHtml(facts.district)}</span>`}${renderSites(translate, facts.sites)}${facts.distance === null ? "" : `<br><span class="quiet">${translate("distance", { km: formatNumber(facts.distance) })}</span>`}${
    beside === null
      ? ""
      : `<br><span class="quiet">${translate("comparedWith", { place: formatPlace(beside.latitude, beside.longitude) })}</span>`
  }</div><div class="buttons">${buttons.join("")}</div></div>
  <ul class="nine">${rows.join("")}</ul>`;
}

function renderSites(translate: Translate, sites: readonly string[]): string {
  if (sites.length === 0) return "";
  const rest = sites.length - SITES_NAMED;
  const names = sites.slice(0, SITES_NAMED).map(escapeHtml).join(", ");
  const all = rest > 0 ? translate("andMore", { names, count: rest }) : names;
  return `<br><span class="quiet">${translate("sitesHere", { names: all })}</span>`;
}

function renderRow(
  context: PlaceContext,
  facts: PlaceFacts,
  beside: PlaceFacts | null,
  risk: ReportRisk,
  at: number,
): string {
  const { header, state, translate } = context;
  const name = riskName(state.language, risk.id);
  const isOpen = at === state.risk;
  const detail = facts.details?.(at, state.scenario, state.period) ?? null;
  const score = detail?.numbers.score ?? facts.scores[at]!;
  const notApplicable = detail?.flags.includes("notApplicable") ?? false;
  const interval =
    detail === null || notApplicable
      ? ""
      : formatInterval(detail.numbers.scoreLow, detail.numbers.scoreHigh, formatScore);
  const result = notApplicable
    ? `<span class="level none">${translate("notApplicable")}</span>`
    : Number.isNaN(score)
      ? `<span class="level none">${translate("noResult")}</span>`
      : levelChip(translate, score);
  const other = beside === null ? Number.NaN : beside.scores[at]!;
  const lines = facts.details === null ? null : linesOf(header, facts.details, at, state);
  const spark =
    lines === null
      ? ""
      : sparkline(lines, state.period, `${translate("overPeriods")}: ${describeLines(header, lines)}`);
  return `<li class="${isOpen ? "open" : ""}"><button type="button" class="row" data-do="risk" data-risk="${at}" id="row-${at}" aria-expanded="${isOpen}">
    <span class="name">${name}</span><span class="number">${Number.isNaN(score) || notApplicable ? "" : `<b>${formatScore(score)}</b><small>${interval}</small>`}</span>${result}
    <span class="line">${beside === null ? spark : `<b>${formatScore(other)}</b>${levelChip(translate, other)}`}</span></button>${
      isOpen && detail !== null ? renderDetail(context, facts, risk, detail, lines!) : ""
    }</li>`;
}

function linesOf(header: ReportHeader, details: NonNullable<PlaceFacts["details"]>, risk: number, state: PageState) {
  return header.scenarios.map((name, scenario) => {
    const along = header.periods.map((_, period) => details(risk, scenario, period).numbers);
    return {
      name,
      values: along.map(({ score }) => score),
      low: along.map(({ scoreLow }) => scoreLow),
      high: along.map(({ scoreHigh }) => scoreHigh),
      isCurrent: scenario === state.scenario,
    };
  });
}

function describeLines(header: ReportHeader, lines: ReturnType<typeof linesOf>): string {
  return lines
    .map(({ name, values }) => {
      const listed = values.map((value, at) => `${header.periods[at]!.firstYear}: ${formatScore(value)}`);
      return `${name} ${listed.join(", ")}`;
    })
    .join("; ");
}

function renderDetail(
  context: PlaceContext,
  facts: PlaceFacts,
  risk: ReportRisk,
  detail: Detail,
  lines: ReturnType<typeof linesOf>,
): string {
  const { header, state, translate } = context;
  const sections = [
    renderValue(context, risk, detail),
    renderReference(context, risk, detail),
    renderWords(context, detail),
    section(
      translate("overPeriods"),
      periodsChart(
        lines,
        header.periods.map(({ firstYear, lastYear }) => `${String(firstYear).slice(2)}–${String(lastYear).slice(2)}`),
        state.period,
        describeLines(header, lines),
      ),
    ),
    renderBins(translate, risk, detail),
    renderReturnLevels(translate, risk, detail),
    renderDamage(translate, risk, detail),
    renderIndicators(translate, risk, detail),
  ];
  return `<div class="detail" data-cell="${facts.cell}">${sections.join("")}</div>`;
}

function section(heading: string, body: string, note = ""): string {
  return body === ""
    ? ""
    : `<section><h4>${heading}</h4>${body}${note === "" ? "" : `<p class="note">${note}</p>`}</section>`;
}

function withUnit(value: string, unit: string): string {
  return unit === "" || unit === "1" ? value : `${value}\u00a0${formatUnit(unit)}`;
}

function renderValue({ translate }: PlaceContext, { unit, intensity }: ReportRisk, { numbers }: Detail): string {
  if (Number.isNaN(numbers.value)) return "";
  const value = `${withUnit(`${formatNumber(numbers.value)}${formatInterval(numbers.valueLow, numbers.valueHigh, formatNumber)}`, unit)} ${escapeHtml(intensity)}`;
  const parts = [`<b>${translate("valueBehind", { value })}</b>`];
  if (!Number.isNaN(numbers.valueChange)) {
    parts.push(`${translate("change")}: ${withUnit(formatSigned(numbers.valueChange, formatNumber), unit)}`);
  }
  if (!Number.isNaN(numbers.valueWithoutProtection)) {
    parts.push(translate("withoutProtection", { value: withUnit(formatNumber(numbers.valueWithoutProtection), unit) }));
  }
  return `<p class="behind">${parts.join(" · ")}</p>`;
}

/** What the score compares with, and the score against fixed thresholds where there is one. */
function renderReference(
  { header, translate }: PlaceContext,
  { id, indicators }: ReportRisk,
  { numbers }: Detail,
): string {
  if (!isRelative(id) || Number.isNaN(numbers.score)) return "";
  const base =
    header.basePeriod === null
      ? "–"
      : translate("period", { first: header.basePeriod.firstYear, last: header.basePeriod.lastYear });
  const parts = [translate("relativeScore", { reference: translate("relativeReference", { base }) })];
  const { scoreAbsolute } = numbers;
  if (!Number.isNaN(scoreAbsolute)) {
    parts.push(
      `${translate("absoluteScore", { indicator: escapeHtml(indicators[0]!.name) })} <b>${formatScore(scoreAbsolute)}</b> ${levelChip(translate, scoreAbsolute)}`,
    );
  }
  return `<p class="behind absolute">${parts.join(" · ")}</p>`;
}

/** Reasons and flags as sentences, then the input and the years. */
function renderWords({ translate, state }: PlaceContext, { reason, flags, input, numbers }: Detail): string {
  const words = [...(reason === null ? [] : [reason]), ...flags];
  const sentences = words.map(
    (word) => `<li><code>${escapeHtml(word)}</code> ${escapeHtml(explainWord(state.language, word))}</li>`,
  );
  const inputs = [
    ...(input === null ? [] : [translate("inputUsed", { input: escapeHtml(input) })]),
    ...(numbers.yearsUsed > 0 ? [translate("yearsUsed", { years: numbers.yearsUsed })] : []),
    ...(Number.isNaN(numbers.blockFirstYear)
      ? []
      : [
          translate("block", {
            first: numbers.blockFirstYear,
            last: numbers.blockLastYear,
            years: numbers.blockYears,
          }),
        ]),
  ];
  return (
    section(translate("flags"), sentences.length === 0 ? "" : `<ul class="words">${sentences.join("")}</ul>`) +
    section(translate("inputs"), inputs.length === 0 ? "" : `<p>${inputs.join(" · ")}</p>`)
  );
}

function renderBins(translate: Translate, { ranges, unit, intensity }: ReportRisk, detail: Detail): string {
  if (Number.isNaN(detail.probabilities[0]!)) return "";
  const rows = ranges.map((range, bin) => {
    const [p, low, high] = [detail.probabilities[bin]!, detail.low[bin]!, detail.high[bin]!];
    const whisker = Number.isNaN(low)
      ? ""
      : `<i class="whisker" style="left:${(100 * low).toFixed(1)}%;width:${(100 * (high - low)).toFixed(1)}%"></i>`;
    const years = Number.isNaN(detail.counts[bin]!) ? "" : translate("years", { count: detail.counts[bin]! });
    return `<tr><th scope="row">${escapeHtml(range.replace(">=", "≥ ").replace(/^>/, "> ").replace(/^</, "< "))}</th><td class="bar"><span><i style="width:${(100 * p).toFixed(1)}%"></i>${whisker}</span></td><td>${formatPercent(p)}</td><td class="quiet">${years}</td></tr>`;
  });
  const note = translate("binsNote", { unit: formatUnit(unit), intensity: escapeHtml(intensity) });
  return section(translate("bins"), `<table class="bins"><tbody>${rows.join("")}</tbody></table>`, note);
}

function renderReturnLevels(translate: Translate, risk: ReportRisk, { returnLevels, numbers }: Detail): string {
  const years = Number.isNaN(numbers.blockYears) ? numbers.yearsUsed : numbers.blockYears;
  const title = risk.returnPeriods
    .map((period, at) => `${translate("onceIn", { years: period })}: ${formatNumber(returnLevels[at]!)}`)
    .join(", ");
  const chart = returnLevelChart(risk.returnPeriods, returnLevels, years, formatNumber, title);
  const note = translate("returnLevelsNote", {
    what: escapeHtml(risk.returnLevelOf),
    unit: formatUnit(risk.returnLevelUnit),
    years,
  });
  return section(translate("returnLevels"), chart, note);
}

function renderDamage(translate: Translate, risk: ReportRisk, { damageChangeOf, numbers, rateSet }: Detail): string {
  if (Number.isNaN(numbers.damage)) return "";
  const interval = formatInterval(numbers.damageLow, numbers.damageHigh, formatPercent);
  const parts = [`<b>${formatPercent(numbers.damage)}</b>${interval}`];
  if (!Number.isNaN(numbers.damageContinuous)) {
    parts.push(`${formatPercent(numbers.damageContinuous)} ${translate("continuous")}`);
  }
  if (!Number.isNaN(numbers.damageChange)) {
    const of = damageChangeOf === "continuous" ? "continuous" : "ofBins";
    parts.push(`${translate("change")}: ${formatSigned(numbers.damageChange, formatPercent)} (${translate(of)})`);
  }
  const impact = risk.impactType === "disruption" ? "impact_disruption" : "impact_damage";
  const note = translate("damageNote", { set: escapeHtml(rateSet ?? "–"), impact: translate(impact) });
  return section(translate("damage"), `<p>${parts.join(" · ")}</p>`, note);
}

function renderIndicators(translate: Translate, { indicators }: ReportRisk, detail: Detail): string {
  const known = indicators.flatMap(({ name, unit }, at) => {
    const value = detail.indicators[at]!;
    return Number.isNaN(value) ? [] : [`<dt>${escapeHtml(name)}</dt><dd>${withUnit(formatNumber(value), unit)}</dd>`];
  });
  return section(translate("indicators"), known.length === 0 ? "" : `<dl>${known.join("")}</dl>`);
}
