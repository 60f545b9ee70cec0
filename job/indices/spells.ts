// Days that belong to long runs of days on which a condition holds, counted by year.

/** ETCCDI: shorter runs are no spell. */
export const SHORTEST_SPELL_DAYS = 6;

/**
 * Days in spells, year by year (ETCCDI WSDI and CSDI, given their condition).
 *
 * Inputs: holds Uint8Array [days], 1 where the condition holds, else 0, at a multiple of four bytes of its buffer; yearStart
 *   Int32Array [years + 1], offsets into the days; shortest [d], the shortest run that counts; out Float64Array [years].
 * Output: out [d]: days of the year in runs of at least `shortest` days.
 * Definition: a run is cut at the first day of a year and each part must be long enough by itself, as climdex.pcic v1.2-0
 *   with spells.can.span.years = FALSE. Zhang et al. 2011, WIREs Climate Change 2, 851-870, table 1.
 * Missing data: on a missing day the condition does not hold, which ends a run. Validity of years: missingDays.ts.
 */
export function spellDaysByYear(
  holds: Uint8Array,
  yearStart: Int32Array,
  years: number,
  shortest: number,
  out: Float64Array,
): void {
  const fours = new Uint32Array(holds.buffer, holds.byteOffset, Math.floor(holds.length / 4));
  for (let year = 0; year < years; year++) {
    const end = yearStart[year + 1]!;
    let inSpells = 0;
    let run = 0;
    for (let day = yearStart[year]!; day < end; day++) {
      // Most days do not hold: four at once.
      if (run === 0 && day % 4 === 0) while (day + 4 <= end && fours[day / 4] === 0) day += 4;
      if (day < end && holds[day] === 1) {
        run++;
        continue;
      }
      if (run >= shortest) inSpells += run;
      run = 0;
    }
    out[year] = run >= shortest ? inSpells + run : inSpells;
  }
}
