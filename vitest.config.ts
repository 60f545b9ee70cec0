import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

/** They need an API server, or a cluster. */
const API_SERVER = [
  "test/operator/*.test.ts",
  "test/operator/crd/apiServer.test.ts",
  "test/operator/kube/**/*.test.ts",
  "test/support/apiServer.test.ts",
  // Needs programs that are built together with the API server.
  "test/docs/backup.test.ts",
];
const CLUSTER = ["test/cluster/**/*.test.ts", "test/faults/matrix.test.ts"];
const CHART = ["test/chart/**/*.test.ts"];
const LONG = process.env.LONG === undefined ? ["test/long/**"] : [];

// Tests start programs by the hundred, and compiling is half of what a short one costs: kept from one process to the next.
process.env.NODE_COMPILE_CACHE ??= fileURLToPath(new URL("node_modules/.cache/compile", import.meta.url));

const COMMON = {
  // A file's modules are its own state only in a few; loading them again for each file costs more than many tests.
  isolate: false,
  // Waits end with what they wait for. These limits are for programs that hang, on machines of any speed.
  testTimeout: 300_000,
  hookTimeout: 300_000,
  // Tests of one file side by side: all share one server, whose connections are few.
  maxConcurrency: 2,
};

export default defineConfig({
  test: {
    // Once for all projects; those of a project only when it has tests to run.
    globalSetup: ["test/support/globalSetup.ts"],
    reporters: ["default", "./test/support/summaryReporter.ts"],
    projects: [
      {
        test: {
          name: "programs",
          include: ["test/**/*.test.ts"],
          exclude: [...API_SERVER, ...CLUSTER, ...CHART, ...LONG],
          // Files wait for programs half of their time.
          maxWorkers: availableParallelism() + 1,
          ...COMMON,
        },
      },
      {
        test: {
          name: "apiServer",
          include: API_SERVER,
          maxWorkers: availableParallelism() + 1,
          ...COMMON,
          // Operators and their doctors wait for most of their time.
          maxConcurrency: 4,
        },
      },
      {
        test: {
          name: "chart",
          include: CHART,
          maxWorkers: availableParallelism() + 1,
          ...COMMON,
        },
      },
      {
        test: {
          name: "cluster",
          include: CLUSTER,
          globalSetup: ["test/support/clusterSetup.ts"],
          // Last, and one file after the other: they share one cluster and stop its API server.
          sequence: { groupOrder: 1 },
          maxWorkers: 1,
          ...COMMON,
        },
      },
    ],
  },
});
