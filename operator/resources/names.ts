// Names of children: a function of the batch and the attempt, never of the clock, so that creating twice collides.
import type { ClimateBatchMetadata } from "../../model/climateBatch.ts";

const UID_DIGITS = 8;

/**
 * `<batch>-<8 digits of its uid>-<attempt>`: at most 40 + 1 + 8 + 1 + 3 characters, which leaves a pod's host name
 * (`<Job>-<completion index>`) its 63. The uid tells apart batches that had the same name one after the other.
 */
export function childJobName({ name, uid }: Pick<ClimateBatchMetadata, "name" | "uid">, attempt: number): string {
  return `${name}-${uid.replaceAll("-", "").slice(0, UID_DIGITS)}-${attempt}`;
}
