// A release: the changelog blocks an empty one, the steps run as far as this machine can, the workflows name what there is.
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { loadYaml } from "@kubernetes/client-node";
import { expect, test } from "vitest";
import { cutRelease, readSection, setChartVersion } from "../../scripts/changelog.ts";
import { ROOT } from "../support/pages.ts";

const run = promisify(execFile);
const read = (path: string) => readFile(join(ROOT, path), "utf8");

interface Job {
  readonly permissions?: Readonly<Record<string, string>>;
  readonly strategy?: { readonly matrix: Readonly<Record<string, readonly (string | number)[]>> };
  readonly steps: readonly { readonly uses?: string; readonly run?: string }[];
}
interface Workflow {
  readonly permissions: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, Job>>;
}
const readWorkflow = async (name: string) => loadYaml<Workflow>(await read(`.github/workflows/${name}`));

test("unreleased entries move under the new version, and the next release starts empty", () => {
  const changelog = "# Changelog\n\n## Unreleased\n\n### Added\n\n- A risk.\n\n## 0.1.0 - 2026-01-01\n\n- First.\n";
  const cut = cutRelease(changelog, "0.2.0", "2026-02-03");
  expect(readSection(cut, "Unreleased")).toBe("");
  expect(readSection(cut, "0.2.0")).toBe("### Added\n\n- A risk.");
  expect(readSection(cut, "0.1.0")).toBe("- First.");
  expect(readSection(cut, "9.9.9")).toBeNull();
});

test.each([
  "# Changelog\n\n## Unreleased\n\n## 0.1.0\n\n- First.\n",
  "# Changelog\n\n## Unreleased\n\n### Added\n",
  "",
])("a release without entries is refused: %j", (changelog) => {
  expect(() => cutRelease(changelog, "0.2.0", "2026-02-03")).toThrow(/no entry under Unreleased/);
});

test("the chart gets the version of the package", async () => {
  const chart = loadYaml<Record<string, string>>(
    setChartVersion(await read("charts/climatebatch/Chart.yaml"), "7.8.9"),
  );
  expect(chart).toMatchObject({ apiVersion: "v2", version: "7.8.9", appVersion: "7.8.9" });
});

test("release:check makes an SBOM of the production packages, notes and checksums that agree", async () => {
  const folder = await mkdtemp(join(tmpdir(), "climatebatch-release-"));
  try {
    const { stdout } = await run(process.execPath, ["scripts/releaseCheck.ts", "--output", folder], { cwd: ROOT });
    expect(stdout).toMatch(/^done +changelog/m);
    expect(stdout).toMatch(/^done +versions/m);
    expect(stdout).toMatch(/^done +package: climatebatch-cli-\d/m);
    expect(stdout).toMatch(/^(done +chart: climatebatch-|skipped +chart: Helm)/m);
    const sbom = JSON.parse(await readFile(join(folder, "sbom.cdx.json"), "utf8"));
    const names = sbom.components.map(({ name }: { name: string }) => name);
    const { dependencies } = JSON.parse(await read("package.json"));
    expect(names).toEqual(expect.arrayContaining(Object.keys(dependencies)));
    expect(names).not.toContain("vitest");
    expect(names).not.toContain("typescript");
    const sums = (await readFile(join(folder, "SHA256SUMS"), "utf8")).trim().split("\n");
    expect(sums).toHaveLength((await readdir(folder)).length - 1);
    for (const line of sums) {
      const [sum, name] = line.split("  ");
      const bytes = await readFile(join(folder, name!));
      expect(createHash("sha256").update(bytes).digest("hex")).toBe(sum);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("release:check fails for a tag that is neither the version nor in the changelog", async () => {
  const failed = run(process.execPath, ["scripts/releaseCheck.ts", "--tag", "v99.0.0"], { cwd: ROOT });
  await expect(failed).rejects.toMatchObject({
    code: 1,
    stdout: expect.stringMatching(/^FAILED +changelog.*^FAILED +versions/ms),
  });
});

test.each(["ci.yml", "release.yml"])(
  "%s runs scripts that exist, pins every action and may only read by default",
  async (name) => {
    const { permissions, jobs } = await readWorkflow(name);
    const { scripts } = JSON.parse(await read("package.json"));
    const steps = Object.values(jobs).flatMap((job) => job.steps);
    expect(permissions).toEqual({ contents: "read" });
    const actions = steps.flatMap(({ uses }) => uses ?? []);
    expect(actions.length).toBeGreaterThan(5);
    expect(actions.filter((action) => !/@[0-9a-f]{40}$/.test(action))).toEqual([]);
    const called = steps.flatMap(({ run: text }) =>
      [...(text ?? "").matchAll(/\bnpm (?:run )?([\w:-]+)/g)]
        .map(([, script]) => script!)
        .filter((one) => one !== "ci"),
    );
    expect(called.length).toBeGreaterThan(1);
    expect(called.filter((script) => scripts[script] === undefined)).toEqual([]);
  },
);

test("CI covers the versions that docs/support.md promises", async () => {
  const { jobs } = await readWorkflow("ci.yml");
  const page = await read("docs/support.md");
  const promised = (part: string) => new RegExp(`^\\| ${part}[^|]*\\| ([^|]+) \\|`, "m").exec(page)![1]!;
  expect(jobs.postgresql!.strategy!.matrix.postgresql!.join(", ")).toBe(promised("PostgreSQL"));
  const minors = jobs.cluster!.strategy!.matrix.kubernetes!.map((one) => String(one).replace(/\.\d+$/, ""));
  expect(minors.join(", ")).toBe(promised("Kubernetes"));
  expect(promised("Node")).toContain(`${Math.min(...jobs.test!.strategy!.matrix.node!.map(Number))} or newer`);
});
