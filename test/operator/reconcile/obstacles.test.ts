// Why nothing moves: from what Kubernetes reports of a Job's pods to the reason that the status shows.
import { describe, expect, test } from "vitest";
import { findCondition } from "../../../model/climateBatch.ts";
import {
  describeTransitions,
  listStandstills,
  measureStandstill,
  OBSTACLES,
} from "../../../operator/objects/conditions.ts";
import { decide } from "../../../operator/reconcile/decide.ts";
import type { PodFacts } from "../../../operator/reconcile/obstacles.ts";
import { at, type ClimateBatchBuilder, climateBatch, POLICY, podMetadata } from "../../support/climateBatch.ts";
import { NOW, write } from "../../support/writtenStatus.ts";

const planned = () => climateBatch("spi").planned();
const idle = () => planned().job({ active: 0, ready: 0 });
const pending = () => planned().job({ active: 4, ready: 0 });

const waiting = (reason: string, message?: string): PodFacts => ({
  metadata: podMetadata("pod-a", 990),
  status: { phase: "Pending", containerStatuses: [{ state: { waiting: { reason, ...(message && { message }) } } }] },
});
const unscheduled = (message: string): PodFacts => ({
  metadata: podMetadata("pod-a", 990),
  status: {
    phase: "Pending",
    conditions: [{ type: "PodScheduled", status: "False", reason: "Unschedulable", message }],
  },
});
const ended = (exitCode: number, reason: string, message = ""): PodFacts => ({
  metadata: podMetadata("pod-a", 90),
  status: { phase: "Failed", containerStatuses: [{ state: { terminated: { exitCode, reason, message } } }] },
});
const creating: PodFacts = { metadata: podMetadata("pod-a", 990), status: { phase: "Pending" } };
const refused = (words: string) => idle().warning("FailedCreate", `Error creating: ${words}`, 980);
const forbidden = (words: string) => refused(`pods "spi-73706900-1-0-x7k2p" is forbidden: ${words}`);

const SITUATIONS: readonly (readonly [keyof typeof OBSTACLES, ClimateBatchBuilder, RegExp])[] = [
  ["QuotaExceeded", forbidden("exceeded quota: small, requested: pods=1, used: pods=2, limited: pods=2"), /^exceeded/],
  ["QuotaExceeded", forbidden("failed quota: small: must specify limits.cpu"), /limits\.cpu/],
  ["LimitRange", forbidden("maximum memory usage per Container is 1Gi, but limit is 2Gi"), /1Gi/],
  [
    "LimitRange",
    refused(
      'Pod "spi-73706900-1-0-x7k2p" is invalid: spec.containers[0].resources.requests: Invalid value: "128Mi": must be less than or equal to memory limit of 64Mi',
    ),
    /^spec\.containers.* limit of 64Mi$/,
  ],
  ["PriorityClassMissing", forbidden("no PriorityClass with name urgent was found"), /urgent/],
  [
    "ServiceAccountMissing",
    forbidden('error looking up service account ns/shards: serviceaccount "shards" not found'),
    /shards/,
  ],
  ["RuntimeClassMissing", forbidden('pod rejected: RuntimeClass "gvisor" not found'), /gvisor/],
  ["PodSecurity", forbidden('violates PodSecurity "restricted:latest": privileged'), /restricted/],
  [
    "WebhookUnavailable",
    refused('Internal error occurred: failed calling webhook "policy.example.com": dial tcp'),
    /policy/,
  ],
  [
    "WebhookRefused",
    refused('admission webhook "policy.example.com" denied the request: no owner label'),
    /owner label/,
  ],
  [
    "PolicyRefused",
    forbidden("ValidatingAdmissionPolicy 'owners.example.com' with binding 'all' denied request: no owner label"),
    /owners\.example\.com/,
  ],
  ["PodsRefused", refused("something else"), /something else/],
  ["Unschedulable", pending().pod(unscheduled("0/3 nodes are available: 3 Insufficient cpu.")), /Insufficient cpu/],
  ["ImageNotPulled", pending().pod(waiting("ImagePullBackOff", 'Back-off pulling image "x:1"')), /x:1/],
  ["ImageNotPulled", pending().pod(waiting("InvalidImageName")), /InvalidImageName/],
  [
    "ConfigMapMissing",
    pending().pod(waiting("CreateContainerConfigError", 'configmap "methods" not found')),
    /methods/,
  ],
  ["SecretMissing", pending().pod(waiting("CreateContainerConfigError", 'secret "database" not found')), /database/],
  [
    "SecretMissing",
    pending().pod(waiting("CreateContainerConfigError", "couldn't find key uri in Secret ns/db")),
    /uri/,
  ],
  ["ContainerNotStarted", pending().pod(waiting("CreateContainerError", "no command specified")), /no command/],
  [
    "SecretMissing",
    pending()
      .pod(creating)
      .warning("FailedMount", 'MountVolume.SetUp failed: secret "ca" not found', 995, "uid-of-pod-a"),
    /"ca" not found/,
  ],
  [
    "VolumeNotMounted",
    pending().pod(creating).warning("FailedMount", "Unable to attach or mount volumes", 995, "uid-of-pod-a"),
    /attach or mount/,
  ],
  ["PodsPending", pending().pod({ ...creating, metadata: podMetadata("pod-a", 930) }), /pod-a has been pending since/],
  ["NoPods", idle(), /no pods/],
  [
    "OutOfMemory",
    planned().job({ failedPods: 1 }).pod(ended(137, "OOMKilled")),
    /raise spec\.template\.resources\.limits\.memory/,
  ],
  [
    "PodsFailing",
    planned()
      .job({ failedPods: 1 })
      .pod(ended(10, "Error", '{"event":"x"}\nrole "shards" is not permitted to log in\n')),
    /exit code 10: role "shards"/,
  ],
];

