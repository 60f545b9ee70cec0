// What controls, keys and pointers do: each event becomes a call of the page.
import { byId, download, isDark } from "./document.ts";
import { nearestCell } from "./mapView.ts";
import { formatNumber } from "./numbers.ts";
import type { Page } from "./page.ts";
import { type Measure, type PageState, parsePlace, parseState } from "./pageState.ts";
import type { RankedThings } from "./rankedGroups.ts";
import type { RankingOrder } from "./ranking.ts";
import { findNamed } from "./source.ts";

const FAR_KM = 50;

export class Input {
  readonly #page: Page;

  constructor(page: Page) {
    this.#page = page;
  }

  listen(): void {
    const page = byId("page");
    page.addEventListener("click", (event) => {
      const button = (event.target as Element).closest<HTMLElement>("button[data-do]");
      if (button !== null) void this.#act(button.dataset);
    });
    page.addEventListener("change", (event) => {
      const { id, value } = event.target as HTMLSelectElement;
      if (id === "scenario" || id === "other") void this.#page.set({ [id]: Number(value) });
    });
    page.addEventListener("input", (event) => {
      const { id, value } = event.target as HTMLInputElement;
      if (id === "filter-low") this.#page.filter(Number(value), Math.max(Number(value), this.#page.shown[1]));
      if (id === "filter-high") this.#page.filter(Math.min(Number(value), this.#page.shown[0]), Number(value));
    });
    page.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#find(byId<HTMLInputElement>("find").value);
    });
    addEventListener(
      "hashchange",
      () => void this.#page.set(parseState(location.hash, this.#page.source.header, this.#page.state)),
    );
    addEventListener("resize", () => this.#page.draw());
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => void this.#page.show());
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
        this.#page.map.pan(canvas, to.x - from.x, to.y - from.y);
        from = { ...to, moved: true };
        this.#page.draw();
      } else if (from === null) void this.#page.point(this.#page.map.cellAt(canvas, to.x, to.y), to);
    });
    canvas.addEventListener("pointerup", (event) => {
      const cell = this.#page.map.cellAt(canvas, event.offsetX, event.offsetY);
      if (from !== null && !from.moved && cell !== null) {
        this.#page.current = cell;
        void (event.shiftKey ? this.#page.compare() : this.#page.pin(cell));
      }
      from = null;
    });
    canvas.addEventListener("pointerleave", () => {
      from = null;
      void this.#page.point(null);
    });
    canvas.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && !event.metaKey && event.deltaMode === 0 && Math.abs(event.deltaY) < 4) return;
      event.preventDefault();
      this.#page.map.zoomBy(event.deltaY < 0 ? 1.25 : 0.8, canvas, event.offsetX, event.offsetY);
      this.#page.draw();
    });
  }

  async #act(data: DOMStringMap): Promise<void> {
    switch (data.do) {
      case "risk":
        return this.#page.set({ risk: Number(data.risk) });
      case "measure":
        return this.#page.set({ measure: data.measure as Measure, ...this.#otherScenario(data.measure as Measure) });
      case "pick":
        return this.#page.set({ scenario: Number(data.scenario) });
      case "period":
        return this.#page.set({ period: Number(data.period) });
      case "go":
        return this.#page.pin(Number(data.cell));
      case "pin":
        return this.#page.current === null ? undefined : this.#page.pin(this.#page.current);
      case "release":
        return this.#page.set({ at: null, beside: null });
      case "compare":
        return this.#page.compare();
      case "language":
        return this.#page.set({ language: this.#page.state.language === "en" ? "ko" : "en" });
      case "theme":
        document.documentElement.dataset.theme = isDark() ? "light" : "dark";
        return this.#page.show();
      case "help": {
        const isHidden = byId("help-text").toggleAttribute("hidden");
        return byId("help").setAttribute("aria-expanded", String(!isHidden));
      }
      case "zoom":
        this.#page.map.zoomBy(Number(data.factor), byId<HTMLCanvasElement>("map"));
        return this.#page.draw();
      case "sort":
        return this.#page.sort(data.column as RankingOrder);
      case "ranked":
        return this.#page.rankBy(data.by as RankedThings);
      case "more":
        return this.#page.rankMore();
      case "copy":
        await navigator.clipboard?.writeText(this.#page.rankingText("\t")).catch(() => undefined);
        return this.#page.announce(this.#page.translate("copied"));
      case "download":
        return download("ranking.csv", this.#page.rankingText(","));
      case "print":
        return this.#page.print();
      case "reload":
        return location.reload();
    }
  }

  #otherScenario(measure: Measure): Partial<PageState> {
    const { scenario, other } = this.#page.state;
    if (measure !== "scenarios" || scenario !== other) return {};
    return { other: scenario === 0 ? this.#page.source.header.scenarios.length - 1 : 0 };
  }

  /** By coordinates, else by the name of a district or a site. */
  async #find(text: string): Promise<void> {
    const { source, translate } = this.#page;
    const place = parsePlace(text);
    if (place === null) {
      const named = findNamed(source, text);
      if (named === null) return this.#announceVisibly(translate("findNone"));
      this.#page.current = named;
      return this.#page.pin(named);
    }
    const { cell, km } = nearestCell(source, ...place);
    if (km > FAR_KM) return this.#announceVisibly(translate("findFar", { km: formatNumber(km) }));
    this.#page.current = cell;
    await this.#page.set({ at: place });
  }

  #announceVisibly(text: string): void {
    this.#page.announce(text);
    const field = byId<HTMLInputElement>("find");
    field.setCustomValidity(text);
    field.reportValidity();
    field.addEventListener("input", () => field.setCustomValidity(""), { once: true });
  }

  #key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const isTyping = /^(INPUT|SELECT|TEXTAREA)$/.test((event.target as Element).tagName);
    if (isTyping) return;
    const { risks, periods } = this.#page.source.header;
    const { period } = this.#page.state;
    if (/^[1-9]$/.test(event.key) && Number(event.key) <= risks.length)
      void this.#page.set({ risk: Number(event.key) - 1 });
    else if (event.key === "[") void this.#page.set({ period: Math.max(0, period - 1) });
    else if (event.key === "]") void this.#page.set({ period: Math.min(periods.length - 1, period + 1) });
    else if (event.key === "/") {
      event.preventDefault();
      byId("find").focus();
    } else if (event.key === "Escape") void this.#page.set({ at: null, beside: null });
    else if (event.key === "c" || event.key === "C") void this.#page.compare();
    else if ((event.target as Element).id === "map") this.#mapKey(event);
  }

  #mapKey(event: KeyboardEvent): void {
    const direction = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    if (direction !== undefined) {
      event.preventDefault();
      const middle = (this.#page.source.latitudes.length / 2) | 0;
      const from = this.#page.current ?? this.#page.pinned;
      void this.#page.point(from === null ? middle : this.#page.map.step(from, direction[0]!, direction[1]!));
    } else if (event.key === "Enter" && this.#page.current !== null) void this.#page.pin(this.#page.current);
    else if (event.key === "+" || event.key === "-") {
      this.#page.map.zoomBy(event.key === "+" ? 1.6 : 0.625, byId<HTMLCanvasElement>("map"));
      this.#page.draw();
    }
  }
}
