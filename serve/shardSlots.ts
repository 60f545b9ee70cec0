// So many shard processes at a time on this machine, for all batches; first come, first served.
import type { Places } from "./executor/localExecutor.ts";

export function makePlaces(most: number): Places {
  const waiting: (() => void)[] = [];
  let free = most;
  const giveBack = () => {
    const next = waiting.shift();
    if (next === undefined) free++;
    else next();
  };
  return {
    async take() {
      if (free > 0) free--;
      else await new Promise<void>((resolve) => waiting.push(resolve));
      let isGiven = false;
      return () => {
        if (!isGiven) giveBack();
        isGiven = true;
      };
    },
  };
}
