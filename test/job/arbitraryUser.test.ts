// As OpenShift runs an image: a user ID of the namespace's range in group 0, without a home and on a read-only root.
import { execFile, spawnSync } from "node:child_process";
import { chmod, copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { createTestDatabase } from "../support/database.ts";
import { ROOT } from "../support/pages.ts";

const USER = ["--reuid=1000670000", "--regid=0", "--clear-groups"];
const mayBecome = spawnSync("unshare", ["--mount", "setpriv", ...USER, "true"]).status === 0;

test.skipIf(!mayBecome)(
  "the programs of the image need neither a known user nor anything that they may write",
  async () => {
    await using database = await createTestDatabase({ from: "empty" });
    const volume = await mkdtemp(join(tmpdir(), "climatebatch-volume-"));
    try {
      await chmod(volume, 0o755);
      await copyFile(join(ROOT, "cli/sample/rotated-pole.nc"), join(volume, "tasmax.nc"));
      const program = `"${process.execPath}" "${join(ROOT, "bin/container.mjs")}"`;
      // A pod of the chart that loads has a volume for temporary files.
      const commands = `! touch "${tmpdir()}/any" 2> /dev/null
      ${program} migrate
      TMPDIR="${volume}/temporary" ${program} load climate "${volume}/tasmax.nc" --scenario regional
      ${program} run all --period 2001-2020 --risk high_temperature --workers 1 2> /dev/null
      ${program} place 37.1 127.0
      id`;
      const script = `mkdir "${volume}/temporary" && mount -t tmpfs none "${volume}/temporary" && mount -o remount,bind,ro /
      exec setpriv ${USER.join(" ")} env --ignore-environment DATABASE_URL="${database.url}" bash --norc -euc '${commands}'`;
      const { stdout } = await promisify(execFile)("unshare", ["--mount", "bash", "--norc", "-euc", script], {
        cwd: "/",
      });
      expect(stdout).toMatch(/Batch 1 is published\.[\s\S]*High temperature[\s\S]*uid=1000670000 gid=0/);
    } finally {
      await rm(volume, { recursive: true });
    }
  },
);
