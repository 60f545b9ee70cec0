// The page: its state, what is read and drawn when it changes, and what keys and pointers do.
import {
  describeMap,
  lastCode,
  type PageContext,
  type RiskSummary,
  renderHead,
  renderLegend,
  renderPeriods,
  renderProvenance,
  renderRisks,
  renderSwitches,
  summarise,
} from "./controls.ts";
import { MapView, nearestCell, type Theme } from "./mapView.ts";
import { formatNumber, formatPlace } from "./numbers.ts";
import { formatState, type Measure, type PageState, parsePlace, parseState } from "./pageState.ts";
import { basePosition, readPicture } from "./pictures.ts";
import { type PlaceFacts, renderPlace } from "./placePanel.ts";
import {
  chooseCells,
  formatValue,
  isShown,
  RANKED_AT_FIRST,
  type Ranked,
  type RankingOrder,
  rankingText,
  readValue,
  renderRanking,
  sortRanked,
} from "./ranking.ts";
import { type Detail, decode, layerName, rowsPerCell, SCORE_SCALE } from "./reportData.ts";
import { CODES, median, type Picture } from "./scales.ts";
import { openSource, type Source } from "./source.ts";
import { makeTranslate, type Translate } from "./words.ts";

const FAR_KM = 50;
const byId = <T extends HTMLElement = HTMLElement>(id: string) => document.getElementById(id) as T;

class Page {
  readonly #source: Source;
  readonly #map: MapView;
  #state: PageState;
  #translate: Translate;
  #picture: Picture | null = null;
  #uncertain: Uint8Array | null = null;
  /** Codes that are shown in full. */
  #shown: [number, number] = [2, CODES];
  #current: number | null = null;
  #pinned: number | null = null;
  #beside: number | null = null;
  /** km between the requested place and its cell. */
  #distance: number | null = null;
  #order: RankingOrder = "value";
  #count = RANKED_AT_FIRST;
  #ranked: readonly Ranked[] = [];
  /** Grows with each change, so that what was read for an older one is dropped. */
  #version = 0;

  constructor(source: Source) {
    this.#source = source;
    const { scenarios, periods } = source.header;
    const fallback: PageState = {
      risk: Math.max(
        0,
        source.header.risks.findIndex(({ id }) => id === "high_temperature"),
      ),
      scenario: scenarios.length - 1,
      other: 0,
      period: Math.floor(periods.length / 2),
      measure: source.header.layers.some((name) => name.startsWith("score")) ? "score" : "damage",
      language: navigator.language.startsWith("ko") ? "ko" : "en",
      at: null,
      beside: null,
    };
    this.#state = parseState(location.hash, source.header, fallback);
    this.#translate = makeTranslate(this.#state.language);
    this.#map = new MapView(source);
    this.#takePlaces();
    byId("page").innerHTML = `<header id="head"></header><main>
      <nav id="risks"></nav>
      <section id="middle"><p id="line" class="line"></p><div id="switches"></div>
        <div class="map-frame"><canvas id="map" tabindex="0" role="application"></canvas>
          <div class="zoom"><button type="button" data-do="zoom" data-factor="1.6" id="zoom-in" aria-label="+">+</button><button type="button" data-do="zoom" data-factor="0.625" id="zoom-out" aria-label="−">−</button></div>
          <div id="tip" hidden></div></div>
        <div id="legend"></div><div id="periods" role="group"></div></section>
      <aside id="place-box"><h2 id="place-title"></h2><div id="place"></div></aside>
      <section id="ranking-box"><div class="place-head"><h2 id="ranking-title"></h2><div class="buttons"><button type="button" data-do="copy" id="copy"></button><button type="button" data-do="download" id="download"></button></div></div><p id="ranking-note" class="note"></p><div id="ranking"></div></section>
      <section id="provenance"></section></main>
      <div id="print-pages"></div><p id="announce" role="status" aria-live="polite" class="hidden"></p>`;
    this.#listen();
  }

