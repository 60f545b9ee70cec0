// `climatebatch doctor`: the state of one machine that runs serve, or of an installation in a cluster, with remedies.
import { RejectedError } from "../model/errors.ts";
import { COMMAND_EXIT_CODES, defineCommand } from "./command.ts";
import { findAddress, findReplicas, openAddress, readEnvironmentFile } from "./database.ts";
import type { CheckReport } from "./doctor/finding.ts";
import { type ArgumentsOf, clusterOptions, databaseOption, jsonOption, list, toggle, type Usage } from "./options.ts";
import { printFacts } from "./printing.ts";

const usage = {
  options: {
    cluster: {
      ...toggle,
      describe:
        "check an installation in a cluster [default: yes in a pod and with --namespace or --kubeconfig, else no: check serve on this machine]",
    },
    "warn-only": {
      ...list,
      value: "CHECK",
      describe:
        'checks, by the names in front of findings, whose problems are only warnings, such as batches,"last firings"',
    },
    ...clusterOptions,
    ...jsonOption,
    ...databaseOption,
  },
  examples: [
    ["doctor", "where serve runs, with the same .env"],
    ["doctor --cluster -n climate", "from anywhere, as kubectl is configured; helm test does the same inside"],
  ],
  notes:
    "Nothing is changed. Exit codes: 0 no problem (perhaps warnings) · 1 problems · 4 no connection to the database, or to the API server.",
} as const satisfies Usage;

type DoctorArguments = ArgumentsOf<typeof usage>;

export const doctorCommand = defineCommand(usage, async (argv, { signal, setExitCode }) => {
  const examined = (await isAboutCluster(argv)) ? await examineCluster(argv, signal) : await examineThisMachine(argv);
  const reports = examined.map((report) => (argv.warnOnly?.includes(report.check) ? demote(report) : report));
  const { describeReports } = await import("./doctor/describeReports.ts");
  printFacts(argv, reports, describeReports);
  setExitCode(exitCodeOf(reports));
});

async function isAboutCluster({ cluster, kubeconfig, namespace }: DoctorArguments): Promise<boolean> {
  if (cluster !== undefined) return cluster;
  if (kubeconfig !== undefined || namespace !== undefined) return true;
  return (await import("../operator/kube/serviceAccount.ts")).isInCluster();
}

async function examineThisMachine(argv: DoctorArguments): Promise<CheckReport[]> {
  const { examineMachine, MACHINE_CHECKS } = await import("./doctor/examineMachine.ts");
  checkNames(argv.warnOnly, MACHINE_CHECKS);
  const server = await openAddress(argv, "use");
  try {
    const database = { url: server.url, replicas: await findReplicas(argv) };
    return await examineMachine(database, await readEnvironmentFile(), process.env);
  } finally {
    await server.release();
  }
}

async function examineCluster(argv: DoctorArguments, signal: AbortSignal): Promise<CheckReport[]> {
  const { findCluster } = await import("./withCluster.ts");
  const { CLUSTER_CHECKS, examineInstallation, OPERATOR_DATABASE_CHECKS } = await import(
    "./doctor/examineInstallation.ts"
  );
  checkNames(argv.warnOnly, [...CLUSTER_CHECKS, ...OPERATOR_DATABASE_CHECKS]);
  const { cluster, namespace } = findCluster(argv);
  const address = await findAddress(argv);
  const server = address === null ? null : await openAddress({ database: address }, "use");
  try {
    const database = server === null ? null : { url: server.url, replicas: await findReplicas(argv) };
    return await examineInstallation(cluster, namespace, database, signal);
  } finally {
    await server?.release();
  }
}

function checkNames(names: readonly string[] | undefined, checks: readonly { readonly name: string }[]): void {
  const known = checks.map(({ name }) => name);
  const unknown = names?.filter((name) => !known.includes(name)) ?? [];
  if (unknown.length === 0) return;
  throw new RejectedError(
    "UnknownCheck",
    `--warn-only expects names of checks, but got "${unknown.join('", "')}". Known checks: ${known.join(", ")}.`,
  );
}

function demote({ check, findings }: CheckReport): CheckReport {
  return {
    check,
    findings: findings.map((one) => (one.level === "problem" ? { ...one, level: "warning" } : one)),
  };
}

function exitCodeOf(reports: readonly CheckReport[]): number {
  const problems = reports.filter(({ findings }) => findings.some(({ level }) => level === "problem"));
  const isUnreachable = problems.some(({ check }) => check === "connection" || check === "API server");
  if (isUnreachable) return COMMAND_EXIT_CODES.unavailable;
  return problems.length > 0 ? COMMAND_EXIT_CODES.failed : COMMAND_EXIT_CODES.done;
}
