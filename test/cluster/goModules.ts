// What tests take from Go modules, each once per version into the cache: programs, and folders of definitions that others publish.
// No download but by the module proxy.
import { existsSync } from "node:fs";
import { cp } from "node:fs/promises";
import { join } from "node:path";
import { cacheFolder, makeOnce } from "./cache.ts";
import { go, goObstacle } from "./go.ts";

interface Program {
  readonly path: string;
  readonly version: string;
  readonly tags?: string;
}

const PROGRAMS = {
  helm: { path: "helm.sh/helm/v4/cmd/helm", version: "v4.3.1" },
  // Without the clients of all clouds that Prometheus discovers targets in.
  promtool: { path: "github.com/prometheus/prometheus/cmd/promtool", version: "v0.316.0", tags: "remove_all_sd" },
  kubeconform: { path: "github.com/yannh/kubeconform/cmd/kubeconform", version: "v0.8.0" },
} satisfies Record<string, Program>;

const DEFINITIONS = {
  "prometheus-operator": {
    module: "github.com/prometheus-operator/prometheus-operator",
    version: "v0.85.0",
    folder: "example/prometheus-operator-crd",
  },
  kueue: { module: "sigs.k8s.io/kueue", version: "v0.17.0", folder: "config/components/crd/bases" },
} as const;

export type GoProgram = keyof typeof PROGRAMS;
export type GoDefinitions = keyof typeof DEFINITIONS;
export type GoModule = GoProgram | GoDefinitions;

/** Environment of commands that belong to no module of ours. */
const NO_FLAGS = { GOFLAGS: "" };

function isProgram(name: GoModule): name is GoProgram {
  return Object.hasOwn(PROGRAMS, name);
}

function folderOf(name: GoModule): string {
  return isProgram(name)
    ? join(cacheFolder(), `${name}-${PROGRAMS[name].version}-${process.arch}`)
    : join(cacheFolder(), `${name}-${DEFINITIONS[name].version}`);
}

export function goProgram(name: GoProgram): string {
  return join(folderOf(name), name);
}

/** The folder of its CustomResourceDefinitions. */
export function goDefinitions(name: GoDefinitions): string {
  return folderOf(name);
}

/** Null, or what keeps this machine from having it, and what to do. */
export function goModuleObstacle(name: GoModule): string | null {
  return existsSync(folderOf(name)) ? null : goObstacle();
}

/** Builds or fetches it when it is missing; several callers at once do so once. */
export async function ensureGoModule(name: GoModule): Promise<void> {
  await makeOnce(folderOf(name), async (unfinished) => {
    const started = performance.now();
    if (isProgram(name)) await install(PROGRAMS[name], unfinished);
    else await fetchDefinitions(name, unfinished);
    console.error(`${name} is in ${folderOf(name)} (${((performance.now() - started) / 1000).toFixed(0)} s).`);
  });
}

async function install({ path, version, tags = "" }: Program, folder: string): Promise<void> {
  console.error(`Building ${path} ${version} from its Go module, once: up to 3 minutes on two cores.`);
  await go(["install", "-trimpath", "-ldflags=-s -w", `-tags=${tags}`, `${path}@${version}`], {
    cwd: folder,
    env: { ...NO_FLAGS, GOBIN: folder },
  });
}

async function fetchDefinitions(name: GoDefinitions, folder: string): Promise<void> {
  const { module, version, folder: wanted } = DEFINITIONS[name];
  const { Dir } = JSON.parse(
    await go(["mod", "download", "-json", `${module}@${version}`], { cwd: folder, env: NO_FLAGS }),
  );
  await cp(join(Dir, wanted), folder, { recursive: true });
}
