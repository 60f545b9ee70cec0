// The page of batches as text: the queue, a row a batch with its progress, and one batch opened to its shards.
import { escapeHtml } from "./charts.ts";
import type { Translate } from "./words.ts";

/** As /api/batches returns them. */
export interface BatchRow {
  readonly batchId: string;
  readonly calculation: string;
  readonly state: "running" | "complete" | "failed" | "cancelled";
  readonly reason: string | null;
  readonly message: string | null;
  readonly remedy: string | null;
  readonly obstacle: { readonly reason: string; readonly message: string } | null;
  readonly grid: string;
  readonly cells: number;
  readonly cellsDone: number;
  readonly shards: number;
  readonly shardsDone: number;
  readonly shardsFailed: number;
  readonly rejectedCells: number;
  readonly startedAt: string;
  readonly finishedAt: string | null;
  readonly published: readonly string[];
}

/** As /api/batch returns it. */
export interface BatchDetail {
  readonly batch: BatchRow;
  readonly facts: readonly { readonly name: string; readonly value: string }[];
  readonly shards: readonly {
    readonly shard: number;
    readonly state: "pending" | "running" | "done" | "failed";
    readonly attempt: number;
    readonly cells: number;
    readonly worker: string | null;
    readonly seconds: number | null;
    readonly reason: string | null;
    readonly message: string | null;
  }[];
  readonly next: number | null;
  readonly rejectedCounts: readonly { readonly risk: string; readonly reason: string; readonly cells: number }[];
}

/** As /api/requests returns them. */
export interface RequestRow {
  readonly requestId: string;
  readonly calculation: string;
  readonly source: string;
  readonly state: "waiting" | "claimed" | "finished";
  readonly requestedAt: string;
  readonly coalesced: number;
  readonly claimedBy: string | null;
  readonly climateBatch: string | null;
  readonly outcome: "batch" | "failed" | "cancelled" | null;
  readonly reason: string | null;
  readonly message: string | null;
  readonly remedy: string | null;
}

const SHOWN_PROBLEMS = 20;

