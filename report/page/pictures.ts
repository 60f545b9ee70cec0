// Pictures of a measure: stored layers as they are, changes and differences from two of them.
import type { Measure, PageState } from "./pageState.ts";
import type { Source } from "./reportData.ts";
import { decode, encode, layerName, MISSING, NOT_APPLICABLE, PROBABILITY_SCALE, SCORE_SCALE } from "./reportData.ts";
import { CODES, type Picture } from "./scales.ts";

export type Shown = Pick<PageState, "risk" | "scenario" | "other" | "period" | "measure">;

/** null where the results have no such values. */
export async function readPicture(source: Source, shown: Shown): Promise<Picture | null> {
  const { measure, risk, scenario, other, period } = shown;
  const { returnLevelScale, damageScale, changeBound } = source.header.risks[risk]!;
  const stored = async (name: "score" | "damage" | "probability" | "returnLevel", scale: Picture["scale"] | null) => {
    const codes = scale === null ? null : await source.layer(layerName(name, risk, scenario, period));
    return codes === null ? null : { measure, codes, scale: scale!, top: name === "score" ? 100 : scale!.max };
  };
  switch (measure) {
    case "score":
      return stored("score", SCORE_SCALE);
    case "probability":
      return stored("probability", PROBABILITY_SCALE);
    case "damage":
      return stored("damage", damageScale);
    case "returnLevel":
      return stored("returnLevel", returnLevelScale);
    case "change":
      return subtract(source, measure, changeBound, [risk, scenario, period], [risk, scenario, basePosition(source)]);
    case "scenarios":
      return subtract(source, measure, changeBound, [risk, scenario, period], [risk, other, period]);
  }
}

/** Of the base period among the periods; the first where the file leaves it out. */
export function basePosition({ header: { periods, basePeriod } }: Source): number {
  return Math.max(
    0,
    periods.findIndex(
      ({ firstYear, lastYear }) => firstYear === basePeriod?.firstYear && lastYear === basePeriod.lastYear,
    ),
  );
}

async function subtract(
  source: Source,
  measure: Measure,
  bound: number,
  minuend: readonly [number, number, number],
  subtrahend: readonly [number, number, number],
): Promise<Picture | null> {
  const [a, b] = await Promise.all([
    source.layer(layerName("score", ...minuend)),
    source.layer(layerName("score", ...subtrahend)),
  ]);
  if (a === null || b === null) return null;
  const scale = { kind: "linear", min: -bound, max: bound } as const;
  const table = new Uint8Array(CODES * CODES);
  for (let x = 2; x < CODES; x++) {
    for (let y = 2; y < CODES; y++)
      table[x * CODES + y] = encode(decode(x, SCORE_SCALE) - decode(y, SCORE_SCALE), scale);
  }
  const codes = new Uint8Array(a.length);
  for (let cell = 0; cell < codes.length; cell++) {
    const [x, y] = [a[cell]!, b[cell]!];
    if (x === MISSING || y === MISSING) codes[cell] = MISSING;
    else if (x === NOT_APPLICABLE && y === NOT_APPLICABLE) codes[cell] = NOT_APPLICABLE;
    else codes[cell] = table[Math.max(x, 2) * CODES + Math.max(y, 2)]!;
  }
  return { measure, codes, scale, top: bound };
}
