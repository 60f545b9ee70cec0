// The read API fuzzed by its own OpenAPI document: schemathesis makes requests that keep to the document and requests that do not,
// and checks every answer against it.
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { explore } from "../support/explorer.ts";
import { isLong, SEED } from "../support/random.ts";
import { createSampleResults } from "../support/sampleResults.ts";
import { PYTHON } from "./pythonPackages.ts";

/** Requests of each operation and kind. */
const EXAMPLES = isLong ? 1000 : 10;
const PHASES = isLong ? "examples,coverage,fuzzing" : "examples,fuzzing";
/** A request that keeps to the document may still name a scenario that is not there, which is a 404, or turn a box upside down. */
const CHECKS = [
  ...["not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance"],
  ...["response_schema_conformance", "negative_data_rejection", "unsupported_method", "allow_header_conformance"],
];

test.skipIf(PYTHON === null)(
  "schemathesis finds no server error and no answer beside the document (npm run python)",
  async () => {
    const database = await createSampleResults();
    const folder = await mkdtemp(join(tmpdir(), "climatebatch-fuzz-"));
    try {
      await using explorer = await explore(database);
      const { code, stdout } = await run(folder, [
        ...["run", `${explorer.url}/api/openapi.json`, `--checks=${CHECKS.join()}`, `--max-examples=${EXAMPLES}`],
        ...[`--seed=${SEED}`, "--no-shrink", "--continue-on-failure", `--phases=${PHASES}`],
      ]);
      const [, requests] = /(\d+) generated/.exec(stdout) ?? [];
      console.log(`measured: schemathesis: ${requests} requests, exit code ${code}`);
      expect(Number(requests)).toBeGreaterThan(isLong ? 1000 : 50);
      expect(code, stdout.slice(-8000)).toBe(0);
    } finally {
      await rm(folder, { recursive: true, force: true });
      await database.drop();
    }
  },
);

/** In a folder of its own, where it keeps what it found. */
function run(cwd: string, words: readonly string[]): Promise<{ readonly code: number; readonly stdout: string }> {
  const options = { cwd, maxBuffer: 1 << 28, env: { PATH: process.env.PATH, NO_COLOR: "1", COLUMNS: "160" } };
  return new Promise((resolve) => {
    execFile(join(PYTHON!, "../st"), [...words], options, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? 1), stdout: `${stdout}${stderr}` });
    });
  });
}
