// Typhoon as the predecessor counted it: best-track points whose ellipses of wind hold the place, weighted by class.
import type { StormGrade, StormTrack, WindRadii } from "../../../model/storms.ts";
import { type PredecessorRisk, upToEdge } from "./predecessorRisk.ts";

/** What is looked at of a best track. */
export type EllipseTrack = Pick<StormTrack, "season" | "latitude" | "longitude" | "grade" | "gale" | "storm">;

export const predecessorTyphoon: PredecessorRisk = {
  risk: "typhoon",
  longName: "Typhoon",
  intensity: "storm index of the predecessor",
  read({ latitude, longitude, storms }, edges) {
    if (storms === undefined) return "noStorms";
    if (!storms.hasWindRadii) return "noInput";
    const { firstYear, lastYear } = storms.years;
    const tracks = storms.storms.map(({ track }) => track);
    const values = yearlyStormIndex(latitude, longitude, tracks, firstYear, lastYear - firstYear + 1);
    return { firstYear, values, perYear: 1, binOf: upToEdge(edges) };
  },
};

/** Weight of a point by the class of its wind at the place: none, 1st, 2nd, 3rd. */
const WEIGHTS = [0, 1, 3, 6] as const;
const GALE_GRADES: ReadonlySet<StormGrade | null> = new Set<StormGrade>(["TS", "STS", "TY"]);

/** A degree of latitude: 60 nautical miles. */
const KM_PER_DEGREE = 111.12;
const RADIANS = Math.PI / 180;

/**
 * Yearly typhoon index of a place.
 *
 * Inputs: place [degrees]; tracks; the record's first year and its number of years, all of whose storms are known.
 * Output: [years] sum over the year's best-track points of 6 inside the 25 m s-1 ellipse of a typhoon (TY), 3 inside that of a
 *   weaker storm, 1 inside the 15 m s-1 ellipse of TS, STS or TY, else 0; 0 in a year without storms.
 * Definition: the predecessor's table; ellipses in kilometres of great circles around the point (haversine and initial
 *   bearing, Sinnott 1984), a circle where no bearing is known.
 * Missing data: an unknown radius holds nothing. Departure: the predecessor compared kilometres with degrees and left out years
 *   without a storm, which the table does not ask for.
 */
export function yearlyStormIndex(
  latitude: number,
  longitude: number,
  tracks: Iterable<EllipseTrack>,
  firstYear: number,
  years: number,
): Float64Array {
  const sums = new Float64Array(years);
  for (const track of tracks) {
    const year = track.season - firstYear;
    if (year < 0 || year >= years) continue;
    for (let point = 0; point < track.latitude.length; point++) {
      sums[year] = sums[year]! + WEIGHTS[classOf(latitude, longitude, track, point)];
    }
  }
  return sums;
}

function classOf(latitude: number, longitude: number, track: EllipseTrack, point: number): 0 | 1 | 2 | 3 {
  const from = track.latitude[point]! * RADIANS;
  const to = latitude * RADIANS;
  const apart = (longitude - track.longitude[point]!) * RADIANS;
  const direction = Math.atan2(
    Math.sin(apart) * Math.cos(to),
    Math.cos(from) * Math.sin(to) - Math.sin(from) * Math.cos(to) * Math.cos(apart),
  );
  const chord = Math.sin((to - from) / 2) ** 2 + Math.cos(from) * Math.cos(to) * Math.sin(apart / 2) ** 2;
  const km = (2 * Math.asin(Math.sqrt(Math.min(1, chord))) * KM_PER_DEGREE) / RADIANS;
  const grade = track.grade[point]!;
  if (isInside(km, direction, track.storm, point)) return grade === "TY" ? 3 : 2;
  return GALE_GRADES.has(grade) && isInside(km, direction, track.gale, point) ? 1 : 0;
}

/** Whether a place so far [km] from the centre and in that direction [rad from north] lies in the ellipse. NaN holds nothing. */
function isInside(km: number, direction: number, { bearing, long, short }: WindRadii, point: number): boolean {
  // Without a bearing it is a circle.
  if (Number.isNaN(bearing[point]!)) return km <= long[point]!;
  const angle = direction - bearing[point]! * RADIANS;
  const along = (km * Math.cos(angle)) / long[point]!;
  const across = (km * Math.sin(angle)) / short[point]!;
  return along ** 2 + across ** 2 <= 1;
}
