// The report of a country at 1 km: how large the file is, how soon Chromium draws the first map, and how long a switch takes.
// The results are made up, smooth with noise, so that they compress as real ones do.
import { createWriteStream } from "node:fs";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { pathToFileURL } from "node:url";
import { chromium, type Page } from "playwright-core";
import { makeUniform } from "../cli/sample/sampleRandom.ts";
import { RISKS } from "../model/risks.ts";
import { coarsenLayer, type ReportContents } from "../report/collectReport.ts";
import { encode, layerName, PROBABILITY_SCALE, type ReportRisk, SCORE_SCALE } from "../report/page/reportData.ts";
import { writeReport } from "../report/reportFile.ts";
import { CHROMIUM } from "../test/support/chromium.ts";

const CELLS = 451_351;
const SCENARIOS = ["ssp245", "ssp585"];
const PERIODS = [1991, 2021, 2041, 2061, 2081].map((firstYear) => ({
  firstYear,
  lastYear: firstYear === 1991 ? 2020 : firstYear + 19,
}));
const [COLUMNS, ROWS] = [640, 760];
const STEP = 0.01;
const SWITCHES = 12;
const LOADS = 5;

/** The first frame after the line above the map, which is written with it, has its words. */
const NOTE_FIRST_MAP = `new MutationObserver((_, observer) => {
  if (!document.querySelector("#line")?.textContent) return;
  observer.disconnect();
  requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => (window.firstMap = performance.now());
    port2.postMessage(null);
  });
}).observe(document, { subtree: true, childList: true });`;

function makeContents(): ReportContents {
  const random = makeUniform(1);
  const chosen = Array.from({ length: COLUMNS * ROWS }, (_, at) => at).slice(0, CELLS);
  const places = Float64Array.from([
    ...chosen.map((at) => 39 - Math.floor(at / COLUMNS) * STEP),
    ...chosen.map((at) => 125 + (at % COLUMNS) * STEP),
  ]);
  const noise = Float32Array.from({ length: CELLS }, () => random() - 0.5);
  const layers = new Map<string, Uint8Array>();
  const damage = { kind: "log", min: 1e-5, max: 0.1 } as const;
  const levels = { kind: "linear", min: 0, max: 100 } as const;
  RISKS.forEach((_, risk) => {
    SCENARIOS.forEach((_, scenario) => {
      PERIODS.forEach((_, period) => {
        const field = (at: number) => {
          const [x, y] = [(at % COLUMNS) / COLUMNS, Math.floor(at / COLUMNS) / ROWS];
          const wave = Math.sin(5 * x + risk) * Math.cos(4 * y - risk) + 0.4 * Math.sin(17 * x * y + period);
          return Math.min(1, Math.max(0, 0.4 + 0.06 * period + 0.03 * scenario + 0.3 * wave + 0.015 * noise[at]!));
        };
        const add = (name: Parameters<typeof layerName>[0], code: (value: number) => number) =>
          layers.set(
            layerName(name, risk, scenario, period),
            Uint8Array.from(chosen, (at) => code(field(at))),
          );
        add("score", (value) => encode(100 * value, SCORE_SCALE));
        add("probability", (value) => encode(value, PROBABILITY_SCALE));
        add("damage", (value) => encode(10 ** (4 * value - 5), damage));
        add("returnLevel", (value) => encode(100 * value, levels));
      });
    });
  });
  const risks = RISKS.map(
    (id): ReportRisk => ({
      ...{ id, intensity: "made up", unit: "1", ranges: ["<1", ">=1"], rateSets: {}, impactType: "damage" },
      ...{ returnPeriods: [100], returnLevelOf: "made up", returnLevelUnit: "1", indicators: [] },
      ...{ returnLevelScale: levels, damageScale: damage, changeBound: 30 },
    }),
  );
  const box = { west: 125 - STEP / 2, east: 125 + (COLUMNS - 0.5) * STEP, north: 39 + STEP / 2 };
  const rows = Math.ceil(CELLS / COLUMNS);
  const header = {
    ...{ grid: "bench", synthetic: true, createdAt: "2026-01-01T00:00:00.000Z", version: "bench" },
    ...{ cells: CELLS, cellsOfGrid: CELLS, risks, scenarios: SCENARIOS, periods: PERIODS, basePeriod: PERIODS[0]! },
    raster: { columns: COLUMNS, rows, ...box, south: 39 - (rows - 0.5) * STEP, reach: 0 },
    ...{
      land: [],
      borders: [],
      batches: [],
      districts: [],
      sites: 0,
      words: [],
      chunkCells: 0,
      steps: 127,
      layers: [...layers.keys()],
    },
  };
  for (const layer of layers.values()) coarsenLayer(layer);
  return { header, places, blocks: new Map(), layers, chunks: [] };
}

const folder = await mkdtemp(join(tmpdir(), "climatebatch-bench-"));
try {
  const file = join(folder, "report.html");
  const contents = makeContents();
  const before = performance.now();
  await pipeline(Readable.from(writeReport(contents)), createWriteStream(file));
  const written = (performance.now() - before) / 1000;
  const megabytes = (await stat(file)).size / 1e6;
  console.log(
    `${CELLS} cells, ${contents.layers.size} layers: ${megabytes.toFixed(1)} MB written in ${written.toFixed(1)} s`,
  );
  if (CHROMIUM === undefined) console.log("no Chromium here: npm run browser");
  else {
    const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
    const loads: { readonly first: number; readonly all: number }[] = [];
    let page!: Page;
    for (let load = 0; load < LOADS; load++) {
      await page?.close();
      page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
      await page.addInitScript(NOTE_FIRST_MAP);
      await page.goto(pathToFileURL(file).href);
      await page.waitForSelector("html[data-ready]", { timeout: 120_000 });
      loads.push(await page.evaluate("({ first: window.firstMap, all: performance.now() })"));
    }
    const describeLoads = (moment: "first" | "all") => {
      const seconds = loads.map((load) => load[moment] / 1000).sort((a, b) => a - b);
      return `median ${seconds[LOADS >> 1]!.toFixed(2)} s, slowest of ${LOADS} ${seconds.at(-1)!.toFixed(2)} s`;
    };
    console.log(`first map painted after navigation: ${describeLoads("first")}`);
    console.log(`everything shown: ${describeLoads("all")}`);
    const times = await page.evaluate<number[]>(`(async () => {
      const line = document.querySelector("#line");
      const times = [];
      for (let at = 0; at < ${SWITCHES}; at++) {
        const before = performance.now();
        const shown = new Promise((resolve) => new MutationObserver((_, observer) => { observer.disconnect(); resolve(); }).observe(line, { childList: true }));
        document.querySelector("#risk-" + ((at * 4 + 1) % 9)).click();
        await shown;
        await new Promise((resolve) => requestAnimationFrame(resolve));
        times.push(performance.now() - before);
        await new Promise((resolve) => requestIdleCallback(resolve));
      }
      return times;
    })()`);
    times.sort((a, b) => a - b);
    const [median, worst] = [times[times.length >> 1]!, times.at(-1)!];
    console.log(
      `switch of the risk: median ${(median / 1000).toFixed(3)} s, slowest of ${SWITCHES} ${(worst / 1000).toFixed(3)} s`,
    );
    await browser.close();
    console.log(`load average of the last minute: ${loadavg()[0]!.toFixed(1)}`);
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
