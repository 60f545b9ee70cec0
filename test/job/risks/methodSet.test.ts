// The published numbers are what the methods say, and numbers that cannot be right are refused with all their faults.
import { describe, expect, test } from "vitest";
import { coldWave } from "../../../job/risks/coldWave.ts";
import { highTemperature } from "../../../job/risks/highTemperature.ts";
import { RISK_DEFINITIONS } from "../../../job/risks/registry.ts";
import { RejectedError } from "../../../model/errors.ts";
import { parseMethodSet, readMethodSet } from "../../../model/methodSet.ts";

const published = {
  methodSet: "published",
  risks: { cold_wave: coldWave.numbers, high_temperature: highTemperature.numbers },
};

// biome-ignore lint/suspicious/noExplicitAny: faults of every kind are put in
function changed(change: (set: any) => void): unknown {
  const copy = structuredClone(published);
  change(copy);
  return copy;
}

function refusal(json: unknown): string {
  try {
    readMethodSet(json, "my-methods.json");
  } catch (error) {
    expect(error).toBeInstanceOf(RejectedError);
    return (error as RejectedError).message;
  }
  throw new Error("expected a refusal");
}

describe("the data files of the risks", () => {
  test("heat has the rates for yearly WSDI and is disruption, cold is damage", () => {
    const heat = RISK_DEFINITIONS.high_temperature.numbers;
    expect(heat.rateSets[heat.defaultRateSet]).toMatchObject({
      values: [0, 0.0006, 0.0013, 0.0026, 0.005, 0.01],
      impactType: "disruption",
      judgement: true,
    });
    const cold = RISK_DEFINITIONS.cold_wave.numbers;
    expect(cold.rateSets[cold.defaultRateSet]!.impactType).toBe("damage");
    expect(cold.anchors.values).toEqual([0, 6, 12, 20, 30, 45]);
  });
});

describe("a method set of the user's own", () => {
  test("anchors may decrease", () => {
    const json = changed((set) => {
      set.risks.cold_wave.anchors.values = [-0.5, -1, -1.4, -1.8, -2.2, -2.7];
    });
    expect(readMethodSet(json, "mine").risks.cold_wave!.anchors.values[5]).toBe(-2.7);
  });
  test("all faults are reported together, each with its place", () => {
    const message = refusal(
      changed((set) => {
        set.risks.high_temperature.edges.values = [3, 10, 10, 40, 80];
        set.risks.high_temperature.anchors.values = [0, 6, 15, 30, 60];
        set.risks.cold_wave.rateSets.frozenPipes.values = [0, 0.1, 0.2, 0.3, 1.5];
      }),
    );
    expect(message).toContain("my-methods.json");
    expect(message).toContain("risks.high_temperature.edges.values: expected strictly increasing edges");
    expect(message).toContain("risks.high_temperature.anchors.values");
    expect(message).toContain("risks.cold_wave.rateSets.frozenPipes.values.4");
  });
  test("a rate set must have a rate for every bin", () => {
    const message = refusal(
      changed((set) => {
        set.risks.cold_wave.rateSets.frozenPipes.values = [0, 0.1];
      }),
    );
    expect(message).toContain("expected 5 rates, one per bin of 4 edges, but found 2");
  });
  test("the default rate set must exist", () => {
    const message = refusal(
      changed((set) => {
        set.risks.cold_wave.defaultRateSet = "burstPipes";
      }),
    );
    expect(message).toContain('expected the name of a rate set (frozenPipes), but found "burstPipes"');
  });
  test("a misspelt risk or field is refused, a risk may be left out", () => {
    expect(refusal({ methodSet: "mine", risks: { heat: {} } })).toContain("risks");
    expect(refusal({ methodSet: "mine" })).toContain("risks");
    expect(readMethodSet({ methodSet: "mine", risks: {} }, "mine").risks).toEqual({});
  });
  test("what is no JSON, and numbers in another unit than the risk computes in, are refused", () => {
    expect(() => parseMethodSet("{ edges: 1 }", "mine.json")).toThrow(/^mine.json is no JSON: /);
    const inches = changed((set) => {
      set.risks.high_temperature.edges.unit = "week";
    });
    expect(() => readMethodSet(inches, "mine.json")).toThrow(
      'risks.high_temperature.edges.unit: expected "d", in which high_temperature is computed, but found "week"',
    );
  });
});
