// With --json an error is JSON too, whatever the command and whatever is wrong.
import { expect, test } from "vitest";
import { COMMANDS } from "../../cli/commands.ts";
import { type Ended, runCommands, startCli } from "../support/cli.ts";

/** Nothing listens there. */
const NOWHERE = "postgres://user:secret@127.0.0.1:9/name";
const FOLDER = "embedded:no/such/folder";

/** The one line on standard error, and nothing on standard output. */
function readError({ stdout, stderr }: Ended): { reason: string; message: string; exitCode: number } {
  expect(stdout).toBe("");
  const lines = stderr.trimEnd().split("\n");
  expect(lines).toHaveLength(1);
  const { error, ...others } = JSON.parse(lines[0]!);
  expect(others).toEqual({});
  return error;
}

test("an unknown option is a JSON error of every command, with the exit code of wrong words", async () => {
  const names = Object.keys(COMMANDS);
  expect(names.length).toBeGreaterThan(30);
  const results = await runCommands(names.map((name) => [...name.split(" "), "--json", "--no-such-option"]));
  const found = results.map((ended, at) => {
    const { reason, message, exitCode } = readError(ended);
    return { name: names[at], reason, exitCode, code: ended.code, isNamed: message.includes("--no-such-option") };
  });
  expect(found).toEqual(names.map((name) => ({ name, reason: "WrongWords", exitCode: 2, code: 2, isNamed: true })));
});

test.each([
  { of: "no command", words: "--json", reason: "WrongWords", exitCode: 2 },
  { of: "an unknown command", words: "rum --json", reason: "WrongWords", exitCode: 2 },
  { of: "nothing to load", words: "load --json", reason: "WrongWords", exitCode: 2 },
  { of: "a server that is away", words: `status --json --database ${NOWHERE}`, reason: "unavailable", exitCode: 4 },
  {
    of: "an address of another kind",
    words: "status --json --database mysql://u:secret@h/n",
    reason: "InvalidDatabase",
    exitCode: 2,
  },
  { of: "a folder without a database", words: `status --json --database ${FOLDER}`, reason: "NoDatabase", exitCode: 2 },
  {
    of: "a file that is not there",
    words: "load storms no/such/file.csv --json --database embedded:x",
    reason: "UnreadableFile",
    exitCode: 2,
  },
])("$of: a JSON error with its reason, and no password", async ({ words, reason, exitCode }) => {
  const ended = await startCli(words.split(" ")).ended;
  expect(readError(ended)).toMatchObject({ reason, exitCode });
  expect(ended.code).toBe(exitCode);
  expect(ended.stderr).not.toContain("secret");
});
