// Series of districts as the API hub of the KMA sends them, written in a test.
import { gzipSync } from "node:zlib";

export interface Districts {
  readonly codes: readonly string[];
  /** YYYY-MM-DD */
  readonly dates: readonly string[];
  readonly value: (day: number, district: number) => string;
}

/** One text: three lines of codes, provinces and names, then a line per day. */
export function districtText({ codes, dates, value }: Districts, first = "년-월-일"): string {
  const rows = dates.map((date, day) => [date, ...codes.map((_, at) => value(day, at))].join());
  const names = codes.map((_, at) => `구${at + 1}`);
  return `${[
    [first, ...codes],
    [first, ...codes.map(() => "서울특별시")],
    [first, ...names],
  ]
    .map((row) => row.join())
    .join("\n")}\n${rows.join("\n")}\n`;
}

/** An archive of texts, as tar and gzip make it. */
export function makeTarGz(members: Readonly<Record<string, string>>): Buffer {
  const blocks = Object.entries(members).flatMap(([name, text]) => {
    const content = Buffer.from(text);
    const header = Buffer.alloc(512);
    header.write(name, 0);
    header.write("0000644\0", 100);
    header.write(`${content.length.toString(8).padStart(11, "0")}\0`, 124);
    header.write("0", 156);
    header.write("ustar\0", 257);
    return [header, content, Buffer.alloc((512 - (content.length % 512)) % 512)];
  });
  return gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)]));
}
