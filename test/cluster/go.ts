// The Go of this machine: whether it is new enough, and its commands.
import { spawn, spawnSync } from "node:child_process";
import { text } from "node:stream/consumers";

/** From this version on Go fetches the newer Go that a module requires. */
const OLDEST_GO = { major: 1, minor: 21 };
const PROGRESS_MS = 60_000;

/** Null, or why Go cannot build here. */
export function goObstacle(): string | null {
  const { status, stdout } = spawnSync("go", ["env", "GOVERSION"], { encoding: "utf8" });
  const needed = `Go ${OLDEST_GO.major}.${OLDEST_GO.minor} or newer`;
  const remedy = `Install ${needed} (https://go.dev/dl) and put it on the PATH.`;
  if (status !== 0) return `${needed} is needed to build what tests use; found none. ${remedy}`;
  const [major, minor] = stdout.replace("go", "").split(".").map(Number) as [number, number];
  const isOld = major === OLDEST_GO.major && minor < OLDEST_GO.minor;
  return isOld ? `${needed} is needed to build what tests use; found ${stdout.trim()}. ${remedy}` : null;
}

/** Returns standard output; standard error is passed on. Niced: a build of minutes must not stop all other work. While it runs, a line a minute says so. */
export async function go(
  words: readonly string[],
  { cwd, env }: { readonly cwd: string; readonly env: Readonly<Record<string, string>> },
): Promise<string> {
  const child = spawn("nice", ["-n", "19", "go", ...words], {
    cwd,
    // No C compiler is needed.
    env: { ...process.env, CGO_ENABLED: "0", ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const started = performance.now();
  const progress = setInterval(() => {
    console.error(`  go ${words[0]}: ${((performance.now() - started) / 60_000).toFixed(0)} min …`);
  }, PROGRESS_MS);
  const code = new Promise<number | null>((done, failed) => child.once("error", failed).once("close", done));
  try {
    const written = await text(child.stdout);
    if ((await code) === 0) return written;
    throw new Error(
      `go ${words[0]} in ${cwd} ended with ${await code}; see above. It needs the Go module proxy (or a filled module ` +
        "cache) and up to 4 GB for its build cache.",
    );
  } finally {
    clearInterval(progress);
  }
}
