// `climatebatch explore`: the report's page on what is published now, the page of batches and the read API, in a browser.
import { defineCommand } from "./command.ts";
import { openAddress } from "./database.ts";
import { openExplorer } from "./openExplorer.ts";
import { databaseOption, number, text } from "./options.ts";
import { print } from "./printing.ts";

const DEFAULT_PORT = 8090;
const LOOPBACK = "127.0.0.1";

export const exploreCommand = defineCommand(
  {
    options: {
      port: { ...number, least: 0, default: DEFAULT_PORT, describe: "0 takes any that is free" },
      host: { ...text, default: LOOPBACK, describe: "address to listen on; 0.0.0.0 is every network of this machine" },
      ...databaseOption,
    },
    examples: [["explore", `the page at http://${LOOPBACK}:${DEFAULT_PORT}, the API at /api/openapi.json`]],
    notes:
      "Its sessions can only read. It has no passwords: put a proxy in front of it before others may reach it. climatebatch serve has the same pages.",
  },
  async ({ host, port, ...argv }, { signal }) => {
    await using release = new AsyncDisposableStack();
    const server = await openAddress(argv, "use");
    release.defer(() => server.release());
    const explorer = release.use(await openExplorer({ host, port, readUrl: () => server.url }));
    print(`${explorer.url} (Ctrl-C stops it)`);
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
  },
);