test("every obstacle has a situation", () => {
  expect(new Set(SITUATIONS.map(([reason]) => reason))).toEqual(new Set(Object.keys(OBSTACLES)));
});

describe.each(SITUATIONS)("%s", (reason, batch, words) => {
  const status = write(batch);

  test("is the reason that people see, and why it does not progress", () => {
    for (const type of ["Progressing", "Complete"] as const)
      expect(findCondition(status, type)).toMatchObject({
        status: "False",
        reason,
        message: expect.stringMatching(words),
      });
  });

  test("is one Warning, and one Normal Event when it is gone", () => {
    const before = write(planned().job());
    expect(describeTransitions(before, status).map((one) => `${one.severity} ${one.reason}`)).toEqual([
      `Warning ${reason}`,
    ]);
    expect(describeTransitions(status, status)).toEqual([]);
    const after = write(planned().job().stored(status));
    expect(describeTransitions(status, after).map((one) => `${one.severity} ${one.reason}`)).toEqual([
      "Normal Running",
    ]);
  });

  test("is measured since it began", () => {
    expect(measureStandstill(listStandstills([{ status }]), at(1300))).toEqual(new Map([[reason, 300]]));
  });
});

describe("pods that do not run", () => {
  test("are looked at again within 15 s", () => {
    expect(decide(pending().pod(creating).observation(), POLICY, NOW)).toEqual([
      { do: "wait", until: at(1006), because: "pods do not run yet" },
    ]);
  });

  test("and are refused: the Job controller is made to try again, not more often than every 5 s", () => {
    const job = { name: "spi-73706900-1", uid: "job-1" };
    expect(decide(forbidden("exceeded quota").observation(), POLICY, NOW)).toContainEqual({
      do: "nudgeJob",
      job,
      at: NOW,
    });
    const nudged = planned().job({ active: 0, ready: 0, nudged: at(997).toISOString() });
    const again = nudged.warning("FailedCreate", "exceeded quota", 998);
    expect(decide(again.observation(), POLICY, NOW).map((action) => action.do)).toEqual(["wait"]);
  });

  test("of a Job with an older template are replaced, unless one runs", () => {
    const outdated = (ready: number) =>
      planned().template("new").job({ active: 4, ready, template: "old" }).pod(unscheduled("0/3 nodes")).observation();
    expect(decide(outdated(0), POLICY, NOW)).toMatchObject([{ do: "deleteJob" }]);
    expect(decide(outdated(1), POLICY, NOW).map((action) => action.do)).not.toContain("deleteJob");
  });

  test("and failed: the same, so that a raised limit counts before all retries are spent", () => {
    const failing = (ready: number) =>
      planned()
        .template("new")
        .job({ active: ready, ready, failedPods: 1, template: "old" })
        .pod(ended(137, "OOMKilled"))
        .observation();
    expect(decide(failing(0), POLICY, NOW)).toMatchObject([{ do: "deleteJob" }]);
    expect(decide(failing(1), POLICY, NOW).map((action) => action.do)).not.toContain("deleteJob");
  });
});

