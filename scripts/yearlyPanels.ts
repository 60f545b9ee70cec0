// A picture of yearly values as SVG: panels one above the other on one axis of years, the base period shaded.

export interface Panel {
  readonly title: string;
  /** Of the axis, with the unit. */
  readonly axis: string;
  readonly colour: string;
  readonly ticks: readonly number[];
  /** By year, NaN where missing. */
  readonly values: ReadonlyMap<number, number>;
  /** Years to name. */
  readonly named: readonly number[];
}

export interface Span {
  readonly firstYear: number;
  readonly lastYear: number;
}

export interface Picture {
  readonly title: string;
  readonly description: string;
  readonly years: Span;
  readonly shaded: Span;
  readonly shadedLabel: string;
  /** Spans that a mean is drawn for. */
  readonly means: readonly Span[];
  readonly panels: readonly Panel[];
}

const WIDTH = 940;
const LEFT = 70;
const RIGHT = 20;
const TOP = 62;
const PANEL_HEIGHT = 128;
const PANEL_GAP = 44;
const BOTTOM = 40;
const BAR_SHARE = 0.72;
const YEARS_PER_TICK = 10;
const INK = "#222222";
const GRID = "#d9d9d9";
const SHADE = "#eef1f4";

/** The picture as an SVG document. */
export function drawPanels(picture: Picture): string {
  const { years, shaded, panels } = picture;
  const height = TOP + panels.length * (PANEL_HEIGHT + PANEL_GAP) - PANEL_GAP + BOTTOM;
  const bottom = height - BOTTOM;
  const step = (WIDTH - LEFT - RIGHT) / (years.lastYear - years.firstYear + 1);
  const x = (year: number) => LEFT + (year - years.firstYear) * step;
  const shade = {
    x: x(shaded.firstYear),
    width: x(Math.min(shaded.lastYear, years.lastYear) + 1) - x(shaded.firstYear),
  };
  const parts = [
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    text(LEFT, 24, picture.title, 'font-size="17" font-weight="bold"'),
    `<rect x="${round(shade.x)}" y="${TOP - 8}" width="${round(shade.width)}" height="${bottom - TOP + 8}" fill="${SHADE}"/>`,
    text(shade.x + shade.width / 2, TOP - 14, picture.shadedLabel, 'text-anchor="middle" font-size="11"'),
    ...panels.map((panel, at) => drawPanel(panel, picture, TOP + at * (PANEL_HEIGHT + PANEL_GAP), x, step)),
  ];
  for (
    let year = Math.ceil(years.firstYear / YEARS_PER_TICK) * YEARS_PER_TICK;
    year <= years.lastYear;
    year += YEARS_PER_TICK
  ) {
    const middle = x(year) + step / 2;
    parts.push(
      line(middle, bottom, middle, bottom + 5, INK),
      text(middle, bottom + 18, String(year), 'text-anchor="middle"'),
    );
  }
  parts.push(text((LEFT + WIDTH - RIGHT) / 2, height - 6, "year", 'text-anchor="middle"'));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" font-family="Helvetica, Arial, 'DejaVu Sans', sans-serif" font-size="12" fill="${INK}" role="img">`,
    `<title>${escaped(picture.title)}</title>`,
    `<desc>${escaped(picture.description)}</desc>`,
    ...parts,
    "</svg>",
    "",
  ].join("\n");
}

function drawPanel(panel: Panel, picture: Picture, top: number, x: (year: number) => number, step: number): string {
  const { ticks, values, colour } = panel;
  const low = Math.min(0, ticks[0]!);
  const high = ticks.at(-1)!;
  const y = (value: number) => top + PANEL_HEIGHT * ((high - value) / (high - low));
  const zero = y(0);
  const parts = [text(LEFT, top - 8, panel.title, 'font-weight="bold"')];
  for (const tick of ticks) {
    parts.push(line(LEFT, y(tick), WIDTH - RIGHT, y(tick), tick === 0 ? INK : GRID));
    parts.push(text(LEFT - 7, y(tick) + 4, String(tick).replace("-", "−"), 'text-anchor="end"'));
  }
  const middle = top + PANEL_HEIGHT / 2;
  parts.push(text(22, middle, panel.axis, `text-anchor="middle" transform="rotate(-90 22 ${middle})"`));
  for (const [year, value] of values) {
    const left = x(year) + (step * (1 - BAR_SHARE)) / 2;
    const width = step * BAR_SHARE;
    if (Number.isNaN(value)) {
      parts.push(text(x(year) + step / 2, zero - 3, "×", 'text-anchor="middle" font-size="10" fill="#777777"'));
      continue;
    }
    const end = y(value);
    const size = `width="${round(width)}" height="${round(Math.abs(end - zero))}"`;
    parts.push(`<rect x="${round(left)}" y="${round(Math.min(end, zero))}" ${size} fill="${colour}"/>`);
    if (!panel.named.includes(year)) continue;
    const below = value < 0;
    parts.push(text(x(year) + step / 2, end + (below ? 11 : -3), String(year), 'text-anchor="middle" font-size="10"'));
  }
  for (const span of picture.means) {
    const mean = meanOf(values, span);
    const at = y(mean);
    const [left, right] = [x(span.firstYear), x(span.lastYear + 1)];
    parts.push(
      `<line x1="${round(left)}" y1="${round(at)}" x2="${round(right)}" y2="${round(at)}" stroke="${INK}" stroke-width="1.4" stroke-dasharray="5 3"/>`,
    );
    const label = `mean ${span.firstYear}-${span.lastYear}: ${mean.toFixed(1).replace("-", "−")}`;
    parts.push(text(left + 3, top + 13, label, 'font-size="11"'));
  }
  return parts.join("\n");
}

/** Mean of the values that a span has. */
export function meanOf(values: ReadonlyMap<number, number>, { firstYear, lastYear }: Span): number {
  const own = [...values].filter(([year, value]) => year >= firstYear && year <= lastYear && !Number.isNaN(value));
  return own.reduce((sum, [, value]) => sum + value, 0) / own.length;
}

function line(x1: number, y1: number, x2: number, y2: number, colour: string): string {
  return `<line x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}" stroke="${colour}"/>`;
}

function text(x: number, y: number, words: string, attributes: string): string {
  return `<text x="${round(x)}" y="${round(y)}" ${attributes}>${escaped(words)}</text>`;
}

function round(value: number): string {
  return String(Math.round(value * 10) / 10);
}

function escaped(words: string): string {
  return words.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
