// Why a file cannot be read, in words for the person who named it.
import { RejectedError } from "../../model/errors.ts";

/** What a library could not read. */
export function unreadable(file: string, what: string, cause: unknown): RejectedError {
  const words = cause instanceof Error ? cause.message : String(cause);
  return new RejectedError(
    "UnreadableFile",
    `${file}: ${what} cannot be read: ${shorten(words)}. The file is damaged or was cut off: fetch it again, or compare its size and checksum with the source's.`,
    { cause },
  );
}

function shorten(words: string): string {
  const line = words.replaceAll(/\s+/g, " ").trim().replace(/\.$/, "");
  return line.length > 200 ? `${line.slice(0, 199)}…` : line;
}

/** Errors of the file system and of gzip in words; any other error as it is. */
export function explainReading(error: unknown, file: string): unknown {
  if (!(error instanceof Error) || error instanceof RejectedError) return error;
  const { code } = error as { code?: string };
  const words =
    code === "ENOENT"
      ? "does not exist. Check the name; a relative one is looked for in the working folder."
      : code === "EACCES" || code === "EPERM"
        ? "may not be read by this user. Change its permissions."
        : code?.startsWith("Z_")
          ? `is damaged: its gzip stream cannot be read (${error.message}). Fetch it again.`
          : undefined;
  return words === undefined ? error : new RejectedError("UnreadableFile", `${file} ${words}`, { cause: error });
}
