// What a flood takes from a cell's attributes: a number that is known, or its default with a flag.
import type { Attribute } from "../../model/attributes.ts";
import type { Flag } from "../../model/reasons.ts";
import { HIGHEST_CURVE_NUMBER, LOWEST_CURVE_NUMBER } from "../indices/curveNumberRunoff.ts";

const DEFAULT_CURVE_NUMBER = 75;

export class SiteNumbers {
  readonly flags: Flag[] = [];
  readonly #attributes: ReadonlyMap<Attribute, number>;

  constructor(attributes: ReadonlyMap<Attribute, number>) {
    this.#attributes = attributes;
  }

  otherwise(name: Attribute, value: number, flag: Flag): number {
    const known = this.#attributes.get(name);
    if (known === undefined) this.flags.push(flag);
    return known ?? value;
  }

  /** Of average moisture, held inside the method's range. */
  curveNumber(): number {
    const known = this.otherwise("curveNumber", DEFAULT_CURVE_NUMBER, "defaultCurveNumber");
    const usable = Math.min(HIGHEST_CURVE_NUMBER, Math.max(LOWEST_CURVE_NUMBER, known));
    if (usable !== known) this.clamped();
    return usable;
  }

  clamped(): void {
    if (!this.flags.includes("clampedAttribute")) this.flags.push("clampedAttribute");
  }
}
