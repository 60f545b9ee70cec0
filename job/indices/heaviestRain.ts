// The heaviest rain of each year, compiled where the engine can run it.
import { loadHeaviestRainKernel } from "../kernels/heaviestRain.ts";
import { scalarHeaviestRain } from "./scalarHeaviestRain.ts";

/** Rx1day and Rx5day: see scalarHeaviestRain. */
export const heaviestRain = loadHeaviestRainKernel() ?? scalarHeaviestRain;
