// A planned batch that only a person can continue: it names what it blocks, and gives way after an hour.
import { describe, expect, test } from "vitest";
import { findCondition } from "../../../model/climateBatch.ts";
import { decide } from "../../../operator/reconcile/decide.ts";
import { at, climateBatch, POLICY } from "../../support/climateBatch.ts";
import { refused, write } from "../../support/writtenStatus.ts";

const later = (name: string) => climateBatch(name).createdAt(60);
const suspended = () => climateBatch("spi").planned().suspended();
const HALTED_AT = 100;

describe.each([
  ["a forgotten suspend", () => suspended().recorded(HALTED_AT)],
  ["a Job of another owner", () => climateBatch("spi").planned().foreignJob().recorded(HALTED_AT)],
  [
    "a PriorityClass that does not exist",
    () =>
      climateBatch("spi")
        .planned()
        .job({ active: 0, ready: 0 })
        .warning("FailedCreate", "Error creating: no PriorityClass with name urgent was found", 3690)
        .recorded(HALTED_AT),
  ],
  [
    "a template that is not allowed",
    () => climateBatch("spi").planned().recorded(HALTED_AT, refused("createJob", "InvalidTemplate")),
  ],
])("%s", (what, halted) => {
  const refusal = what.includes("template") ? refused("createJob", "InvalidTemplate") : null;

  test("blocks others by name, until a stated time", () => {
    const { message } = findCondition(write(halted().beside(later("next"), later("more")), refusal), "Progressing")!;
    expect(message).toMatch(/ It blocks next, more until 2028-01-01T01:01:40Z\.$/);
  });

  test("lets them pass after an hour, and can be resumed by a retry", () => {
    const batch = halted().beside(later("next"));
    const actions = (seconds: number) => decide(batch.observation(at(seconds)), POLICY, at(seconds));
    expect(actions(3600)).toContainEqual({ do: "wait", until: at(3700), because: "then it gives way to others" });
    expect(actions(3700)[0]).toMatchObject({ do: "giveWay", batchId: "17", reason: "GaveWay" });
  });

  test("keeps its place as long as no other waits", () => {
    const [first] = decide(halted().observation(at(9999)), POLICY, at(9999));
    expect(first?.do).not.toBe("giveWay");
  });
});

test("a batch whose template is refused before it was planned keeps no other waiting", () => {
  const halted = climateBatch("old").createdAt(-60).recorded(HALTED_AT, refused("plan", "InvalidTemplate"));
  expect(climateBatch("spi").beside(halted).observation().place.waitsFor).toEqual([]);
});

test("with many before it a batch neither looks by itself nor names them", () => {
  const many = Array.from({ length: 1000 }, (_, n) => climateBatch(`old${n}`).createdAt(-1000 + n));
  const last = climateBatch("spi").beside(...many);
  expect(decide(last.observation(), POLICY, at(1000))).toEqual([]);
  expect(findCondition(write(last), "Planned")!.message).toBe("Waits for earlier batches of the same calculation.");
});
