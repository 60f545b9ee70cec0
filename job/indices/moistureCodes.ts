// The three moisture codes over a run of days without gaps to restart after.
// scalarMoistureCodes is the definition; the compiled kernel of job/kernels gives the same bits.
import { droughtCode, duffMoistureCode, fineFuelMoisture, type MoistureRun } from "./fireMoisture.ts";

/** [days] */
export interface MoistureCodes {
  /** of fine fuel [%] */
  readonly moisture: Float64Array;
  /** Duff Moisture Code, Drought Code [1] */
  readonly dmc: Float64Array;
  readonly dc: Float64Array;
}

/** Fills days `run.first` up to `run.end`. */
export type ComputeMoistureCodes = (run: MoistureRun, out: MoistureCodes) => void;

export const scalarMoistureCodes: ComputeMoistureCodes = (run, out) => {
  fineFuelMoisture(run, out.moisture);
  duffMoistureCode(run, out.dmc);
  droughtCode(run, out.dc);
};
