// `npm run cluster -- …`: a Kubernetes for tests and development on this machine (docs/cluster.md).
import { parseArgs } from "node:util";
import { ensurePostgresTools } from "../support/postgresTools.ts";
import { startApiOnly } from "./apiOnly.ts";
import { ensureBinaries, kubectlProgram } from "./binaries.ts";
import { cacheFolder } from "./cache.ts";
import { chooseCluster, clusterObstacle } from "./cluster.ts";
import { goObstacle } from "./go.ts";
import { ensureGoModule, GO_MODULES, isGoModuleBuilt } from "./goModules.ts";
import { buildImage, IMAGES } from "./images.ts";
import { ensurePackages, localClusterObstacle } from "./prerequisites.ts";
import { run } from "./processes.ts";

const USAGE = `npm run cluster -- COMMAND
  up            start a cluster with one node, or join the one that runs
  down          remove it: processes, mounts, network, objects; images stay
  status        whether it runs, its nodes and pods (exit code 1: it does not)
  images [operator] [job]   build both images or one, and load them when the cluster runs
  load IMAGE…   load images built on this machine into the node
  api           only etcd and an API server, until Ctrl-C
  build         build or install everything that tests on a cluster need, once per version`;

const report = (line: string) => console.error(line);

const commands: Record<string, (words: string[]) => Promise<void>> = {
  async up() {
    const obstacle = clusterObstacle();
    if (obstacle !== null) throw new Error(obstacle);
    const cluster = chooseCluster();
    const started = performance.now();
    await cluster.up(report);
    report(`The ${cluster.kind} cluster is up (${((performance.now() - started) / 1000).toFixed(1)} s).`);
    console.log(`export KUBECONFIG=${cluster.kubeconfig}`);
  },
  async down() {
    const cluster = chooseCluster();
    await cluster.down();
    report(`The ${cluster.kind} cluster is down; nothing of it runs.`);
  },
  async status() {
    const cluster = chooseCluster();
    if (!(await cluster.isUp())) {
      report("No cluster runs here: npm run cluster -- up");
      process.exitCode = 1;
      return;
    }
    const kubectl = (...words: string[]) => run(kubectlProgram(), ["--kubeconfig", cluster.kubeconfig, ...words]);
    console.log(`export KUBECONFIG=${cluster.kubeconfig}`);
    console.log(`pods reach this machine at ${await cluster.nodeAddress()}`);
    console.log(await kubectl("get", "nodes", "--output=wide"));
    console.log(await kubectl("get", "pods", "--all-namespaces"));
    for (const file of cluster.logs) console.log(`log: ${file}`);
  },
  async images(programs) {
    const cluster = chooseCluster();
    const known = Object.keys(IMAGES) as (keyof typeof IMAGES)[];
    const unknown = programs.filter((program) => !Object.hasOwn(IMAGES, program));
    if (unknown.length > 0)
      throw new Error(`There is no image "${unknown.join(", ")}"; there are: ${known.join(", ")}.`);
    for (const program of known.filter((one) => programs.length === 0 || programs.includes(one))) {
      const image = await buildImage(program, report);
      if (await cluster.isUp()) await cluster.load(image, report);
    }
  },
  async load(images) {
    if (images.length === 0) throw new Error(`No image was named.\n${USAGE}`);
    const cluster = chooseCluster();
    if (!(await cluster.isUp())) throw new Error("No cluster runs here to load into: npm run cluster -- up");
    for (const image of images) await cluster.load(image, report);
  },
  async api() {
    const api = await startApiOnly();
    report(`The API server ${api.url} runs until Ctrl-C; without nodes and controllers.`);
    console.log(`export KUBECONFIG=${api.kubeconfig}`);
    await new Promise<void>((done) => {
      for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => done());
      // A promise alone keeps no process alive.
      setInterval(() => undefined, 1 << 30);
    });
    await api.stop();
    process.exit();
  },
  async build() {
    const started = performance.now();
    // Each is of use without the others; what cannot be built here is reported, and its tests are skipped by name.
    const reportObstacle = (name: string) => (error: Error) => report(`${name}: ${error.message}`);
    await ensureBinaries(report).catch(reportObstacle("Kubernetes"));
    const obstacle = goObstacle();
    for (const name of GO_MODULES) {
      if (!isGoModuleBuilt(name) && obstacle !== null) report(`${name}: ${obstacle}`);
      else await ensureGoModule(name).catch(reportObstacle(name));
    }
    await ensurePostgresTools(report).catch(reportObstacle("PostgreSQL's programs"));
    if (localClusterObstacle() === null) await ensurePackages(report).catch(reportObstacle("packages"));
    report(`Everything that can be built here is in ${cacheFolder()} (${minutesSince(started)} minutes).`);
  },
};

const minutesSince = (started: number) => ((performance.now() - started) / 60_000).toFixed(1);

const { positionals } = parseArgs({ allowPositionals: true });
const [name = "", ...words] = positionals;
const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
if (command === undefined) {
  report(name === "" ? USAGE : `There is no command "${name}".\n${USAGE}`);
  process.exitCode = 2;
} else {
  await command(words).catch((error: Error) => {
    report(error.message);
    process.exitCode = 1;
  });
}
