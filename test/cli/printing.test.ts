// Tables and lines as a terminal shows them.
import { expect, test } from "vitest";
import { formatTable, wrap } from "../../cli/printing.ts";

test("columns are aligned where a name is in Hangul, which a terminal shows twice as wide", () => {
  expect(
    formatTable(
      ["scenario", "cells"],
      [
        ["관측", 10],
        ["기후변화 시나리오", 5],
        ["ssp585", null],
      ],
    ).split("\n"),
  ).toEqual([
    "scenario           cells",
    "-----------------  -----",
    "관측                  10",
    "기후변화 시나리오      5",
    "ssp585                 -",
  ]);
});

test("lines are broken between words, by the columns that they take", () => {
  expect(wrap("관측 자료를 적재하십시오 again", 13)).toEqual(["관측 자료를", "적재하십시오", "again"]);
});