  async start(): Promise<void> {
    this.#renderFrame();
    await this.#show();
    document.documentElement.dataset.ready = "yes";
  }

  get #context(): PageContext {
    return { header: this.#source.header, state: this.#state, translate: this.#translate };
  }

  /** Words that only the language changes. */
  #renderFrame(): void {
    const t = this.#translate;
    document.documentElement.lang = this.#state.language;
    document.title = `${t("title")} · ${this.#source.header.grid}`;
    byId("head").innerHTML = renderHead(this.#context);
    byId("place-title").textContent = t("place");
    byId("ranking-title").textContent = t("ranking");
    byId("copy").textContent = t("copy");
    byId("download").textContent = t("download");
    byId("risks").setAttribute("aria-label", t("risks"));
    byId("periods").setAttribute("aria-label", t("periods"));
    byId("provenance").innerHTML = renderProvenance(this.#context);
  }

  async #set(change: Partial<PageState>): Promise<void> {
    const before = this.#state;
    this.#state = { ...before, ...change };
    history.replaceState(null, "", formatState(this.#state, this.#source.header));
    if (this.#state.language !== before.language) {
      this.#translate = makeTranslate(this.#state.language);
      this.#renderFrame();
    }
    const keepsScale = this.#state.risk === before.risk && this.#state.measure === before.measure;
    if (!keepsScale) this.#shown = [2, CODES];
    this.#takePlaces();
    await this.#show();
  }

  #takePlaces(): void {
    const find = (place: PageState["at"]) => (place === null ? null : nearestCell(this.#source, ...place));
    const pinned = find(this.#state.at);
    this.#pinned = pinned?.cell ?? null;
    this.#distance = pinned === null || pinned.km < 0.05 ? null : pinned.km;
    this.#beside = find(this.#state.beside)?.cell ?? null;
  }

  async #show(): Promise<void> {
    const version = ++this.#version;
    const { risk, scenario, period, measure } = this.#state;
    const [picture, uncertain] = await Promise.all([
      readPicture(this.#source, this.#state),
      measure === "score" ? this.#source.layer(layerName("uncertain", risk, scenario, period)) : null,
    ]);
    if (version !== this.#version) return;
    this.#picture = picture;
    this.#uncertain = uncertain;
    const line = describeMap(this.#context);
    byId("line").innerHTML = line;
    keepFocus(() => {
      byId("switches").innerHTML = renderSwitches(this.#context);
      byId("periods").innerHTML = renderPeriods(this.#context, this.#map.aspect);
      byId("risks").innerHTML = renderRisks(this.#context, []);
      this.#renderLegend();
    });
    byId("map").setAttribute("aria-label", this.#translate("mapLabel", { what: byId("line").textContent! }));
    this.#draw();
    this.#announceMap();
    await Promise.all([
      this.#renderPlace(),
      this.#renderRisks(version),
      this.#renderSmallMaps(version),
      this.#rank(version),
    ]);
  }

  #renderLegend(): void {
    const hasUncertain = this.#uncertain?.some((code) => code > 0) ?? false;
    byId("legend").innerHTML =
      this.#picture === null
        ? `<p class="note">${this.#translate("missing")}</p>`
        : renderLegend(this.#context, this.#picture, this.#shown, hasUncertain);
  }

  #draw(): void {
    this.#map.draw(byId<HTMLCanvasElement>("map"), {
      picture: this.#picture,
      shown: this.#shown,
      uncertain: this.#uncertain,
      theme: readTheme(),
      current: this.#current,
      pinned: this.#pinned,
      beside: this.#beside,
    });
  }

  async #renderRisks(version: number): Promise<void> {
    const { header } = this.#source;
    const summaries: RiskSummary[] = [];
    for (let risk = 0; risk < header.risks.length; risk++) {
      const codes = await this.#source.layer(layerName("score", risk, this.#state.scenario, this.#state.period));
      summaries.push(summarise(codes, header.cells));
    }
    if (version !== this.#version) return;
    keepFocus(() => {
      byId("risks").innerHTML = renderRisks(this.#context, summaries);
    });
  }

  async #renderSmallMaps(version: number): Promise<void> {
    for (const [period] of this.#source.header.periods.entries()) {
      const picture = await readPicture(this.#source, { ...this.#state, period });
      if (version !== this.#version) return;
      const canvas = byId(`period-${period}`).querySelector("canvas")!;
      if (picture !== null) this.#map.drawSmall(canvas, picture, readTheme());
    }
  }

  async #factsOf(cell: number, distance: number | null): Promise<PlaceFacts> {
    const { header } = this.#source;
    const { scenario, period } = this.#state;
    const rows = rowsPerCell(header);
    const details: Detail[] = [];
    for (let row = 0; row < rows; row++) {
      const within = row % (header.scenarios.length * header.periods.length);
      const detail = await this.#source.detail(
        cell,
        Math.floor(row / (header.scenarios.length * header.periods.length)),
        Math.floor(within / header.periods.length),
        within % header.periods.length,
      );
      if (detail === null) break;
      details.push(detail);
    }
    const isExact = details.length === rows;
    const scores = await Promise.all(
      header.risks.map(async (_, risk) => {
        const at = (risk * header.scenarios.length + scenario) * header.periods.length + period;
        if (isExact) return details[at]!.numbers.score;
        const codes = await this.#source.layer(layerName("score", risk, scenario, period));
        return codes === null ? Number.NaN : decode(codes[cell]!, SCORE_SCALE);
      }),
    );
    return {
      cell,
      latitude: this.#source.latitudes[cell]!,
      longitude: this.#source.longitudes[cell]!,
      distance,
      details: isExact
        ? (risk, scenarioAt, periodAt) =>
            details[(risk * header.scenarios.length + scenarioAt) * header.periods.length + periodAt]!
        : null,
      scores,
    };
  }

  async #renderPlace(): Promise<void> {
    const version = this.#version;
    const cell = this.#pinned ?? this.#current;
    const facts = cell === null ? null : await this.#factsOf(cell, this.#pinned === null ? null : this.#distance);
    const beside = this.#beside === null || cell === null ? null : await this.#factsOf(this.#beside, null);
    if (version !== this.#version || cell !== (this.#pinned ?? this.#current)) return;
    keepFocus(() => {
      byId("place").innerHTML = renderPlace(this.#context, facts, beside);
      byId("place").dataset.shown = formatState(this.#state, this.#source.header);
    });
  }

  async #rank(version: number): Promise<void> {
    const picture = this.#picture;
    const { latitudes, longitudes } = this.#source;
    if (picture === null) {
      byId("ranking").innerHTML = byId("ranking-note").innerHTML = "";
      return;
    }
    const cells = chooseCells(picture, this.#shown, this.#order, this.#count, latitudes, longitudes);
    const rows = await Promise.all(cells.map((cell) => this.#valueAt(picture, cell)));
    if (version !== this.#version) return;
    this.#ranked = sortRanked(rows, this.#order, this.#count);
    const total = picture.codes.reduce((sum, code) => sum + Number(isShown(code, this.#shown)), 0);
    byId("ranking-note").innerHTML = this.#translate("rankingNote", { what: byId("line").innerHTML, count: total });
    keepFocus(() => {
      byId("ranking").innerHTML = renderRanking(this.#translate, picture.measure, this.#order, this.#ranked, total);
    });
  }

  async #valueAt(picture: Picture, cell: number): Promise<Ranked> {
    const { risk, scenario, other, period } = this.#state;
    const detail = await this.#source.detail(cell, risk, scenario, period);
    const subtrahend =
      picture.measure === "change"
        ? await this.#source.detail(cell, risk, scenario, basePosition(this.#source))
        : picture.measure === "scenarios"
          ? await this.#source.detail(cell, risk, other, period)
          : null;
    const mapped = this.#source.header.risks[risk]!.returnPeriods.indexOf(100);
    const place = { cell, latitude: this.#source.latitudes[cell]!, longitude: this.#source.longitudes[cell]! };
    return { ...place, ...readValue(picture, cell, detail, subtrahend, mapped) };
  }

  #announce(text: string): void {
    byId("announce").textContent = text;
  }

  #announceMap(): void {
    const picture = this.#picture;
    this.#announce(
      picture === null
        ? this.#translate("noResult")
        : this.#translate("announceMap", {
            what: byId("line").textContent!,
            count: picture.codes.reduce((sum, code) => sum + Number(code > 1), 0),
            median: formatValue(picture.measure, median(picture)),
          }),
    );
  }

  async #describeCell(cell: number): Promise<string> {
    const picture = this.#picture;
    const code = picture?.codes[cell] ?? 0;
    const ranked = picture === null || code < 2 ? null : await this.#valueAt(picture, cell);
    const value =
      ranked === null
        ? this.#translate(code === 1 ? "notApplicable" : "noResult")
        : formatValue(picture!.measure, ranked.value);
    return this.#translate("announceCell", {
      place: formatPlace(this.#source.latitudes[cell]!, this.#source.longitudes[cell]!),
      value,
    });
  }

  async #point(cell: number | null, tip?: { readonly x: number; readonly y: number }): Promise<void> {
    const changed = cell !== this.#current;
    this.#current = cell;
    const box = byId("tip");
    box.hidden = cell === null || tip === undefined;
    if (tip !== undefined) {
      const frame = byId("map");
      box.style.left = `${Math.min(tip.x + 14, frame.clientWidth - 190)}px`;
      box.style.top = `${tip.y + (tip.y > frame.clientHeight - 60 ? -40 : 14)}px`;
    }
    if (!changed) return;
    this.#draw();
    if (cell !== null) {
      const text = await this.#describeCell(cell);
      if (cell !== this.#current) return;
      box.textContent = text;
      if (tip === undefined) this.#announce(text);
    }
    if (this.#pinned === null) await this.#renderPlace();
  }

  #pin(cell: number): Promise<void> {
    return this.#set({ at: [this.#source.latitudes[cell]!, this.#source.longitudes[cell]!] });
  }

  #compare(): Promise<void> {
    const cell = this.#current ?? this.#pinned;
    if (cell === null) return Promise.resolve();
    if (this.#pinned === null) return this.#pin(cell);
    const at = [this.#source.latitudes[cell]!, this.#source.longitudes[cell]!] as const;
    return this.#set({ beside: this.#state.beside === null || cell !== this.#beside ? at : null });
  }

  #listen(): void {
    const page = byId("page");
    page.addEventListener("click", (event) => {
      const button = (event.target as Element).closest<HTMLElement>("button[data-do]");
      if (button !== null) void this.#act(button.dataset);
    });
    page.addEventListener("change", (event) => {
      const { id, value } = event.target as HTMLSelectElement;
      if (id === "scenario" || id === "other") void this.#set({ [id]: Number(value) });
    });
    page.addEventListener("input", (event) => {
      const { id, value } = event.target as HTMLInputElement;
      if (id === "filter-low") this.#filter(Number(value), Math.max(Number(value), this.#shown[1]));
      if (id === "filter-high") this.#filter(Math.min(Number(value), this.#shown[0]), Number(value));
    });
    page.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#find(byId<HTMLInputElement>("find").value);
    });
    addEventListener("hashchange", () => void this.#set(parseState(location.hash, this.#source.header, this.#state)));
    addEventListener("resize", () => this.#draw());
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => void this.#show());
    document.addEventListener("keydown", (event) => this.#key(event));
    this.#listenToPointer(byId<HTMLCanvasElement>("map"));
  }

  #listenToPointer(canvas: HTMLCanvasElement): void {
    let from: { x: number; y: number; moved: boolean } | null = null;
    const at = (event: MouseEvent) => ({ x: event.offsetX, y: event.offsetY });
    canvas.addEventListener("pointerdown", (event) => {
      from = { ...at(event), moved: false };
    });
    canvas.addEventListener("pointermove", (event) => {
      const to = at(event);
      if (from !== null && (from.moved || Math.hypot(to.x - from.x, to.y - from.y) > 4)) {
        this.#map.pan(canvas, to.x - from.x, to.y - from.y);
        from = { ...to, moved: true };
        this.#draw();
      } else if (from === null) void this.#point(this.#map.cellAt(canvas, to.x, to.y), to);
    });
    canvas.addEventListener("pointerup", (event) => {
      const cell = this.#map.cellAt(canvas, event.offsetX, event.offsetY);
      if (from !== null && !from.moved && cell !== null) {
        this.#current = cell;
        void (event.shiftKey ? this.#compare() : this.#pin(cell));
      }
      from = null;
    });
    canvas.addEventListener("pointerleave", () => {
      from = null;
      void this.#point(null);
    });
    canvas.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && !event.metaKey && event.deltaMode === 0 && Math.abs(event.deltaY) < 4) return;
      event.preventDefault();
      this.#map.zoomBy(event.deltaY < 0 ? 1.25 : 0.8, canvas, event.offsetX, event.offsetY);
      this.#draw();
    });
  }

  #filter(low: number, high: number): void {
    this.#shown = [low, high];
    keepFocus(() => this.#renderLegend());
    this.#draw();
    void this.#rank(this.#version);
  }

  async #act(data: DOMStringMap): Promise<void> {
    switch (data.do) {
      case "risk":
        return this.#set({ risk: Number(data.risk) });
      case "measure":
        return this.#set({ measure: data.measure as Measure, ...this.#otherScenario(data.measure as Measure) });
      case "pick":
        return this.#set({ scenario: Number(data.scenario) });
      case "period":
        return this.#set({ period: Number(data.period) });
      case "go":
        return this.#pin(Number(data.cell));
      case "pin":
        return this.#current === null ? undefined : this.#pin(this.#current);
      case "release":
        return this.#set({ at: null, beside: null });
      case "compare":
        return this.#compare();
      case "language":
        return this.#set({ language: this.#state.language === "en" ? "ko" : "en" });
      case "theme":
        document.documentElement.dataset.theme = isDark() ? "light" : "dark";
        return this.#show();
      case "help": {
        const isHidden = byId("help-text").toggleAttribute("hidden");
        return byId("help").setAttribute("aria-expanded", String(!isHidden));
      }
      case "zoom":
        this.#map.zoomBy(Number(data.factor), byId<HTMLCanvasElement>("map"));
        return this.#draw();
      case "sort": {
        const column = data.column as RankingOrder;
        this.#order = column === "value" && this.#order === "value" ? "valueUp" : column;
        return this.#rank(this.#version);
      }
      case "more":
        this.#count += 50;
        return this.#rank(this.#version);
      case "copy":
        await navigator.clipboard
          ?.writeText(rankingText(this.#state.measure, this.#ranked, "\t"))
          .catch(() => undefined);
        return this.#announce(this.#translate("copied"));
      case "download":
        return download("ranking.csv", rankingText(this.#state.measure, this.#ranked, ","));
      case "print":
        return this.#print();
    }
  }

  #otherScenario(measure: Measure): Partial<PageState> {
    const { scenario, other } = this.#state;
    if (measure !== "scenarios" || scenario !== other) return {};
    return { other: scenario === 0 ? this.#source.header.scenarios.length - 1 : 0 };
  }

  async #find(text: string): Promise<void> {
    const place = parsePlace(text);
    if (place === null) return this.#announceVisibly(this.#translate("findNone"));
    const { cell, km } = nearestCell(this.#source, ...place);
    if (km > FAR_KM) return this.#announceVisibly(this.#translate("findFar", { km: formatNumber(km) }));
    this.#current = cell;
    await this.#set({ at: place });
  }

  #announceVisibly(text: string): void {
    this.#announce(text);
    const field = byId<HTMLInputElement>("find");
    field.setCustomValidity(text);
    field.reportValidity();
    field.addEventListener("input", () => field.setCustomValidity(""), { once: true });
  }

  #key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const isTyping = /^(INPUT|SELECT|TEXTAREA)$/.test((event.target as Element).tagName);
    if (isTyping) return;
    const { risks, periods } = this.#source.header;
    const { period } = this.#state;
    if (/^[1-9]$/.test(event.key) && Number(event.key) <= risks.length) void this.#set({ risk: Number(event.key) - 1 });
    else if (event.key === "[") void this.#set({ period: Math.max(0, period - 1) });
    else if (event.key === "]") void this.#set({ period: Math.min(periods.length - 1, period + 1) });
    else if (event.key === "/") {
      event.preventDefault();
      byId("find").focus();
    } else if (event.key === "Escape") void this.#set({ at: null, beside: null });
    else if (event.key === "c" || event.key === "C") void this.#compare();
    else if ((event.target as Element).id === "map") this.#mapKey(event);
  }

  #mapKey(event: KeyboardEvent): void {
    const direction = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    if (direction !== undefined) {
      event.preventDefault();
      const middle = (this.#source.latitudes.length / 2) | 0;
      const from = this.#current ?? this.#pinned;
      void this.#point(from === null ? middle : this.#map.step(from, direction[0]!, direction[1]!));
    } else if (event.key === "Enter" && this.#current !== null) void this.#pin(this.#current);
    else if (event.key === "+" || event.key === "-") {
      this.#map.zoomBy(event.key === "+" ? 1.6 : 0.625, byId<HTMLCanvasElement>("map"));
      this.#draw();
    }
  }

  /** A page a risk: its maps of all periods in the scenario and measure that are shown. */
  async #print(): Promise<void> {
    const { header } = this.#source;
    const pages: string[] = [];
    const light: Theme = { ...readTheme(), sea: "#ffffff", notApplicable: "#d5d9dd" };
    for (const [risk] of header.risks.entries()) {
      const state = { ...this.#state, risk };
      const figures: string[] = [];
      for (const [period, { firstYear, lastYear }] of header.periods.entries()) {
        const picture = await readPicture(this.#source, { ...state, period });
        if (picture === null) continue;
        const width = 300;
        const canvas = Object.assign(document.createElement("canvas"), {
          width,
          height: Math.round(width / this.#map.aspect),
        });
        this.#map.drawSmall(canvas, picture, light);
        figures.push(
          `<figure><img src="${canvas.toDataURL()}" alt=""><figcaption>${firstYear}–${lastYear}</figcaption></figure>`,
        );
      }
      const shown = await readPicture(this.#source, state);
      const context = { ...this.#context, state };
      if (shown !== null) {
        pages.push(
          `<section><h2>${describeMap(context)}</h2>${header.synthetic ? `<p>${this.#translate("synthetic")}</p>` : ""}<div class="figures">${figures.join("")}</div>${renderLegend(context, shown, [2, lastCode(shown)], false).replaceAll(/ id="[^"]*"/g, "")}</section>`,
        );
      }
    }
    byId("print-pages").innerHTML = pages.join("");
    print();
    byId("print-pages").innerHTML = "";
  }
}

function isDark(): boolean {
  const { theme } = document.documentElement.dataset;
  return theme === undefined ? matchMedia("(prefers-color-scheme: dark)").matches : theme === "dark";
}

function readTheme(): Theme {
  const style = getComputedStyle(document.documentElement);
  const read = (name: string) => style.getPropertyValue(`--${name}`).trim();
  return {
    sea: read("sea"),
    land: read("land"),
    line: read("coast"),
    hatch: read("hatch"),
    notApplicable: read("not-applicable"),
    mark: read("ink"),
  };
}

/** Renders, and returns the focus to the element of the same id. */
function keepFocus(render: () => void): void {
  const { activeElement } = document;
  const id = activeElement?.id;
  render();
  if (id && document.activeElement?.id !== id) byId(id)?.focus({ preventScroll: true });
}

function download(name: string, text: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}

if (typeof DecompressionStream === "undefined") byId("page").textContent = makeTranslate("en")("unpacked");
else void openSource().then((source) => new Page(source).start());
