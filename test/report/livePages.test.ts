// The explorer's pages in a real browser: everything clicked, no error, no request to another origin, a screen reader's rules kept,
// and the words of `climatebatch status`.
import { mkdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Explorer } from "../../cli/openExplorer.ts";
import { CHROMIUM } from "../support/chromium.ts";
import { cli } from "../support/cli.ts";
import type { TestDatabase } from "../support/database.ts";
import { explore } from "../support/explorer.ts";
import { createSampleResults } from "../support/sampleResults.ts";

const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
/** A folder for pictures of the pages, to look at and for docs/. */
const { PICTURES } = process.env;

interface AxeReport {
  readonly violations: readonly {
    readonly id: string;
    readonly impact: string;
    readonly nodes: readonly { readonly html: string }[];
  }[];
}

describe.skipIf(CHROMIUM === undefined)("the live pages in Chromium (npm run browser)", () => {
  let database: TestDatabase;
  let explorer: Explorer;
  let browser: Browser;
  let page: Page;
  const complaints: string[] = [];

  beforeAll(async () => {
    database = await createSampleResults();
    await addWork(database);
    explorer = await explore(database);
    browser = await chromium.launch({ executablePath: CHROMIUM!, args: ["--no-sandbox"] });
    page = await browser.newPage({ viewport: { width: 1440, height: 900 }, reducedMotion: "reduce" });
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("console", (message) => complaints.push(message.text()));
    page.on("request", (request) => {
      const url = request.url();
      if (!/^(data|blob):/.test(url) && new URL(url).origin !== explorer.url) complaints.push(`request ${url}`);
    });
    await page.addInitScript("window.print = () => undefined");
  });

  afterAll(async () => {
    await browser?.close();
    await explorer?.[Symbol.asyncDispose]();
    await database?.drop();
  });

  async function open(address: string): Promise<void> {
    await page.goto("about:blank");
    await page.goto(`${explorer.url}${address}`);
    await page.waitForSelector("html[data-ready]");
  }

  async function picture(name: string): Promise<void> {
    if (PICTURES === undefined) return;
    await mkdir(PICTURES, { recursive: true });
    await page.screenshot({ path: join(PICTURES, `${name}.png`) });
  }

  /** Clicks every button with an id that is there or appears, each once; `settled`: of the page, that the click before took effect. */
  async function clickEverything(except: readonly string[], settled: string): Promise<string[]> {
    const seen = new Set<string>();
    for (;;) {
      const ids = await page.locator("button[id]:visible").evaluateAll((buttons) => buttons.map(({ id }) => id));
      const next = ids.find((id) => !seen.has(id) && !except.some((prefix) => id.startsWith(prefix)));
      if (next === undefined) return [...seen];
      seen.add(next);
      await page.locator(`[id="${next}"]`).click();
      // Not waitForFunction: it evaluates text again later, which the page's policy refuses.
      await expect.poll(() => page.evaluate(settled), { timeout: 30_000 }).toBe(true);
    }
  }

  async function findFaults(): Promise<string[]> {
    await page.evaluate(await readFile(AXE, "utf8"));
    const found: string[] = [];
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      const { violations } = await page.evaluate<AxeReport>("axe.run()");
      found.push(
        ...violations
          .filter(({ impact }) => impact === "serious" || impact === "critical")
          .map(({ id, nodes }) => `${colorScheme} ${id}: ${nodes[0]!.html}`),
      );
    }
    await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
    return found;
  }

  test("the results page draws the map, shows a place, and every control can be clicked", async () => {
    await open("/#risk=drought&period=2041-2060&at=37.5,127&language=en");
    expect(await page.textContent("#line")).toContain("Hazard Score of Drought");
    expect(await page.textContent(".nine li.open .number b")).toMatch(/^\d/);
    // The first button, the language, writes the whole state into the address.
    const settled = "document.querySelector('#place').dataset.shown === location.hash";
    expect((await clickEverything(["go-"], settled)).length).toBeGreaterThan(28);
  });

  test("newer results are announced on the page, which can show them", async () => {
    await page.clock.install();
    await open("/#risk=drought&language=en");
    expect(await page.locator("#replaced").isVisible()).toBe(false);
    await page.clock.runFor(30_000);
    expect(await page.locator("#replaced").isVisible()).toBe(false);
    const run = await cli(database.url, "run", "hazard", "--new", "--workers", "2");
    expect(run).toMatchObject({ code: 0 });
    await page.clock.runFor(30_000);
    await expect.poll(() => page.locator("#replaced").isVisible()).toBe(true);
    await page.locator("#reload").click();
    await page.waitForSelector("html[data-ready]");
    await expect.poll(() => page.locator("#replaced").isVisible()).toBe(false);
    await page.clock.resume();
  });

  test("the page of batches shows what climatebatch status prints, and every control can be clicked", async () => {
    await open("/#language=en");
    await page.locator("#batches").click();
    await page.waitForSelector("html[data-ready]");
    await expect.poll(() => page.url()).toContain("/batches");
    const seen = await clickEverything([], "true");
    expect(seen).toEqual(expect.arrayContaining(["batch-1", "language", "pause", "theme"]));

    await open(`/batches#batch=${FAILED}&language=en`);
    const { stdout } = await cli(database.url, "status", FAILED);
    const facts = await page
      .locator(".facts")
      .evaluate((list) =>
        [...list.querySelectorAll("dt")].map(
          (name) => `${name.textContent!.padEnd(12)} ${name.nextElementSibling!.textContent}`,
        ),
      );
    expect(facts.join("\n")).toBe(stdout.trimEnd());
    expect(await page.textContent(`.batches li:has(#batch-${FAILED}) .remedy`)).toBe(
      `Which shard and why: climatebatch logs ${FAILED}. When the cause is gone: climatebatch retry ${FAILED}`,
    );
    expect(
      await page.locator(".squares i").evaluateAll((squares) => squares.map(({ className }) => className)),
    ).toEqual(["done", "failed", "pending"]);
    expect(await page.textContent("#queue")).toMatch(/waits for its batch[\s\S]*failed UnknownScenario/);
    await picture("batches");
    await page.locator("#results").click();
    await page.waitForSelector("#map");
  });

  test("what changes appears without a click", async () => {
    await open("/batches#language=en");
    const state = page.locator(`#batch-${FAILED} .state`);
    expect(await state.textContent()).toBe("failed");
    await database.client.query("UPDATE climatebatch.batches SET state = 'cancelled' WHERE batch_id = $1", [FAILED]);
    await expect.poll(() => state.textContent(), { timeout: 60_000 }).toBe("cancelled");
    await expect.poll(() => page.textContent("#announce")).toBe(`Batch ${FAILED}: cancelled`);
    await database.client.query("UPDATE climatebatch.batches SET state = 'failed' WHERE batch_id = $1", [FAILED]);
  });

  test("a screen reader's rules find no serious fault on the page of batches, in both themes and at phone width", async () => {
    await open(`/batches#batch=${FAILED}&language=ko`);
    expect(await findFaults()).toEqual([]);
    await page.emulateMedia({ colorScheme: "dark", reducedMotion: "reduce" });
    await page.setViewportSize({ width: 390, height: 844 });
    await picture("batches-phone");
    const overflow = await page.evaluate<number>("document.documentElement.scrollWidth - innerWidth");
    expect(overflow).toBeLessThanOrEqual(0);
    await page.setViewportSize({ width: 1440, height: 900 });
    await open("/#risk=inland_flood&at=37.5,127&language=en");
    expect(await findFaults()).toEqual([]);
    await picture("live");
  });

  test("nothing was complained of, and no other origin was reached", () => {
    expect(complaints).toEqual([]);
  });
});

