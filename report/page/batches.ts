// The page of batches: read again every few seconds, while a person looks at it and has not paused it.
import {
  type BatchDetail,
  type BatchRow,
  formatInstant,
  type RequestRow,
  renderBatches,
  renderQueue,
} from "./batchesView.ts";
import { isDark, keepFocus } from "./document.ts";
import { type Language, makeTranslate, type Translate } from "./words.ts";

const REFRESH_MS = 2_000;
const BATCHES_AT_FIRST = 20;
const MOST_BATCHES = 200;
const byId = (id: string) => document.getElementById(id)!;

interface State {
  readonly language: Language;
  readonly batch: string | null;
}

class BatchesPage {
  #state: State = readState();
  #translate: Translate = makeTranslate(this.#state.language);
  #batches: readonly BatchRow[] = [];
  #requests: readonly RequestRow[] = [];
  #opened: BatchDetail | null = null;
  #hasMore = false;
  #count = BATCHES_AT_FIRST;
  #isPaused = false;
  /** Instant [ms] of the facts shown; null before the first. */
  #readAt: number | null = null;
  #problem: string | null = null;
  readonly #shown = new Map<string, string>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Grows with each reading, so that what was read for an older one is dropped. */
  #version = 0;

  async start(): Promise<void> {
    byId("page").innerHTML = `<header id="head"></header><main class="work">
      <p id="problem" class="banner" role="alert" hidden></p>
      <section id="queue-box"><h2 id="queue-title"></h2><div id="queue"></div></section>
      <section id="batches-box"><h2 id="batches-title"></h2><div id="batches"></div><div class="buttons"><button type="button" data-do="more" id="more" hidden></button></div></section>
      </main><p id="announce" role="status" aria-live="polite" class="hidden"></p>`;
    byId("page").addEventListener("click", (event) => {
      const button = (event.target as Element).closest<HTMLElement>("button[data-do]");
      if (button !== null) this.#act(button.dataset);
    });
    addEventListener("hashchange", () => this.#set(readState()));
    document.addEventListener("visibilitychange", () => this.#schedule(0));
    this.#render();
    await this.#read();
    document.documentElement.dataset.ready = "yes";
  }

  #set(change: Partial<State>): void {
    this.#state = { ...this.#state, ...change };
    const { batch, language } = this.#state;
    const parts = [...(batch === null ? [] : [`batch=${batch}`]), `language=${language}`];
    history.replaceState(null, "", `#${parts.join("&")}`);
    this.#translate = makeTranslate(language);
    if (batch === null) this.#opened = null;
    this.#render();
    void this.#read();
  }

  #act(data: DOMStringMap): void {
    switch (data.do) {
      case "open":
        this.#set({ batch: data.batch === this.#state.batch ? null : (data.batch ?? null) });
        break;
      case "language":
        this.#set({ language: this.#state.language === "en" ? "ko" : "en" });
        break;
      case "theme":
        document.documentElement.dataset.theme = isDark() ? "light" : "dark";
        break;
      case "pause":
        this.#isPaused = !this.#isPaused;
        this.#render();
        this.#schedule(0);
        break;
      case "more":
        this.#count = Math.min(MOST_BATCHES, this.#count + BATCHES_AT_FIRST);
        void this.#read();
        break;
    }
  }

  #schedule(delayMs: number): void {
    clearTimeout(this.#timer);
    if (!this.#isPaused && !document.hidden) this.#timer = setTimeout(() => void this.#read(), delayMs);
  }

  async #read(): Promise<void> {
    const version = ++this.#version;
    const { batch } = this.#state;
    try {
      const [listed, requests, opened] = await Promise.all([
        fetchFacts<{ batches: readonly BatchRow[]; next: string | null }>(`/api/batches?limit=${this.#count}`),
        fetchFacts<readonly RequestRow[]>("/api/requests"),
        batch === null ? null : fetchFacts<BatchDetail>(`/api/batch?batch=${batch}`),
      ]);
      if (version !== this.#version) return;
      this.#announceChanges(listed.batches);
      this.#batches = listed.batches;
      this.#hasMore = listed.next !== null && this.#count < MOST_BATCHES;
      this.#requests = requests;
      this.#opened = opened;
      this.#readAt = Date.now();
      this.#problem = null;
    } catch (thrown) {
      if (version !== this.#version) return;
      this.#problem = thrown instanceof Error ? thrown.message : String(thrown);
    }
    this.#render();
    this.#schedule(REFRESH_MS);
  }

  /** Batches whose state is another than before, for readers who do not see the page. */
  #announceChanges(batches: readonly BatchRow[]): void {
    if (this.#readAt === null) return;
    const before = new Map(this.#batches.map(({ batchId, state }) => [batchId, state]));
    const changed = batches.filter(({ batchId, state }) => before.get(batchId) !== state);
    const t = this.#translate;
    const sentences = changed.map(
      ({ batchId, state }) => `${t("batchNumber", { batch: batchId })}: ${t(`state_${state}`)}`,
    );
    if (sentences.length > 0) byId("announce").textContent = sentences.join(". ");
  }

  /** What is the same as before stays, and so does what a reader has selected in it. */
  #update(id: string, html: string): void {
    if (this.#shown.get(id) === html) return;
    this.#shown.set(id, html);
    byId(id).innerHTML = html;
  }

  #render(): void {
    const t = this.#translate;
    document.documentElement.lang = this.#state.language;
    document.title = t("batches");
    const when =
      this.#readAt === null ? t("reading") : t("readAt", { when: formatInstant(new Date(this.#readAt).toISOString()) });
    keepFocus(() => {
      this.#update(
        "head",
        `<div class="title"><h1>${t("batches")}</h1><span class="quiet" id="when">${when}</span></div>
        <nav class="buttons" aria-label="${t("pages")}"><a href="/#language=${this.#state.language}" id="results">${t("results")}</a></nav>
        <div class="buttons"><button type="button" data-do="pause" id="pause" aria-pressed="${this.#isPaused}">${t("pause")}</button>
        <button type="button" data-do="language" id="language">${t("language")}</button>
        <button type="button" data-do="theme" id="theme" aria-label="${t("theme")}" title="${t("theme")}">◐</button></div>`,
      );
      byId("queue-title").textContent = t("queue");
      byId("batches-title").textContent = t("batches");
      byId("problem").hidden = this.#problem === null;
      byId("problem").textContent = this.#problem === null ? "" : t("noAnswer", { message: this.#problem });
      this.#update("queue", this.#readAt === null ? "" : renderQueue(this.#requests, t));
      this.#update("batches", this.#readAt === null ? "" : renderBatches(this.#batches, this.#opened, this.#readAt, t));
      byId("more").hidden = !this.#hasMore;
      byId("more").textContent = t("more", { count: BATCHES_AT_FIRST });
    });
  }
}

function readState(): State {
  const given = new URLSearchParams(location.hash.replace(/^#/, ""));
  const batch = given.get("batch");
  const language = given.get("language") ?? (navigator.language.startsWith("ko") ? "ko" : "en");
  return {
    language: language === "ko" ? "ko" : "en",
    batch: batch !== null && /^\d{1,18}$/.test(batch) ? batch : null,
  };
}

/** Rejects with the server's sentence. */
async function fetchFacts<Facts>(address: string): Promise<Facts> {
  const response = await fetch(address);
  if (response.ok) return response.json();
  const { message } = await response.json();
  throw new Error(message);
}

void new BatchesPage().start();
