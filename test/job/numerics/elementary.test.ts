import { expect, test } from "vitest";
import { exp, log, pow } from "../../../job/numerics/elementary.ts";

/** Against the engine's own functions, correct to about one unit in the last place. */
const relative = (found: number, expected: number) => Math.abs(found - expected) / Math.abs(expected);

test("exp is right to 1e-15 from -700 to 700, held at its ends, NaN for NaN", () => {
  for (let x = -700; x <= 700; x += 0.37)
    expect(relative(exp(x), Math.exp(x))).toBeLessThan(1e-15 * (1 + Math.abs(x) / 300));
  expect(exp(0)).toBe(1);
  expect(exp(1e4)).toBe(exp(700));
  expect(exp(-1e4)).toBe(exp(-700));
  expect(exp(Number.NaN)).toBeNaN();
});

test("log is right to 2e-16 of itself or of 1, for all magnitudes of normal numbers", () => {
  for (let power = -307; power < 308; power++) {
    for (const digits of [1, 1.0000001, 1.3, 1.5, 2, 3.7, 9.99]) {
      const x = Number(`${digits}e${power}`);
      expect(Math.abs(log(x) - Math.log(x))).toBeLessThanOrEqual(2.3e-16 * Math.max(1e-8, Math.abs(Math.log(x))));
    }
  }
  expect(log(1)).toBe(0);
});

test("pow is right to 2e-14 over what fire weather asks of it", () => {
  for (const y of [0.647, 0.679, 0.753, 0.809, 1.7, 5.31])
    for (let x = 1e-6; x < 300; x *= 1.13) expect(relative(pow(x, y), x ** y)).toBeLessThan(2e-14);
});
