// Files written for a test and ingested as the command would, and what is stored afterwards.
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Client } from "pg";
import { ingestFiles } from "../../ingest/series/ingestFiles.ts";
import { type IngestWords, readIngestOptions } from "../../ingest/series/options.ts";
import type { IngestReport } from "../../ingest/series/report.ts";
import type { RejectedError } from "../../model/errors.ts";

export type Files = Readonly<Record<string, string | Buffer>>;

export const USUAL_WORDS: Omit<IngestWords, "files"> = {
  scenario: "observed",
  grid: "default",
  map: [],
  units: [],
  blank: [],
  missing: [],
  variables: [],
  spool: undefined,
  stations: undefined,
  latitude: undefined,
  longitude: undefined,
  onConflict: "fail",
  parent: undefined,
  firstYear: undefined,
  calendar: undefined,
  failRunningBatches: false,
  derive: [],
  check: false,
};

const SILENT = { onFiles() {}, onBytes() {}, onFileRead() {}, onWriting() {}, onCellWritten() {} };

/** Ingests the files in the order given; names in messages are as given here. */
export async function ingest(
  client: Client,
  files: Files,
  words: Partial<IngestWords> = {},
  signal: AbortSignal = new AbortController().signal,
): Promise<IngestReport> {
  const folder = await mkdtemp(join(tmpdir(), "climatebatch-ingest-"));
  try {
    for (const [name, content] of Object.entries(files)) {
      await mkdir(dirname(join(folder, name)), { recursive: true });
      await writeFile(join(folder, name), content);
    }
    const paths = (words.files ?? Object.keys(files)).map((name) => join(folder, name));
    return await ingestFiles(client, readIngestOptions({ ...USUAL_WORDS, ...words, files: paths }), SILENT, signal);
  } catch (error) {
    if (error instanceof Error) error.message = error.message.replaceAll(`${folder}/`, "").replaceAll(folder, ".");
    throw error;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Ingests files where they lie. */
export function ingestPaths(
  client: Client,
  files: readonly string[],
  words: Partial<IngestWords> = {},
): Promise<IngestReport> {
  const options = readIngestOptions({ ...USUAL_WORDS, ...words, files });
  return ingestFiles(client, options, SILENT, new AbortController().signal);
}

/** "Reason: message" of what was refused, or "accepted". */
export async function refusalOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return "accepted";
  } catch (error) {
    const { name, reason, message } = error as RejectedError;
    if (name !== "RejectedError") throw error;
    return `${reason}: ${message}`;
  }
}

/** Stored values by "scenario variable latitude longitude year", in order. */
export async function readStored(client: Client): Promise<Map<string, Float32Array>> {
  const { rows } = await client.query<{ key: string; values: Buffer }>(
    `SELECT concat_ws(' ', s.name, d.variable, c.latitude, c.longitude, d.year) AS key, d.values
     FROM climatebatch.climate_data AS d JOIN climatebatch.grid_cells AS c USING (cell_id)
     JOIN climatebatch.scenarios AS s USING (scenario_id) ORDER BY d.cell_id, d.variable, d.year, s.name`,
  );
  return new Map(rows.map(({ key, values }) => [key, new Float32Array(Uint8Array.from(values).buffer)]));
}
