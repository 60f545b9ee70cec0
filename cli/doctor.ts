// `climatebatch doctor`: what is well, what is not, and what to do: of one machine where serve runs, or of an installation in a
// cluster. The checks stand in doctor/, loaded when asked for.
import type { Argv } from "yargs";
import { RejectedError } from "../model/errors.ts";
import { clusterOptions } from "./clusterOptions.ts";
import {
  type ArgumentsOf,
  COMMAND_EXIT_CODES,
  type CommandContext,
  type CommandOf,
  jsonOption,
  printFacts,
} from "./command.ts";
import { databaseOption, findAddress, openAddress, readEnvironmentFile } from "./database.ts";
import type { CheckReport } from "./doctor/finding.ts";
import { list } from "./optionKinds.ts";

function buildOptions(yargs: Argv) {
  return yargs
    .options({
      cluster: {
        type: "boolean",
        describe:
          "look at an installation in a cluster [default: yes in a pod and with --namespace or --kubeconfig, else no: at serve on this machine]",
      },
      "warn-only": {
        ...list,
        describe:
          'checks, by the names that stand before findings, whose problems are no more than warnings, such as batches "last firings"',
      },
      ...clusterOptions,
      ...jsonOption,
      ...databaseOption,
    })
    .example("$0 doctor", "where serve runs, with the same .env")
    .example(
      "$0 doctor --cluster -n climate",
      "from anywhere, as kubectl is configured; helm test does the same inside",
    )
    .epilogue(
      "Nothing is changed. Exit codes: 0 no problem (warnings there may be) · 1 problems · 4 no connection to the database, or to the API server.",
    );
}

type DoctorArguments = ArgumentsOf<typeof buildOptions>;

export function makeDoctorCommand({ signal, setExitCode }: CommandContext): CommandOf<typeof buildOptions> {
  return {
    command: "doctor",
    describe:
      "is all well? connection, NOTIFY, rights, operator, schedules, data, batches; and what to do about what is not",
    builder: buildOptions,
    handler: async (argv) => {
      const examined = (await isAboutCluster(argv)) ? await lookAtCluster(argv, signal) : await lookAtMachine(argv);
      const reports = examined.map((report) => (argv.warnOnly?.includes(report.check) ? demote(report) : report));
      const { describeReports } = await import("./doctor/describeReports.ts");
      printFacts(argv, reports, describeReports);
      setExitCode(judge(reports));
    },
  };
}

async function isAboutCluster({ cluster, kubeconfig, namespace }: DoctorArguments): Promise<boolean> {
  if (cluster !== undefined) return cluster;
  if (kubeconfig !== undefined || namespace !== undefined) return true;
  return (await import("../operator/kube/kubeConfig.ts")).isInCluster();
}

async function lookAtMachine(argv: DoctorArguments): Promise<CheckReport[]> {
  const { examineMachine, MACHINE_CHECKS } = await import("./doctor/examineMachine.ts");
  checkNames(argv.warnOnly, MACHINE_CHECKS);
  const server = await openAddress(argv);
  try {
    return await examineMachine(server.url, await readEnvironmentFile(), process.env);
  } finally {
    await server.release();
  }
}

async function lookAtCluster(argv: DoctorArguments, signal: AbortSignal): Promise<CheckReport[]> {
  const { findCluster } = await import("./withCluster.ts");
  const { CLUSTER_CHECKS, examineInstallation, OPERATOR_DATABASE_CHECKS } = await import(
    "./doctor/examineInstallation.ts"
  );
  checkNames(argv.warnOnly, [...CLUSTER_CHECKS, ...OPERATOR_DATABASE_CHECKS]);
  const { cluster, namespace } = findCluster(argv);
  const address = await findAddress(argv);
  const server = address === null ? null : await openAddress({ database: address });
  try {
    return await examineInstallation(cluster, namespace, server?.url ?? null, signal);
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
    `--warn-only expects names of checks, but got "${unknown.join('", "')}". Here they are: ${known.join(", ")}.`,
  );
}

function demote({ check, findings }: CheckReport): CheckReport {
  return {
    check,
    findings: findings.map((one) => (one.level === "problem" ? { ...one, level: "warning" } : one)),
  };
}

function judge(reports: readonly CheckReport[]): number {
  const problems = reports.filter(({ findings }) => findings.some(({ level }) => level === "problem"));
  const isAway = problems.some(({ check }) => check === "connection" || check === "API server");
  if (isAway) return COMMAND_EXIT_CODES.unavailable;
  return problems.length > 0 ? COMMAND_EXIT_CODES.failed : COMMAND_EXIT_CODES.done;
}
