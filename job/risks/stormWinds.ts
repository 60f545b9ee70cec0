// What one place saw of a record's storms: their highest winds there, the strongest first. Made once for a cell, whatever the
// scenarios that ask; how warming weighs the storms is typhoon.ts's.
import { yearsIn } from "../../model/periods.ts";
import { STORM_WIND, WEAKEST_WIND } from "../indices/windExceedance.ts";
import { highestWind, type WindSeen } from "../indices/windField.ts";
import type { StormRecord } from "./stormRecord.ts";

/** Rewritten for every cell. */
export interface StormWinds {
  readonly record: StormRecord;
  latitude: number;
  longitude: number;
  /** Storms of at least 10 m s-1 here; only so many places of `order` count. */
  count: number;
  /** [storms of the record] highest wind here, m s-1 */
  readonly wind: Float64Array;
  /** [count] positions of storms in the record, the strongest wind first; the record's own order decides between equal winds */
  readonly order: Uint32Array;
  /** [years] highest wind of each year of the record, ascending; 0 in a year without a storm here */
  readonly yearly: Float64Array;
  /** Some storm of 17.5 m s-1 here had its highest wind where its pressure was estimated, or after it had become extratropical. */
  estimatedPressure: boolean;
  extratropical: boolean;
}

/** Gives the winds of a record's storms at a place; the same object, rewritten, for each place of a record. */
export function makeStormWindsAt(): (record: StormRecord, latitude: number, longitude: number) => StormWinds {
  const made = new WeakMap<StormRecord, StormWinds>();
  const seen: WindSeen = { wind: 0, node: -1 };
  return (record, latitude, longitude) => {
    const winds = made.get(record) ?? makeStormWinds(record);
    made.set(record, winds);
    if (winds.latitude !== latitude || winds.longitude !== longitude) fillStormWinds(winds, latitude, longitude, seen);
    return winds;
  };
}

function makeStormWinds(record: StormRecord): StormWinds {
  return {
    record,
    latitude: Number.NaN,
    longitude: Number.NaN,
    count: 0,
    wind: new Float64Array(record.storms.length),
    order: new Uint32Array(record.storms.length),
    yearly: new Float64Array(yearsIn(record.years)),
    estimatedPressure: false,
    extratropical: false,
  };
}

function fillStormWinds(winds: StormWinds, latitude: number, longitude: number, seen: WindSeen): void {
  const { order, record, wind, yearly } = winds;
  winds.latitude = latitude;
  winds.longitude = longitude;
  winds.count = 0;
  winds.estimatedPressure = false;
  winds.extratropical = false;
  yearly.fill(0);
  for (const [at, { track, vortex }] of record.storms.entries()) {
    highestWind(vortex, latitude, longitude, seen);
    wind[at] = seen.wind;
    if (seen.wind < WEAKEST_WIND) continue;
    order[winds.count++] = at;
    const year = track.season - record.years.firstYear;
    yearly[year] = Math.max(yearly[year]!, seen.wind);
    if (seen.wind < STORM_WIND) continue;
    if (vortex.nodes.pressureEstimated[seen.node] === 1) winds.estimatedPressure = true;
    if (vortex.nodes.extratropical[seen.node] === 1) winds.extratropical = true;
  }
  order.subarray(0, winds.count).sort((a, b) => wind[b]! - wind[a]! || a - b);
  yearly.sort();
}
