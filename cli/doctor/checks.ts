// All checks, in the order in which trouble follows from trouble.
import { batchesCheck } from "./batchesCheck.ts";
import { permissionsCheck, schemaCheck, serverCheck } from "./connectionChecks.ts";
import { coverageCheck } from "./coverageCheck.ts";
import type { Check } from "./finding.ts";
import { channelCheck, listenersCheck, requestsCheck } from "./listeningChecks.ts";
import { lastFiringsCheck, nextFiringsCheck, zoneCheck } from "./scheduleChecks.ts";

export const CHECKS: readonly Check[] = [
  serverCheck,
  schemaCheck,
  permissionsCheck,
  channelCheck,
  listenersCheck,
  requestsCheck,
  zoneCheck,
  nextFiringsCheck,
  lastFiringsCheck,
  coverageCheck,
  batchesCheck,
];
