// Where the page gets its layers and exact values from, when they are needed: the blocks of its own file, or the explorer's.
import {
  DISTRICTS_BLOCK,
  joinBytes,
  NO_CELL,
  nameKey,
  type ReportHeader,
  readDetail,
  rowOf,
  SITE_NAMES_BLOCK,
  SITES_BLOCK,
  type Sites,
  type Source,
  sumDifferences,
} from "./reportData.ts";

const LOOK_MS = 30_000;

/** Layers and chunks kept unpacked. */
const KEPT = 160;

export async function openSource(): Promise<Source> {
  const header = JSON.parse(document.getElementById("header")!.textContent!) as ReportHeader;
  const unpacked = new Map<string, Promise<Uint8Array | null>>();
  const block = (name: string): Promise<Uint8Array | null> => {
    const known = unpacked.get(name);
    if (known !== undefined) return known;
    const made = header.layers.includes(name) ? unpack(name, true) : Promise.resolve(null);
    unpacked.set(name, made);
    if (unpacked.size > KEPT) unpacked.delete(unpacked.keys().next().value!);
    return made;
  };
  const chunks = new Map<number, Promise<Float32Array | null>>();
  const places = new Float64Array((await unpack("places"))!.buffer);
  const districts = header.districts.length === 0 ? null : await unpack(DISTRICTS_BLOCK);
  const { blocks } = document.getElementById("header")!.dataset;
  return {
    header,
    isLive: blocks !== undefined,
    onReplaced(call) {
      if (blocks === undefined) return;
      const timer = setInterval(async () => {
        const response = await fetch("/api/results", { method: "HEAD" }).catch(() => null);
        const etag = response?.headers.get("etag") ?? null;
        if (etag === null || blocks === `/blocks/${etag.replaceAll('"', "")}/`) return;
        clearInterval(timer);
        call();
      }, LOOK_MS);
    },
    districts: districts === null ? null : new Uint16Array(districts.buffer),
    sites: header.sites === 0 ? null : await openSites(header.sites),
    latitudes: places.subarray(0, header.cells),
    longitudes: places.subarray(header.cells),
    layer: block,
    async detail(cell, risk, scenario, period) {
      if (header.chunkCells === 0) return null;
      const at = Math.floor(cell / header.chunkCells);
      let chunk = chunks.get(at);
      if (chunk === undefined) {
        chunk = unpack(`chunk.${at}`).then((bytes) => (bytes === null ? null : joinBytes(bytes)));
        chunks.set(at, chunk);
        if (chunks.size > KEPT) chunks.delete(chunks.keys().next().value!);
      }
      const values = await chunk;
      if (values === null) return null;
      const cells = Math.min(header.chunkCells, header.cells - at * header.chunkCells);
      return readDetail(header, values, cells, cell % header.chunkCells, risk, rowOf(header, risk, scenario, period));
    },
  };
}

async function openSites(count: number): Promise<Sites> {
  const [places, names] = await Promise.all([unpack(SITES_BLOCK), unpack(SITE_NAMES_BLOCK)]);
  const values = new Float64Array(places!.buffer);
  return {
    names: JSON.parse(new TextDecoder().decode(names!)),
    latitudes: values.subarray(0, count),
    longitudes: values.subarray(count, 2 * count),
    cells: Int32Array.from(values.subarray(2 * count)),
  };
}

/** The cell of the site, or the middle one of the district, that has the name; null where there is none. */
export function findNamed({ header, districts, sites, latitudes, longitudes }: Source, name: string): number | null {
  const key = nameKey(name);
  const site = sites?.names.findIndex((one, at) => nameKey(one) === key && sites.cells[at] !== NO_CELL) ?? -1;
  if (site !== -1) return sites!.cells[site]!;
  const district = header.districts.findIndex((one) => nameKey(one) === key);
  if (district === -1) return null;
  const inside = [...latitudes.keys()].filter((cell) => districts![cell] === district + 1);
  if (inside.length === 0) return null;
  const mean = (degrees: Float64Array) => inside.reduce((sum, cell) => sum + degrees[cell]!, 0) / inside.length;
  const [north, east] = [mean(latitudes), mean(longitudes)];
  const shrink = Math.cos((north * Math.PI) / 180);
  const away = (cell: number) => Math.hypot(latitudes[cell]! - north, (longitudes[cell]! - east) * shrink);
  return inside.reduce((best, cell) => (away(cell) < away(best) ? cell : best));
}

async function unpack(name: string, isLayer = false): Promise<Uint8Array | null> {
  const { blocks } = document.getElementById("header")!.dataset;
  if (blocks !== undefined) {
    const response = await fetch(`${blocks}${name}`);
    return response.ok ? new Uint8Array(await response.arrayBuffer()) : null;
  }
  const text = (await findBlock(name))?.textContent;
  if (text == null) return null;
  const packed = atob(text);
  const codes = new Uint8Array(packed.length);
  for (let at = 0; at < codes.length; at++) codes[at] = packed.charCodeAt(at);
  const stream = new Blob([codes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  return isLayer ? sumDifferences(bytes) : bytes;
}

/** The page starts before the browser has read the whole file: a block is complete when something follows it. */
async function findBlock(name: string): Promise<Element | null> {
  const find = () => document.getElementById(`block.${name}`);
  if (document.readyState === "loading" && find()?.nextElementSibling == null) {
    await new Promise((resolve) => document.addEventListener("DOMContentLoaded", resolve, { once: true }));
  }
  return find();
}
