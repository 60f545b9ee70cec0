// Ctrl-C and SIGTERM. A command that takes the signal stops by itself, at a place where it can be resumed; any other one loses its
// session with the database, which ends what it waits for.
import type { Client } from "pg";

const controller = new AbortController();
let isTaken = false;

/** Aborted by the first Ctrl-C or SIGTERM. */
export const interruption: AbortSignal = controller.signal;

export function interrupt(): void {
  controller.abort();
}

/** The same signal, for a command that stops by itself. */
export function takeInterruption(): AbortSignal {
  isTaken = true;
  return interruption;
}

/** Ends the session when the command is interrupted and does not stop by itself. */
export function endWhenInterrupted(client: Client): Disposable {
  const end = () => {
    if (!isTaken) client.connection.stream.destroy();
  };
  interruption.addEventListener("abort", end);
  return { [Symbol.dispose]: () => interruption.removeEventListener("abort", end) };
}
