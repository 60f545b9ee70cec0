// Progress of long work on standard error: a bar on a terminal, now and then a line elsewhere, nothing with --json or --quiet.
import { SingleBar } from "cli-progress";

export interface Progress {
  update(done: number): void;
  /** `outcome` replaces the bar's label. */
  stop(outcome?: string): void;
}

/** Elsewhere than on a terminal a line is written each time this share of the work is done. */
const LINE_SHARE = 0.25;

/** `quietSeconds`: work that is done sooner needs no lines. */
export function startProgress(label: string, total: number, unit: string, quietSeconds = 0): Progress {
  return process.stderr.isTTY ? startBar(label, total, unit) : startLines(label, total, unit, quietSeconds);
}

function startBar(label: string, total: number, unit: string): Progress {
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
  bar.start(total, 0, { rate: "-" });
  return {
    update: (done) => bar.update(done, { rate: shorten((1000 * done) / (performance.now() - started)) }),
    stop: () => bar.stop(),
  };
}

function startLines(label: string, total: number, unit: string, quietSeconds: number): Progress {
  const started = performance.now();
  let next = LINE_SHARE;
  const write = (done: number) => {
    const seconds = (performance.now() - started) / 1000;
    if (seconds < quietSeconds) return;
    const left = done < total ? `, about ${shorten((seconds / done) * (total - done))} s left` : "";
    process.stderr.write(
      `${label}: ${shorten(done)}/${shorten(total)} ${unit}, ${seconds.toFixed(1)} s, ${shorten(done / seconds)} ${unit}/s${left}\n`,
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