/** 2026-11-30 06:41:05, in the reader's time zone. */
export function formatInstant(instant: string): string {
  const date = new Date(instant);
  const two = (value: number) => String(value).padStart(2, "0");
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** 8.4 s, 12 min, 3.1 h */
export function formatDuration(seconds: number): string {
  if (seconds < 100) return `${seconds.toFixed(1)} s`;
  return seconds < 6000 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}

/** Requests without a batch: those that wait, and the latest that failed. */
export function renderQueue(requests: readonly RequestRow[], t: Translate): string {
  const open = requests.filter(({ state, outcome }) => state !== "finished" || outcome === "failed");
  if (open.length === 0) return `<p class="note">${t("queueEmpty")}</p>`;
  const rows = open.map((one) => {
    const state =
      one.state === "waiting"
        ? t("requestWaits")
        : one.state === "claimed"
          ? t("requestClaimed", { by: escapeHtml(one.climateBatch ?? one.claimedBy ?? "") })
          : `<b class="state failed">${t("state_failed")}</b> ${renderTrouble(one)}`;
    const more = one.coalesced === 0 ? "" : ` <small>${t("coalesced", { count: one.coalesced })}</small>`;
    return `<tr><td>${one.requestId}</td><td>${escapeHtml(one.calculation)}</td><td>${t(`source_${one.source as "cli"}`)}</td><td>${formatInstant(one.requestedAt)}${more}</td><td class="words">${state}</td></tr>`;
  });
  return renderTable([t("request"), t("calculation"), t("source"), t("requestedAt"), t("state")], rows);
}

/** A reason with its message, and what to do. */
function renderTrouble({ reason, message, remedy }: Pick<RequestRow, "reason" | "message" | "remedy">): string {
  if (reason === null) return "";
  const advice = remedy === null ? "" : `<div class="remedy">${escapeHtml(remedy)}</div>`;
  return `<code>${escapeHtml(reason)}</code> ${escapeHtml(message ?? "")}${advice}`;
}

function renderTable(header: readonly string[], rows: readonly string[]): string {
  const head = header.map((title) => `<th scope="col">${title}</th>`).join("");
  return `<div class="scroll" tabindex="0" role="region" aria-label="${header[0]}"><table><thead><tr>${head}</tr></thead><tbody>${rows.join("")}</tbody></table></div>`;
}

export function renderBatches(
  batches: readonly BatchRow[],
  opened: BatchDetail | null,
  now: number,
  t: Translate,
): string {
  if (batches.length === 0) return `<p class="note">${t("batchesEmpty")}</p>`;
  return `<ul class="batches">${batches.map((batch) => renderBatch(batch, opened, now, t)).join("")}</ul>`;
}

function renderBatch(batch: BatchRow, opened: BatchDetail | null, now: number, t: Translate): string {
  const { batchId, calculation, state, cells, cellsDone, shards, shardsDone, shardsFailed, startedAt, finishedAt } =
    batch;
  const isOpen = opened?.batch.batchId === batchId;
  const end = finishedAt === null ? now : Date.parse(finishedAt);
  const took = formatDuration(Math.max(0, end - Date.parse(startedAt)) / 1000);
  const share = cells === 0 ? 0 : cellsDone / cells;
  const failed = shards === 0 ? 0 : shardsFailed / shards;
  const progress = t("progress", { done: shardsDone, shards, percent: Math.floor(100 * share) });
  const failures = shardsFailed === 0 ? "" : ` · ${t("shardsFailed", { count: shardsFailed })}`;
  const rejected = batch.rejectedCells === 0 ? "" : ` · ${t("rejectedCells", { count: batch.rejectedCells })}`;
  const published = batch.published.length === 0 ? "" : `<span class="published">${t("isPublished")}</span>`;
  return `<li class="${state}"><button type="button" data-do="open" data-batch="${batchId}" id="batch-${batchId}" aria-expanded="${isOpen}">
    <span class="batch-name"><b>${t("batchNumber", { batch: batchId })}</b> ${escapeHtml(calculation)} <small>${escapeHtml(batch.grid)}</small></span>
    <span class="state ${state}">${t(`state_${state}`)}</span>${published}
    <span class="progress" role="img" aria-label="${progress}"><i class="done" style="width:${100 * share}%"></i><i class="failed" style="width:${100 * failed}%"></i></span>
    <small>${progress}${failures}${rejected} · ${formatInstant(startedAt)} · ${took}</small></button>
    ${batch.reason === null ? "" : `<div class="words">${renderTrouble(batch)}</div>`}
    ${batch.obstacle === null ? "" : `<div class="words">${renderTrouble({ ...batch.obstacle, remedy: null })}</div>`}
    ${isOpen ? renderDetail(opened, t) : ""}</li>`;
}

function renderDetail({ facts, shards, next, rejectedCounts }: BatchDetail, t: Translate): string {
  const squares = shards
    .map(
      ({ shard, state, seconds, message }) =>
        `<i class="${state}" title="${escapeHtml([t("shardNumber", { shard }), t(`shard_${state}`), seconds === null ? "" : formatDuration(seconds), message ?? ""].filter((word) => word !== "").join(" · "))}"></i>`,
    )
    .join("");
  const troubled = shards.filter(({ message }) => message !== null);
  const problems = troubled
    .slice(0, SHOWN_PROBLEMS)
    .map(
      ({ shard, state, attempt, worker, reason, message }) =>
        `<tr><td>${shard}</td><td>${t(`shard_${state}`)}</td><td>${attempt}</td><td>${escapeHtml(worker ?? "")}</td><td class="words"><code>${escapeHtml(reason ?? "")}</code> ${escapeHtml(message!)}</td></tr>`,
    );
  const counts = rejectedCounts.map(
    ({ risk, reason, cells }) => `<tr><td>${escapeHtml(risk)}</td><td>${escapeHtml(reason)}</td><td>${cells}</td></tr>`,
  );
  return `<div class="batch-detail"><dl class="facts">${facts
    .map(({ name, value }) => `<dt>${escapeHtml(name)}</dt><dd>${escapeHtml(value)}</dd>`)
    .join("")}</dl>
    <h4>${t("shards")}</h4><p class="squares">${squares}</p>
    <p class="note">${(["done", "running", "pending", "failed"] as const).map((state) => `<span class="square-key ${state}">${t(`shard_${state}`)}</span>`).join(" ")}${next === null ? "" : ` ${t("shardsShown", { count: shards.length })}`}</p>
    ${problems.length === 0 ? "" : `<h4>${t("shardProblems")}</h4>${renderTable([t("shard"), t("state"), t("attempt"), t("worker"), t("whatHappened")], problems)}`}
    ${counts.length === 0 ? "" : `<h4>${t("rejected")}</h4>${renderTable([t("risk"), t("reason"), t("cells")], counts)}`}</div>`;
}
