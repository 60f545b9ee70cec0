// How many cell-years of a storm record one thread makes: the winds of about 1,800 storms at each place, and the whole of typhoon
// for four futures and five periods. Run: node bench/typhoon.bench.ts [cells].
import { makeSampleStorms } from "../cli/sample/sampleStorms.ts";
import { type StormRecord, StormRecordBuilder } from "../job/risks/stormRecord.ts";
import { makeStormWindsAt } from "../job/risks/stormWinds.ts";
import { typhoon } from "../job/risks/typhoon.ts";
import { makeTimeAxis } from "../job/timeAxis.ts";
import { FUTURES } from "../model/experiments.ts";
import { DEFAULT_BASE_PERIOD, DEFAULT_PERIODS, yearsIn } from "../model/periods.ts";
import { measure } from "./measure.ts";

const COPIES = 13;
const KOREA = { south: 33, north: 39, west: 124.5, east: 132 };
/** As in a batch: prepared once, called for each cell and scenario. */
const YEARS = { agency: "bench", firstYear: 1951, lastYear: 2024 };

/** The sample's storms again and again, each time a degree and a half further east. */
function prepare(): StormRecord {
  const builder = new StormRecordBuilder(YEARS, KOREA);
  for (let copy = 0; copy < COPIES; copy++) {
    for (const track of makeSampleStorms()) {
      const longitude = track.longitude.map((degrees) => degrees + 1.5 * copy);
      builder.add({ ...track, stormId: `${track.stormId}-${copy}`, longitude });
    }
  }
  return builder.build();
}

const cells = Number(process.argv[2] ?? 500);
const places = Array.from({ length: cells }, (_, at) => ({
  latitude: KOREA.south + (6 * ((at * 7) % cells)) / cells,
  longitude: KOREA.west + (7.5 * at) / cells,
}));
const years = yearsIn(YEARS);

const record = prepare();
const windsAt = makeStormWindsAt();
measure("H08 winds of every storm", cells * years, () =>
  places.reduce((sum, { latitude, longitude }) => sum + windsAt(record, latitude, longitude).count, 0),
);
const none = new Map();
const shared = {
  axis: makeTimeAxis("noleap", 2000, 2000),
  ...{ daily: none, monthly: none, yearly: none, attributes: none },
  ...{ storms: record, basePeriod: DEFAULT_BASE_PERIOD },
  periods: [DEFAULT_BASE_PERIOD, ...DEFAULT_PERIODS],
};
measure("typhoon, four futures and five periods", cells * years, () =>
  places.reduce((sum, place) => {
    for (const future of FUTURES) sum += typhoon.compute({ ...shared, ...place, future })[0]!.hazard!.score;
    return sum;
  }, 0),
);
