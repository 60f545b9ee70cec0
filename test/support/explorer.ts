// The explorer on a test's database, on a free port.
import { openExplorer } from "../../cli/openExplorer.ts";

export interface Explored extends AsyncDisposable {
  readonly url: string;
}

export async function explore({ url }: { readonly url: string }): Promise<Explored> {
  const explorer = await openExplorer({ host: "127.0.0.1", port: 0, readUrl: () => url });
  return {
    url: `http://127.0.0.1:${explorer.port}`,
    [Symbol.asyncDispose]: () => explorer[Symbol.asyncDispose](),
  };
}
