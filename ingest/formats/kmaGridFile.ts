// Fields of the Korea Meteorological Administration as text ("ASCII"): no header, a line per day, month or year, a number per cell of
// the grid of South Korea, row by row from the south-west. What they are of is in the name of the file.
import { open } from "node:fs/promises";
import { RejectedError } from "../../model/errors.ts";
import type { Frequency } from "../../model/variables.ts";
import { type ArrayFile, type ArrayVariable, type NumberArray, valuesIn } from "./arrayFile.ts";
import type { FormatOfKind } from "./fileFormat.ts";
import { findKmaField, type KmaName, readKmaName, unusedField } from "./kmaNames.ts";

export const KMA_GRID: FormatOfKind<"array"> = {
  name: "KMA's fields as text",
  kind: "array",
  isBounded: true,
  matches: ({ file, text }) => readKmaName(file) !== undefined && /^\s*[-+.\d]/.test(text.slice(0, 64)),
  open: openKmaGrid,
};

const [SOUTH, WEST] = [33, 124.5];
/** Of the scenarios 0.01 degrees, of the observations MK-PRISM 0.005. */
const GRIDS = [
  { rows: 601, columns: 751, step: 0.01 },
  { rows: 1201, columns: 1501, step: 0.005 },
];
const LARGEST = GRIDS.at(-1)!;
const MISSING = -9990;
/** A number takes so many bytes at most, with what is around it. */
const MOST_BYTES_A_VALUE = 32;
const READ_BYTES = 1 << 22;
const MS_PER_DAY = 86_400_000;
const CMIP_FREQUENCIES: Readonly<Record<Frequency, string>> = { daily: "day", monthly: "mon", yearly: "yr" };

