// The explorer's pages: the report's page on what is published now, whose layers are collected once a publication, and the page of
// batches.
import type { ClientBase } from "pg";
import { collectReport, type ReportContents } from "../collectReport.ts";
import { splitBytes } from "../page/reportData.ts";
import { findResults, withSnapshot } from "../readResults.ts";
import { type Bundle, bundlePage, pageHead } from "../reportFile.ts";
import { type Answer, type ExplorerContext, problem } from "./answer.ts";

/** Publications whose layers are kept: that of now, and the one that pages opened before still show. */
const KEPT = 2;
const HTML_TYPE = "text/html; charset=utf-8";
const POLICY = "default-src 'none'; connect-src 'self'; base-uri 'none'; form-action 'self'";

/** Names what is published: the batch of each calculation. */
export async function readKey(client: ClientBase): Promise<string> {
  return (await findResults(client)).map(({ calculation, batchId }) => `${calculation[0]}${batchId}`).join("-");
}

interface Collected {
  readonly key: string;
  readonly contents: ReportContents;
}

export class Pages {
  readonly #context: ExplorerContext;
  readonly #kept = new Map<string, ReportContents>();
  #collecting: Promise<Collected> | null = null;
  readonly #bundles = new Map<string, Promise<Bundle>>();

  constructor(context: ExplorerContext) {
    this.#context = context;
  }

  async results(): Promise<Answer> {
    const { key, contents } = await this.#collect();
    const { script, style } = await this.#bundle("main");
    const { header } = contents;
    const body = `${pageHead(`Climate risks of ${header.grid}`, style, POLICY)}
<script type="application/json" id="header" data-blocks="/blocks/${key}/">${JSON.stringify(header).replaceAll("<", "\\u003c")}</script>
<script>${script}</script></body></html>`;
    return { status: 200, body, type: HTML_TYPE, etag: `"${key}"` };
  }

  async batches(): Promise<Answer> {
    const { script, style } = await this.#bundle("batches");
    const body = `${pageHead("Batches", style, POLICY)}<script>${script}</script></body></html>`;
    return { status: 200, body, type: HTML_TYPE };
  }

  async block(key: string, name: string): Promise<Answer> {
    const contents = this.#kept.get(key);
    const bytes = contents === undefined ? undefined : blockOf(contents, name);
    if (bytes !== undefined) return { status: 200, body: bytes, type: "application/octet-stream", isImmutable: true };
    return problem(404, "NotFound", "These results are no longer kept here. Load the page again.");
  }

  /** Of what is published now; key and layers are read in the same snapshot. */
  async #collect(): Promise<Collected> {
    const { withClient } = this.#context;
    const key = await withClient((client) => withSnapshot(client, () => readKey(client)));
    const contents = this.#kept.get(key);
    if (contents !== undefined) return { key, contents };
    this.#collecting ??= this.#read().finally(() => {
      this.#collecting = null;
    });
    return this.#collecting;
  }

  async #read(): Promise<Collected> {
    const { withClient, maxCells, version } = this.#context;
    const collected = await withClient((client) =>
      withSnapshot(client, async () => ({
        key: await readKey(client),
        contents: await collectReport(client, { maxCells, version, createdAt: new Date() }),
      })),
    );
    this.#kept.set(collected.key, collected.contents);
    if (this.#kept.size > KEPT) this.#kept.delete(this.#kept.keys().next().value!);
    return collected;
  }

  #bundle(name: "main" | "batches"): Promise<Bundle> {
    const known = this.#bundles.get(name);
    if (known !== undefined) return known;
    const made = bundlePage(name);
    this.#bundles.set(name, made);
    made.catch(() => this.#bundles.delete(name));
    return made;
  }
}

function blockOf({ places, blocks, layers, chunks }: ReportContents, name: string): Uint8Array | undefined {
  if (name === "places") return new Uint8Array(places.buffer);
  const chunk = /^chunk\.(\d+)$/.exec(name);
  if (chunk === null) return blocks.get(name) ?? layers.get(name);
  const values = chunks[Number(chunk[1])];
  return values === undefined ? undefined : splitBytes(values);
}
