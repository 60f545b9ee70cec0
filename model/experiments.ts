// The experiment a scenario follows, where global warming matters rather than the cell's: by the experiment that the
// scenario is said to come from, else by its name.

export const FUTURES = ["ssp126", "ssp245", "ssp370", "ssp585"] as const;
export type Future = (typeof FUTURES)[number];

/** "ssp585", "SSP5-8.5", "sample-ssp585", and "ssp5" as the predecessor wrote it. */
const SPELLING = /ssp[-_ ]?([1235])(?:[-_ ]?(\d)[._]?(\d))?(?!\d)/i;

/** The future that a scenario follows; undefined for a past, an observation, or a future that is none of the four. */
export function futureOf(scenario: { readonly name: string; readonly experiment: string | null }): Future | undefined {
  const match = SPELLING.exec(scenario.experiment ?? scenario.name);
  if (match === null) return undefined;
  const [, pathway, tenths, hundredths] = match;
  const spelled = `ssp${pathway}${tenths ?? ""}${hundredths ?? ""}`;
  return FUTURES.find((future) => (tenths === undefined ? future.startsWith(spelled) : future === spelled));
}
