// Charts as SVG text, from plain numbers. Each has a title that says the same in words.

export interface Line {
  readonly name: string;
  readonly values: readonly number[];
  readonly low?: readonly number[];
  readonly high?: readonly number[];
  readonly isCurrent: boolean;
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** Points of a polyline in parts: a missing value breaks it. */
function pathOf(points: readonly (readonly [number, number])[]): string {
  let path = "";
  let isOpen = false;
  for (const [x, y] of points) {
    if (Number.isNaN(y)) isOpen = false;
    else {
      path += `${isOpen ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`;
      isOpen = true;
    }
  }
  return path;
}

/** A small line per scenario over the periods, from 0 to 100. */
export function sparkline(lines: readonly Line[], current: number, title: string): string {
  const [width, height] = [78, 24];
  const count = lines[0]?.values.length ?? 0;
  const x = (at: number) => 4 + (at * (width - 8)) / Math.max(1, count - 1);
  const y = (score: number) => height - 3 - (score / 100) * (height - 6);
  const drawn = [...lines].sort((a, b) => Number(a.isCurrent) - Number(b.isCurrent));
  const paths = drawn.map(
    ({ values, isCurrent }) =>
      `<path class="${isCurrent ? "now" : "other"}" d="${pathOf(values.map((value, at) => [x(at), y(value)]))}"/>`,
  );
  const value = lines.find(({ isCurrent }) => isCurrent)?.values[current] ?? Number.NaN;
  const dot = Number.isNaN(value) ? "" : `<circle class="now" cx="${x(current)}" cy="${y(value)}" r="2.5"/>`;
  return `<svg class="spark" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img"><title>${escapeHtml(title)}</title>${paths.join("")}${dot}</svg>`;
}

/** Scores over the periods with their intervals; lines at the bounds of levels. */
export function periodsChart(
  lines: readonly Line[],
  labels: readonly string[],
  current: number,
  title: string,
): string {
  const [width, height, left, bottom, right] = [340, 170, 30, 22, 96];
  const x = (at: number) => left + 10 + (at * (width - left - right - 20)) / Math.max(1, labels.length - 1);
  const y = (score: number) => 8 + (1 - score / 100) * (height - bottom - 12);
  const grid = [0, 20, 40, 60, 80, 100].map(
    (score) =>
      `<path class="grid" d="M${left} ${y(score)}H${width - right}"/><text x="${left - 5}" y="${y(score) + 3.5}" text-anchor="end">${score}</text>`,
  );
  const ticks = labels.map(
    (label, at) => `<text x="${x(at)}" y="${height - 5}" text-anchor="middle">${escapeHtml(label)}</text>`,
  );
  const band = ({ low, high, isCurrent }: Line) => {
    if (!isCurrent || low === undefined || high === undefined || [...low, ...high].some(Number.isNaN)) return "";
    const up = high.map((value, at) => `${x(at).toFixed(1)} ${y(value).toFixed(1)}`);
    const down = low.map((value, at) => `${x(at).toFixed(1)} ${y(value).toFixed(1)}`).reverse();
    return `<path class="band" d="M${[...up, ...down].join("L")}Z"/>`;
  };
  const ends = spread(
    lines.map(({ values }) => y(values.findLast((value) => !Number.isNaN(value)) ?? Number.NaN)),
    13,
  );
  const drawn = lines.map((line, at) => {
    const kind = line.isCurrent ? "now" : "other";
    const path = `<path class="${kind}" d="${pathOf(line.values.map((value, i) => [x(i), y(value)]))}"/>`;
    const name = Number.isNaN(ends[at]!)
      ? ""
      : `<text class="${kind}" x="${width - right + 6}" y="${ends[at]! + 3.5}">${escapeHtml(shorten(line.name))}</text>`;
    return path + name;
  });
  const value = lines.find(({ isCurrent }) => isCurrent)?.values[current] ?? Number.NaN;
  const dot = Number.isNaN(value) ? "" : `<circle class="now" cx="${x(current)}" cy="${y(value)}" r="3.5"/>`;
  return `<svg class="chart" viewBox="0 0 ${width} ${height}" role="img"><title>${escapeHtml(title)}</title>${grid.join("")}${ticks.join("")}${lines.map(band).join("")}${drawn.join("")}${dot}</svg>`;
}

/** Levels by return period on a log axis; dashed beyond the years of record. */
export function returnLevelChart(
  returnPeriods: readonly number[],
  levels: readonly number[],
  years: number,
  format: (level: number) => string,
  title: string,
): string {
  const known = levels.filter((level) => !Number.isNaN(level));
  if (known.length === 0) return "";
  const [width, height, left, bottom] = [340, 170, 46, 22];
  const [lowest, highest] = [Math.min(...known), Math.max(...known)];
  const room = (highest - lowest || Math.abs(highest) || 1) * 0.08;
  const [min, max] = [lowest === 0 ? 0 : lowest - room, highest + room];
  const x = (period: number) =>
    left +
    8 +
    (Math.log(period / returnPeriods[0]!) / Math.log(returnPeriods.at(-1)! / returnPeriods[0]!)) * (width - left - 24);
  const y = (level: number) => 8 + (1 - (level - min) / (max - min)) * (height - bottom - 14);
  const grid = [0, 1, 2, 3, 4].map((part) => {
    const level = min + ((max - min) * part) / 4;
    return `<path class="grid" d="M${left} ${y(level)}H${width - 8}"/><text x="${left - 5}" y="${y(level) + 3.5}" text-anchor="end">${format(level)}</text>`;
  });
  const ticks = returnPeriods.map(
    (period) => `<text x="${x(period)}" y="${height - 5}" text-anchor="middle">${period}</text>`,
  );
  const points = returnPeriods.map((period, at) => [x(period), y(levels[at]!)] as const);
  const last = returnPeriods.findLastIndex((period) => period <= years);
  const inside = pathOf(points.slice(0, last + 1));
  const beyond = pathOf(points.slice(Math.max(0, last)));
  const dots = points.map(([cx, cy], at) =>
    Number.isNaN(cy)
      ? ""
      : `<circle class="${returnPeriods[at]! > years ? "beyond" : "now"}" cx="${cx.toFixed(1)}" cy="${cy.toFixed(1)}" r="3"><title>${returnPeriods[at]}: ${format(levels[at]!)}</title></circle>`,
  );
  return `<svg class="chart" viewBox="0 0 ${width} ${height}" role="img"><title>${escapeHtml(title)}</title>${grid.join("")}${ticks.join("")}<path class="now" d="${inside}"/><path class="now dashed" d="${beyond}"/>${dots.join("")}</svg>`;
}

/** Bars with what few values they have shown; heights as square roots, so that few cells are seen too. */
export function histogram(counts: readonly number[], colours: readonly string[]): string {
  const [width, height] = [counts.length, 34];
  const most = Math.sqrt(Math.max(1, ...counts));
  const bars = counts.map((count, at) => {
    const size = (Math.sqrt(count) / most) * height;
    return count === 0
      ? ""
      : `<rect x="${at}" y="${(height - size).toFixed(1)}" width="1.05" height="${size.toFixed(1)}" fill="${colours[at]}"/>`;
  });
  return `<svg class="histogram" viewBox="0 0 ${width} ${height}" preserveAspectRatio="none" aria-hidden="true">${bars.join("")}</svg>`;
}

/** Moves labels apart that would lie on each other. */
function spread(positions: readonly number[], apart: number): number[] {
  const order = positions.map((_, at) => at).sort((a, b) => positions[a]! - positions[b]!);
  const moved = [...positions];
  order.forEach((at, i) => {
    const above = i === 0 ? Number.NEGATIVE_INFINITY : moved[order[i - 1]!]!;
    if (moved[at]! < above + apart) moved[at] = above + apart;
  });
  return moved;
}

function shorten(name: string): string {
  return name.length > 14 ? `${name.slice(0, 13)}…` : name;
}
