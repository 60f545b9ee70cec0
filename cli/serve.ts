// `climatebatch serve`: one machine, always on; the predecessor's drop-in, with the explorer's pages beside it.
import { defineCommand } from "./command.ts";
import { findReplicas, openAddress, readEnvironmentFile } from "./database.ts";
import { databaseOption } from "./options.ts";

export const serveCommand = defineCommand(
  {
    options: databaseOption,
    examples: [["serve", "with the settings of the environment and of .env in the working folder"]],
    notes:
      "Settings: DATABASE_*, NOTIFY_CHANNEL, PARALLEL_WORKERS, BATCH_SIZE, PROBABILITY_SCHEDULE_* and HAZARD_SCHEDULE_* as the predecessor had them, " +
      "and SCHEDULE_TIME_ZONE, SCHEDULE_LATE_HOURS, CLIMATEBATCH_INSTALLATION, POLL_SECONDS, PROBE_PORT, EXPLORE_PORT, LOG_LEVEL; see .env.example. " +
      "Ctrl-C or SIGTERM stops it; the next start resumes a running batch. Pages and read API: http://127.0.0.1:8090. To check it: climatebatch doctor",
  },
  async (argv, { signal }) => {
    const [{ systemClock }, { readServeConfig }, { startServe }, { makeLog }] = await Promise.all([
      import("../model/clock.ts"),
      import("../serve/config.ts"),
      import("../serve/startServe.ts"),
      import("../telemetry/log.ts"),
    ]);
    const { config, ignored } = readServeConfig(await readEnvironmentFile(), process.env);
    const log = makeLog({ isTerminal: process.stdout.isTTY });
    log.level = config.logLevel;
    if (ignored.length > 0)
      log.warn({ event: "settingsIgnored", settings: ignored, message: "nothing reads these variables of .env" });
    const server = await openAddress(argv, "create");
    await using release = new AsyncDisposableStack();
    release.defer(() => server.release());
    if (server.isEmbedded) await migrateEmbedded(server.url);
    const { exploreHost: host, explorePort: port } = config;
    if (port !== null) {
      const explorer = release.use(await openExplorerAt(host, port, server.url));
      log.info({ event: "exploring", message: `pages and read API at ${explorer.url}` });
    }
    const database = { url: server.url, replicas: await findReplicas(argv) };
    await startServe(config, database, { clock: systemClock, random: Math.random, log }, signal);
  },
);

async function openExplorerAt(host: string, port: number, url: string) {
  const [{ RejectedError }, { openExplorer }] = await Promise.all([
    import("../model/errors.ts"),
    import("./openExplorer.ts"),
  ]);
  return openExplorer({ host, port, readUrl: () => url }).catch((thrown) => {
    if (!(thrown instanceof RejectedError)) throw thrown;
    throw new RejectedError(
      thrown.reason,
      `EXPLORE_HOST, EXPLORE_PORT: ${thrown.message} With 0 nothing is served there.`,
      { cause: thrown },
    );
  });
}

async function migrateEmbedded(url: string): Promise<void> {
  const { connect } = await import("../database/connect.ts");
  const { migrate } = await import("../database/migrate.ts");
  const client = await connect(url, { purpose: "serve" });
  try {
    await migrate(client);
  } finally {
    await client.end();
  }
}
