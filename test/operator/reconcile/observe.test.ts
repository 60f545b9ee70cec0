import { describe, expect, test } from "vitest";
import type { ClimateBatch } from "../../../model/climateBatch.ts";
import type { Job, Pod } from "../../../operator/kube/client.ts";
import type { StoredMetadata } from "../../../operator/kube/wireFormat.ts";
import { type JobFacts, observe, type PodFacts } from "../../../operator/reconcile/observe.ts";
import { decideAbandoned } from "../../../operator/reconcile/retention.ts";
import { at, climateBatch } from "../../support/climateBatch.ts";

const spi = () => climateBatch("spi");

test("objects as read from the API server are facts without conversion", () => {
  // The compiler is the test.
  const asJob = (job: Job): JobFacts => job;
  const asPod = (pod: Pod): PodFacts => pod;
  const asMetadata = (batch: ClimateBatch): StoredMetadata => batch.metadata;
  expect([asJob, asPod, asMetadata]).toHaveLength(3);
});

describe("Jobs", () => {
  test("are distinguished by their owner's uid, not by their name", () => {
    const { childJob, foreignJob } = spi().planned().foreignJob().observation();
    expect(childJob).toBeNull();
    expect(foreignJob).toEqual({ name: "spi-73706900-1", owner: "CronJob backup" });
  });

  test("of an earlier batch with the same name are ignored", () => {
    const facts = spi().planned().job().facts();
    const { metadata } = facts.batch;
    const recreated = { ...facts.batch, metadata: { ...metadata, uid: "aaaaaaaa-0000-4000-8000-000000000000" } };
    const { childJob, foreignJob, otherJobs } = observe({ ...facts, batch: recreated }, at(1000));
    expect([childJob, foreignJob, otherJobs]).toEqual([null, null, []]);
  });

  test("of the present attempt are the child, others are others", () => {
    const { childJob, otherJobs } = spi().completed("0-9").attempt(2, 2).job().job({ attempt: 2 }).observation();
    expect(childJob!.attempt).toBe(2);
    expect(otherJobs.map(({ attempt }) => attempt)).toEqual([1]);
  });

  test("without a database the status says which attempt is the present one", () => {
    const away = spi().completed("0-9").attempt(2, 2).job({ attempt: 2 }).recorded().databaseAway();
    expect(away.observation().childJob!.name).toBe("spi-73706900-2");
  });

  test("have ended when a condition says so and holds", () => {
    const end = { type: "Failed", reason: "DeadlineExceeded" } as const;
    expect(spi().planned().job({ end }).observation().childJob!.end).toMatchObject(end);
    const [job] = spi().planned().job({ end }).facts().jobs;
    const conditions = [
      { ...job!.status!.conditions![0]!, status: "False" },
      { type: "FailureTarget", status: "True" },
    ];
    const facts = { ...spi().planned().facts(), jobs: [{ ...job!, status: { conditions } }] };
    expect(observe(facts, at(1000)).childJob!.end).toBeNull();
  });
});

test("a pod has been terminating since its grace period began", () => {
  const { terminatingPods } = spi().planned().job().podTerminatingSince(300).podRunning().observation();
  expect(terminatingPods).toEqual([{ name: "pod-a", node: "node1", since: at(300) }]);
});

describe("another batch is", () => {
  const old = () => climateBatch("old");
  test.each([
    ["waiting before it was planned", old(), "waiting"],
    ["running as the database says", old().planned(), "running"],
    [
      "running again although its status still says that it failed",
      old().planned().ended("failed", "X").recorded().ended("running"),
      "running",
    ],
    ["waiting for its retry", old().planned().ended("failed", "X").retries(1).recorded(), "waiting"],
    ["of no concern when another installation runs it", old().planned().ofInstallation("there").recorded(), "ended"],
  ])("%s", (_, other, state) => {
    expect(spi().beside(other).observation().others[0]).toMatchObject({ state, outcome: null });
  });

  test.each([
    ["failed", old().planned().ended("failed", "X").recorded()],
    ["complete", old().allDone().ended("complete").recorded()],
  ])("%s, and matters only to one that has ended the same way", (outcome, other) => {
    expect(spi().beside(other).observation().others).toEqual([]);
    const complete = spi().allDone().ended("complete").recorded();
    expect(
      complete
        .beside(other)
        .observation()
        .others.map((one) => one.outcome),
    ).toEqual(outcome === "complete" ? [outcome] : []);
  });

  test("running, as it says itself, while the database is away", () => {
    const other = old().planned().recorded();
    expect(spi().beside(other).databaseAway().observation().others[0]!.state).toBe("running");
  });
});

test("rows whose ClimateBatch has gone are cancelled, others are not", () => {
  const running = [
    { batchId: "17", uid: "gone" },
    { batchId: "18", uid: "here" },
  ];
  expect(decideAbandoned(running, new Set(["here", "new"]))).toEqual([
    { do: "cancel", batchId: "17", reason: "Deleted", message: "The ClimateBatch of this batch was deleted." },
  ]);
});
