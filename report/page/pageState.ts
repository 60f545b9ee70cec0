// What the page shows, as its address says it: #risk=drought&scenario=ssp585&period=2041-2060&show=change&at=37.5,127.
import { layerName, type ReportHeader } from "./reportData.ts";
import type { Language } from "./words.ts";

export const MEASURES = ["score", "damage", "probability", "returnLevel", "change", "scenarios"] as const;
export type Measure = (typeof MEASURES)[number];

export interface PageState {
  readonly risk: number;
  readonly scenario: number;
  /** The one that is subtracted where scenarios are compared. */
  readonly other: number;
  readonly period: number;
  readonly measure: Measure;
  readonly language: Language;
  /** Degrees of the pinned place, and of the one beside it. */
  readonly at: readonly [latitude: number, longitude: number] | null;
  readonly beside: readonly [latitude: number, longitude: number] | null;
}

/** What a page shows whose address leaves everything open. */
export function firstState({ risks, scenarios, periods, layers }: ReportHeader, language: Language): PageState {
  return {
    risk: Math.max(
      0,
      risks.findIndex(({ id }) => id === "high_temperature"),
    ),
    scenario: scenarios.length - 1,
    other: 0,
    period: Math.floor(periods.length / 2),
    measure: layers.some((name) => name.startsWith("score")) ? "score" : "damage",
    language,
    at: null,
    beside: null,
  };
}

/** Names of the layers that the first map is drawn from. */
export function firstLayers(header: ReportHeader): string[] {
  const { risk, scenario, period, measure } = firstState(header, "en");
  const measures = measure === "score" ? (["score", "uncertain"] as const) : (["damage"] as const);
  return measures.map((one) => layerName(one, risk, scenario, period)).filter((name) => header.layers.includes(name));
}

export function formatState(state: PageState, { risks, scenarios, periods }: ReportHeader): string {
  const { firstYear, lastYear } = periods[state.period]!;
  const parts = [
    ["risk", risks[state.risk]!.id],
    ["scenario", scenarios[state.scenario]!],
    ["period", `${firstYear}-${lastYear}`],
    ["show", state.measure],
    ...(state.measure === "scenarios" ? [["minus", scenarios[state.other]!]] : []),
    ...(state.at === null ? [] : [["at", state.at.join()]]),
    ...(state.beside === null ? [] : [["beside", state.beside.join()]]),
    ["language", state.language],
  ];
  return `#${parts.map(([name, value]) => `${name}=${encodeURIComponent(value!).replaceAll("%2C", ",")}`).join("&")}`;
}

/** What the address leaves open, or names wrongly, is as in `fallback`. */
export function parseState(address: string, header: ReportHeader, fallback: PageState): PageState {
  const given = new URLSearchParams(address.replace(/^#/, ""));
  const position = (name: string, names: readonly string[], otherwise: number) => {
    const found = names.indexOf(given.get(name) ?? "");
    return found === -1 ? otherwise : found;
  };
  const measure = MEASURES.find((one) => one === given.get("show")) ?? fallback.measure;
  return {
    risk: position(
      "risk",
      header.risks.map(({ id }) => id),
      fallback.risk,
    ),
    scenario: position("scenario", header.scenarios, fallback.scenario),
    other: position("minus", header.scenarios, fallback.other),
    period: position(
      "period",
      header.periods.map(({ firstYear, lastYear }) => `${firstYear}-${lastYear}`),
      fallback.period,
    ),
    measure,
    language: given.get("language") === "ko" ? "ko" : given.get("language") === "en" ? "en" : fallback.language,
    at: parsePlace(given.get("at")),
    beside: parsePlace(given.get("beside")),
  };
}

/** "37.57, 126.98" or "37.57 126.98"; null for what is no place on Earth. */
export function parsePlace(text: string | null): readonly [number, number] | null {
  const match = /^\s*(-?\d+(?:\.\d+)?)\s*(?:,\s*|\s+)(-?\d+(?:\.\d+)?)\s*$/.exec(text ?? "");
  if (match === null) return null;
  const [latitude, longitude] = [Number(match[1]), Number(match[2])];
  return Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180 ? [latitude, longitude] : null;
}
