// `npm run kernels`: compiles job/kernels/assembly into job/kernels/*.wasm. The same sources give the same bytes.
import { main } from "assemblyscript/asc";

export const KERNELS = ["fireWeather", "heaviestRain", "percentileDays"];

/** Compiles one kernel into `folder`. */
export async function buildKernel(name: string, folder: string): Promise<void> {
  const { error, stderr } = await main([
    `job/kernels/assembly/${name}.ts`,
    `--outFile=${folder}/${name}.wasm`,
    "--optimizeLevel=3",
    "--converge",
    "--enable=simd",
    "--runtime=stub",
    "--noAssert",
    // The kernel's own layout begins at 0; constants come after it.
    "--memoryBase=458752",
    "--initialMemory=8",
  ]);
  if (error !== null) throw new Error(`${name}: ${stderr.toString()}`, { cause: error });
}

if (import.meta.main) for (const name of KERNELS) await buildKernel(name, "job/kernels");
