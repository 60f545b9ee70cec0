import { describe, expect, test } from "vitest";
import { decide, isSettled } from "../../../operator/reconcile/decide.ts";
import { at, POLICY } from "../../support/climateBatch.ts";
import {
  CREATE,
  cancel,
  complete,
  EMPTY,
  FINISH,
  failed,
  JOB_2,
  jobComplete,
  jobFailed,
  NOTHING,
  NOW,
  PLAN,
  PUBLISH,
  queue,
  RESUME,
  RETRY,
  type Row,
  removeBatch,
  removeJob,
  running,
  SUSPEND,
  spi,
} from "../../support/decisions.ts";

const planning: Row[] = [
  ["a new batch is planned", spi(), PLAN],
  [
    "a batch that was refused a slot for now is planned again",
    spi().recorded(100, { action: "plan", reason: "NoFreeSlot", message: "" }),
    PLAN,
  ],
  [
    "a batch that was refused for good is left alone",
    spi().recorded(100, { action: "plan", reason: "NoData", message: "" }),
    NOTHING,
  ],
  [
    "a batch that was refused for good is planned again when retries are raised",
    spi().recorded(100, { action: "plan", reason: "NoData", message: "" }).retries(1).generation(2),
    PLAN,
  ],
  [
    "a refused batch whose ttl was changed is not planned again",
    spi().recorded(100, { action: "plan", reason: "NoData", message: "" }).ttl(5000).generation(2),
    [{ do: "wait", until: at(5100), because: "its ttl" }],
  ],
  ["a batch suspended before planning is left alone", spi().suspended(), NOTHING],
  ["a batch resumed before planning is planned", spi().suspended().recorded().spec({ suspend: false }), PLAN],
  ["a batch whose planning was not recorded continues from its row", spi().planned(), CREATE],
  ["a batch whose slots are not emptied empties them", spi().slotsInUse(), EMPTY],
  [
    "a request that a complete batch answered is not computed again",
    spi().spec({ requestKey: "yearly/probability/2028" }).answeredBy("9", "complete"),
    NOTHING,
  ],
  ["a request that a failed batch answered is not computed again", spi().answeredBy("9", "failed"), NOTHING],
  ["a request that another batch computes now is waited for", spi().answeredBy("9", "running"), queue("batch 9")],
  [
    "a batch that another installation runs is left alone",
    spi().planned().ofInstallation("there"),
    [{ do: "wait", until: at(1060), because: "installation there runs it" }],
  ],
  [
    "a batch that another installation failed is not retried here",
    failed().retries(3).ofInstallation("there"),
    [{ do: "wait", until: at(1060), because: "installation there runs it" }],
  ],
  [
    "without a database a new batch waits for it",
    spi().databaseAway(),
    [{ do: "wait", until: at(1010), because: "The database does not answer." }],
  ],
];

const jobs: Row[] = [
  ["a planned batch without a Job gets one", spi().planned().recorded(), CREATE],
  [
    "a batch with few shards has as many completions",
    spi().shards(3).planned(),
    [{ do: "createJob", batchId: "17", attempt: 1, completions: 3 }],
  ],
  [
    "a retried batch gets a Job over its failed shards",
    spi().completed("0-9").attempt(2, 2).job(jobFailed("FailedIndexes")),
    [{ do: "createJob", batchId: "17", attempt: 2, completions: 2 }],
  ],
  ["a running Job is left alone", running(), NOTHING],
  ["a deleted Job is created again", running().withoutJobs(), CREATE],
  ["a Job that is being deleted keeps its name until it is gone", spi().planned().job({ deleting: true }), NOTHING],
  [
    "a Job that is being deleted after it ended is waited for too",
    spi()
      .planned()
      .job({ deleting: true, ...jobComplete }),
    NOTHING,
  ],
  ["a planned batch that was suspended before its Job waits", spi().planned().suspended(), NOTHING],
  [
    "a Job of the same name with another owner is a conflict",
    spi().planned().foreignJob(),
    [{ do: "wait", until: at(1010), because: "Job spi-73706900-1 belongs to CronJob backup" }],
  ],
  [
    "an unfinished Job of another attempt goes first",
    spi().completed("0-9").attempt(2, 2).job(),
    [removeJob("it belongs to another attempt")],
  ],
  [
    "an unfinished Job of another attempt that is going is waited for",
    spi().completed("0-9").attempt(2, 2).job({ deleting: true }),
    NOTHING,
  ],
  [
    "the Job of the attempt before is kept for its logs",
    spi().completed("0-9").attempt(2, 2).job(jobFailed("FailedIndexes")).job({ attempt: 2 }),
    NOTHING,
  ],
  [
    "Jobs before the attempt before are deleted",
    spi()
      .completed("0-9")
      .attempt(3, 2)
      .job(jobFailed("FailedIndexes"))
      .job({ attempt: 2, ...jobFailed("FailedIndexes") })
      .job({ attempt: 3 }),
    [removeJob("later attempts followed it")],
  ],
  ["a Job with some shards done is left alone", running().completed("0-5"), NOTHING],
  ["a Job with failed shards that may run again is left alone", running().completed("0-5").failed("6"), NOTHING],
];