const FAILED = "101";

/** A batch that failed in one of its shards, and requests that wait or failed. */
async function addWork({ client }: TestDatabase): Promise<void> {
  const message = 'cell 37.5, 127: tasmax of 2031 is "999 degC", but between -90 and 60 degC was expected';
  await client.query(
    `INSERT INTO climatebatch.batches OVERRIDING SYSTEM VALUE
     SELECT (jsonb_populate_record(b, jsonb_build_object('batch_id', $1::bigint, 'state', 'failed', 'reason', 'ShardsFailed',
       'message', '1 of 3 shards failed', 'finished_at', b.finished_at))).* FROM climatebatch.batches AS b WHERE batch_id = 1`,
    [FAILED],
  );
  await client.query(
    `INSERT INTO climatebatch.batch_shards
     SELECT (jsonb_populate_record(s, jsonb_build_object('batch_id', $1::bigint, 'shard', at, 'job_index', at, 'state', made.state, 'cells', 8,
       'error_reason', CASE made.state WHEN 'failed' THEN 'ImplausibleInput' END, 'error_message', CASE made.state WHEN 'failed' THEN $2 END))).*
     FROM climatebatch.batch_shards AS s, (VALUES (0, 'done'), (1, 'failed'), (2, 'pending')) AS made (at, state)
     WHERE s.batch_id = 1 AND s.shard = 0`,
    [FAILED, message],
  );
  await client.query("SELECT climatebatch.request_batch('hazard')");
  await client.query("SELECT climatebatch.request_batch('probability', '{\"scenarios\": [\"rcp85\"]}')");
  await client.query(
    `UPDATE climatebatch.batch_requests SET state = 'finished', outcome = 'failed', reason = 'UnknownScenario', finished_at = now(),
       message = 'There is no scenario "rcp85". There is sample-ssp245, sample-ssp585.' WHERE calculation = 'probability'`,
  );
}
