// One HTML file that holds everything: page, style, header, and the packed results as compressed text.
import { readFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { promisify } from "node:util";
import { constants, deflateRaw } from "node:zlib";
import { build } from "esbuild";
import type { ReportContents } from "./collectReport.ts";
import { firstLayers } from "./page/pageState.ts";
import { differences, splitBytes } from "./page/reportData.ts";

const PAGE = join(import.meta.dirname, "page");
const compress = promisify(deflateRaw);
/** Differences hold runs and no other repeats: searching for those takes 40 times as long and gains nothing. */
const RUNS = constants.Z_RLE;

/** The parts of the file in their order; none is larger than a layer. */
export async function* writeReport({ header, places, blocks, layers, chunks }: ReportContents): AsyncGenerator<string> {
  const { script, style } = await bundlePage("main");
  yield pageHead(`Climate risks of ${header.grid}`, style, "default-src 'none'");
  yield `<script type="application/json" id="header">${JSON.stringify(header).replaceAll("<", "\\u003c")}</script>\n`;
  yield await block("places", new Uint8Array(places.buffer));
  for (const [name, bytes] of blocks) yield await block(name, bytes);
  // The script and what it shows first come before the rest, so that the first map is drawn while a large file is still read.
  const first = firstLayers(header);
  for (const name of first) yield await block(name, differences(layers.get(name)!), RUNS);
  yield `<script>${script}</script>\n`;
  for (const [name, layer] of layers) {
    if (!first.includes(name)) yield await block(name, differences(layer), RUNS);
  }
  for (const [at, chunk] of chunks.entries()) yield await block(`chunk.${at}`, splitBytes(chunk));
  yield "</body>\n</html>\n";
}

/** `policy`: where else the page may load from. */
export function pageHead(title: string, style: string, policy: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>${title.replaceAll("<", "&lt;")}</title>
<style>${style}</style>
</head>
<body>
<div id="page"></div>
`;
}

export interface Bundle {
  readonly script: string;
  readonly style: string;
}

/** A page's modules as one script, and the style of all pages. `name`: of the module that starts it. */
export async function bundlePage(name: "main" | "batches"): Promise<Bundle> {
  const [bundle, style] = await Promise.all([
    build({
      // Sources in a clone, compiled modules in a package.
      entryPoints: [join(PAGE, `${name}${extname(import.meta.filename)}`)],
      bundle: true,
      minify: true,
      write: false,
      format: "iife",
      target: "es2022",
      charset: "utf8",
      legalComments: "none",
    }),
    readFile(join(PAGE, "page.css"), "utf8"),
  ]);
  return { script: bundle.outputFiles[0]!.text.replaceAll("</script", "<\\/script"), style };
}

async function block(
  name: string,
  bytes: Uint8Array,
  strategy: number = constants.Z_DEFAULT_STRATEGY,
): Promise<string> {
  const packed = await compress(bytes, { level: 6, strategy });
  return `<script type="text/plain" id="block.${name}">${packed.toString("base64")}</script>\n`;
}
