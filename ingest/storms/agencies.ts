// Averaging of winds by agency: from the wind an agency reports to the one-minute wind that is stored.
import { M_PER_S_PER_KNOT } from "../../model/units.ts";

interface Averaging {
  /** one minute = (reported - shift) / factor */
  readonly factor: number;
  /** m s-1 */
  readonly shift: number;
}

const ONE_MINUTE: Averaging = { factor: 1, shift: 0 };
/** Ten minutes over the sea, the traditional factor. */
const TEN_MINUTES: Averaging = { factor: 0.88, shift: 0 };

/**
 * By agency as IBTrACS spells it; Knapp and Kruk (2010), doi:10.1175/2009MWR3123.1, as CLIMADA 6.1 reads it. Tokyo's winds come
 * from a table of its own and are no ten-minute mean of anything.
 */
const AVERAGINGS: Readonly<Record<string, Averaging>> = {
  usa: ONE_MINUTE,
  hurdat_atl: ONE_MINUTE,
  hurdat_epa: ONE_MINUTE,
  atcf: ONE_MINUTE,
  cphc: ONE_MINUTE,
  newdelhi: ONE_MINUTE,
  tokyo: { factor: 0.6, shift: 23.3 * M_PER_S_PER_KNOT },
  cma: { factor: 0.871, shift: 0 },
  hko: { factor: 0.9, shift: 0 },
  kma: TEN_MINUTES,
  reunion: TEN_MINUTES,
  bom: TEN_MINUTES,
  nadi: TEN_MINUTES,
  wellington: TEN_MINUTES,
};

/** Agencies with columns of their own in IBTrACS. */
export const IBTRACS_AGENCIES = [
  "usa",
  "tokyo",
  "cma",
  "hko",
  "kma",
  "newdelhi",
  "reunion",
  "bom",
  "nadi",
  "wellington",
];

export function isKnownAgency(agency: string): boolean {
  return Object.hasOwn(AVERAGINGS, agency);
}

/** One-minute wind [m s-1] of a wind [m s-1] reported by an agency; NaN where that leaves nothing, and for a missing one. */
export function oneMinuteWind(agency: string, reported: number): number {
  const { factor, shift } = AVERAGINGS[agency]!;
  const wind = (reported - shift) / factor;
  return wind > 0 ? wind : Number.NaN;
}
