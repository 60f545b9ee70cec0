// What each risk is, in a few sentences, and the papers behind it: for `climatebatch explain`. Numbers stand in the method sets,
// equations beside their sources in the code, limits in docs/methods.md.
import type { Risk } from "../../model/risks.ts";

export interface Explanation {
  /** The yearly intensity, how years become probabilities, and what is scored. */
  readonly definition: string;
  readonly references: readonly string[];
}

const KERNEL =
  "Years are spread over the bins by a Gaussian kernel estimate; the bandwidth is Silverman's rule that resists outliers.";

export const EXPLANATIONS: Readonly<Record<Risk, Explanation>> = {
  coastal_flood: {
    definition:
      "Depth of the sea above the ground: the law of the yearly highest sea level, raised by the scenario's sea-level rise of each year, lowered by 0.2 m for each kilometre of its way inland, zero where no way leads. P(H) and damage count protection; the score is of the undefended 100-year depth.",
    references: [
      "Muis et al. 2020, Frontiers in Marine Science 7, 263 (extreme sea levels)",
      "Fox-Kemper et al. 2021, IPCC AR6 WG1 chapter 9 (sea-level rise)",
      "Pielke and Pielke 1997, Hurricanes (attenuation)",
      "Huizinga, de Moel and Szewczyk 2017, JRC105688 (depth-damage, Asia)",
    ],
  },
  cold_wave: {
    definition: `CSDI: days a year in spells of at least six days below the 10th percentile of their calendar day in the base period, on July-June years in the north. A year of the base period is judged by thresholds made without it. Years without spells keep their observed share; the others are spread by a kernel in the square root. Scored is the period's mean.`,
    references: [
      "Zhang et al. 2011, WIREs Climate Change 2, 851-870 (indices of ETCCDI)",
      "Hyndman and Fan 1996, The American Statistician 50, 361-365 (quantiles, type 8)",
      "Silverman 1986, Density Estimation (kernel, reflection)",
    ],
  },
  drought: {
    definition: `The lowest monthly SPEI-12 of the year, by a log-logistic distribution fitted to the base period's water balances, each of its years left out when it is judged. ${KERNEL} Scored is the mean of the yearly lowest.`,
    references: [
      "Vicente-Serrano, Begueria and Lopez-Moreno 2010, Journal of Climate 23, 1696-1718 (SPEI)",
      "Hargreaves and Samani 1985, Applied Engineering in Agriculture 1, 96-99; Thornthwaite 1948, Geographical Review 38, 55-94",
      "McKee, Doesken and Kleist 1993 (classes); Kim, Iizumi and Nishimori 2019, J. Appl. Meteor. Climatol. 58, 1233-1244 (losses)",
    ],
  },
  high_temperature: {
    definition: `WSDI: days a year in spells of at least six days above the 90th percentile of their calendar day in the base period. A year of the base period is judged by thresholds made without it. Years without spells keep their observed share; the others are spread by a kernel in the square root. Scored is the period's mean.`,
    references: [
      "Zhang et al. 2011, WIREs Climate Change 2, 851-870 (indices of ETCCDI)",
      "Hyndman and Fan 1996, The American Statistician 50, 361-365 (quantiles, type 8)",
      "Cachon, Gallino and Olivares 2012, Severe Weather and Automobile Assembly Productivity (rates)",
    ],
  },
  inland_flood: {
    definition:
      "Depth of a river above a cell: the fitted law of the heaviest rain, runoff by curve numbers, the peak of a unit hydrograph and the stage of the channel, each step rising with the rain, so that a depth is one rain. P(H) and damage count protection; the score is of the undefended 100-year depth.",
    references: [
      "Hosking and Wallis 1997, Regional Frequency Analysis (L-moments, GEV)",
      "USDA National Engineering Handbook, Part 630, chapters 10 and 16 (curve numbers, unit hydrograph)",
      "Nobre et al. 2011, Journal of Hydrology 404, 13-29 (height above nearest drainage)",
      "Huizinga, de Moel and Szewczyk 2017, JRC105688 (depth-damage, Asia)",
    ],
  },
  typhoon: {
    definition:
      "Highest one-minute wind of each storm of a best-track record, by Holland's profile of 2008 around the moving centre. One curve tells how often a place sees which wind: counted up to the fifth strongest storm, exponential beyond. Storms come as a Poisson process whose rate follows the scenario's warming. Scored is the 100-year wind.",
    references: [
      "Holland 2008, Monthly Weather Review 136, 3432-3445; Holland 1980, 108, 1212-1218 (wind profile)",
      "Emanuel 2011, Weather, Climate, and Society 3, 261-268; Eberenz, Luethi and Bresch 2021, NHESS 21, 393-415 (damage)",
      "Knutson et al. 2020, BAMS 101, E303-E322; Jewson 2021, J. Appl. Meteor. Climatol. 60 (warming)",
    ],
  },
  urban_flood: {
    definition:
      "Depth of water in the low ground of a town: rain of an hour to a day by the law of the heaviest day, runoff of sealed and open ground, less what the drains carry. P(H) is that of low ground; the damage is that times the share of low ground. The score is of the 100-year depth.",
    references: [
      "Hosking and Wallis 1997, Regional Frequency Analysis (L-moments, GEV)",
      "USDA National Engineering Handbook, Part 630, chapter 10 (curve numbers)",
      "Huizinga, de Moel and Szewczyk 2017, JRC105688 (depth-damage, Asia)",
    ],
  },
  water_scarcity: {
    definition:
      "WS: water withdrawn in a year over the renewable water of that year, of the river basin a cell belongs to, or of a cell of at least 500 km2 by itself. Supply is a model's runoff, or Fu's form of the Budyko curve held to the period's means. Years are spread over the bins by a kernel in log2(WS). Scored is the ratio of the period's sums.",
    references: [
      "Fu 1981, in Zhang et al. 2004, Water Resources Research 40, W02502 (runoff)",
      "Kuzma et al. 2023, Aqueduct 4.0, World Resources Institute (stress, classes, score)",
      "Pastor et al. 2014, Hydrology and Earth System Sciences 18, 5041-5059 (environmental flow)",
    ],
  },
  wildfire: {
    definition: `FWI95: the 95th percentile of the year's daily Canadian Fire Weather Index, all year round. ${KERNEL} Damage is multiplied by the cell's burnable fraction. Scored is the period's mean.`,
    references: [
      "Van Wagner 1987, Forestry Technical Report 35, Canadian Forestry Service",
      "Van Wagner and Pickett 1985, Forestry Technical Report 33 (equations, test data)",
      "European Forest Fire Information System (danger classes)",
    ],
  },
};

/** What the method set predecessor is, of every risk. */
export const PREDECESSOR_EXPLANATION: Explanation = {
  definition:
    "Values of the period counted in four bins and divided by their number, rounded to 4 decimals; nothing is fitted, no score is told. The numbers of the system before, defects included, so that they can be reproduced.",
  references: [],
};
