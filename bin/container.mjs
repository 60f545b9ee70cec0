// The first process in the job's container: a shard when nothing is asked, else the command that is.
import { EXIT_CODES } from "../model/podContract.ts";

// The kernel drops signals that the first process does not handle: until the program listens, being told to stop means this.
for (const name of ["SIGINT", "SIGTERM"]) {
  process.on(name, () => process.listenerCount(name) === 1 && process.exit(EXIT_CODES.retry));
}

await import(process.argv.length === 2 ? "../job/main.ts" : "../cli/main.ts");