test("while some pods run the batch progresses, and its message names what keeps the others", () => {
  const partly = planned()
    .job({ active: 2, ready: 2 })
    .warning("FailedCreate", "Error creating: exceeded quota: small", 980);
  expect(findCondition(write(partly), "Progressing")).toMatchObject({
    status: "True",
    reason: "Running",
    message: expect.stringMatching(/Not all pods run: exceeded quota: small$/),
  });
});

test("a refusal older than the newest pod, or long past, says nothing", () => {
  const over = planned().job({ active: 2, ready: 2 }).warning("FailedCreate", "exceeded quota", 50).pod(creating);
  const past = planned().job({ active: 2, ready: 2 }).warning("FailedCreate", "exceeded quota", 300);
  for (const batch of [over, past]) expect(batch.observation().obstacle).toBeNull();
});

test("a pod ended by a disruption has not failed", () => {
  const evicted = ended(143, "Error");
  const conditions = [{ type: "DisruptionTarget", status: "True" }];
  const batch = planned()
    .job({ failedPods: 1 })
    .pod({ ...evicted, status: { ...evicted.status!, conditions } });
  expect(batch.observation().obstacle).toBeNull();
});

test("failures of many pods do not become writes of the status", () => {
  const failing = (name: string) => {
    const pod = ended(10, "Error", `${name} failed`);
    return planned()
      .job({ failedPods: 1 })
      .pod({ ...pod, metadata: podMetadata(name, 95) });
  };
  const first = write(failing("pod-a"));
  expect(write(failing("pod-b").stored(first))).toEqual(first);
});

test("what pods said before they could write to the database ends up with the batch", () => {
  const over = planned()
    .job({ end: { type: "Failed", reason: "FailedIndexes" }, failedPods: 4 })
    .pod(ended(137, "OOMKilled"));
  expect(decide(over.observation(), POLICY, NOW)[0]).toMatchObject({
    do: "finish",
    podFailure: expect.stringContaining("exceeded its memory limit"),
  });
});

test.each([
  ["SchemaTooOld", "Run: climatebatch migrate"],
  ["DatabaseReadOnly", "The server is read-only"],
  ["MissingGrant", "permission denied for table batches"],
])("a database that answers %s is not called silent", (reason, message) => {
  const status = write(climateBatch("spi").databaseTrouble(reason, message));
  for (const type of ["Planned", "Progressing", "Complete"] as const)
    expect(findCondition(status, type)).toMatchObject({ status: "False", reason, message });
  const before = write(planned().job());
  const later = write(planned().job().stored(before).databaseTrouble(reason, message));
  expect(findCondition(later, "Progressing")).toMatchObject({ status: "Unknown", reason, message });
  expect(listStandstills([{ status: later }])).toMatchObject([{ reason }]);
  expect(describeTransitions(before, later)).toEqual([{ severity: "Warning", reason, message }]);
  expect(describeTransitions(later, before).map((one) => `${one.severity} ${one.reason}`)).toEqual(["Normal Running"]);
});

test("a pod whose init container runs is not silent", () => {
  const preparing: PodFacts = {
    metadata: podMetadata("pod-a", 100),
    status: { phase: "Pending", initContainerStatuses: [{ state: { running: {} } }] },
  };
  expect(pending().pod(preparing).observation().obstacle).toBeNull();
});
