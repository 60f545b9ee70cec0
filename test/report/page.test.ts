// The report in a real browser: everything clicked and walked by keyboard, numbers compared with SQL, no request, no error.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { RISKS } from "../../model/risks.ts";
import { CHROMIUM } from "../support/chromium.ts";
import { cli } from "../support/cli.ts";
import type { TestDatabase } from "../support/database.ts";
import { makeRandom } from "../support/random.ts";
import { createSampleResults, SAMPLE_CELLS } from "../support/sampleResults.ts";

const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

describe.skipIf(CHROMIUM === undefined)("the report in Chromium (npm run browser)", () => {
  let database: TestDatabase;
  let folder: string;
  let browser: Browser;
  let page: Page;
  const complaints: string[] = [];

  beforeAll(async () => {
    database = await createSampleResults();
    folder = await mkdtemp(join(tmpdir(), "climatebatch-report-"));
    const file = join(folder, "report.html");
    const { code, stdout, stderr } = await cli(database.url, "report", "--output", file);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain(file);
    browser = await chromium.launch({ executablePath: CHROMIUM!, args: ["--no-sandbox"] });
    page = await browser.newPage({ viewport: { width: 1440, height: 900 }, reducedMotion: "reduce" });
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("console", (message) => complaints.push(message.text()));
    page.on("request", (request) => {
      if (!/^(file|data|blob):/.test(request.url())) complaints.push(`request ${request.url()}`);
    });
    await page.addInitScript("window.print = () => undefined");
    await page.goto(pathToFileURL(file).href);
    await page.waitForSelector("html[data-ready]");
  });

  afterAll(async () => {
    await browser?.close();
    await database?.drop();
    await rm(folder, { recursive: true, force: true });
  });

  async function open(hash: string): Promise<void> {
    await page.goto("about:blank");
    await page.goto(`${pathToFileURL(join(folder, "report.html")).href}${hash}`);
    await page.waitForSelector("html[data-ready]");
  }

  test("every control can be clicked, and the address says what is shown", async () => {
    const seen = new Set<string>();
    for (;;) {
      const ids = await page.locator("button[id]").evaluateAll((buttons) => buttons.map(({ id }) => id));
      const next = ids.find((id) => !seen.has(id) && !id.startsWith("go-"));
      if (next === undefined) break;
      seen.add(next);
      await page.locator(`[id="${next}"]`).click();
    }
    await page.locator("[id^=go-]").first().click();
    expect(seen.size).toBeGreaterThan(28);
    await expect.poll(() => page.url()).toMatch(/#risk=\w+&scenario=[\w-]+&period=\d{4}-\d{4}&show=\w+.*&at=/);
  });

  test("keys walk risks, periods, cells and places", async () => {
    await open("#risk=drought&period=1991-2020&language=en");
    await page.keyboard.press("5");
    await page.keyboard.press("]");
    await expect.poll(() => page.url()).toMatch(/risk=inland_flood.*period=2021-2040/);
    await page.locator("#map").focus();
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("ArrowRight");
    await expect.poll(() => page.textContent("#announce")).toMatch(/° N, .*° E: /);
    await page.keyboard.press("Enter");
    await expect.poll(() => page.url()).toContain("at=");
    await page.keyboard.press("Escape");
    await expect.poll(() => page.url()).not.toContain("at=");
    await page.keyboard.press("/");
    await page.keyboard.type("37.5, 127");
    await page.keyboard.press("Enter");
    await expect.poll(() => page.url()).toContain("at=37.5,127");
    await expect.poll(() => page.textContent("#place")).toContain("km from the point given");
  });

  test("what the place shows is what SQL returns, in random cells, risks, scenarios and periods", async () => {
    const { rows } = await database.client.query(
      `SELECT h.latitude, h.longitude, h.risk_type, h.scenario, h.first_year || '-' || h.last_year AS period, h.score,
         h.score_absolute,
         h.reason, 'notApplicable' = ANY (h.flags) AS nowhere, p.damage_bins
       FROM climatebatch.hazard_results AS h JOIN climatebatch.probability_results AS p
         USING (cell_id, risk_type, scenario, first_year, last_year)
       ORDER BY cell_id, risk_type, scenario, first_year`,
    );
    const random = makeRandom("cells of the report");
    const chosen = Array.from({ length: 200 }, () => rows[Math.floor(random() * rows.length)]!);
    // In one go inside the page: each change of the address is waited for by what the page then shows.
    const wanted = chosen.map((row) => ({
      hash: `#risk=${row.risk_type}&scenario=${row.scenario}&period=${row.period}&show=score&at=${row.latitude},${row.longitude}&language=en`,
      head: `${row.latitude}° N, ${row.longitude}° E`,
      words: [NAMES[row.risk_type as string]!, row.scenario, row.period.replace("-", "–")],
    }));
    const shown = await page.evaluate<Shown[]>(`(${READ_PLACES})(${JSON.stringify(wanted)})`);
    const expected = chosen.map((row) =>
      row.nowhere ? "not applicable" : row.score === null ? "No result" : formatted(row.score),
    );
    expect(shown.map(({ score }) => score)).toEqual(expected);
    const absolutes = chosen.map(({ score_absolute }) =>
      score_absolute === null ? undefined : formatted(score_absolute),
    );
    expect(shown.map(({ absolute }) => absolute)).toEqual(absolutes);
    const reasons = chosen.flatMap(({ reason }, at) => (reason === null ? [] : [[reason, shown[at]!.words]]));
    for (const [reason, words] of reasons) expect(words).toContain(reason);
  });

  test("a bin's bar is as long as its probability, on wide and narrow screens", async () => {
    await open("#risk=high_temperature&scenario=sample-ssp245&period=1991-2020&show=score&at=37.5,127&language=en");
    for (const width of [1440, 390]) {
      await page.setViewportSize({ width, height: 900 });
      const bars = await page
        .locator(".bins tr")
        .evaluateAll((rows) =>
          rows.map((row) => [
            ...[...row.querySelectorAll(".bar i:first-child, .bar span")].map(
              (part) => part.getBoundingClientRect().width,
            ),
            Number.parseFloat(row.children[2]!.textContent.replace(/^[^\d]+/, "")),
          ]),
        );
      expect(bars.length).toBeGreaterThan(1);
      for (const [whole, bar, percent] of bars) {
        expect(whole).toBeGreaterThan(40);
        expect((100 * bar!) / whole!).toBeCloseTo(percent!, 0);
      }
    }
    await page.setViewportSize({ width: 1440, height: 900 });
  });

  test("a screen reader's rules find no serious fault, in both themes", async () => {
    await open("#risk=inland_flood&at=37.5,127&language=en");
    await page.evaluate(await readFile(AXE, "utf8"));
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      const { violations } = await page.evaluate<AxeReport>("axe.run()");
      const faults = violations
        .filter(({ impact }) => impact === "serious" || impact === "critical")
        .map(({ id, nodes }) => `${id}: ${nodes[0]!.html}`);
      expect(faults).toEqual([]);
    }
  });

  test("the first map is drawn from what precedes the script, before the rest of a large file is read", async () => {
    const whole = await readFile(join(folder, "report.html"), "utf8");
    const start = whole.split(/(?<=<\/script>\n)(?=<script type="text\/plain" id="block\.)/);
    const scriptAt = start.findIndex((part) => part.includes("<script>"));
    const cut = join(folder, "cut.html");
    await writeFile(cut, start.slice(0, scriptAt + 1).join(""));
    expect(start.length).toBeGreaterThan(scriptAt + 100);
    const maps: string[] = [];
    await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
    for (const file of [cut, join(folder, "report.html")]) {
      await page.goto(pathToFileURL(file).href);
      await page.waitForSelector("html[data-ready]");
      maps.push(await page.evaluate<string>("document.querySelector('#map').toDataURL()"));
    }
    expect(maps[0]).toBe(maps[1]);
  });

  test("the ranking lists as many cells as SQL counts, and the data are called synthetic", async () => {
    await open("#risk=high_temperature&period=2041-2060&show=score&language=en");
    await expect.poll(() => page.textContent("#ranking-note")).toContain(`${SAMPLE_CELLS}`);
    expect(await page.textContent(".banner")).toContain("Synthetic");
  });

  test("districts are ranked by the mean that SQL has, and found by name", async () => {
    await open("#risk=wildfire&scenario=sample-ssp585&period=2041-2060&show=score&language=en");
    await page.click("#ranked-districts");
    const rows = await page
      .locator("#ranking tbody tr")
      .evaluateAll((all) => all.map(({ children }) => [...children].map(({ textContent }) => textContent)));
    const { rows: expected } = await database.client.query(
      `SELECT district, avg(hazard_score_100)::float8 AS mean, count(*)::text AS cells FROM climatebatch.hazard_results JOIN climatebatch.cell_districts USING (cell_id)
       WHERE risk_type = 'wildfire' AND scenario = 'sample-ssp585' AND first_year = 2041 GROUP BY district`,
    );
    expect(rows).toHaveLength(expected.length);
    for (const { district, mean, cells } of expected) {
      const row = rows.find(([, name]) => name === district)!;
      // Codes are half a point wide.
      expect(Math.abs(Number(row[2]) - mean)).toBeLessThan(0.35);
      expect(row[4]).toBe(cells);
    }
    await page.fill("#find", "south east");
    await page.press("#find", "Enter");
    await expect.poll(() => page.textContent("#place")).toContain("South East");
  });

  test("a portfolio's page has its sites on the map, in the ranking and at their cells", async () => {
    const sites = join(folder, "sites.csv");
    await writeFile(
      sites,
      "id,lat,lon,district\nMill <1>,36.21,127.34,\nDock,35.5,129.1,\nShop,,,North West\nFar,10,10,\n",
    );
    const file = join(folder, "portfolio.html");
    const { code, stdout, stderr } = await cli(database.url, "assets", sites, "--report", file, "--within-km", "60");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain("3 of 4 sites have a cell within 60 km");
    expect(stdout).toContain(`Report: ${file}`);
    await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
    await open("#risk=wildfire&show=score&language=en");
    expect(await page.evaluate<number>(COUNT_INK)).toBe(0);
    await page.goto(`${pathToFileURL(file).href}#risk=wildfire&show=score&language=en`);
    await page.waitForSelector("html[data-ready]");
    // Three squares of 16 whole pixels or more; the fourth site is far outside the map.
    expect(await page.evaluate<number>(COUNT_INK)).toBeGreaterThanOrEqual(3 * 16);
    await expect.poll(() => page.textContent("#ranking-note")).toContain("3 sites with numbers");
    expect(await page.locator("#ranking tbody tr").allTextContents()).toEqual(
      expect.arrayContaining([expect.stringContaining("Mill <1>"), expect.stringContaining("Shop")]),
    );
    await page.fill("#find", "mill <1>");
    await page.press("#find", "Enter");
    await expect.poll(() => page.textContent("#place")).toContain("Sites: Mill <1>");
  });

  test("nothing was complained of, and no network was used", () => {
    expect(complaints).toEqual([]);
  });
});

/** Pixels of the map in the colour of marks. */
const COUNT_INK = `(() => {
  const map = document.querySelector("#map");
  const { data } = map.getContext("2d").getImageData(0, 0, map.width, map.height);
  let count = 0;
  for (let at = 0; at < data.length; at += 4) if (data[at] === 0x1a && data[at + 1] === 0x1f && data[at + 2] === 0x26) count++;
  return count;
})()`;

const NAMES: Readonly<Record<string, string>> = Object.fromEntries(
  RISKS.map((risk) => [risk, risk[0]!.toUpperCase() + risk.slice(1).replaceAll("_", " ")]),
);

function formatted(score: number): string {
  return (Math.round(score * 100) / 100).toFixed(score >= 99.95 ? 0 : 1);
}

interface AxeReport {
  readonly violations: readonly {
    readonly id: string;
    readonly impact: string;
    readonly nodes: readonly { readonly html: string }[];
  }[];
}

interface Shown {
  readonly score: string;
  /** Against fixed thresholds; absent where there is none. */
  readonly absolute?: string;
  readonly words: readonly string[];
}

/** Runs in the page, whose types the tests do not know. */
const READ_PLACES = `async (wanted) => {
  const found = [];
  for (const { hash, head, words } of wanted) {
    location.hash = hash;
    let open;
    for (let tries = 0; tries < 600; tries++) {
      await new Promise((resolve) => requestAnimationFrame(resolve));
      open = document.querySelector(".nine li.open");
      const line = document.querySelector("#line").textContent;
      const place = document.querySelector("#place strong")?.textContent;
      const isShown = document.querySelector("#place").dataset.shown === location.hash;
      if (place === head && isShown && words.every((word) => line.includes(word))) break;
    }
    found.push({
      score: (open.querySelector(".number b") ?? open.querySelector(".level"))?.textContent,
      absolute: open.querySelector(".absolute > b")?.textContent,
      words: [...open.querySelectorAll(".words code")].map(({ textContent }) => textContent),
    });
  }
  return found;
}`;
