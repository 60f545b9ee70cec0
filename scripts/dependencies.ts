// `npm run licences`: licences, integrity and install scripts of what is shipped, known vulnerabilities where npm's
// registry answers, and with `-- --sbom FILE` a CycloneDX bill of materials. All but the vulnerabilities needs no network.
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** SPDX names of licences that allow use and distribution under Apache-2.0. OFL-1.1 is that of fonts, which it lets be bundled unchanged. */
const ALLOWED = [
  ...["0BSD", "Apache-2.0", "BlueOak-1.0.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "ISC", "MIT", "PSF-2.0"],
  ...["OFL-1.1", "Unlicense", "Zlib"],
];
/** Licences that have no SPDX name, read by a person. */
const READ: Readonly<Record<string, string>> = { h5wasm: "NIST software and HDF5 (BSD style)" };

interface LockedPackage {
  readonly version: string;
  readonly license?: string;
  readonly integrity?: string;
  readonly dev?: boolean;
  readonly hasInstallScript?: boolean;
}

export interface Dependencies {
  /** Number of shipped packages by licence. */
  readonly licences: ReadonlyMap<string, number>;
  /** What is wrong, a line each. */
  readonly problems: readonly string[];
}

/** Reads package-lock.json: what is shipped is what is no development dependency. */
export function examineDependencies(): Dependencies {
  const read = (name: string) => JSON.parse(readFileSync(`${ROOT}${name}`, "utf8"));
  const packages: Record<string, LockedPackage> = read("package-lock.json").packages;
  const scriptsAllowed: Record<string, boolean> = read("package.json").allowScripts;
  const licences = new Map<string, number>();
  const problems: string[] = [];
  for (const [path, { version, license, integrity, dev, hasInstallScript }] of Object.entries(packages)) {
    if (path === "") continue;
    const name = path.split("node_modules/").at(-1)!;
    if (!integrity?.startsWith("sha512-")) problems.push(`${name} ${version} has no sha512 in package-lock.json`);
    if (dev) continue;
    if (hasInstallScript && !Object.hasOwn(scriptsAllowed, name)) {
      problems.push(`${name} ${version} has an install script that package.json neither allows nor refuses`);
    }
    const licence = READ[name] ?? license ?? "none";
    licences.set(licence, (licences.get(licence) ?? 0) + 1);
    const isAllowed = licence
      .replaceAll(/[()]/g, "")
      .split(/ AND | OR /)
      .every((one) => ALLOWED.includes(one));
    if (!isAllowed && READ[name] === undefined) problems.push(`${name} ${version} has the licence ${licence}`);
  }
  return { licences, problems };
}

function npm(...words: string[]) {
  return spawnSync("npm", words, { cwd: ROOT, encoding: "utf8", maxBuffer: 1 << 28 });
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { sbom: { type: "string" } } });
  const { licences, problems } = examineDependencies();
  for (const [licence, count] of [...licences].sort((a, b) => b[1] - a[1])) console.log(`${count}\t${licence}`);
  for (const problem of problems) console.error(problem);
  const audit = npm("audit", "--omit=dev", "--audit-level=high");
  const isUnreachable = /audit endpoint returned an error|ENOTFOUND|ECONNREFUSED|EAI_AGAIN/.test(audit.stderr);
  console.log(
    isUnreachable ? "Known vulnerabilities: not checked, the registry does not answer npm audit." : audit.stdout,
  );
  if (values.sbom !== undefined) {
    const { stdout, status, stderr } = npm("sbom", "--sbom-format=cyclonedx", "--omit=dev");
    if (status !== 0) throw new Error(`npm sbom failed: ${stderr}`);
    writeFileSync(values.sbom, stdout);
    console.log(`Bill of materials: ${values.sbom}`);
  }
  if (problems.length > 0 || (audit.status !== 0 && !isUnreachable)) process.exitCode = 1;
}
