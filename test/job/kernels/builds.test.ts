// Each compiled kernel is what its source compiles to.
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { buildKernel, KERNELS } from "../../../scripts/buildKernels.ts";

test.each(KERNELS)("the committed kernel %s is what its source compiles to, byte for byte", async (name) => {
  const folder = await mkdtemp(join(tmpdir(), "kernels-"));
  try {
    await buildKernel(name, folder);
    const built = readFileSync(join(folder, `${name}.wasm`));
    expect(built.equals(readFileSync(`job/kernels/${name}.wasm`))).toBe(true);
  } finally {
    await rm(folder, { recursive: true });
  }
});
