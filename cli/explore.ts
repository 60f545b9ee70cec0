// `climatebatch explore`: the report's page on what is published now, and the read API, in a browser on this machine.
import { readFile } from "node:fs/promises";
import { Sessions } from "../database/sessions.ts";
import { systemClock } from "../model/clock.ts";
import { coerceError, RejectedError } from "../model/errors.ts";
import { startExplorer } from "../report/explorer/server.ts";
import { defineCommand } from "./command.ts";
import { openAddress } from "./database.ts";
import { databaseOption, number, text } from "./options.ts";
import { print } from "./printing.ts";
import { DEFAULT_MAX_CELLS } from "./report.ts";

const DEFAULT_PORT = 8090;
const LOOPBACK = "127.0.0.1";
const SESSIONS = 4;
const ANSWER_LIMIT_MS = 120_000;

export const exploreCommand = defineCommand(
  {
    options: {
      port: { ...number, least: 0, default: DEFAULT_PORT, describe: "0 takes any that is free" },
      host: { ...text, default: LOOPBACK, describe: "address to listen on; 0.0.0.0 is every network of this machine" },
      ...databaseOption,
    },
    examples: [["explore", `the page at http://${LOOPBACK}:${DEFAULT_PORT}, the API at /api/openapi.json`]],
    notes:
      "Nothing can be written through it. It has no passwords: put a proxy in front of it before others may reach it.",
  },
  async (argv, { signal }) => {
    await using release = new AsyncDisposableStack();
    const server = await openAddress(argv, "use");
    release.defer(() => server.release());
    const readUrl = () => server.url;
    const sessions = release.use(
      new Sessions({ purpose: "explorer", readUrl, most: SESSIONS, limitMs: ANSWER_LIMIT_MS, clock: systemClock }),
    );
    const { version } = JSON.parse(await readFile(new URL("../package.json", import.meta.url), "utf8"));
    const { host, port } = argv;
    const explorer = await startExplorer({
      ...{ host, port, version, maxCells: DEFAULT_MAX_CELLS },
      withClient: (work) => sessions.withClient(work),
    }).catch((thrown) => {
      throw new RejectedError("PortTaken", `Cannot listen on ${host}:${port}: ${coerceError(thrown).message}.`, {
        cause: thrown,
      });
    });
    release.use(explorer);
    print(`http://${host}:${explorer.port} (Ctrl-C stops it)`);
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
  },
);
