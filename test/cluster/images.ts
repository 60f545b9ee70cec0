// The two images of this project, built with Docker where it runs, else with buildah in a store of our own; and for machines
// without a registry a base image made of the pinned Node.
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { cacheFolder } from "./cache.ts";
import type { Report } from "./cluster.ts";
import { dockerRuns } from "./kindCluster.ts";
import { run } from "./processes.ts";

const ROOT = join(import.meta.dirname, "../..");
const STORE = join(cacheFolder(), "images");

export const IMAGES = {
  operator: "localhost/climatebatch-operator:dev",
  job: "localhost/climatebatch-job:dev",
} as const;

/** NODE_IMAGE in the environment names the base; without it Docker takes the Dockerfiles' own, buildah the local one. */
export async function buildImage(program: keyof typeof IMAGES, report: Report): Promise<string> {
  const image = IMAGES[program];
  const started = performance.now();
  const usesDocker = dockerRuns();
  const base = process.env.NODE_IMAGE || (usesDocker ? undefined : await ensureBaseImage(report));
  await using npmSettings = await writeNpmSettings();
  const words = [
    `--file=${join(ROOT, `Dockerfile.${program}`)}`,
    `--tag=${image}`,
    ...(base === undefined ? [] : [`--build-arg=NODE_IMAGE=${base}`]),
    `--build-arg=VERSION=${JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")).version}`,
    `--build-arg=REVISION=${(await run("git", ["-C", ROOT, "rev-parse", "HEAD"]).catch(() => "unknown")).trim()}`,
    ...npmSettings.secrets,
  ];
  if (usesDocker) await run("docker", ["build", ...words, ROOT]);
  else await bud([...words, ROOT]);
  report(`Built ${image} in ${((performance.now() - started) / 1000).toFixed(1)} s.`);
  return image;
}

function buildah(...words: string[]): Promise<string> {
  const store = ["--root", STORE, "--runroot", "/run/climatebatch-images"];
  return run("buildah", [...store, ...words], { env: { STORAGE_DRIVER: process.env.STORAGE_DRIVER ?? "overlay" } });
}

function bud(words: readonly string[]): Promise<string> {
  return buildah("bud", "--isolation=chroot", "--network=host", "--layers", "--force-rm", ...words);
}

export async function imageId(image: string): Promise<string> {
  const result = await buildah("inspect", "--type=image", "--format={{.FromImageID}}", image).catch((cause) => {
    throw new Error(`There is no image ${image} in ${STORE}; npm run images builds ours there.`, { cause });
  });
  return result.trim();
}

export async function writeArchive(image: string, file: string): Promise<void> {
  await buildah("push", "--disable-compression", image, `oci-archive:${file}:${image}`);
}

/** An image of one static program. */
export async function buildPauseImage(image: string, program: string): Promise<void> {
  await buildFromScratch(image, 'ENTRYPOINT ["/pause"]', (root) => cp(program, join(root, "pause")));
}

/** The pinned Node with the libraries that it loads, and npm to install packages with: no shell, no distribution. */
async function ensureBaseImage(report: Report): Promise<string> {
  const node = dirname(createRequire(import.meta.url).resolve("node/package.json"));
  const binary = join(node, "bin/node");
  const npm = npmFolder();
  const versions = [node, npm].map((folder) => JSON.parse(readFileSync(join(folder, "package.json"), "utf8")).version);
  const key = createHash("sha256").update(versions.join(" ")).digest("hex").slice(0, 8);
  const image = `localhost/climatebatch-node:${versions[0]}-${key}`;
  const isThere = await imageId(image).then(Boolean, () => false);
  if (isThere) return image;
  report(`Making the base image ${image} from this machine's Node ${versions[0]} and npm ${versions[1]}.`);
  const libraries = (await run("ldd", [binary])).match(/\/\S+(?= \(0x)/g) ?? [];
  await buildFromScratch(image, "ENV PATH=/usr/local/bin", async (root) => {
    await mkdir(join(root, "tmp"), { mode: 0o1777 });
    for (const [from, to] of [
      [binary, "/usr/local/bin/node"],
      [npm, "/usr/local/lib/node_modules/npm"],
      ...libraries.map((library) => [library, library]),
    ] as [string, string][]) {
      await cp(from, join(root, to), { recursive: true, dereference: true });
    }
  });
  return image;
}

async function buildFromScratch(image: string, line: string, fill: (root: string) => Promise<unknown>): Promise<void> {
  const context = await mkdtemp(join(tmpdir(), "climatebatch-image-"));
  try {
    const root = join(context, "root");
    await mkdir(root);
    await fill(root);
    await writeFile(join(context, "Dockerfile"), `FROM scratch\nCOPY root /\n${line}\n`);
    await bud([`--tag=${image}`, context]);
  } finally {
    await rm(context, { recursive: true });
  }
}

/** The npm that runs us, else the one beside the node on the PATH; it must carry its packages with it. */
function npmFolder(): string {
  const candidates = [
    process.env.npm_execpath ?? "",
    "/usr/lib/node_modules/npm/bin/x",
    "/usr/local/lib/node_modules/npm/bin/x",
  ];
  const folder = candidates
    .map((path) => join(dirname(path), ".."))
    .find((one) => existsSync(join(one, "node_modules")));
  if (folder !== undefined) return folder;
  throw new Error(
    `No whole npm was found (looked at ${candidates.join(", ")}): run this by npm, or set NODE_IMAGE to an image of Node 24.`,
  );
}

interface NpmSettings extends AsyncDisposable {
  readonly secrets: readonly string[];
}

/** How this machine reaches npm's registry, for the build alone; no layer keeps it. */
async function writeNpmSettings(): Promise<NpmSettings> {
  const result = await run("npm", ["config", "get", "globalconfig", "userconfig", "cafile"]);
  const at = (name: string) => new RegExp(`^${name}=(.*)$`, "m").exec(result)?.[1] ?? "";
  const settings = [at("globalconfig"), at("userconfig")].filter((path) => existsSync(path));
  const authorities = [at("cafile"), process.env.NODE_EXTRA_CA_CERTS ?? ""].find((path) => existsSync(path));
  const lines = settings.map((path) => readFileSync(path, "utf8"));
  if (authorities !== undefined) lines.push("cafile=/run/secrets/authorities");
  const folder = await mkdtemp(join(tmpdir(), "climatebatch-npm-"));
  const file = join(folder, "npmrc");
  await writeFile(file, `${lines.join("\n")}\n`, { mode: 0o600 });
  return {
    secrets: [
      `--secret=id=npmrc,src=${file}`,
      ...(authorities === undefined ? [] : [`--secret=id=authorities,src=${authorities}`]),
    ],
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}
