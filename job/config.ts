// The environment of the job program, read once. A pod and a child process get the same.
import { z } from "zod";
import {
  type Environment,
  invalidEnvironment,
  type ReadReplicas,
  readDatabaseUrl,
  readMountedDatabaseUrl,
  readReplicas,
} from "../database/address.ts";
import { POD_ENV } from "../model/podContract.ts";

export interface JobConfig {
  /** Read for every try to connect: a mounted password may change. */
  readonly readUrl: () => string | Promise<string>;
  readonly replicas: ReadReplicas;
  readonly batchId: string;
  readonly jobAttempt: number;
  readonly completionIndex: number;
}

const JOB_ENV = z.object({
  [POD_ENV.batch]: z.string({ error: "expected the id of a batch" }).regex(/^\d+$/, "expected the id of a batch"),
  [POD_ENV.jobAttempt]: z.coerce.number({ error: "expected a number from 1" }).int().min(1),
  [POD_ENV.completionIndex]: z.coerce.number({ error: "expected a number from 0" }).int().min(0),
});

export function readJobConfig(environment: Environment): JobConfig {
  const parsed = JOB_ENV.safeParse(environment);
  if (!parsed.success) throw invalidEnvironment(parsed.error, environment);
  const folder = environment.DATABASE_FOLDER;
  // Now, so that all that is wrong is reported at once.
  if (folder === undefined) readDatabaseUrl(environment);
  return {
    readUrl: () => (folder === undefined ? readDatabaseUrl(environment) : readMountedDatabaseUrl(folder, environment)),
    replicas: readReplicas(environment),
    batchId: parsed.data[POD_ENV.batch],
    jobAttempt: parsed.data[POD_ENV.jobAttempt],
    completionIndex: parsed.data[POD_ENV.completionIndex],
  };
}
