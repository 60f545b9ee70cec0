// Where the page gets its layers and exact values from, when they are needed: the blocks of its own file, or the explorer's.
import { type Detail, joinBytes, type ReportHeader, readDetail, rowOf, sumDifferences } from "./reportData.ts";

export interface Source {
  readonly header: ReportHeader;
  readonly latitudes: Float64Array;
  readonly longitudes: Float64Array;
  /** One code a cell; null where there is no such layer. */
  layer(name: string): Promise<Uint8Array | null>;
  /** null where only layers are there. */
  detail(cell: number, risk: number, scenario: number, period: number): Promise<Detail | null>;
}

/** Layers and chunks kept unpacked. */
const KEPT = 160;

export async function openSource(): Promise<Source> {
  const header = JSON.parse(document.getElementById("header")!.textContent!) as ReportHeader;
  const unpacked = new Map<string, Promise<Uint8Array | null>>();
  const block = (name: string): Promise<Uint8Array | null> => {
    const known = unpacked.get(name);
    if (known !== undefined) return known;
    const made = unpack(name, true);
    unpacked.set(name, made);
    if (unpacked.size > KEPT) unpacked.delete(unpacked.keys().next().value!);
    return made;
  };
  const chunks = new Map<number, Promise<Float32Array | null>>();
  const places = new Float64Array((await unpack("places"))!.buffer);
  return {
    header,
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

async function unpack(name: string, isLayer = false): Promise<Uint8Array | null> {
  const { blocks } = document.getElementById("header")!.dataset;
  if (blocks !== undefined) {
    const response = await fetch(`${blocks}${name}`);
    return response.ok ? new Uint8Array(await response.arrayBuffer()) : null;
  }
  const text = document.getElementById(`block.${name}`)?.textContent;
  if (text == null) return null;
  const packed = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  return isLayer ? sumDifferences(bytes) : bytes;
}
