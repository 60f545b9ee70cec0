// The Go of this machine: whether it can build for us, and its commands.
import { spawn, spawnSync } from "node:child_process";
import { text } from "node:stream/consumers";

/** From here on Go fetches by itself the newer Go that a module asks for. */
const OLDEST_GO = { major: 1, minor: 21 };

/** Null, or why there is no Go that can build for us. */
export function goObstacle(): string | null {
  const { status, stdout } = spawnSync("go", ["env", "GOVERSION"], { encoding: "utf8" });
  const needed = `Go ${OLDEST_GO.major}.${OLDEST_GO.minor} or newer`;
  const remedy = `Install ${needed} (https://go.dev/dl) and put it on the PATH.`;
  if (status !== 0) return `${needed} is needed to build what tests use; there is no command go. ${remedy}`;
  const [major, minor] = stdout.replace("go", "").split(".").map(Number) as [number, number];
  const isOld = major === OLDEST_GO.major && minor < OLDEST_GO.minor;
  return isOld ? `${needed} is needed to build what tests use; found ${stdout.trim()}. ${remedy}` : null;
}

/** Gives what the command wrote; what it complains about is seen at once. Niced: a build of minutes must not stop all other work. */
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
  const code = new Promise<number | null>((done, failed) => child.once("error", failed).once("close", done));
  const written = await text(child.stdout);
  if ((await code) === 0) return written;
  throw new Error(
    `go ${words[0]} in ${cwd} ended with ${await code}; above is what it said. It needs the Go module proxy (or a filled ` +
      "module cache) and up to 4 GB for its build cache.",
  );
}
