import { describe, expect, test } from "vitest";
import { decide } from "../../../operator/reconcile/decide.ts";
import { at, climateBatch, POLICY } from "../../support/climateBatch.ts";
import {
  cancel,
  complete,
  FINISH,
  failed,
  jobFailed,
  later,
  NOTHING,
  NOW,
  other,
  PLAN,
  queue,
  REPLACED,
  RETRY,
  type Row,
  removeBatch,
  removeJob,
  running,
  SPENT,
  spi,
} from "../../support/decisions.ts";

const retrying: Row[] = [
  ["a failed batch without retries is left alone", failed().recorded(), NOTHING],
  ["a failed batch runs again when retries are raised", failed().recorded().retries(1).generation(2), RETRY],
  [
    "a failed batch runs again by itself as long as retries are left",
    failed().retries(1).job(jobFailed("FailedIndexes")),
    RETRY,
  ],
  [
    "a failed batch whose Job still runs stops it before it runs again",
    failed().retries(1).job(),
    [removeJob("the attempt has ended"), ...RETRY],
  ],
  ["a batch that failed in its last retry is left alone", failed().retries(1).attempt(2, 1).recorded(), NOTHING],
  ["a batch retried by hand has spent a retry", failed().retries(1).attempt(2, 1), NOTHING],
  ["a refused retry is not tried again", failed().retries(3).recorded(100, SPENT), NOTHING],
  [
    "a refused retry is tried again when retries are raised",
    failed().retries(1).recorded(100, SPENT).retries(2).generation(2),
    RETRY,
  ],
  [
    "a retry that was refused for passing reasons is tried again",
    failed().retries(1).recorded(100, { action: "retry", reason: "TooFewConnections", message: "" }),
    RETRY,
  ],
  [
    "a batch with too many rejected cells is not retried",
    spi().retries(3).ended("failed", "TooManyRejectedCells", "9 cells"),
    NOTHING,
  ],
  ["a suspended failed batch waits with its retry", failed().retries(1).suspended(), NOTHING],
  ["a retry waits for a batch that runs now", failed().retries(1).beside(later("new").planned()), queue("new")],
  [
    "a retry goes before a batch that was created later",
    failed()
      .retries(1)
      .beside(later("new").spec({ grid: "other" })),
    RETRY,
  ],
  ["a replaced batch is not retried", failed().retries(1).beside(later("new").policy("Replace")), NOTHING],
];

const concurrency: Row[] = [
  ["a batch waits for an older one that runs", spi().beside(other("old").planned()), queue("old")],
  ["a batch waits for an older one that waits itself", spi().beside(other("old")), queue("old")],
  ["a batch does not wait for a later one", spi().beside(later("new")), PLAN],
  ["a batch waits for a later one that runs already", spi().beside(later("new").planned()), queue("new")],
  ["of two created in the same second one goes first", spi().beside(climateBatch("abc")), queue("abc")],
  ["and the other follows", spi().beside(climateBatch("xyz")), PLAN],
  ["a batch does not wait for another calculation", spi().beside(other("old").calculation("Hazard").planned()), PLAN],
  [
    "All waits for either calculation",
    spi().calculation("All").beside(other("old").calculation("Hazard").planned()),
    queue("old"),
  ],
  ["a batch waits for All", spi().beside(other("old").calculation("All").planned()), queue("old")],
  ["a batch does not wait for one suspended before planning", spi().beside(other("old").suspended()), PLAN],
  ["a batch waits for one suspended while it runs", spi().beside(other("old").planned().suspended()), queue("old")],
  [
    "a batch does not wait for one that is complete",
    spi().beside(other("old").allDone().ended("complete").published().recorded()),
    PLAN,
  ],
  [
    "a batch does not wait for one that failed",
    spi().beside(other("old").planned().ended("failed", "ShardsFailed").recorded()),
    PLAN,
  ],
  [
    "a batch waits for one that failed and will run again",
    spi().beside(other("old").planned().ended("failed", "ShardsFailed").retries(1).recorded()),
    queue("old"),
  ],
  [
    "a batch does not wait for one that is being deleted before it was planned",
    spi().beside(other("old").beingDeleted()),
    PLAN,
  ],
  [
    "a batch does not wait for one of another installation",
    spi().beside(other("old").planned().ofInstallation("there").recorded()),
    PLAN,
  ],
  ["a planned batch waits for no other", running().beside(other("old")), NOTHING],
  [
    "a waiting batch gives way to an equal one that waits since later",
    spi().beside(other("old").planned(), later("new")),
    NOTHING,
  ],
  [
    "a waiting batch does not give way to one that requests something else",
    spi().beside(other("old").planned(), later("new").spec({ grid: "other" })),
    queue("old"),
  ],
  ["a batch that may start does not give way", spi().beside(later("new")), PLAN],
  [
    "a running batch is cancelled by a later one that replaces",
    running().beside(later("new").policy("Replace")),
    [cancel("Replaced", REPLACED), removeJob(REPLACED), { do: "lookAgain" }],
  ],
  ["a waiting batch is given up for a later one that replaces", spi().beside(later("new").policy("Replace")), NOTHING],
  [
    "a batch whose shards are all done is finished rather than replaced",
    running().allDone().beside(later("new").policy("Replace")),
    FINISH,
  ],
  [
    "a later batch that replaces does nothing while it is suspended",
    running().beside(later("new").policy("Replace").suspended()),
    NOTHING,
  ],
  [
    "a later batch that replaces another calculation changes nothing",
    running().beside(later("new").policy("Replace").calculation("Hazard")),
    NOTHING,
  ],
  [
    "a batch that replaces waits until what it replaces has stopped",
    spi().policy("Replace").beside(other("old").planned()),
    queue("old"),
  ],
  ["a batch that replaces does not wait for waiting ones", spi().policy("Replace").beside(other("old")), PLAN],
  [
    "a batch that replaces does not replace later ones",
    spi().policy("Replace").beside(later("new").planned()),
    queue("new"),
  ],
];

