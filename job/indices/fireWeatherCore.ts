// Fire weather over a run of days without gaps to restart after: moisture codes, then the behaviour indices.
// scalarFireWeather is the definition; the compiled kernel of job/kernels gives the same bits.
import { buildupIndex, fireWeatherIndex, initialSpreadIndex } from "./fireBehaviour.ts";
import { droughtCode, duffMoistureCode, fineFuelMoisture, type MoistureRun } from "./fireMoisture.ts";

/** [days] */
export interface FireWeatherSeries {
  /** of fine fuel [%] */
  readonly moisture: Float64Array;
  /** Duff Moisture Code, Drought Code, Initial Spread Index, Buildup Index, Fire Weather Index [1] */
  readonly dmc: Float64Array;
  readonly dc: Float64Array;
  readonly isi: Float64Array;
  readonly bui: Float64Array;
  readonly fwi: Float64Array;
}

/** Fills days `run.first` up to `run.end`. */
export type FireWeatherCore = (run: MoistureRun, out: FireWeatherSeries) => void;

export const scalarFireWeather: FireWeatherCore = (run, out) => {
  const { first, end, weather } = run;
  fineFuelMoisture(run, out.moisture);
  duffMoistureCode(run, out.dmc);
  droughtCode(run, out.dc);
  initialSpreadIndex(out.moisture, weather.wind, first, end, out.isi);
  buildupIndex(out.dmc, out.dc, first, end, out.bui);
  fireWeatherIndex(out.isi, out.bui, first, end, out.fwi);
};
