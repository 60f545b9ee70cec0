// The sea near the cells of a shard: laws of stations are made once, and the nearest is found for each cell.
import { type Future, futureOf } from "../model/experiments.ts";
import type { Period } from "../model/periods.ts";
import { RISE_REACH_KM, type RiseSeries, type SeaLevelStation } from "../model/seaLevels.ts";
import { greatCircleKm } from "./numerics/greatCircle.ts";
import type { CellSeaLevel } from "./risks/cellSeaLevel.ts";
import { seaLevelLaw } from "./risks/extremeSeaLevels.ts";
import { globalRise, regionalRise, type SeaLevelRise } from "./risks/seaLevelRise.ts";

/** A station applies within this distance. */
const STATION_REACH_KM = 50;
/** No two places whose latitudes differ by more are within reach: a degree has at least 110.5 km. */
export const STATION_REACH_DEGREES = STATION_REACH_KM / 110;

interface Place {
  readonly latitude: number;
  readonly longitude: number;
}

export class Sea {
  readonly #stations: readonly (Place & NonNullable<CellSeaLevel["station"]>)[];
  readonly #rises: ReadonlyMap<Future, readonly { readonly place: Place | null; readonly rise: SeaLevelRise }[]>;

  /** Stations without a law, of fewer maxima than it needs, are none. */
  constructor(stations: readonly SeaLevelStation[], rises: readonly RiseSeries[], basePeriod: Period) {
    this.#stations = stations.flatMap((station) => {
      const found = seaLevelLaw(station, basePeriod);
      const { datumOffset, latitude, longitude } = station;
      return found === null ? [] : [{ latitude, longitude, datumOffset, found }];
    });
    const byFuture = new Map<Future, { place: Place | null; rise: SeaLevelRise }[]>();
    for (const { series, experiment, place, years, rises: values } of rises) {
      const future = futureOf({ name: series, experiment });
      if (future === undefined) continue;
      const known = byFuture.get(future) ?? [];
      byFuture.set(future, known);
      known.push({ place, rise: regionalRise(series, years, values) });
    }
    this.#rises = byFuture;
  }

  stationNear(place: Place): CellSeaLevel["station"] {
    let nearest: CellSeaLevel["station"] = null;
    let reach = STATION_REACH_KM;
    for (const station of this.#stations) {
      if (Math.abs(station.latitude - place.latitude) > STATION_REACH_DEGREES) continue;
      const distance = greatCircleKm(place.latitude, place.longitude, station.latitude, station.longitude);
      // Of two as near, the first by name.
      if (distance < reach || (distance === reach && nearest === null)) {
        nearest = station;
        reach = distance;
      }
    }
    return nearest;
  }

  /** The rise that a future has at a place: of the nearest series, else of one for all places, else AR6's. */
  riseAt(place: Place, future: Future | undefined): SeaLevelRise {
    const known = future === undefined ? [] : (this.#rises.get(future) ?? []);
    let chosen: SeaLevelRise | undefined;
    let reach = RISE_REACH_KM;
    for (const one of known) {
      if (one.place === null) continue;
      const distance = greatCircleKm(place.latitude, place.longitude, one.place.latitude, one.place.longitude);
      if (distance < reach || (distance === reach && chosen === undefined)) {
        chosen = one.rise;
        reach = distance;
      }
    }
    return chosen ?? known.find((one) => one.place === null)?.rise ?? globalRise(future);
  }
}
