// What tests take from Go modules, each once per version into the cache: programs, and definitions that other projects publish.
// Everything comes by the module proxy.
import { existsSync } from "node:fs";
import { cp } from "node:fs/promises";
import { join } from "node:path";
import { cacheFolder, makeOnce } from "./cache.ts";
import { go } from "./go.ts";

interface Program {
  readonly path: string;
  readonly version: string;
  readonly tags?: string;
}

const PROGRAMS = {
  helm: { path: "helm.sh/helm/v4/cmd/helm", version: "v4.3.1" },
  // Without service discovery, which would bring the clients of every cloud.
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
  "argo-cd": { module: "github.com/argoproj/argo-cd/v3", version: "v3.2.0", folder: "manifests/crds" },
  "flux-source": { module: "github.com/fluxcd/source-controller", version: "v1.7.0", folder: "config/crd/bases" },
  "flux-helm": { module: "github.com/fluxcd/helm-controller", version: "v1.4.0", folder: "config/crd/bases" },
} as const;

export type GoProgram = keyof typeof PROGRAMS;
export type GoDefinitions = keyof typeof DEFINITIONS;
export type GoModule = GoProgram | GoDefinitions;

/** Environment of commands outside any module of ours. */
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

export function isGoModuleBuilt(name: GoModule): boolean {
  return existsSync(folderOf(name));
}

export const GO_MODULES = [...Object.keys(PROGRAMS), ...Object.keys(DEFINITIONS)] as readonly GoModule[];

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
  console.error(`Building ${path} ${version} from its Go module, once for this version: up to 3 minutes on two cores.`);
  await go(["install", "-trimpath", "-ldflags=-s -w", `-tags=${tags}`, `${path}@${version}`], {
    cwd: folder,
    env: { ...NO_FLAGS, GOBIN: folder },
  });
}

async function fetchDefinitions(name: GoDefinitions, folder: string): Promise<void> {
  const { module, version, folder: source } = DEFINITIONS[name];
  const { Dir } = JSON.parse(
    await go(["mod", "download", "-json", `${module}@${version}`], { cwd: folder, env: NO_FLAGS }),
  );
  await cp(join(Dir, source), folder, { recursive: true });
}
