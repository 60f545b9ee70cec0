// Seeded samples and probabilities, and what this project's distributions make of them, for reference.py.
// Everything is an array of numbers in one .npy file; the order of the cases is the order of the loops.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { penmanMonteith, saturationPressure } from "../../job/indices/penmanMonteith.ts";
import { binomialInterval } from "../../job/numerics/beta.ts";
import { gammaCdf } from "../../job/numerics/gammaDistribution.ts";
import { fitGeneralizedLogistic } from "../../job/numerics/generalizedLogistic.ts";
import { fitGev, gevReturnLevel, gevShapeFromSkewness } from "../../job/numerics/gev.ts";
import { kernelBandwidth, kernelCdf } from "../../job/numerics/kernelDensity.ts";
import { L1, L2, sampleLMoments, T3 } from "../../job/numerics/lMoments.ts";
import { normalQuantile } from "../../job/numerics/normal.ts";
import { makeRandom } from "../support/dailyWeather.ts";
import { writeNpy } from "../support/npy.ts";

const SAMPLES = 400;
const SAMPLE_YEARS = 60;
const CASES = 2000;
const RETURN_PERIOD_MAX = 500;
const POINTS = 9;

/** Writes `<folder>/input/distributions` and `<folder>/ours/distributions`. */
export function writeOurDistributions(folder: string): void {
  const input = join(folder, "input", "distributions");
  const ours = join(folder, "ours", "distributions");
  mkdirSync(input, { recursive: true });
  mkdirSync(ours, { recursive: true });
  const random = makeRandom(2026);
  writeSamples(input, ours, random);
  const cases = (make: () => number) => Float64Array.from({ length: CASES }, make);
  writeGevLevels(input, ours, cases, random);
  const intervals = { p: cases(random), n: cases(() => 10 + Math.floor(90 * random())) };
  for (const [name, values] of Object.entries(intervals)) write(input, `interval_${name}`, values);
  for (const [name, end] of [["low", 0] as const, ["high", 1] as const]) {
    write(
      ours,
      `interval_${name}`,
      intervals.p.map((p, at) => binomialInterval(0.05, p, intervals.n[at]!)[end]),
    );
  }
  const gamma = { x: cases(() => 40 * random()), shape: cases(() => 0.2 + 30 * random()) };
  for (const [name, values] of Object.entries(gamma)) write(input, `gamma_${name}`, values);
  write(
    ours,
    "gamma_cdf",
    gamma.x.map((x, at) => gammaCdf(x, gamma.shape[at]!, 1)),
  );
  const p = cases(() => 1e-4 + (1 - 2e-4) * random());
  write(input, "normal_p", p);
  write(ours, "normal_quantile", p.map(normalQuantile));
  writeEvapotranspiration(input, ours, cases, random);
}

/** Weather from cold to hot, calm to stormy, under clouds (a third of clear-sky radiation at least) to clear. */
function writeEvapotranspiration(
  input: string,
  ours: string,
  cases: (make: () => number) => Float64Array,
  random: () => number,
): void {
  const lowest = cases(() => -15 + 40 * random());
  const weather = {
    lowest,
    highest: lowest.map((degrees) => degrees + 2 + 14 * random()),
    humidity: cases(() => 15 + 80 * random()),
    wind: cases(() => 8 * random()),
    altitude: cases(() => 3000 * random()),
    extraterrestrial: cases(() => 5 + 38 * random()),
  };
  const radiation = weather.extraterrestrial.map((top) => top * (0.26 + 0.48 * random()));
  for (const [name, values] of Object.entries({ ...weather, radiation })) write(input, `fao56_${name}`, values);
  const reference = lowest.map((low, at) => {
    const high = weather.highest[at]!;
    const saturated = (saturationPressure(high) + saturationPressure(low)) / 2;
    return penmanMonteith({
      lowest: low,
      highest: high,
      vapourPressure: (weather.humidity[at]! / 100) * saturated,
      wind: weather.wind[at]!,
      altitude: weather.altitude[at]!,
      extraterrestrial: weather.extraterrestrial[at]!,
      radiation: radiation[at]!,
      soilHeat: 0,
    });
  });
  write(ours, "fao56", reference);
}

/** Skewed samples with their GEV and generalised logistic parameters, and their kernel estimates at nine points. */
function writeSamples(input: string, ours: string, random: () => number): void {
  const samples = new Float64Array(SAMPLES * SAMPLE_YEARS);
  const gev = new Float64Array(SAMPLES * 2);
  const shapes = new Float64Array(SAMPLES);
  const logistic = new Float64Array(SAMPLES * 3);
  const bandwidths = new Float64Array(SAMPLES);
  const points = new Float64Array(SAMPLES * POINTS);
  const kernel = new Float64Array(SAMPLES * POINTS);
  const moments = new Float64Array(3);
  for (let i = 0; i < SAMPLES; i++) {
    const tail = 0.6 * (random() - 0.5);
    const sample = samples.subarray(i * SAMPLE_YEARS, (i + 1) * SAMPLE_YEARS);
    for (let year = 0; year < SAMPLE_YEARS; year++)
      sample[year] = 50 + 20 * (((-Math.log(random())) ** -tail - 1) / tail);
    sample.sort();
    sampleLMoments(sample, 0, SAMPLE_YEARS, moments);
    shapes[i] = gevShapeFromSkewness(moments[T3]!);
    fitGev(moments[L1]!, moments[L2]!, shapes[i]!, gev.subarray(2 * i, 2 * i + 2));
    fitGeneralizedLogistic(sample, SAMPLE_YEARS, logistic.subarray(3 * i, 3 * i + 3));
    bandwidths[i] = kernelBandwidth(sample, SAMPLE_YEARS);
    for (let k = 0; k < POINTS; k++) {
      points[i * POINTS + k] = sample[Math.floor(((SAMPLE_YEARS - 1) * k) / (POINTS - 1))]! + bandwidths[i]!;
      kernel[i * POINTS + k] = kernelCdf(points[i * POINTS + k]!, sample, SAMPLE_YEARS, bandwidths[i]!, -Infinity);
    }
  }
  writeNpy(join(input, "samples.npy"), samples, [SAMPLES, SAMPLE_YEARS]);
  writeNpy(join(input, "kernel_points.npy"), points, [SAMPLES, POINTS]);
  write(input, "kernel_bandwidth", bandwidths);
  write(ours, "gev_fit", gev);
  write(ours, "gev_shapes", shapes);
  write(ours, "logistic_fit", logistic);
  write(ours, "kernel_cdf", kernel);
}

function writeGevLevels(
  input: string,
  ours: string,
  cases: (make: () => number) => Float64Array,
  random: () => number,
): void {
  const years = cases(() => 2 + (RETURN_PERIOD_MAX - 2) * random());
  const shape = cases(() => 0.7 * (random() - 0.5));
  write(input, "gev_years", years);
  write(input, "gev_shape", shape);
  write(
    ours,
    "gev_level",
    years.map((T, at) => gevReturnLevel(T, 100, 25, shape[at]!)),
  );
}

function write(folder: string, name: string, values: Float64Array): void {
  writeNpy(join(folder, `${name}.npy`), values, [values.length]);
}
