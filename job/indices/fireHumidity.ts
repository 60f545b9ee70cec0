// Which humidity a cell uses is risks/wildfire.ts's choice, one for all its years.

/**
 * Relative humidity at the day's highest temperature, the day's vapour pressure held.
 *
 * Inputs: `meanHumidity` [%], `mean` and `highest` temperature [degC], each [days].
 * Output: `humidity` [%] [days], 1..100.
 * Definition: RH·es(T) / es(Tmax) with es(T) = 6.112·exp(17.62·T / (243.12 + T)) hPa, the Magnus form of WMO-No. 8
 * (2008), annex 4.B. Departures: none; the held vapour pressure is a judgement, and moves FWI95 by a danger class.
 * Missing data: NaN in any of them gives NaN.
 */
export function humidityAtHighestTemperature(
  meanHumidity: Float64Array,
  mean: Float64Array,
  highest: Float64Array,
  humidity: Float64Array,
): void {
  for (let day = 0; day < humidity.length; day++) {
    const at = mean[day]!;
    const top = highest[day]!;
    const ratio = Math.exp((17.62 * at) / (243.12 + at) - (17.62 * top) / (243.12 + top));
    humidity[day] = Math.min(Math.max(meanHumidity[day]! * ratio, 1), 100);
  }
}
