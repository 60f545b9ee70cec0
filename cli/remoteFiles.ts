// Files that a command takes by address, https:// or s3://: brought here first, with progress, and named by their address in
// what the command says.
import { bringFiles, type LocalFiles } from "../ingest/remote/remoteFiles.ts";
import { systemClock } from "../model/clock.ts";
import { RejectedError } from "../model/errors.ts";
import { type Progress, startProgress } from "./progress.ts";

export const FILE_ADDRESSES =
  "a file may be an address: https://…, s3://BUCKET/KEY, or s3://BUCKET/PREFIX/ for all below it";

const MEGABYTE = 1e6;
/** Smaller files need no progress. */
const QUIET_SECONDS = 5;

interface FileArguments {
  readonly file: readonly string[];
  readonly json: boolean;
  readonly spool?: string | undefined;
}

/** `work` receives the arguments with local files. What was brought is kept for the next run unless `work` succeeds. */
export async function withLocalFiles<Given extends FileArguments, Result>(
  argv: Given,
  signal: AbortSignal,
  work: (argv: Given, restore: LocalFiles["restore"]) => Promise<Result>,
): Promise<Result> {
  let shown: Progress | undefined;
  const progress = {
    onFound: (files: number, bytes: number | null) => {
      if (argv.json || bytes === null) return;
      const label = files === 1 ? "downloading" : `downloading ${files.toLocaleString("en")} files`;
      shown = startProgress(label, bytes / MEGABYTE, "MB", { quietSeconds: QUIET_SECONDS });
    },
    onBytes: (bytes: number) => shown?.update(bytes / MEGABYTE),
  };
  const options = { above: argv.spool, environment: process.env, clock: systemClock, progress, signal };
  const local = await bringFiles(argv.file, options).finally(() => shown?.stop());
  let isDone = false;
  try {
    const result = await work({ ...argv, file: local.files }, local.restore);
    isDone = true;
    return result;
  } catch (thrown) {
    if (!(thrown instanceof RejectedError)) throw thrown;
    throw new RejectedError(thrown.reason, local.restore(thrown.message), { cause: thrown.cause });
  } finally {
    local.close(!isDone);
  }
}
