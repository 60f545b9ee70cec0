// From the predecessor's database to ours: tables found, each imported or reported with the reason why not.
// Later ones find the cells of earlier ones. An interrupted import is resumed.
import type { Client } from "pg";
import { type Place, readGridStep } from "../../database/gridCells.ts";
import {
  forgetImports,
  type ImportKey,
  noteFinished,
  noteImported,
  readImportState,
} from "../../database/predecessorImports.ts";
import { RejectedError } from "../../model/errors.ts";
import { count } from "../series/report.ts";
import { importTracks } from "./bestTracks.ts";
import { type FoundTable, findTables, type SeriesTable } from "./findTables.ts";
import { type Dropped, type PlaceSeries, readSeries, readSpan, type Span } from "./readSeries.ts";
import { type ImportReport, NOTHING_YET, type TableReport } from "./report.ts";
import { SEA_LEVEL_REACH_KM, spreadSeaLevel } from "./seaLevel.ts";
import { writeSeries } from "./writeSeries.ts";

export interface ImportOptions {
  /** How the source is called in messages and for going on. */
  readonly source: string;
  readonly grid: string;
  readonly longScenario: string;
  /** Import everything again and replace what is stored. */
  readonly again: boolean;
  readonly dryRun: boolean;
  readonly failRunningBatches: boolean;
  readonly signal: AbortSignal;
  readonly onNotice: (line: string) => void;
}

/** `source` and `target` are two sessions, of one database or of two. */
export async function runImport(
  source: Client,
  target: Client,
  options: ImportOptions,
): Promise<Omit<ImportReport, "tablesMoved">> {
  const found = await findTables(source, options.longScenario);
  const importable = found.filter(({ kind }) => kind !== "skipped");
  if (importable.length === 0) {
    const tables = found.map(({ relation }) => relation).join(", ") || "none at all";
    throw new RejectedError(
      "NoPredecessorTables",
      `${options.source} has none of the predecessor's tables (climate_data, ta_data, wsdi_data and so on); it has ${tables}. Check the address in --from or DATABASE_*.`,
    );
  }
  if (options.again && !options.dryRun) await forgetImports(target, options.source, options.grid);
  const importer = new Importer(source, target, options);
  const order = ["series", "seaLevel", "tracks", "skipped"];
  const tables: TableReport[] = [];
  for (const table of found.sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind)))
    tables.push(await importer.import(table));
  return { source: options.source, grid: options.grid, tables };
}

class Importer {
  readonly #source: Client;
  readonly #target: Client;
  readonly #options: ImportOptions;

  constructor(source: Client, target: Client, options: ImportOptions) {
    this.#source = source;
    this.#target = target;
    this.#options = options;
  }

  /** What is wrong with one table does not keep the others back. */
  async import(table: FoundTable): Promise<TableReport> {
    const { relation } = table;
    if (table.kind === "skipped") return { relation, ...NOTHING_YET, end: "skipped", notes: [table.why] };
    const about = { relation, ...NOTHING_YET, ...describe(table) };
    if (this.#options.dryRun) return { ...about, end: "found" };
    const key = { source: this.#options.source, relation, grid: this.#options.grid };
    try {
      const { isFinished, after } = await readImportState(this.#target, key);
      if (isFinished) return { ...about, end: "before", notes: [...about.notes, "--again imports it again"] };
      const imported =
        table.kind === "tracks"
          ? await this.#importTracks(table)
          : await this.#importSeries(table, key, table.kind === "series" ? after : null);
      await noteFinished(this.#target, key);
      return { ...about, ...imported, end: "imported", notes: [...about.notes, ...(imported.notes ?? [])] };
    } catch (error) {
      if (!(error instanceof RejectedError)) throw error;
      return { ...about, end: "failed", notes: [...about.notes, error.message] };
    }
  }

  async #importTracks(table: Extract<FoundTable, { kind: "tracks" }>): Promise<Partial<TableReport>> {
    const { again, failRunningBatches } = this.#options;
    const outcome = await importTracks(this.#source, this.#target, table, { replaces: again, failRunningBatches });
    const { firstYear, lastYear } = outcome.record;
    return {
      years: `${firstYear}-${lastYear}`,
      rowsWritten: outcome.pointsWritten,
      notes: [`${outcome.stormsWritten} storms`],
    };
  }

  async #importSeries(table: SeriesTable, key: ImportKey, after: Place | null): Promise<Partial<TableReport>> {
    const { grid, again, failRunningBatches, signal, onNotice } = this.#options;
    const span = await readSpan(this.#source, table);
    if (span === null) return { notes: ["it has no rows"] };
    const name = table.relation;
    if (after !== null) onNotice(`${name}: goes on after ${after.latitude}, ${after.longitude}`);
    const sums = { places: 0, rowsWritten: 0, rowsUnchanged: 0 };
    const store = async (places: readonly PlaceSeries[]) => {
      const options = { grid, span, replaces: again, failRunningBatches, signal };
      const written = await writeSeries(this.#target, table, places, options);
      sums.places += places.length;
      sums.rowsWritten += written.rowsWritten;
      sums.rowsUnchanged += written.rowsUnchanged;
    };
    const stepDegrees = await readGridStep(this.#target, grid);
    const reading = { span, stepDegrees, after, signal };
    const points: PlaceSeries[] = [];
    const dropped = await readSeries(this.#source, table, reading, async (places) => {
      if (table.kind === "seaLevel") return void points.push(...places);
      await store(places);
      await noteImported(this.#target, key, places.at(-1)!);
      onNotice(`${name}: ${sums.places} places, up to ${places.at(-1)!.latitude}, ${places.at(-1)!.longitude}`);
    });
    if (table.kind === "seaLevel")
      for await (const cells of spreadSeaLevel(this.#target, grid, points)) await store(cells);
    return { ...sums, years: formatSpan(span), notes: describeDropped(dropped) };
  }
}

function describe(table: FoundTable): Pick<TableReport, "mapped" | "notes"> {
  if (table.kind === "skipped") return { mapped: [], notes: [] };
  if (table.kind === "tracks") return { mapped: ["best tracks of KMA"], notes: [] };
  const byVariable = Map.groupBy(table.columns, ({ variable, frequency }) => `${variable} ${frequency}`);
  const mapped = [...byVariable].map(
    ([what, columns]) => `${what}: ${columns.map(({ name, scenario }) => `${name} is ${scenario}`).join(", ")}`,
  );
  const reach =
    table.kind === "seaLevel"
      ? [`each cell has the values of the nearest point, up to ${SEA_LEVEL_REACH_KM} km away`]
      : [];
  return { mapped, notes: [...reach, ...table.left] };
}

function describeDropped({ clipped, exampleOfImplausible, implausible, noise, varyingYears }: Dropped): string[] {
  const notes: string[] = [];
  if (noise > 0) notes.push(`${count(noise, "slightly negative value")} read as 0`);
  if (clipped > 0) notes.push(`${count(clipped, "value")} above 100 % read as 100 %`);
  if (implausible > 0)
    notes.push(`${count(implausible, "impossible value")} read as missing, such as ${exampleOfImplausible}`);
  if (varyingYears > 0)
    notes.push(`${count(varyingYears, "yearly value")} read as missing: different from month to month of the year`);
  return notes;
}

function formatSpan({ firstYear, lastYear }: Span): string {
  return `${firstYear}-${lastYear}`;
}
