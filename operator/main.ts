// The operator's process in a pod: environment → configuration → the operator, until SIGTERM.
import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { systemClock } from "../model/clock.ts";
import { coerceError, RejectedError } from "../model/errors.ts";
import { makeLog } from "../telemetry/log.ts";
import { readOperatorConfig } from "./config.ts";
import { startOperator } from "./start.ts";

const EXIT_REJECTED = 2;
const EXIT_BUG = 1;

const log = makeLog({ isTerminal: process.stdout.isTTY });
const termination = new AbortController();
for (const name of ["SIGTERM", "SIGINT"] as const) process.on(name, () => termination.abort());

try {
  const config = readOperatorConfig(process.env, `${hostname()}-${randomUUID().slice(0, 8)}`);
  log.level = config.logLevel;
  await startOperator(config, { clock: systemClock, random: Math.random, log }, termination.signal);
} catch (thrown) {
  const error = coerceError(thrown);
  const isRejected = error instanceof RejectedError;
  log.fatal({ event: "failed", message: error.message, ...(!isRejected && { err: error }) });
  process.exitCode = isRejected ? EXIT_REJECTED : EXIT_BUG;
}
