// Progress of long work on standard error: a bar on a terminal, now and then a line elsewhere, nothing with --json or --quiet.
import { SingleBar } from "cli-progress";

export interface Progress {
  update(done: number): void;
  /** `outcome` replaces the bar's label. */
  stop(outcome?: string): void;
}

/** Elsewhere than on a terminal a line is written each time this share of the work is done. */
const LINE_SHARE = 0.25;

interface ProgressOptions {
  /** Work that takes less time needs no lines. */
  readonly quietSeconds?: number;
  /** Done before: a resumed bar starts here. */
  readonly done?: number;
}

export function startProgress(
  label: string,
  total: number,
  unit: string,
  { quietSeconds = 0, done = 0 }: ProgressOptions = {},
): Progress {
  return process.stderr.isTTY ? startBar(label, total, unit, done) : startLines(label, total, unit, quietSeconds, done);
}

function startBar(label: string, total: number, unit: string, doneBefore: number): Progress {
  const bar = new SingleBar({
    format: `${label.padEnd(22)} [{bar}] {percentage}% | {value}/{total} ${unit}, {rate} ${unit}/s | {duration_formatted} | {eta_formatted} left`,
    formatValue: (value, _, type) => (type === "value" || type === "total" ? shorten(value) : String(value)),
    barCompleteChar: "█",
    barIncompleteChar: "░",
    barsize: 30,
    hideCursor: true,
    etaBuffer: 50,
  });
  const started = performance.now();
  bar.start(total, doneBefore, { rate: "-" });
  return {
    update: (done) => bar.update(done, { rate: shorten((1000 * (done - doneBefore)) / (performance.now() - started)) }),
    stop: () => bar.stop(),
  };
}

function startLines(label: string, total: number, unit: string, quietSeconds: number, doneBefore: number): Progress {
  const started = performance.now();
  let next = LINE_SHARE * (1 + Math.floor(doneBefore / total / LINE_SHARE));
  const write = (done: number) => {
    const seconds = (performance.now() - started) / 1000;
    if (seconds < quietSeconds) return;
    const rate = (done - doneBefore) / seconds;
    const left = done < total ? `, about ${shorten((total - done) / rate)} s left` : "";
    process.stderr.write(
      `${label}: ${shorten(done)}/${shorten(total)} ${unit}, ${seconds.toFixed(1)} s, ${shorten(rate)} ${unit}/s${left}\n`,
    );
  };
  return {
    update(done) {
      if (done / total < next) return;
      while (next <= done / total) next += LINE_SHARE;
      write(done);
    },
    stop: () => undefined,
  };
}

function shorten(value: number): string {
  return value >= 100 || Number.isInteger(value) ? String(Math.round(value)) : value.toPrecision(2);
}
