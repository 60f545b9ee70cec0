// The balance of a cell does not depend on the cell before it, whose arrays it uses.
import { expect, test } from "vitest";
import { fillEvapotranspiration, makeBalanceWork } from "../../../job/risks/waterBalance.ts";
import { CellBuilder } from "../../support/dailyWeather.ts";

test("each cell has the radiation of its own latitude", () => {
  const source = { frequency: "daily", evapotranspiration: "hargreaves" } as const;
  const base = { firstYear: 2001, lastYear: 2003 };
  const cells = [37.5, 37.5, -37.5, 0].map((latitude) =>
    new CellBuilder("standard", 2001, 2003, base).weather(1).latitude(latitude).build(),
  );
  const { axis } = cells[0]!;
  const shared = makeBalanceWork(axis);
  const sums = cells.map((cell) => {
    const [found, alone] = [new Float64Array(axis.years * 12), new Float64Array(axis.years * 12)];
    fillEvapotranspiration(cell, source, shared, found);
    fillEvapotranspiration(cell, source, makeBalanceWork(axis), alone);
    expect(found).toEqual(alone);
    return found;
  });
  expect(sums[1]).toEqual(sums[0]);
  expect(sums[2]).not.toEqual(sums[0]);
});
