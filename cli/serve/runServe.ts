// From the command line to the program that stays: settings read, the database found, a log opened.
import { connect } from "../../database/connect.ts";
import { migrate } from "../../database/migrate.ts";
import { systemClock } from "../../model/clock.ts";
import { readServeConfig } from "../../serve/config.ts";
import { startServe } from "../../serve/startServe.ts";
import { makeLog } from "../../telemetry/log.ts";
import { openAddress, readEnvironmentFile } from "../database.ts";
import type { ServeArguments } from "../serve.ts";

export async function runServe(argv: ServeArguments, signal: AbortSignal): Promise<void> {
  const { config, ignored } = readServeConfig(await readEnvironmentFile(), process.env);
  const log = makeLog({ isTerminal: process.stdout.isTTY });
  log.level = config.logLevel;
  if (ignored.length > 0)
    log.warn({ event: "settingsIgnored", settings: ignored, message: "nothing reads these variables of .env" });
  const server = await openAddress(argv);
  try {
    if (server.isEmbedded) await migrateEmbedded(server.url);
    await startServe(config, server.url, { clock: systemClock, random: Math.random, log }, signal);
  } finally {
    await server.release();
  }
}

async function migrateEmbedded(url: string): Promise<void> {
  const client = await connect(url, { purpose: "serve" });
  try {
    await migrate(client);
  } finally {
    await client.end();
  }
}
