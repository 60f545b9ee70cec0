// Opened files that another process decodes, as readers see them.
import { RejectedError } from "../../model/errors.ts";
import type { ArrayFile, ArrayVariable, NumberArray } from "./arrayFile.ts";
import type { RasterFile } from "./rasterFile.ts";
import type { TableFile } from "./tableFile.ts";

export type OnRows = (rows: readonly (readonly string[])[], line: number, bytes: number) => void;

/** One file in that process. */
export interface DecodedFile {
  readonly file: string;
  /** What opening it returned. */
  readonly facts: unknown;
  ask(
    task: "read" | "texts" | "rows" | "window",
    values: readonly unknown[],
    onRows?: OnRows,
    signal?: AbortSignal,
  ): Promise<unknown>;
  close(): void;
}

/** Why an array cannot be read, without its class: processes exchange plain data. */
export type PlainVariable = Omit<ArrayVariable, "trouble"> & {
  readonly trouble?: { readonly reason: string; readonly message: string };
};
export type ArrayFacts = Omit<ArrayFile, "read" | "readTexts" | "close" | "variables"> & {
  readonly variables: readonly PlainVariable[];
};
export type TableFacts = Omit<TableFile, "readRows">;
export type RasterFacts = Omit<RasterFile, "readWindow" | "close">;

export function makeArrayProxy(opened: DecodedFile): ArrayFile {
  const facts = opened.facts as ArrayFacts;
  return {
    ...facts,
    variables: facts.variables.map(({ trouble, ...variable }) =>
      trouble === undefined ? variable : { ...variable, trouble: new RejectedError(trouble.reason, trouble.message) },
    ),
    read: async ({ name }, start, count) => (await opened.ask("read", [name, start, count])) as NumberArray,
    readTexts: async ({ name }) => (await opened.ask("texts", [name])) as readonly string[],
    close: opened.close,
  };
}

export function makeTableProxy(opened: DecodedFile): TableFile {
  return {
    ...(opened.facts as TableFacts),
    readRows: async (onRow, onBytes, signal, only) => {
      const onRows = (rows: readonly (readonly string[])[], line: number, bytes: number) => {
        rows.forEach((row, at) => {
          onRow(row, line + at);
        });
        onBytes(bytes);
      };
      try {
        await opened.ask("rows", only ?? [], onRows, signal);
      } finally {
        // A table is read once.
        opened.close();
      }
    },
    close: opened.close,
  };
}

export function makeRasterProxy(opened: DecodedFile): RasterFile {
  return {
    ...(opened.facts as RasterFacts),
    readWindow: async (...window) => (await opened.ask("window", window)) as ArrayLike<number>,
    close: opened.close,
  };
}
