// The explorer on a database, for `explore` and `serve`: sessions that can only read, and the methods that explain risks.
import { readFile } from "node:fs/promises";
import { isIPv6 } from "node:net";
import { restrictToReading } from "../database/readerSession.ts";
import { Sessions } from "../database/sessions.ts";
import { systemClock } from "../model/clock.ts";
import { startExplorer } from "../report/explorer/server.ts";
import { DEFAULT_MAX_CELLS } from "../report/page/reportData.ts";

const SESSIONS = 4;
const STATEMENT_LIMIT_MS = 20_000;
/** Of an answer; collecting the layers of a country takes most. */
const ANSWER_LIMIT_MS = 120_000;

export interface ExplorerPlace {
  readonly host: string;
  /** 0 takes any that is free. */
  readonly port: number;
  readonly readUrl: () => string;
}

export interface Explorer extends AsyncDisposable {
  /** Where a browser finds it. */
  readonly url: string;
}

export async function openExplorer({ host, port, readUrl }: ExplorerPlace): Promise<Explorer> {
  await using release = new AsyncDisposableStack();
  const sessions = release.use(
    new Sessions({
      ...{ purpose: "explorer", readUrl, most: SESSIONS, limitMs: ANSWER_LIMIT_MS, clock: systemClock },
      prepare: (client) => restrictToReading(client, STATEMENT_LIMIT_MS),
    }),
  );
  const { version } = JSON.parse(await readFile(new URL("../package.json", import.meta.url), "utf8"));
  const server = release.use(
    await startExplorer({
      ...{ host, port, version, maxCells: DEFAULT_MAX_CELLS },
      withClient: (work) => sessions.withClient(work),
      async explainRisk(risk, methods, overrides) {
        const { explain } = await import("./explain.ts");
        return explain(risk, methods, overrides);
      },
    }),
  );
  const opened = release.move();
  const url = `http://${isIPv6(host) ? `[${host}]` : host}:${server.port}`;
  return { url, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}
