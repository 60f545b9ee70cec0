// The browser that pages are tested in. `npm run browser` installs Debian's, with letters for Korean, where there is none.
import { existsSync } from "node:fs";
import { canInstall, installPackages } from "../cluster/prerequisites.ts";

/** undefined: tests in a browser are skipped, by name. */
export const CHROMIUM = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync);

if (import.meta.main && CHROMIUM === undefined) {
  const packages = ["chromium", "fonts-noto-cjk"];
  if (!canInstall()) throw new Error(`Install a Chromium; on Debian, as root: apt-get install ${packages.join(" ")}`);
  console.log(`Installing the Debian packages of the browser: ${packages.join(" ")}`);
  await installPackages(packages);
}
