import { expect, test } from "vitest";
import { CONDITION_TYPES } from "../../../model/climateBatch.ts";
import type { Refusal } from "../../../operator/reconcile/actions.ts";
import { buildStatus } from "../../../operator/reconcile/status.ts";
import { type ClimateBatchBuilder, climateBatch, POLICY } from "../../support/climateBatch.ts";
import { complete, failed, listConditions, NOW, refused, running, spi, write } from "../../support/writtenStatus.ts";

type Row = [situation: string, batch: ClimateBatchBuilder, refusal: Refusal | null, conditions: string[]];
const rows: Row[] = [
  [
    "about to be planned",
    spi(),
    null,
    ["Planned=False Planning", "Complete=False Planning", "Published=False Unfinished"],
  ],
  [
    "refused a slot for now",
    spi(),
    refused("plan", "NoFreeSlot"),
    ["Planned=False NoFreeSlot", "Complete=False NoFreeSlot", "Published=False Unfinished"],
  ],
  [
    "refused for good",
    spi(),
    refused("plan", "NoData"),
    ["Planned=False NoData", "Complete=False NoData", "Failed=True NoData", "Published=False Unfinished"],
  ],
  [
    "refused for good and looked at again",
    spi().recorded(1, refused("plan", "NoData")),
    null,
    ["Planned=False NoData", "Complete=False NoData", "Failed=True NoData", "Published=False Unfinished"],
  ],
  [
    "suspended before it was planned",
    spi().suspended(),
    null,
    ["Planned=False Suspended", "Complete=False Suspended", "Suspended=True Suspended", "Published=False Unfinished"],
  ],
  [
    "resumed before it was planned",
    spi().suspended().recorded().spec({ suspend: false }),
    null,
    ["Planned=False Planning", "Complete=False Planning", "Suspended=False Resumed", "Published=False Unfinished"],
  ],
  [
    "queued",
    spi().beside(climateBatch("old").createdAt(-60).planned()),
    null,
    ["Planned=False Queued", "Complete=False Queued", "Published=False Unfinished"],
  ],
  [
    "superseded in the queue",
    spi().beside(climateBatch("old").createdAt(-60).planned(), climateBatch("new").createdAt(60)),
    null,
    ["Planned=False Superseded", "Complete=False Superseded", "Failed=True Superseded", "Published=False Unfinished"],
  ],
  [
    "answered before",
    spi().answeredBy("9", "complete"),
    null,
    ["Planned=False AlreadyAnswered", "Complete=True AlreadyAnswered", "Published=False Unfinished"],
  ],
  [
    "answered before by a batch that failed",
    spi().answeredBy("9", "failed"),
    null,
    [
      "Planned=False AlreadyAnswered",
      "Complete=False AlreadyAnswered",
      "Failed=True AlreadyAnswered",
      "Published=False Unfinished",
    ],
  ],
  [
    "run by another installation",
    running().ofInstallation("there"),
    null,
    ["Planned=False OtherInstallation", "Complete=False OtherInstallation", "Published=False Unfinished"],
  ],
  [
    "waiting for the database",
    spi().databaseAway(),
    null,
    ["Planned=False DatabaseUnavailable", "Complete=False DatabaseUnavailable"],
  ],
  [
    "running while the database is away",
    running().recorded().databaseAway(),
    null,
    ["Planned=True Planned", "Complete=False Running", "Published=False Unfinished"],
  ],
  [
    "planned without a Job",
    spi().planned(),
    null,
    ["Planned=True Planned", "Complete=False Preparing", "Published=False Unfinished"],
  ],
  [
    "kept from its Job by another's",
    spi().planned().foreignJob(),
    null,
    ["Planned=True Planned", "Complete=False Conflict", "Published=False Unfinished"],
  ],
  [
    "kept from its Job by its template",
    spi().planned(),
    refused("createJob", "InvalidTemplate"),
    ["Planned=True Planned", "Complete=False InvalidTemplate", "Published=False Unfinished"],
  ],
  ["running", running(), null, ["Planned=True Planned", "Complete=False Running", "Published=False Unfinished"]],
  [
    "suspend is set, not suspended yet",
    running().suspended(),
    null,
    ["Planned=True Planned", "Complete=False Running", "Published=False Unfinished"],
  ],
  [
    "suspended while it runs",
    spi().planned().suspended().job({ suspended: true }),
    null,
    ["Planned=True Planned", "Complete=False Suspended", "Suspended=True Suspended", "Published=False Unfinished"],
  ],
  [
    "held back by Kueue",
    spi().planned().job({ suspended: true, kueue: true }),
    null,
    ["Planned=True Planned", "Complete=False Suspended", "Suspended=True Suspended", "Published=False Unfinished"],
  ],
  [
    "planned and suspended before its Job",
    spi().planned().suspended(),
    null,
    ["Planned=True Planned", "Complete=False Suspended", "Suspended=True Suspended", "Published=False Unfinished"],
  ],
  [
    "about to be settled",
    running().allDone(),
    null,
    ["Planned=True Planned", "Complete=False Finishing", "Published=False Unfinished"],
  ],
  [
    "failed",
    failed(),
    null,
    ["Planned=True Planned", "Complete=False ShardsFailed", "Failed=True ShardsFailed", "Published=False Unfinished"],
  ],
  [
    "failed at its deadline",
    spi()
      .completed("0-3")
      .ended("failed", "ShardsFailed", "8 shards failed")
      .job({ end: { type: "Failed", reason: "DeadlineExceeded" } }),
    null,
    [
      "Planned=True Planned",
      "Complete=False DeadlineExceeded",
      "Failed=True DeadlineExceeded",
      "Published=False Unfinished",
    ],
  ],
  [
    "cancelled",
    spi().planned().ended("cancelled", "Replaced", "new was created later"),
    null,
    ["Planned=True Planned", "Complete=False Replaced", "Failed=True Replaced", "Published=False Unfinished"],
  ],
  [
    "failed with retries left",
    failed().retries(1),
    null,
    ["Planned=True Planned", "Complete=False Retrying", "Published=False Unfinished"],
  ],
  [
    "failed, then given another retry",
    failed().recorded().retries(1),
    null,
    ["Planned=True Planned", "Complete=False Retrying", "Failed=False Retrying", "Published=False Unfinished"],
  ],
  [
    "refused its retry",
    failed().retries(1),
    refused("retry", "InputChanged"),
    ["Planned=True Planned", "Complete=False InputChanged", "Failed=True InputChanged", "Published=False Unfinished"],
  ],
  [
    "refused its retry and looked at again",
    failed().retries(1).recorded(1, refused("retry", "InputChanged")),
    null,
    ["Planned=True Planned", "Complete=False InputChanged", "Failed=True InputChanged", "Published=False Unfinished"],
  ],
  [
    "running again",
    failed().recorded().retries(1).ended("running").attempt(2, 1).withoutJobs().job({ attempt: 2 }),
    null,
    ["Planned=True Planned", "Complete=False Running", "Failed=False Running", "Published=False Unfinished"],
  ],
  [
    "its retry waiting for another",
    failed().retries(1).beside(climateBatch("new").createdAt(60).planned()),
    null,
    ["Planned=True Planned", "Complete=False Queued", "Published=False Unfinished"],
  ],
  [
    "complete and published",
    complete(),
    null,
    ["Planned=True Planned", "Complete=True Complete", "Published=True Published"],
  ],
  [
    "complete after a failure",
    failed().recorded().ended("complete").allDone().published(),
    null,
    ["Planned=True Planned", "Complete=True Complete", "Failed=False Complete", "Published=True Published"],
  ],
  [
    "complete and refused publishing",
    complete().notPublishedAnyMore(),
    refused("publish", "Incomplete"),
    ["Planned=True Planned", "Complete=True Complete", "Published=False Incomplete"],
  ],
  [
    "refused publishing and looked at again",
    complete().notPublishedAnyMore().recorded(1, refused("publish", "Incomplete")),
    null,
    ["Planned=True Planned", "Complete=True Complete", "Published=False Incomplete"],
  ],
  [
    "published by hand after a refusal",
    complete().notPublishedAnyMore().recorded(1, refused("publish", "Incomplete")).published(),
    null,
    ["Planned=True Planned", "Complete=True Complete", "Published=True Published"],
  ],
  [
    "complete and not to be published",
    complete().unpublished().notPublishedAnyMore(),
    null,
    ["Planned=True Planned", "Complete=True Complete", "Published=False NotRequested"],
  ],
  [
    "replaced for readers by a later batch",
    complete().recorded().notPublishedAnyMore(),
    null,
    ["Planned=True Planned", "Complete=True Complete", "Published=False Superseded"],
  ],
  [
    "with a pod that does not go",
    running().podTerminatingSince(300),
    null,
    ["Planned=True Planned", "Complete=False Running", "Published=False Unfinished", "ShardStuck=True PodTerminating"],
  ],
  [
    "with a pod that has just begun to go",
    running().podTerminatingSince(900),
    null,
    ["Planned=True Planned", "Complete=False Running", "Published=False Unfinished"],
  ],
];

test.each(rows)("conditions of a batch that is %s", (_situation, batch, refusal, conditions) => {
  const status = write(batch, refusal);
  expect(listConditions(status)).toEqual(conditions);
  expect(status.observedGeneration).toBe(1);
  for (const condition of status.conditions!) {
    expect(condition.reason).toMatch(/^[A-Z][A-Za-z]+$/);
    expect(condition.message).toMatch(/^.{10}/);
    expect(CONDITION_TYPES).toContain(condition.type);
  }
});

test.each(rows)("a status that is written is not written again: %s", (_situation, batch, refusal) => {
  const again = batch.stored(write(batch, refusal));
  expect(buildStatus(again.observation(), POLICY, NOW, refusal)).toBeNull();
});
