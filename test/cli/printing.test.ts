// Tables and lines as a terminal shows them.
import { expect, test } from "vitest";
import { fitToScreen, formatTable, wrap } from "../../cli/printing.ts";

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

test("a line that is too long for the terminal goes on below its last column, and tables keep their rows", () => {
  const lines = [
    "Means are of the computed cells, not of those where the hazard is not applicable.",
    "ok       data            typhoon: no storms were loaded",
    "    one  all  complete   10  10  2026-11-30T20:45:03",
    "Stopped; finished shards are kept. Resume: climatebatch run all --period 1985-2014 --workers 1",
  ];
  expect(fitToScreen(lines.join("\n"), 50).split("\n")).toEqual([
    "Means are of the computed cells, not of those",
    "where the hazard is not applicable.",
    "ok       data            typhoon: no storms were",
    "                         loaded",
    "    one  all  complete   10  10  2026-11-30T20:45:03",
    "Stopped; finished shards are kept. Resume:",
    "climatebatch run all --period 1985-2014 --workers 1",
  ]);
  expect(fitToScreen(lines.join("\n"), undefined)).toBe(lines.join("\n"));
});

test("lines are broken between words, by the columns that they take", () => {
  expect(wrap("관측 자료를 적재하십시오 again", 13)).toEqual(["관측 자료를", "적재하십시오", "again"]);
});
