// The environment of the job program, read once. A pod and a child process get the same.
import { z } from "zod";
import { type Environment, invalidEnvironment, readDatabaseUrl } from "../database/address.ts";
import { POD_ENV } from "../model/podContract.ts";

export interface JobConfig {
  readonly databaseUrl: string;
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
  return {
    databaseUrl: readDatabaseUrl(environment),
    batchId: parsed.data[POD_ENV.batch],
    jobAttempt: parsed.data[POD_ENV.jobAttempt],
    completionIndex: parsed.data[POD_ENV.completionIndex],
  };
}
