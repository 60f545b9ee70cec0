// What a table is about, by its header: so that a command that cannot use it names the one that can.
import { findVariable } from "../../model/variables.ts";
import { findAttribute } from "../ground/attributeNames.ts";
import { HEADER_OF_PERIOD, HEADERS, type SeaColumn } from "../sea/seaHeaders.ts";
import { findKmaDialect } from "../series/kmaDialect.ts";

export type TableCommand = "load climate" | "load sea-levels" | "load sea-level-rise" | "load ground";

interface TableContent {
  readonly command: TableCommand;
  readonly name: string;
  /** The columns that say so; none: the table is about something else. */
  find(header: readonly string[]): readonly string[];
}

const TIME = ["date", "time", "day", "year"];

const lower = (title: string) => title.trim().toLowerCase();
/** "elevation (m)" without its unit. */
const bare = (title: string) => title.replace(/\s*[([].*$/, "").trim();
const seaColumn = (header: readonly string[], column: SeaColumn) =>
  header.find((title) => (HEADERS[column] as readonly string[]).includes(lower(title)));

/** All of them, or none. */
function together(...columns: readonly (string | undefined)[]): readonly string[] {
  return columns.every((column) => column !== undefined) ? (columns as readonly string[]) : [];
}

const first = (...choices: readonly (readonly string[])[]) => choices.find(({ length }) => length > 0) ?? [];

/** The first that is found is it. */
const CONTENTS: readonly TableContent[] = [
  {
    command: "load sea-level-rise",
    name: "sea-level rise",
    find: (header) =>
      together(
        seaColumn(header, "experiment"),
        header.find((title) =>
          /^(rise|slr|sea_level_(rise|change)|quantile|percentile|confidence)$/.test(lower(title)),
        ),
      ),
  },
  {
    command: "load sea-levels",
    name: "extreme sea levels of stations",
    find: (header) =>
      first(
        together(seaColumn(header, "location"), seaColumn(header, "scale")),
        together(
          seaColumn(header, "latitude"),
          seaColumn(header, "returnPeriod") ??
            header.find((title) => HEADER_OF_PERIOD.test(title.trim()) && !/^\d+$/.test(title.trim())),
        ),
        together(
          header.find((title) => lower(title) === "year"),
          header.find((title) => /^(level|sea_?level|annual_maximum)$/.test(lower(title))),
        ),
      ),
  },
  {
    command: "load climate",
    name: "climate series",
    find: (header) =>
      first(
        findKmaDialect(header) === undefined ? [] : header.slice(0, 3),
        together(
          header.find((title) => TIME.includes(lower(title))),
          header.find((title) => findVariable(bare(title)) !== undefined),
        ),
      ),
  },
  {
    command: "load ground",
    name: "attributes of the ground",
    find: (header) =>
      together(
        seaColumn(header, "latitude"),
        header.find((title) => findAttribute(bare(title)) !== undefined),
      ),
  },
];

/** A sentence to end a refusal with, begun with a blank; "" when the table is of no other command. */
export function hintTableCommand(header: readonly string[], own: TableCommand | "load storms" | "assets"): string {
  const content = contentOf(header);
  if (content === undefined || content.command === own) return "";
  const columns = content.find(header).map((title) => `"${title.trim()}"`);
  return ` By its columns ${columns.join(" and ")} it holds ${content.name}: climatebatch ${content.command} reads such tables.`;
}

/** Whether a table has climate series, and not one row a place. */
export function holdsClimateSeries(header: readonly string[]): boolean {
  return contentOf(header)?.command === "load climate";
}

function contentOf(header: readonly string[]): TableContent | undefined {
  return CONTENTS.find((one) => one.find(header).length > 0);
}
