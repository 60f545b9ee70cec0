// Fire weather in two parts: the moisture codes over a run of days without gaps to restart after, and the behaviour indices of single
// days. scalarFireWeather is the definition; the compiled kernel of job/kernels gives the same bits.
import { buildup, fireWeatherOfDay, initialSpread } from "./fireBehaviour.ts";
import { droughtCode, duffMoistureCode, fineFuelMoisture, type MoistureRun } from "./fireMoisture.ts";

/** [days] */
export interface MoistureCodes {
  /** of fine fuel [%] */
  readonly moisture: Float64Array;
  /** Duff Moisture Code, Drought Code [1] */
  readonly dmc: Float64Array;
  readonly dc: Float64Array;
}

/** [days] Initial Spread Index, Buildup Index, Fire Weather Index [1] */
export interface BehaviourIndices {
  readonly isi: Float64Array;
  readonly bui: Float64Array;
  readonly fwi: Float64Array;
}

export interface FireWeatherCore {
  /** Fills days `run.first` up to `run.end`. */
  codes(run: MoistureRun, out: MoistureCodes): void;
  /** Fills the first `days` days, each from its own codes and `wind` [km h-1]. */
  behaviour(days: number, codes: MoistureCodes, wind: Float64Array, out: BehaviourIndices): void;
}

export const scalarFireWeather: FireWeatherCore = {
  codes(run, { moisture, dmc, dc }) {
    fineFuelMoisture(run, moisture);
    duffMoistureCode(run, dmc);
    droughtCode(run, dc);
  },
  behaviour(days, { moisture, dmc, dc }, wind, { isi, bui, fwi }) {
    for (let day = 0; day < days; day++) {
      isi[day] = initialSpread(moisture[day]!, wind[day]!);
      bui[day] = buildup(dmc[day]!, dc[day]!);
      fwi[day] = fireWeatherOfDay(isi[day]!, bui[day]!);
    }
  },
};