const old = (name: string, seconds: number) =>
  climateBatch(name)
    .allDone()
    .ended("complete")
    .status({ completionTime: at(seconds).toISOString() })
    .recorded()
    .status({ completionTime: at(seconds).toISOString() });
const unread = () => complete().recorded().notPublishedAnyMore().recorded();
const retention: Row[] = [
  [
    "a finished batch stays for its ttl",
    complete().ttl(2000).recorded(),
    [{ do: "wait", until: at(2050), because: "its ttl" }],
  ],
  [
    "a finished batch is deleted after its ttl",
    complete().ttl(900).recorded(),
    removeBatch("it was finished 900 seconds ago"),
  ],
  [
    "a failed batch is deleted after its ttl",
    failed().ttl(900).recorded(),
    removeBatch("it was finished 900 seconds ago"),
  ],
  [
    "a batch with ttl 0 is deleted once its end is recorded",
    complete().ttl(0).recorded(),
    removeBatch("it was finished 0 seconds ago"),
  ],
  ["a batch with ttl 0 is not deleted before its end is recorded", complete().ttl(0), NOTHING],
  ["a failed batch that will run again is not deleted", failed().recorded().ttl(0).retries(1).generation(2), RETRY],
  [
    "a batch refused for good is deleted after its ttl",
    spi().ttl(10).recorded(100, { action: "plan", reason: "NoData", message: "" }),
    removeBatch("it was finished 10 seconds ago"),
  ],
  ["a batch without ttl stays while the history has room", unread().beside(old("a", 60), old("b", 70)), NOTHING],
  [
    "a batch is deleted when enough later ones are kept",
    unread().beside(old("a", 60), old("b", 70), old("c", 80)),
    removeBatch("3 later ones are kept"),
  ],
  ["earlier batches do not count for the history", unread().beside(old("a", 10), old("b", 20), old("c", 30)), NOTHING],
  [
    "the published batch is never beyond the history",
    complete().recorded().beside(old("a", 60), old("b", 70), old("c", 80)),
    NOTHING,
  ],
  [
    "another calculation does not count for the history",
    unread().beside(old("a", 60), old("b", 70), old("c", 80).calculation("Hazard")),
    NOTHING,
  ],
  [
    "failed batches have a history of their own",
    failed()
      .recorded()
      .beside(
        ...["a", "b"].map((name) =>
          climateBatch(name)
            .planned()
            .ended("failed", "X")
            .recorded()
            .status({ completionTime: at(60).toISOString() }),
        ),
      ),
    removeBatch("2 later ones are kept"),
  ],
];

const stuck: Row[] = [
  [
    "a terminating pod is looked at again when it has been for ten minutes",
    running().podTerminatingSince(900),
    [{ do: "wait", until: at(1500), because: "a pod is terminating" }],
  ],
  ["a pod terminating for ten minutes is nothing more to wait for", running().podTerminatingSince(300), NOTHING],
  [
    "of several terminating pods the first is waited for",
    running().podTerminatingSince(950).podTerminatingSince(900, "pod-c").podRunning(),
    [{ do: "wait", until: at(1500), because: "a pod is terminating" }],
  ],
];

describe.each([
  ["retries", retrying],
  ["concurrency", concurrency],
  ["retention", retention],
  ["stuck pods", stuck],
])("decide, %s:", (_, rows) => {
  test.each(rows)("%s", (_situation, batch, then) => {
    expect(decide(batch.observation(), POLICY, NOW)).toEqual(then);
  });
});