async function openKmaGrid(file: string): Promise<ArrayFile> {
  const name = readKmaName(file)!;
  const field = findKmaField(name.field);
  if (field === undefined) throw unusedField(file, name.field);
  const handle = await open(file);
  try {
    const bytes = (await handle.stat()).size;
    const days = daysOfSteps(name);
    const lines = await findLines(handle, days.length);
    if (lines.length !== days.length) {
      throw new RejectedError(
        "WrongLineCount",
        `${file}: expected ${days.length} lines, one per ${STEP_WORDS[name.frequency]} of ${name.firstYear} to ${name.lastYear} as its name says, found ${lines.length > days.length ? "more" : lines.length}. The file was cut off or renamed: fetch it again.`,
      );
    }
    const first = await readLine(file, handle, lines, 0);
    const grid = GRIDS.find(({ rows, columns }) => rows * columns === first.length);
    if (grid === undefined) {
      const known = GRIDS.map(({ rows, columns }) => `${columns} x ${rows} (${rows * columns})`).join(" or ");
      throw new RejectedError(
        "UnknownGrid",
        `${file}:1: expected the ${known} values of KMA's grids of South Korea, found ${first.length}. Convert fields of other regions to NetCDF.`,
      );
    }
    const variables = describe(name, field.unit, days.length, grid);
    return {
      file,
      format: KMA_GRID.name,
      bytes,
      variables,
      attributes: new Map([["frequency", CMIP_FREQUENCIES[name.frequency]]]),
      read: async (variable, start, count) => {
        if (variable.name === "time") return cut(days, start, count);
        if (variable.name === "latitude") return cut(axis(SOUTH, grid.rows, grid.step), start, count);
        if (variable.name === "longitude") return cut(axis(WEST, grid.columns, grid.step), start, count);
        return readBox(file, handle, lines, grid, start, count);
      },
      readTexts: async () => [],
      close: () => void handle.close(),
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

type Handle = Awaited<ReturnType<typeof open>>;
interface Line {
  readonly from: number;
  readonly to: number;
}
type Grid = (typeof GRIDS)[number];

const STEP_WORDS: Readonly<Record<Frequency, string>> = { daily: "day", monthly: "month", yearly: "year" };

function describe(name: KmaName, unit: string | undefined, steps: number, grid: Grid): ArrayVariable[] {
  const array = (own: string, dimensions: readonly string[], shape: readonly number[], attributes: object) => ({
    name: own,
    dimensions,
    shape,
    bytesPerValue: 8,
    isFloat: true,
    // A line is read whole.
    chunk: shape.length > 1 ? [1, grid.rows, grid.columns] : shape,
    attributes: new Map(Object.entries(attributes)),
    attributeTypes: new Map(),
    hasDefaultFill: false,
    fillValue: null,
  });
  const units = unit === undefined ? {} : { units: unit };
  return [
    array("time", ["time"], [steps], { units: `days since ${name.firstYear}-01-01`, calendar: "standard" }),
    array("latitude", ["latitude"], [grid.rows], { units: "degrees_north" }),
    array("longitude", ["longitude"], [grid.columns], { units: "degrees_east" }),
    array(name.field, ["time", "latitude", "longitude"], [steps, grid.rows, grid.columns], {
      ...units,
      missing_value: [MISSING],
    }),
  ];
}

/** Days from the first one to the beginning of each step. */
function daysOfSteps({ frequency, firstYear, lastYear }: KmaName): Float64Array {
  const begin = Date.UTC(firstYear, 0, 1);
  const since = (year: number, month: number, day: number) => (Date.UTC(year, month, day) - begin) / MS_PER_DAY;
  if (frequency === "daily") return Float64Array.from({ length: since(lastYear + 1, 0, 1) }, (_, day) => day);
  const perYear = frequency === "monthly" ? 12 : 1;
  return Float64Array.from({ length: (lastYear - firstYear + 1) * perYear }, (_, at) =>
    since(firstYear + Math.floor(at / perYear), at % perYear, 1),
  );
}

/** Where each line that is not empty begins and ends; of more than `most` lines, one too many. */
async function findLines(handle: Handle, most: number): Promise<Line[]> {
  const lines: Line[] = [];
  const buffer = Buffer.alloc(READ_BYTES);
  let [begin, offset] = [0, 0];
  const add = (to: number) => {
    if (to - begin > 1) lines.push({ from: begin, to });
    begin = to + 1;
  };
  while (lines.length <= most) {
    const { bytesRead } = await handle.read(buffer, 0, READ_BYTES, offset);
    if (bytesRead === 0) break;
    const part = buffer.subarray(0, bytesRead);
    for (let at = part.indexOf(10); at !== -1 && lines.length <= most; at = part.indexOf(10, at + 1)) add(offset + at);
    offset += bytesRead;
  }
  add(offset);
  return lines;
}

async function readBox(
  file: string,
  handle: Handle,
  lines: readonly Line[],
  { rows, columns }: Grid,
  start: readonly number[],
  count: readonly number[],
): Promise<NumberArray> {
  const box = new Float64Array(valuesIn(count));
  const [height, width] = [count[1]!, count[2]!];
  for (let step = 0; step < count[0]!; step++) {
    const number = start[0]! + step;
    const values = await readLine(file, handle, lines, number);
    if (values.length !== rows * columns) {
      throw new RejectedError(
        "UnreadableFile",
        `${file}:${number + 1}: expected ${rows * columns} values as in the first line, found ${values.length}. The file is damaged or was cut off: fetch it again.`,
      );
    }
    for (let row = 0; row < height; row++) {
      const from = (start[1]! + row) * columns + start[2]!;
      box.set(values.subarray(from, from + width), (step * height + row) * width);
    }
  }
  return box;
}

async function readLine(file: string, handle: Handle, lines: readonly Line[], at: number): Promise<Float64Array> {
  const { from, to } = lines[at]!;
  if (to - from > LARGEST.rows * LARGEST.columns * MOST_BYTES_A_VALUE) {
    throw new RejectedError(
      "UnreadableFile",
      `${file}:${at + 1}: the line has ${to - from} bytes, more than any field of KMA. Fetch the file again.`,
    );
  }
  const bytes = Buffer.alloc(to - from);
  const { bytesRead } = await handle.read(bytes, 0, bytes.length, from);
  return readNumbers(bytes.subarray(0, bytesRead), `${file}:${at + 1}`);
}

/** Numbers between blanks. Those of up to 15 digits are exact as a quotient of two integers (Clinger 1990), faster than texts. */
function readNumbers(bytes: Buffer, where: string): Float64Array {
  // One too many is seen.
  const values = new Float64Array(Math.min(Math.ceil(bytes.length / 2), LARGEST.rows * LARGEST.columns + 1));
  let found = 0;
  for (let at = 0; at < bytes.length; ) {
    if (bytes[at]! <= BLANK) {
      at++;
      continue;
    }
    const begin = at;
    const isNegative = bytes[at] === MINUS;
    if (isNegative) at++;
    let [digits, decimals, whole, isPlain] = [0, -1, 0, true];
    for (; at < bytes.length && bytes[at]! > BLANK; at++) {
      const byte = bytes[at]!;
      if (byte >= ZERO && byte <= NINE) {
        whole = whole * 10 + byte - ZERO;
        digits++;
        if (decimals >= 0) decimals++;
      } else if (byte === POINT && decimals === -1) decimals = 0;
      else isPlain = false;
    }
    let value = whole / 10 ** Math.max(0, decimals);
    if (isNegative) value = -value;
    if (!isPlain || digits === 0 || digits > MOST_EXACT_DIGITS) {
      const text = bytes.toString("latin1", begin, at);
      value = /^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$/.test(text) ? Number(text) : Number.NaN;
      if (!Number.isFinite(value)) {
        throw new RejectedError(
          "NotANumber",
          `${where}: value ${found + 1}: expected a number, found "${text.slice(0, 40)}". Fetch the file again, or convert it to NetCDF.`,
        );
      }
    }
    values[found++] = value;
  }
  return values.subarray(0, found);
}

const [BLANK, MINUS, POINT, ZERO, NINE] = [0x20, 0x2d, 0x2e, 0x30, 0x39];
const MOST_EXACT_DIGITS = 15;

function axis(first: number, length: number, step: number): Float64Array {
  return Float64Array.from({ length }, (_, at) => Number((first + at * step).toFixed(4)));
}

function cut(values: Float64Array, start: readonly number[], count: readonly number[]): Float64Array {
  return values.slice(start[0]!, start[0]! + count[0]!);
}
