// A scene as PNG or SVG.
import { encode } from "fast-png";
import { escapeHtml } from "../page/charts.ts";
import { Canvas } from "./canvas.ts";
import { outlinesOf, widthOf } from "./fonts.ts";
import type { Scene } from "./mapPicture.ts";

export const PICTURE_FORMATS = ["png", "svg"] as const;
export type PictureFormat = (typeof PICTURE_FORMATS)[number];

export function writePicture(scene: Scene, format: PictureFormat): Uint8Array {
  return format === "png" ? writePng(scene) : new TextEncoder().encode(writeSvg(scene));
}

const ANCHOR_SHARE = { start: 0, middle: 0.5, end: 1 } as const;

function writePng({ width, height, shapes }: Scene): Uint8Array {
  const canvas = new Canvas(width, height);
  for (const shape of shapes) {
    if (shape.kind === "rings") canvas.fill(shape.rings, shape.fill);
    else if (shape.kind === "lines") canvas.stroke(shape.lines, shape.thickness, shape.stroke);
    else if (shape.kind === "image") canvas.paint(shape.pixels, shape.x, shape.y, shape.width);
    else {
      const { text, x, y, size, weight, anchor, fill } = shape;
      const left = x - ANCHOR_SHARE[anchor] * widthOf(text, size, weight);
      canvas.fill(outlinesOf(text, left, y, size, weight), fill);
    }
  }
  return encode({ width, height, data: canvas.pixels, channels: 4, depth: 8 });
}

function writeSvg({ width, height, title, shapes }: Scene): string {
  const points = (ring: readonly number[]) => {
    const pairs: string[] = [];
    for (let at = 0; at < ring.length; at += 2) pairs.push(`${ring[at]!.toFixed(1)} ${ring[at + 1]!.toFixed(1)}`);
    return pairs.join("L");
  };
  const drawn = shapes.map((shape) => {
    if (shape.kind === "rings") {
      const path = shape.rings.filter((ring) => ring.length > 0).map((ring) => `M${points(ring)}Z`);
      return `<path fill="${shape.fill}" d="${path.join("")}"/>`;
    }
    if (shape.kind === "lines") {
      const path = shape.lines.map((line) => `M${points(line)}`);
      return `<path fill="none" stroke="${shape.stroke}" stroke-width="${shape.thickness}" stroke-linejoin="round" d="${path.join("")}"/>`;
    }
    if (shape.kind === "image") {
      const { x, y, width: across, height: down, pixels } = shape;
      const png = Buffer.from(encode({ width: across, height: down, data: pixels, channels: 4, depth: 8 }));
      return `<image x="${x}" y="${y}" width="${across}" height="${down}" style="image-rendering:pixelated" href="data:image/png;base64,${png.toString("base64")}"/>`;
    }
    const { text, x, y, size, weight, anchor, fill } = shape;
    return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" font-size="${size.toFixed(1)}" font-weight="${weight}" text-anchor="${anchor}" fill="${fill}">${escapeHtml(text)}</text>`;
  });
  return `<?xml version="1.0" encoding="UTF-8"?>
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="'Noto Sans', 'Noto Sans KR', Helvetica, Arial, sans-serif" role="img">
<title>${escapeHtml(title)}</title>
<rect width="${width}" height="${height}" fill="#ffffff"/>
${drawn.join("\n")}
</svg>
`;
}