const suspension: Row[] = [
  ["a running Job is suspended with its batch", running().suspended(), SUSPEND],
  ["a suspended Job is resumed with its batch", spi().planned().job({ suspended: true }), RESUME],
  ["a suspended Job of a suspended batch is left alone", spi().planned().suspended().job({ suspended: true }), NOTHING],
  ["a Job that Kueue holds back is left to Kueue", spi().planned().job({ suspended: true, kueue: true }), NOTHING],
  ["a Job that Kueue admitted is not suspended by us", spi().planned().suspended().job({ kueue: true }), NOTHING],
  ["a finished Job is not suspended", spi().allDone().suspended().job(jobComplete), FINISH],
  [
    "a Job is suspended also while the database is away",
    running().suspended().databaseAway(),
    [...SUSPEND, { do: "wait", until: at(1010), because: "The database does not answer." }],
  ],
  [
    "a running Job continues while the database is away",
    running().databaseAway(),
    [{ do: "wait", until: at(1010), because: "The database does not answer." }],
  ],
  [
    "a Job of the second attempt is found without the database",
    spi().completed("0-9").attempt(2, 2).job({ attempt: 2 }).recorded().suspended().databaseAway(),
    [
      { do: "suspendJob", job: JOB_2 },
      { do: "wait", until: at(1010), because: "The database does not answer." },
    ],
  ],
];

const ending: Row[] = [
  ["a batch whose shards are all done is finished before its Job is", running().allDone(), FINISH],
  ["a batch whose shards are all done is finished although its Job is gone", spi().allDone(), FINISH],
  [
    "a batch whose shards are all done is finished although its Job failed",
    spi().allDone().job(jobFailed("DeadlineExceeded")),
    FINISH,
  ],
  [
    "a batch whose shards are all done is finished although a pod hangs",
    spi().allDone().job().podTerminatingSince(0),
    FINISH,
  ],
  [
    "a batch whose shards are all done is finished although it is suspended",
    spi().allDone().suspended().job({ suspended: true }),
    FINISH,
  ],
  [
    "a batch that is not to be published is finished without",
    spi().unpublished().allDone().job(jobComplete),
    [{ do: "finish", batchId: "17", publish: false, podFailure: null }, { do: "lookAgain" }],
  ],
  ["a failed Job settles the batch", spi().completed("0-10").failed("11").job(jobFailed("FailedIndexes")), FINISH],
  [
    "a Job stopped early by maxFailedShards settles the batch",
    spi().failed("0-2").job(jobFailed("MaxFailedIndexesExceeded")),
    FINISH,
  ],
  [
    "a Job stopped by the exit code that ends batches settles the batch",
    spi().failed("0").job(jobFailed("PodFailurePolicy")),
    FINISH,
  ],
  ["a Job past its deadline settles the batch", spi().completed("0-3").job(jobFailed("DeadlineExceeded")), FINISH],
  [
    "a complete Job with a shard that is not done settles the batch, which fails it",
    spi().completed("0-10").job(jobComplete),
    FINISH,
  ],
  [
    "a batch that was ended in the database stops its Job",
    spi().ended("failed", "InputChanged", "ingest").job(),
    [removeJob("InputChanged")],
  ],
  [
    "a batch that was cancelled in the database stops its Job",
    spi().ended("cancelled").job(),
    [removeJob("Cancelled")],
  ],
  ["a cancelled batch is not retried", spi().ended("cancelled").retries(5), NOTHING],
  ["a complete batch that is not published is published", spi().allDone().ended("complete"), PUBLISH],
  [
    "a complete batch that was refused publishing is left alone",
    spi().allDone().ended("complete").recorded(100, { action: "publish", reason: "Incomplete", message: "" }),
    NOTHING,
  ],
  [
    "a complete batch that was published by hand after a refusal is left alone",
    spi()
      .allDone()
      .ended("complete")
      .recorded(100, { action: "publish", reason: "OtherGrid", message: "" })
      .published(),
    NOTHING,
  ],
  [
    "a complete batch that a later one replaced is not published again",
    complete().recorded().notPublishedAnyMore(),
    NOTHING,
  ],
  [
    "a complete batch that is not to be published is left alone",
    spi().unpublished().allDone().ended("complete"),
    NOTHING,
  ],
  ["a complete batch lets a Job that is about to end be", complete().job(), NOTHING],
  [
    "a batch being deleted is cancelled",
    running().beingDeleted(),
    [cancel("Deleted", "ClimateBatch spi was deleted.")],
  ],
  ["a batch being deleted before it was planned needs nothing", spi().beingDeleted(), NOTHING],
  ["a complete batch being deleted needs nothing", complete().beingDeleted(), NOTHING],
  [
    "a batch being deleted while the database is away is left to the sweep",
    running().beingDeleted().databaseAway(),
    NOTHING,
  ],
  [
    "a batch being deleted that another installation runs is left alone",
    spi().planned().ofInstallation("there").beingDeleted(),
    NOTHING,
  ],
];

describe.each([
  ["planning", planning],
  ["the Job", jobs],
  ["suspension", suspension],
  ["the end", ending],
])("decide, %s:", (_, rows) => {
  test.each(rows)("%s", (_situation, batch, then) => {
    expect(decide(batch.observation(), POLICY, NOW)).toEqual(then);
  });
});

test("deciding twice on the same observation gives the same", () => {
  for (const [, batch] of [...planning, ...jobs, ...suspension, ...ending])
    expect(decide(batch.observation(), POLICY, NOW)).toEqual(decide(batch.observation(), POLICY, NOW));
});

test("a status is worth writing when nothing is about to change it", () => {
  expect([PLAN, EMPTY, CREATE, FINISH, PUBLISH, RETRY, SUSPEND, RESUME].map(isSettled)).not.toContain(true);
  expect([NOTHING, queue("old"), [removeJob("it is old")], removeBatch("its ttl")].map(isSettled)).not.toContain(false);
});
