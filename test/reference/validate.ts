// npm run validate: this project's indices against the packages of the field, on the same seeded data; exit code 1 when
// one is further away than its tolerance. With --docs the table in docs/validation.md is updated.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readStormFiles } from "../../ingest/storms/stormFiles.ts";
import type { StormTrack } from "../../model/storms.ts";
import { readNpy } from "../support/npy.ts";
import { SILENT_READING } from "../support/stormFiles.ts";
import { COMPARISONS, type Comparison } from "./comparisons.ts";
import { type Difference, measureDifference } from "./measureDifference.ts";
import { writeOurDistributions } from "./ourDistributions.ts";
import { writeOurFloods } from "./ourFloods.ts";
import { VALIDATED_CALENDARS, writeOurResults } from "./ourResults.ts";
import { writeOurStorms } from "./ourStorms.ts";
import { writeOurWater } from "./ourWater.ts";
import { preparePython, runProgram } from "./pythonEnvironment.ts";
import { runStormReference } from "./stormEnvironment.ts";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const DOCUMENT = fileURLToPath(new URL("../../docs/validation.md", import.meta.url));
/** Real best tracks, outside of the repository. */
const JMA = fileURLToPath(new URL("../../../shared/data/jma_besttrack_2015_2018/bst_2015_2018.txt", import.meta.url));
const TABLE_BEGINS = "<!-- measured: npm run validate -- --docs -->";
const TABLE_ENDS = "<!-- end of measured -->";

const python = preparePython(join(HERE, ".venv"), join(HERE, "requirements.txt"));
const folder = mkdtempSync(join(tmpdir(), "climatebatch-validate-"));
try {
  for (const calendar of VALIDATED_CALENDARS) writeOurResults(folder, calendar);
  writeOurDistributions(folder);
  writeOurFloods(folder);
  writeOurWater(folder);
  const realStorms = await readRealStorms();
  writeOurStorms(folder, realStorms);
  runProgram(python, [join(HERE, "reference.py"), folder]);
  const versions: Record<string, string> = JSON.parse(readFileSync(join(folder, "versions.json"), "utf8"));
  versions.climada = runStormReference(folder);
  const compared = COMPARISONS.filter(({ needsRealStorms }) => needsRealStorms !== true || realStorms !== undefined);
  if (realStorms === undefined) process.stdout.write(`Without ${JMA}: its comparisons are left out\n`);
  const rows = compared.map((comparison) => {
    const difference = compare(comparison);
    return { comparison, difference };
  });
  const table = formatTable(rows, versions);
  process.stdout.write(`${table}\n`);
  if (process.argv.includes("--docs")) writeDocument(table);
  const failed = rows.filter(({ difference }) => !difference.passed).length;
  process.stdout.write(`\n${rows.length - failed} passed, ${failed} failed\n`);
  process.exitCode = failed === 0 ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function readRealStorms(): Promise<readonly StormTrack[] | undefined> {
  if (!existsSync(JMA)) return undefined;
  const options = { files: [JMA], windUnit: undefined, agency: undefined };
  return (await readStormFiles(options, SILENT_READING, new AbortController().signal)).tracks;
}

function compare({ case: place, measure, ours, theirs, tolerance }: Comparison): Difference {
  const read = (side: string, name: string) => readNpy(join(folder, side, place, `${name}.npy`));
  return measureDifference(read("ours", ours), read("theirs", theirs), measure, tolerance);
}

function formatTable(
  rows: readonly { comparison: Comparison; difference: Difference }[],
  versions: Readonly<Record<string, string>>,
): string {
  const cells = rows.map(({ comparison, difference }) => [
    comparison.index,
    `${comparison.reference} ${versions[comparison.reference]}`,
    comparison.settings,
    difference.cases.toLocaleString("en"),
    comparison.measure,
    difference.largest === 0 ? "0" : difference.largest.toExponential(1),
    comparison.tolerance === 0 ? "0" : String(comparison.tolerance),
    difference.passed ? "pass" : "FAIL",
  ]);
  const head = ["index", "reference", "settings", "cases", "measure", "largest", "tolerance", ""];
  const line = (row: readonly string[]) => `| ${row.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...cells.map(line)].join("\n");
}

function writeDocument(table: string): void {
  const text = readFileSync(DOCUMENT, "utf8");
  const before = text.slice(0, text.indexOf(TABLE_BEGINS) + TABLE_BEGINS.length);
  const after = text.slice(text.indexOf(TABLE_ENDS));
  writeFileSync(DOCUMENT, `${before}\n\n${table}\n\n${after}`);
}
