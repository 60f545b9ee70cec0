// The ranking: the cells with the highest or lowest values of what the map shows, as a table, to copy and to download.
import { escapeHtml } from "./charts.ts";
import { formatNumber, formatPercent, formatPlace, formatScore, formatSigned } from "./numbers.ts";
import type { Measure } from "./pageState.ts";
import { levelChip } from "./placePanel.ts";
import { type Detail, decode, LEVELS, levelOf } from "./reportData.ts";
import { CODES, type Picture } from "./scales.ts";
import type { Translate } from "./words.ts";

export const RANKED_AT_FIRST = 12;
/** Exact values may order cells otherwise than their codes: so many are looked at beyond those shown. */
const SPARE = 200;

export interface Ranked {
  readonly cell: number;
  /** Of a portfolio's site. */
  readonly name?: string;
  readonly latitude: number;
  readonly longitude: number;
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

export type RankingOrder = "value" | "valueUp" | "latitude" | "longitude";

/** Candidates for the first `count` cells, by their codes: all cells of each code, so that ties are whole as far as SPARE goes. */
export function chooseCells(
  { codes }: Picture,
  shown: readonly [number, number],
  order: RankingOrder,
  count: number,
  latitudes: Float64Array,
  longitudes: Float64Array,
): number[] {
  const inside: number[] = [];
  if (order === "latitude" || order === "longitude") {
    const along = order === "latitude" ? latitudes : longitudes;
    for (let cell = 0; cell < codes.length; cell++) if (isShown(codes[cell]!, shown)) inside.push(cell);
    return inside.sort((a, b) => along[b]! - along[a]!).slice(0, count);
  }
  const byCode: number[][] = Array.from({ length: CODES }, () => []);
  const most = count + SPARE;
  for (let cell = 0; cell < codes.length; cell++) {
    const code = codes[cell]!;
    if (isShown(code, shown) && byCode[code]!.length < most) byCode[code]!.push(cell);
  }
  const inOrder = order === "value" ? byCode.reverse() : byCode;
  for (const cells of inOrder) {
    if (inside.length >= count) break;
    for (const cell of cells) inside.push(cell);
  }
  return inside.slice(0, most);
}

export function isShown(code: number, [low, high]: readonly [number, number]): boolean {
  return code > 1 && code >= low && code <= high;
}

/** The value that a measure shows, exact where the file has it; the interval where there is one. */
export function readValue(
  picture: Picture,
  cell: number,
  detail: Detail | null,
  minuend: Detail | null,
  mapped: number,
): Omit<Ranked, "cell" | "name" | "latitude" | "longitude"> {
  const rough = { value: decode(picture.codes[cell]!, picture.scale), low: Number.NaN, high: Number.NaN };
  if (detail === null) return rough;
  const { numbers } = detail;
  switch (picture.measure) {
    case "score":
      return { value: numbers.score, low: numbers.scoreLow, high: numbers.scoreHigh };
    case "damage":
      return { value: numbers.damage, low: numbers.damageLow, high: numbers.damageHigh };
    case "probability":
      return { ...rough, value: 1 - detail.probabilities[0]! };
    case "returnLevel":
      return { ...rough, value: detail.returnLevels[mapped]! };
    case "change":
    case "scenarios":
      return minuend === null ? rough : { ...rough, value: numbers.score - minuend.numbers.score };
  }
}

/** In the unit of the measure, without it. */
export function formatValue(measure: Measure, value: number): string {
  if (measure === "score") return formatScore(value);
  if (measure === "damage" || measure === "probability") return formatPercent(value);
  if (measure === "returnLevel") return formatNumber(value);
  return formatSigned(value, (points) => formatScore(points));
}

export function sortRanked(rows: readonly Ranked[], order: RankingOrder, count: number): readonly Ranked[] {
  const compare: Readonly<Record<RankingOrder, (a: Ranked, b: Ranked) => number>> = {
    value: (a, b) => b.value - a.value,
    valueUp: (a, b) => a.value - b.value,
    latitude: (a, b) => b.latitude - a.latitude,
    longitude: (a, b) => b.longitude - a.longitude,
  };
  return [...rows].sort(compare[order]).slice(0, count);
}

export function renderRanking(
  translate: Translate,
  measure: Measure,
  order: RankingOrder,
  rows: readonly Ranked[],
  total: number,
): string {
  const head = (column: RankingOrder, word: "value" | "latitude" | "longitude") => {
    const isSorted = order === column || (column === "value" && order === "valueUp");
    const direction = order === "valueUp" ? "ascending" : "descending";
    return `<th scope="col" aria-sort="${isSorted ? direction : "none"}"><button type="button" data-do="sort" data-column="${column}" id="sort-${column}">${translate(word)}${isSorted ? (order === "valueUp" ? " ▲" : " ▼") : ""}</button></th>`;
  };
  const body = rows.map((row, at) => {
    const interval = Number.isNaN(row.low) ? "" : `${formatValue(measure, row.low)}–${formatValue(measure, row.high)}`;
    const place = formatPlace(row.latitude, row.longitude);
    const [id, words] =
      row.name === undefined ? [`go-${row.cell}`, place] : [`go-site-${at}`, `${escapeHtml(row.name)} · ${place}`];
    return `<tr><td>${at + 1}</td><th scope="row"><button type="button" data-do="go" data-cell="${row.cell}" id="${id}">${words}</button></th><td class="number">${formatValue(measure, row.value)}</td><td class="number quiet">${interval}</td><td>${measure === "score" ? levelChip(translate, row.value) : ""}</td></tr>`;
  });
  const more = total > rows.length ? Math.min(50, total - rows.length) : 0;
  return `<table class="ranking"><thead><tr><th scope="col">${translate("rank")}</th>${head("latitude", "latitude").replace(translate("latitude"), translate("place"))}${head("value", "value")}<th scope="col">${translate("interval")}</th><th scope="col">${measure === "score" ? translate("level") : ""}</th></tr></thead><tbody>${body.join("")}</tbody></table>${
    more === 0 ? "" : `<button type="button" data-do="more" id="more">${translate("more", { count: more })}</button>`
  }`;
}

/** The rows for a spreadsheet. */
export function rankingText(measure: Measure, rows: readonly Ranked[], separator: string): string {
  const isNamed = rows.some(({ name }) => name !== undefined);
  const quote = (name: string) => (/[",\t\n]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name);
  const lines = rows.map(({ name, latitude, longitude, value, low, high }) => [
    ...(isNamed ? [quote(name ?? "")] : []),
    latitude,
    longitude,
    value,
    Number.isNaN(low) ? "" : low,
    Number.isNaN(high) ? "" : high,
    measure === "score" ? LEVELS[levelOf(value)]! : "",
  ]);
  return [[...(isNamed ? ["site"] : []), "latitude", "longitude", measure, "low", "high", "level"], ...lines]
    .map((line) => `${line.join(separator)}\n`)
    .join("");
}
