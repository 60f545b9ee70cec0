// Sections of CHANGELOG.md. `npm version` runs it: it gives what is unreleased the new version, and the chart the same version.
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "..");
const CHANGELOG = join(ROOT, "CHANGELOG.md");
const CHART = join(ROOT, "charts/climatebatch/Chart.yaml");
export const UNRELEASED = "Unreleased";

/** The entries of a version, without its heading; null where the changelog has no such section. */
export function readSection(changelog: string, version: string): string | null {
  const sections = changelog.split(/^## /m).slice(1);
  const section = sections.find((text) => text.split(/\s/, 1)[0] === version);
  return section === undefined ? null : section.slice(section.indexOf("\n")).trim();
}

/** What is unreleased becomes the version; an empty section takes its place. Headings without an entry do not count. */
export function cutRelease(changelog: string, version: string, date: string): string {
  const section = readSection(changelog, UNRELEASED);
  if (section === null || !/^- /m.test(section)) {
    throw new Error(`CHANGELOG.md has no entry under ${UNRELEASED}: describe what users notice, then release.`);
  }
  return changelog.replace(`## ${UNRELEASED}\n`, `## ${UNRELEASED}\n\n## ${version} - ${date}\n`);
}

export function setChartVersion(chart: string, version: string): string {
  return chart.replaceAll(/^(version|appVersion): .*$/gm, `$1: ${version}`);
}

if (import.meta.main) {
  const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  const date = new Date().toISOString().slice(0, 10);
  writeFileSync(CHANGELOG, cutRelease(readFileSync(CHANGELOG, "utf8"), version, date));
  writeFileSync(CHART, setChartVersion(readFileSync(CHART, "utf8"), version));
  execFileSync("git", ["add", CHANGELOG, CHART], { cwd: ROOT });
}
