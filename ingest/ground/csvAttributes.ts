// Attributes from tables: a row per place, a column per attribute.
import type { Place } from "../../database/gridCells.ts";
import type { Attribute } from "../../model/attributes.ts";
import { ATTRIBUTES } from "../../model/attributes.ts";
import { RejectedError } from "../../model/errors.ts";
import { openFile } from "../formats/formats.ts";
import { hintSeparators, type NumberStyle, readNumberText, trimBlanks } from "../formats/numberText.ts";
import { hintTableCommand } from "../formats/tableContent.ts";
import { describeWhere } from "../formats/tableFile.ts";
import { Places } from "../series/places.ts";
import { checkAttribute, findAttribute, readAttributeName } from "./attributeNames.ts";

export interface GivenAttributes {
  readonly places: readonly Place[];
  /** [places] */
  readonly values: Partial<Record<Attribute, number>>[];
}

export interface CsvAttributeOptions {
  /** COLUMN=ATTRIBUTE */
  readonly map: ReadonlyMap<string, Attribute>;
  /** Marks beside blanks, na and nan, as they are typed. */
  readonly missing: readonly string[];
  readonly numbers: NumberStyle;
  readonly stepDegrees: number;
}

const MISSING = ["na", "n/a", "nan", "null"];
const LATITUDE = /^(lat|latitude|y)$/i;
const LONGITUDE = /^(lon|long|lng|longitude|x)$/i;

interface Column {
  readonly at: number;
  readonly attribute: Attribute;
}

export function readMap(texts: readonly string[]): ReadonlyMap<string, Attribute> {
  const map = new Map<string, Attribute>();
  for (const pair of texts.flatMap((text) => text.split(","))) {
    const [column, name, ...rest] = pair.split("=").map((part) => part.trim());
    if (!column || !name || rest.length > 0) {
      throw new RejectedError(
        "InvalidOption",
        `--map expects COLUMN=ATTRIBUTE,… such as hand_m=heightAboveDrainage, but got "${pair}".`,
      );
    }
    map.set(column, readAttributeName(name, `--map ${pair}`));
  }
  return map;
}

/** Reads the files as one: a place on two rows must have the same values. */
export async function readCsvAttributes(
  files: readonly string[],
  { map, missing, numbers, stepDegrees }: CsvAttributeOptions,
  signal: AbortSignal,
): Promise<GivenAttributes> {
  const marks = new Set([...MISSING, ...missing.map((mark) => readNumberText(mark, numbers) ?? mark.toLowerCase())]);
  const places = new Places(stepDegrees, numbers);
  const values: Partial<Record<Attribute, number>>[] = [];
  for (const name of files) {
    const file = await openFile(name, "table");
    const latitude = findColumn(file.header, LATITUDE, "latitude", name);
    const longitude = findColumn(file.header, LONGITUDE, "longitude", name);
    const columns = readColumns(file.header, map, name);
    const where = { file: name, line: 0 };
    const onRow = (row: readonly string[], line: number) => {
      where.line = line;
      const at = places.numberOf(row[latitude]!, row[longitude]!, where);
      const known = (values[at] ??= {});
      for (const column of columns) {
        const text = row[column.at]!;
        const number = readNumberText(text, numbers);
        if (Number.isNaN(number) || marks.has(number ?? trimBlanks(text).toLowerCase())) continue;
        const value = checkAttribute(
          column.attribute,
          number ?? Number.NaN,
          text,
          describeWhere(where),
          hintSeparators(text, numbers),
        );
        const before = known[column.attribute];
        if (before !== undefined && before !== value) {
          throw new RejectedError(
            "AttributesConflict",
            `${describeWhere(where)}: ${column.attribute} of ${row[latitude]}, ${row[longitude]} is ${value}, but an earlier row of the same place says ${before}. Leave one of them out.`,
          );
        }
        known[column.attribute] = value;
      }
    };
    await file.readRows(onRow, () => undefined, signal);
  }
  return { places: places.all, values };
}

function findColumn(header: readonly string[], pattern: RegExp, wanted: string, file: string): number {
  const at = header.findIndex((name) => pattern.test(name.trim()));
  if (at !== -1) return at;
  throw new RejectedError(
    "MissingColumn",
    `${file} has no column ${wanted}; expected ${wanted} among ${header.join(", ")}. A row is one place, in degrees.${hintTableCommand(header, "load ground")}`,
  );
}

/** Columns of attributes by --map or their own name, which may carry its unit: "elevation (m)". */
function readColumns(header: readonly string[], map: ReadonlyMap<string, Attribute>, file: string): Column[] {
  for (const column of map.keys()) {
    if (header.includes(column)) continue;
    throw new RejectedError(
      "MissingColumn",
      `--map: ${file} has no column "${column}"; it has ${header.join(", ")}. Write it as the header does.`,
    );
  }
  const columns = header.flatMap((title, at): Column[] => {
    const [, name, unit] = /^(.*?)(?:\s*\(([^)]*)\))?$/s.exec(title)!;
    const attribute = map.get(title) ?? findAttribute(name!);
    if (attribute === undefined) return [];
    const canonical = ATTRIBUTES[attribute].unit;
    if (unit !== undefined && unit !== canonical) {
      throw new RejectedError(
        "WrongUnit",
        `${file}: column "${title}" is in ${unit}, but ${attribute} is stored in ${canonical}. Convert the column first.`,
      );
    }
    return [{ at, attribute }];
  });
  if (columns.length > 0) return columns;
  throw new RejectedError(
    "MissingColumn",
    `${file} has no attribute among its columns ${header.join(", ")}. Name one by --map COLUMN=ATTRIBUTE; known: ${Object.keys(ATTRIBUTES).join(", ")}.${hintTableCommand(header, "load ground")}`,
  );
}
