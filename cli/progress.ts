// Progress of long work on standard error: a bar on a terminal, now and then a line elsewhere, nothing with --json or --quiet.
import { SingleBar } from "cli-progress";

export interface Progress {
  update(done: number): void;
  /** `outcome` replaces the bar's label. */
  stop(outcome?: string): void;
}

/** Elsewhere than on a terminal a line is written each time this share of the work is done. */
const LINE_SHARE = 0.25;

export function startProgress(label: string, total: number, unit: string): Progress {
  return process.stderr.isTTY ? startBar(label, total, unit) : startLines(label, total, unit);
}

function startBar(label: string, total: number, unit: string): Progress {
  const bar = new SingleBar({
    format: `${label.padEnd(22)} [{bar}] {percentage}% | {value}/{total} ${unit} | {duration_formatted} | {eta_formatted} left`,
    barCompleteChar: "█",
    barIncompleteChar: "░",
    barsize: 30,
    hideCursor: true,
    etaBuffer: 50,
  });
  bar.start(total, 0);
  return {
    update: (done) => bar.update(done),
    stop: () => bar.stop(),
  };
}

function startLines(label: string, total: number, unit: string): Progress {
  const started = performance.now();
  let next = LINE_SHARE;
  const write = (done: number) => {
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    process.stderr.write(`${label}: ${done}/${total} ${unit}, ${seconds} s\n`);
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
