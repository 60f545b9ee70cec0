import { defineConfig } from "vitest/config";

/** They need an API server, and a cluster; skipped by name where none can run. */
const API_SERVER = [
  "test/operator/*.test.ts",
  "test/operator/crd/apiServer.test.ts",
  "test/operator/kube/**/*.test.ts",
  "test/support/apiServer.test.ts",
];
const CLUSTER = ["test/cluster/**/*.test.ts"];
const CHART = ["test/chart/**/*.test.ts"];
const LONG = process.env.LONG === undefined ? ["test/long/**"] : [];
const PATIENCE = { testTimeout: 120_000, hookTimeout: 120_000 };

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
          // Tests start processes of their own: two files at once are enough for two cores.
          maxWorkers: 2,
          ...PATIENCE,
        },
      },
      {
        test: {
          name: "apiServer",
          include: API_SERVER,
          globalSetup: ["test/support/apiServerSetup.ts", "test/support/goModulesSetup.ts"],
          maxWorkers: 2,
          ...PATIENCE,
        },
      },
      {
        test: {
          name: "chart",
          include: CHART,
          globalSetup: ["test/support/apiServerSetup.ts", "test/support/goModulesSetup.ts"],
          maxWorkers: 1,
          ...PATIENCE,
        },
      },
      {
        test: {
          name: "cluster",
          include: CLUSTER,
          globalSetup: ["test/support/clusterSetup.ts", "test/support/goModulesSetup.ts"],
          // Last, and one file after the other: they share one cluster and stop its API server.
          sequence: { groupOrder: 1 },
          maxWorkers: 1,
          ...PATIENCE,
        },
      },
    ],
  },
});
