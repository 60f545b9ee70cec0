// The explorer on a test's database, on a free port.
import { type Explorer, openExplorer } from "../../cli/openExplorer.ts";

export function explore({ url }: { readonly url: string }): Promise<Explorer> {
  return openExplorer({ host: "127.0.0.1", port: 0, readUrl: () => url });
}
