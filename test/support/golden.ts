// Reads a golden case of test/golden, refusing one whose files do not match its provenance.
// What a case means is in its provenance.json.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

export interface GoldenCase<Input, Expected> {
  readonly input: Input;
  readonly expected: Expected;
}

export function readGolden<Input, Expected>(name: string): GoldenCase<Input, Expected> {
  const text = (file: string) => readFileSync(new URL(`../golden/${name}/${file}`, import.meta.url), "utf8");
  const { sha256 } = JSON.parse(text("provenance.json")) as { sha256: Record<string, string> };
  const verified = (file: string) => {
    const found = createHash("sha256").update(text(file)).digest("hex");
    if (found !== sha256[file]) {
      throw new Error(`golden ${name}/${file}: provenance.json has sha256 ${sha256[file]}, but the file has ${found}`);
    }
    return JSON.parse(text(file));
  };
  return { input: verified("input.json") as Input, expected: verified("expected.json") as Expected };
}
