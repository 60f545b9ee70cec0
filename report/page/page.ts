// The page: its state, and what is read and drawn when it changes.
import {
  describeMap,
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
import { byId, keepFocus, readTheme } from "./document.ts";
import { MapView, nearestCell } from "./mapView.ts";
import { formatPlace } from "./numbers.ts";
import { firstState, formatState, type PageState, parseState } from "./pageState.ts";
import { basePosition, readPicture } from "./pictures.ts";
import { type PlaceFacts, renderPlace } from "./placePanel.ts";
import { renderPrintPages } from "./printPages.ts";
import {
  chooseSites,
  districtsText,
  nameSites,
  type RankedDistrict,
  type RankedThings,
  rankDistricts,
  renderDistricts,
  renderRankedThings,
} from "./rankedGroups.ts";
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
import type { Source } from "./reportData.ts";
import { type Detail, decode, layerName, rowsPerCell, SCORE_SCALE } from "./reportData.ts";
import { CODES, median, type Picture } from "./scales.ts";
import { makeTranslate, type Translate } from "./words.ts";

export class Page {
  readonly source: Source;
  readonly map: MapView;
  state: PageState;
  translate: Translate;
  #picture: Picture | null = null;
  #uncertain: Uint8Array | null = null;
  /** Codes that are shown in full. */
  shown: [number, number] = [2, CODES];
  current: number | null = null;
  pinned: number | null = null;
  #beside: number | null = null;
  /** km between the requested place and its cell. */
  #distance: number | null = null;
  #order: RankingOrder = "value";
  #count = RANKED_AT_FIRST;
  /** Whether the explorer publishes other results now. */
  #isReplaced = false;
  #rankedThings: RankedThings;
  #ranked: readonly Ranked[] = [];
  #districts: readonly RankedDistrict[] = [];
  /** Grows with each change, so that what was read for an older one is dropped. */
  #version = 0;

  constructor(source: Source) {
    this.source = source;
    const fallback = firstState(source.header, navigator.language.startsWith("ko") ? "ko" : "en");
    this.#rankedThings = source.sites === null ? "cells" : "sites";
    this.state = parseState(location.hash, source.header, fallback);
    this.translate = makeTranslate(this.state.language);
    this.map = new MapView(source);
    this.#takePlaces();
    byId("page").innerHTML = `<header id="head"></header><main>
      <nav id="risks"></nav>
      <section id="middle"><p id="line" class="line"></p><div id="switches"></div>
        <div class="map-frame"><canvas id="map" tabindex="0" role="application"></canvas>
          <div class="zoom"><button type="button" data-do="zoom" data-factor="1.6" id="zoom-in" aria-label="+">+</button><button type="button" data-do="zoom" data-factor="0.625" id="zoom-out" aria-label="−">−</button></div>
          <div id="tip" hidden></div></div>
        <div id="legend"></div><div id="periods" role="group"></div></section>
      <aside id="place-box"><h2 id="place-title"></h2><div id="place"></div></aside>
      <section id="ranking-box"><div class="place-head"><h2 id="ranking-title"></h2><div class="buttons"><button type="button" data-do="copy" id="copy"></button><button type="button" data-do="download" id="download"></button></div></div><div id="ranked" class="buttons"></div><p id="ranking-note" class="note"></p><div id="ranking"></div></section>
      <section id="provenance"></section></main>
      <div id="print-pages"></div><p id="announce" role="status" aria-live="polite" class="hidden"></p>`;
  }

  async start(): Promise<void> {
    this.#renderFrame();
    await this.show();
    this.source.onReplaced(() => {
      this.#isReplaced = true;
      byId("replaced").hidden = false;
    });
    document.documentElement.dataset.ready = "yes";
  }

  get #context(): PageContext {
    const { header, isLive } = this.source;
    return { header, state: this.state, translate: this.translate, isLive };
  }

  /** Words that only the language changes. */
  #renderFrame(): void {
    const t = this.translate;
    document.documentElement.lang = this.state.language;
    document.title = `${t("title")} · ${this.source.header.grid}`;
    byId("head").innerHTML = renderHead(this.#context);
    if (this.#isReplaced) byId("replaced").hidden = false;
    byId("place-title").textContent = t("place");
    byId("ranking-title").textContent = t("ranking");
    byId("copy").textContent = t("copy");
    byId("download").textContent = t("download");
    byId("risks").setAttribute("aria-label", t("risks"));
    byId("periods").setAttribute("aria-label", t("periods"));
    byId("provenance").innerHTML = renderProvenance(this.#context);
  }

  async set(change: Partial<PageState>): Promise<void> {
    const before = this.state;
    this.state = { ...before, ...change };
    history.replaceState(null, "", formatState(this.state, this.source.header));
    if (this.state.language !== before.language) {
      this.translate = makeTranslate(this.state.language);
      this.#renderFrame();
    }
    const keepsScale = this.state.risk === before.risk && this.state.measure === before.measure;
    if (!keepsScale) this.shown = [2, CODES];
    this.#takePlaces();
    await this.show();
  }

  #takePlaces(): void {
    const find = (place: PageState["at"]) => (place === null ? null : nearestCell(this.source, ...place));
    const pinned = find(this.state.at);
    this.pinned = pinned?.cell ?? null;
    this.#distance = pinned === null || pinned.km < 0.05 ? null : pinned.km;
    this.#beside = find(this.state.beside)?.cell ?? null;
  }

  async show(): Promise<void> {
    const version = ++this.#version;
    const { risk, scenario, period, measure } = this.state;
    const [picture, uncertain] = await Promise.all([
      readPicture(this.source, this.state),
      measure === "score" ? this.source.layer(layerName("uncertain", risk, scenario, period)) : null,
    ]);
    if (version !== this.#version) return;
    this.#picture = picture;
    this.#uncertain = uncertain;
    const line = describeMap(this.#context);
    byId("line").innerHTML = line;
    keepFocus(() => {
      byId("switches").innerHTML = renderSwitches(this.#context);
      byId("periods").innerHTML = renderPeriods(this.#context, this.map.aspect);
      byId("risks").innerHTML = renderRisks(this.#context, []);
      this.#renderLegend();
    });
    byId("map").setAttribute("aria-label", this.translate("mapLabel", { what: byId("line").textContent! }));
    this.draw();
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
        ? `<p class="note">${this.translate("missing")}</p>`
        : renderLegend(this.#context, this.#picture, this.shown, hasUncertain);
  }

  draw(): void {
    this.map.draw(byId<HTMLCanvasElement>("map"), {
      picture: this.#picture,
      shown: this.shown,
      uncertain: this.#uncertain,
      theme: readTheme(),
      current: this.current,
      pinned: this.pinned,
      beside: this.#beside,
    });
  }

  async #renderRisks(version: number): Promise<void> {
    const { header } = this.source;
    const summaries: RiskSummary[] = [];
    for (let risk = 0; risk < header.risks.length; risk++) {
      const codes = await this.source.layer(layerName("score", risk, this.state.scenario, this.state.period));
      summaries.push(summarise(codes, header.cells));
    }
    if (version !== this.#version) return;
    keepFocus(() => {
      byId("risks").innerHTML = renderRisks(this.#context, summaries);
    });
  }

  async #renderSmallMaps(version: number): Promise<void> {
    for (const [period] of this.source.header.periods.entries()) {
      const picture = await readPicture(this.source, { ...this.state, period });
      if (version !== this.#version) return;
      const canvas = byId(`period-${period}`).querySelector("canvas")!;
      if (picture !== null) this.map.drawSmall(canvas, picture, readTheme());
    }
  }

  async #factsOf(cell: number, distance: number | null): Promise<PlaceFacts> {
    const { header } = this.source;
    const { scenario, period } = this.state;
    const rows = rowsPerCell(header);
    const details: Detail[] = [];
    for (let row = 0; row < rows; row++) {
      const within = row % (header.scenarios.length * header.periods.length);
      const detail = await this.source.detail(
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
        const codes = await this.source.layer(layerName("score", risk, scenario, period));
        return codes === null ? Number.NaN : decode(codes[cell]!, SCORE_SCALE);
      }),
    );
    return {
      cell,
      latitude: this.source.latitudes[cell]!,
      longitude: this.source.longitudes[cell]!,
      district: this.source.header.districts[(this.source.districts?.[cell] ?? 0) - 1] ?? null,
      sites: this.#sitesAt(cell),
      distance,
      details: isExact
        ? (risk, scenarioAt, periodAt) =>
            details[(risk * header.scenarios.length + scenarioAt) * header.periods.length + periodAt]!
        : null,
      scores,
    };
  }

  #sitesAt(cell: number): readonly string[] {
    const { sites } = this.source;
    return sites === null ? [] : sites.names.filter((_, at) => sites.cells[at] === cell);
  }

  async #renderPlace(): Promise<void> {
    const version = this.#version;
    const cell = this.pinned ?? this.current;
    const facts = cell === null ? null : await this.#factsOf(cell, this.pinned === null ? null : this.#distance);
    const beside = this.#beside === null || cell === null ? null : await this.#factsOf(this.#beside, null);
    if (version !== this.#version || cell !== (this.pinned ?? this.current)) return;
    keepFocus(() => {
      byId("place").innerHTML = renderPlace(this.#context, facts, beside);
      byId("place").dataset.shown = formatState(this.state, this.source.header);
    });
  }

  async #rank(version: number): Promise<void> {
    const picture = this.#picture;
    const { latitudes, longitudes } = this.source;
    if (picture === null) {
      byId("ranking").innerHTML = byId("ranking-note").innerHTML = "";
      return;
    }
    keepFocus(() => {
      byId("ranked").innerHTML = renderRankedThings(this.translate, this.#listable, this.#rankedThings);
    });
    if (this.#rankedThings === "districts") return this.#rankDistricts(picture);
    if (this.#rankedThings === "sites") return this.#rankSites(picture, version);
    const cells = chooseCells(picture, this.shown, this.#order, this.#count, latitudes, longitudes);
    const rows = await Promise.all(cells.map((cell) => this.#valueAt(picture, cell)));
    if (version !== this.#version) return;
    this.#ranked = sortRanked(rows, this.#order, this.#count);
    const total = picture.codes.reduce((sum, code) => sum + Number(isShown(code, this.shown)), 0);
    byId("ranking-note").innerHTML = this.translate("rankingNote", { what: byId("line").innerHTML, count: total });
    keepFocus(() => {
      byId("ranking").innerHTML = renderRanking(this.translate, picture.measure, this.#order, this.#ranked, total);
    });
  }

  /** What the file can list. */
  get #listable(): RankedThings[] {
    const { sites, districts } = this.source;
    return [
      ...(sites === null ? [] : (["sites"] as const)),
      "cells",
      ...(districts === null ? [] : (["districts"] as const)),
    ];
  }

  #rankDistricts(picture: Picture): void {
    const { header, districts } = this.source;
    this.#districts = rankDistricts(picture, this.shown, this.#order, header.districts, districts!);
    const count = this.#districts.length;
    byId("ranking-note").innerHTML = this.translate("rankingDistricts", { what: byId("line").innerHTML, count });
    keepFocus(() => {
      byId("ranking").innerHTML = renderDistricts(
        this.translate,
        picture.measure,
        this.#order,
        this.#districts,
        this.#count,
      );
    });
  }

  async #rankSites(picture: Picture, version: number): Promise<void> {
    const sites = this.source.sites!;
    const { chosen, total } = chooseSites(picture, this.shown, this.#order, this.#count, sites);
    const rows = await Promise.all(chosen.map((at) => this.#valueAt(picture, sites.cells[at]!)));
    if (version !== this.#version) return;
    this.#ranked = sortRanked(nameSites(rows, chosen, sites), this.#order, this.#count);
    byId("ranking-note").innerHTML = this.translate("rankingSites", { what: byId("line").innerHTML, count: total });
    keepFocus(() => {
      byId("ranking").innerHTML = renderRanking(this.translate, picture.measure, this.#order, this.#ranked, total);
    });
  }

  async #valueAt(picture: Picture, cell: number): Promise<Ranked> {
    const { risk, scenario, other, period } = this.state;
    const detail = await this.source.detail(cell, risk, scenario, period);
    const subtrahend =
      picture.measure === "change"
        ? await this.source.detail(cell, risk, scenario, basePosition(this.source))
        : picture.measure === "scenarios"
          ? await this.source.detail(cell, risk, other, period)
          : null;
    const mapped = this.source.header.risks[risk]!.returnPeriods.indexOf(100);
    const place = { cell, latitude: this.source.latitudes[cell]!, longitude: this.source.longitudes[cell]! };
    return { ...place, ...readValue(picture, cell, detail, subtrahend, mapped) };
  }

  announce(text: string): void {
    byId("announce").textContent = text;
  }

  #announceMap(): void {
    const picture = this.#picture;
    this.announce(
      picture === null
        ? this.translate("noResult")
        : this.translate("announceMap", {
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
        ? this.translate(code === 1 ? "notApplicable" : "noResult")
        : formatValue(picture!.measure, ranked.value);
    return this.translate("announceCell", {
      place: formatPlace(this.source.latitudes[cell]!, this.source.longitudes[cell]!),
      value,
    });
  }

  async point(cell: number | null, tip?: { readonly x: number; readonly y: number }): Promise<void> {
    const changed = cell !== this.current;
    this.current = cell;
    const box = byId("tip");
    box.hidden = cell === null || tip === undefined;
    if (tip !== undefined) {
      const frame = byId("map");
      box.style.left = `${Math.min(tip.x + 14, frame.clientWidth - 190)}px`;
      box.style.top = `${tip.y + (tip.y > frame.clientHeight - 60 ? -40 : 14)}px`;
    }
    if (!changed) return;
    this.draw();
    if (cell !== null) {
      const text = await this.#describeCell(cell);
      if (cell !== this.current) return;
      box.textContent = text;
      if (tip === undefined) this.announce(text);
    }
    if (this.pinned === null) await this.#renderPlace();
  }

  pin(cell: number): Promise<void> {
    return this.set({ at: [this.source.latitudes[cell]!, this.source.longitudes[cell]!] });
  }

  compare(): Promise<void> {
    const cell = this.current ?? this.pinned;
    if (cell === null) return Promise.resolve();
    if (this.pinned === null) return this.pin(cell);
    const at = [this.source.latitudes[cell]!, this.source.longitudes[cell]!] as const;
    return this.set({ beside: this.state.beside === null || cell !== this.#beside ? at : null });
  }

  filter(low: number, high: number): void {
    this.shown = [low, high];
    keepFocus(() => this.#renderLegend());
    this.draw();
    void this.#rank(this.#version);
  }

  sort(column: RankingOrder): Promise<void> {
    this.#order = column === "value" && this.#order === "value" ? "valueUp" : column;
    return this.#rank(this.#version);
  }

  rankBy(things: RankedThings): Promise<void> {
    this.#rankedThings = things;
    this.#order = "value";
    this.#count = RANKED_AT_FIRST;
    return this.#rank(this.#version);
  }

  rankMore(): Promise<void> {
    this.#count += 50;
    return this.#rank(this.#version);
  }

  rankingText(separator: string): string {
    const { measure } = this.state;
    return this.#rankedThings === "districts"
      ? districtsText(measure, this.#districts, separator)
      : rankingText(measure, this.#ranked, separator);
  }

  async print(): Promise<void> {
    byId("print-pages").innerHTML = await renderPrintPages(this.source, this.map, this.#context);
    print();
    byId("print-pages").innerHTML = "";
  }
}
