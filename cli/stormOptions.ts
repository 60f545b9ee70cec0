// The options of every command that reads best tracks.

import type { WindUnit } from "../ingest/formats/trackFile.ts";
import { IBTRACS_AGENCIES } from "../ingest/storms/agencies.ts";
import type { StormReadingOptions } from "../ingest/storms/stormFiles.ts";
import { RejectedError } from "../model/errors.ts";
import { text } from "./options.ts";

export const stormReadingOptions = {
  "wind-unit": {
    ...text,
    choices: ["kt", "m/s", "km/h"] as const satisfies readonly WindUnit[],
    describe: "unit of the files' winds [default: the format's own]",
  },
  agency: {
    ...text,
    describe: `whose winds and pressures of IBTrACS: ${IBTRACS_AGENCIES.join(", ")} [default: wmo, the agency responsible for the basin]`,
  },
} as const;

export function readStormWords(
  files: readonly string[],
  { agency, windUnit }: { readonly agency: string | undefined; readonly windUnit: WindUnit | undefined },
): StormReadingOptions {
  if (agency !== undefined && agency !== "wmo" && !IBTRACS_AGENCIES.includes(agency)) {
    throw new RejectedError(
      "InvalidOption",
      `--agency expects wmo or one of ${IBTRACS_AGENCIES.join(", ")}, but got "${agency}".`,
    );
  }
  return { files, windUnit, agency };
}
