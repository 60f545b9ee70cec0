// Marks of missing values that could be values: 999.9 mm of rain on several days, where no other day has half of it.
import { RejectedError } from "../../model/errors.ts";
import { shortNumber } from "../formats/numberText.ts";
import type { ReadingOptions } from "./readingOptions.ts";
import { sumTallies } from "./valueTally.ts";
import type { CountedSource } from "./variableSource.ts";

const NINES = /^9{2,}(\.9+)?$/;
/** Once it may be a record. */
const TIMES_AT_LEAST = 2;
/** Digits that numbers of 32 bits surely have. */
const DIGITS = 6;

/** Refuses them unless --missing names the variable. `optionOf` gives the option for a value as the file has it. */
export function refuseLikelyMarks<Source extends CountedSource>(
  sources: readonly Source[],
  options: ReadingOptions,
  optionOf: (source: Source, value: number) => string,
): void {
  for (const alike of Map.groupBy(sources, ({ variable, conversion }) => `${variable} ${conversion.from}`).values()) {
    const { conversion, frequency, variable, where } = alike[0]!;
    // Totals of months of different lengths are no longer equal.
    if (options.areMarksSaid(variable) || (conversion.perStep && frequency !== "daily")) continue;
    const tally = sumTallies(alike.map((source) => source.tally));
    const asWritten = (value: number) => shortNumber((value - conversion.offset) / conversion.factor, DIGITS);
    const mark = asWritten(tally.greatest);
    const isApart = tally.secondGreatest < tally.greatest / 2 && Number.isFinite(tally.secondGreatest);
    if (!NINES.test(String(mark)) || !isApart || tally.atGreatest < TIMES_AT_LEAST) continue;
    throw new RejectedError(
      "LikelyMissingMark",
      `${where}: ${tally.atGreatest.toLocaleString("en")} values of ${variable} are ${mark} ${conversion.from}, and no other is above ` +
        `${asWritten(tally.secondGreatest)}: they look like marks of missing values. If they are, give ${optionOf(alike[0]!, mark)}. ` +
        `If they were measured, say that no number of ${variable} marks a missing value: --missing ${variable}=none.`,
    );
  }
}
