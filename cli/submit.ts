// `climatebatch submit`: creates a ClimateBatch, which the operator of the cluster computes; the yearly schedule uses it, too.
import { defineCommand } from "./command.ts";
import { submitUsage } from "./submit/usage.ts";

export const submitCommand = defineCommand(submitUsage, async (argv, context) => {
  // The client of a cluster takes longer to load than the help to read.
  const { submitBatch } = await import("./submit/submitBatch.ts");
  await submitBatch(argv, context);
});
