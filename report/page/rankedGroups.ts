// The ranking of districts and of a portfolio's sites: what the map shows, by what people name.

import { escapeHtml } from "./charts.ts";
import type { Measure } from "./pageState.ts";
import { levelChip } from "./placePanel.ts";
import { formatValue, isShown, type Ranked, type RankingOrder } from "./ranking.ts";
import type { Sites } from "./reportData.ts";
import { decode, LEVELS, levelOf, NO_CELL } from "./reportData.ts";
import type { Picture } from "./scales.ts";
import type { Translate } from "./words.ts";

/** What the ranking lists. */
export type RankedThings = "cells" | "districts" | "sites";

export interface RankedDistrict {
  readonly name: string;
  /** With numbers that the legend's filter shows. */
  readonly cells: number;
  readonly mean: number;
  readonly highest: number;
  /** Where it is highest. */
  readonly cell: number;
}

/** Means over the shown cells of each district, by their codes; "value" is the highest mean first. */
export function rankDistricts(
  picture: Picture,
  shown: readonly [number, number],
  order: RankingOrder,
  names: readonly string[],
  districts: Uint16Array,
): RankedDistrict[] {
  const sums = names.map(() => ({ cells: 0, sum: 0, code: 0, cell: 0 }));
  for (let cell = 0; cell < districts.length; cell++) {
    const code = picture.codes[cell]!;
    const sum = sums[districts[cell]! - 1];
    if (sum === undefined || !isShown(code, shown)) continue;
    sum.cells++;
    sum.sum += decode(code, picture.scale);
    if (code > sum.code) [sum.code, sum.cell] = [code, cell];
  }
  const ranked = sums.flatMap(({ cells, sum, code, cell }, at): RankedDistrict[] =>
    cells === 0 ? [] : [{ name: names[at]!, cells, mean: sum / cells, highest: decode(code, picture.scale), cell }],
  );
  const sign = order === "valueUp" ? 1 : -1;
  return ranked.sort((a, b) => sign * (a.mean - b.mean) || a.name.localeCompare(b.name));
}

/** Positions of the sites with the highest or lowest values of their cells. */
export function chooseSites(
  { codes }: Picture,
  shown: readonly [number, number],
  order: RankingOrder,
  count: number,
  { cells }: Sites,
): { readonly chosen: readonly number[]; readonly total: number } {
  const inside = [...cells.keys()].filter((at) => cells[at] !== NO_CELL && isShown(codes[cells[at]!]!, shown));
  const sign = order === "valueUp" ? 1 : -1;
  inside.sort((a, b) => sign * (codes[cells[a]!]! - codes[cells[b]!]!) || a - b);
  return { chosen: inside.slice(0, count), total: inside.length };
}

/** Buttons that choose what is listed; none where there is nothing but cells. */
export function renderRankedThings(
  translate: Translate,
  things: readonly RankedThings[],
  current: RankedThings,
): string {
  if (things.length < 2) return "";
  return things
    .map(
      (one) =>
        `<button type="button" data-do="ranked" data-by="${one}" id="ranked-${one}" aria-pressed="${one === current}">${translate(`ranked_${one}`)}</button>`,
    )
    .join("");
}

export function renderDistricts(
  translate: Translate,
  measure: Measure,
  order: RankingOrder,
  all: readonly RankedDistrict[],
  count: number,
): string {
  const rows = all.slice(0, count);
  const body = rows.map(
    (row, at) =>
      `<tr><td>${at + 1}</td><th scope="row"><button type="button" data-do="go" data-cell="${row.cell}" id="go-district-${at}">${escapeHtml(row.name)}</button></th><td class="number">${formatValue(measure, row.mean)}</td><td class="number quiet">${formatValue(measure, row.highest)}</td><td class="number quiet">${row.cells}</td><td>${measure === "score" ? levelChip(translate, row.mean) : ""}</td></tr>`,
  );
  const direction = order === "valueUp" ? "ascending" : "descending";
  const more = Math.min(50, all.length - rows.length);
  return `<table class="ranking"><thead><tr><th scope="col">${translate("rank")}</th><th scope="col">${translate("district")}</th><th scope="col" aria-sort="${direction}"><button type="button" data-do="sort" data-column="value" id="sort-value">${translate("mean")}${order === "valueUp" ? " ▲" : " ▼"}</button></th><th scope="col">${translate("highest")}</th><th scope="col">${translate("cells")}</th><th scope="col">${measure === "score" ? translate("level") : ""}</th></tr></thead><tbody>${body.join("")}</tbody></table>${
    more === 0 ? "" : `<button type="button" data-do="more" id="more">${translate("more", { count: more })}</button>`
  }`;
}

/** The rows for a spreadsheet. */
export function districtsText(measure: Measure, rows: readonly RankedDistrict[], separator: string): string {
  const quote = (name: string) => (/[",\t\n]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name);
  const lines = rows.map(({ name, mean, highest, cells }) => [
    quote(name),
    mean,
    highest,
    cells,
    measure === "score" ? LEVELS[levelOf(mean)]! : "",
  ]);
  return [["district", `mean ${measure}`, "highest", "cells", "level"], ...lines]
    .map((line) => `${line.join(separator)}\n`)
    .join("");
}

/** A site's row is its cell's, with the site's name. */
export function nameSites(rows: readonly Ranked[], chosen: readonly number[], { names }: Sites): Ranked[] {
  return rows.map((row, at) => ({ ...row, name: names[chosen[at]!]! }));
}
