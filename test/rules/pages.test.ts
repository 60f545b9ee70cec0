// Pages: links lead somewhere, named files exist, and every command line parses with the program's own options.
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { ALIASES, COMMANDS } from "../../cli/commands.ts";
import { parseWords } from "../../cli/parse.ts";
import { GROUPS } from "../../site/pages.ts";
import { listCommandLines, listPages, listShellCommands, ROOT } from "../support/pages.ts";

test.each(listPages())("every link of %s leads to a file and a heading", (page) => {
  const text = readFileSync(join(ROOT, page), "utf8");
  const links = [...text.replaceAll(/^```.*?^```$/gms, "").matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link!);
  const dead = links.filter((link) => {
    if (/^https?:/.test(link)) return false;
    const [path, anchor] = link.split("#");
    const file = path === "" ? join(ROOT, page) : join(ROOT, dirname(page), path!);
    if (!existsSync(file)) return true;
    return anchor !== undefined && !listAnchors(readFileSync(file, "utf8")).includes(anchor);
  });
  expect(dead).toEqual([]);
});

/** As GitHub makes them of headings. */
function listAnchors(text: string): string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
      .replaceAll(/\s/g, "-"),
  );
}

/** A path from the root of the clone, in code quotes. */
const NAMED_FILE =
  /`((?:model|database|telemetry|job|operator|ingest|serve|report|cli|charts|crds|test|bench|scripts|docs)\/[\w./-]+)`/g;

test.each(listPages().filter((page) => page.endsWith(".ko.md")))("%s is in step with its English page", (page) => {
  const english = page.replace(".ko.md", ".md");
  const levels = (path: string) =>
    [
      ...readFileSync(join(ROOT, path), "utf8")
        .replaceAll(/^```.*?^```$/gms, "")
        .matchAll(/^(#+) /gm),
    ].map(([, level]) => level);
  expect(levels(page)).toEqual(levels(english));
  expect(listShellCommands(page)).toEqual(listShellCommands(english));
  const inline = (path: string) => listCommandLines(path).sort();
  expect(inline(page)).toEqual(inline(english));
});

test("the menu of the site has every page of docs/ once, in English", () => {
  const pages = listPages().flatMap((page) => /^docs\/([\w-]+)\.md$/.exec(page)?.[1] ?? []);
  expect(GROUPS.flatMap((group) => group.pages).sort()).toEqual(pages.sort());
});

/** Pages about files that the reader is about to make. */
const isHowToAdd = (page: string) => page.startsWith("docs/adding-");

test.each(listPages().filter((page) => !isHowToAdd(page)))("every file that %s names exists", (page) => {
  const text = readFileSync(join(ROOT, page), "utf8");
  const missing = [...text.matchAll(NAMED_FILE)].flatMap(([, path]) =>
    path!.includes("/.venv") || existsSync(join(ROOT, path!)) ? [] : [path],
  );
  expect(missing).toEqual([]);
});

const commandLines = listPages().flatMap((page) => listCommandLines(page).map((line) => ({ page, line })));

test("pages show commands", () => {
  expect(commandLines.length).toBeGreaterThan(60);
});

test.each(commandLines)("$page: $line", async ({ line }) => {
  const words = splitWords(line).slice(1);
  expect(Object.keys(ALIASES)).not.toContain(words[0]);
  if (words.some((word) => word === "--help" || word === "--version")) return;
  const name = [words.slice(0, 2).join(" "), words[0]!].find((one) => Object.hasOwn(COMMANDS, one));
  expect(name, "is a command").toBeDefined();
  const { usage } = await COMMANDS[name!]!.load();
  const given = words.slice(name!.split(" ").length).filter((word) => word !== "…");
  // A command that is only mentioned has no arguments.
  if (given.length === 0) return;
  expect(() =>
    parseWords(
      usage,
      given.map((word) => PLACEHOLDERS[word] ?? word),
    ),
  ).not.toThrow();
});

const PLACEHOLDERS: Readonly<Record<string, string>> = { BATCH: "7", RISK: "drought" };

/** As a shell splits them; a placeholder in capitals stays a word of its own. */
function splitWords(line: string): string[] {
  return [...line.matchAll(/"([^"]*)"|'([^']*)'|\S+/g)].map(([word, double, single]) => double ?? single ?? word);
}

test("no page calls the program by npx, which would ask a registry for it", () => {
  expect(listPages().filter((page) => readFileSync(join(ROOT, page), "utf8").includes("npx climatebatch"))).toEqual([]);
});

test("every row of the failure modes names its test", () => {
  const rows = readFileSync(join(ROOT, "docs/failure-modes.md"), "utf8")
    .split("\n")
    .filter((line) => line.startsWith("| ") && !/^\| (?:---|what (?:fails|happens) \|)/.test(line));
  expect(rows.length).toBeGreaterThan(0);
  expect(rows.filter((row) => !/\| `test\/[\w./-]+` \|$/.test(row))).toEqual([]);
});
