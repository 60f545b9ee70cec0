// What commands print: facts as JSON or words, tables with aligned columns, and the program's name as it was typed.

/** Set by the executable at the root of a clone. */
const TYPED_NAME = process.env.CLIMATEBATCH_COMMAND ?? "climatebatch";

/** Followed by a command's name; not a resource of kubectl, and not NAMESPACE/NAME. */
const MENTIONS = /(?<![\w./-]|kubectl \w+ )climatebatch (?=(?:[a-z][a-z-]*|COMMAND|--help)(?![\w/]))/g;

/** Commands mentioned in a text, as the user types them: `./climatebatch run` in a clone. */
export function asTyped(text: string): string {
  return TYPED_NAME === "climatebatch" ? text : text.replaceAll(MENTIONS, `${TYPED_NAME} `);
}

/** The command that goes on with the work of this one: --new would start other work. */
export function resumingCommand(): string {
  const words = process.argv.slice(2).filter((word) => word !== "--new");
  const quoted = words.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`));
  return `climatebatch ${quoted.join(" ").replace(/(:\/\/[^:/@ ]*):[^@ ]*@/g, "$1:…@")}`;
}

export function print(text: string): void {
  process.stdout.write(`${asTyped(text)}\n`);
}

export function printJson(facts: unknown): void {
  process.stdout.write(`${JSON.stringify(facts, undefined, 2)}\n`);
}

/** Facts for scripts with --json, else in words. */
export function printFacts<Facts>(
  argv: { readonly json: boolean },
  facts: Facts,
  describe: (facts: Facts) => string,
): void {
  if (argv.json) printJson(facts);
  else print(describe(facts));
}

/** Columns aligned, numbers to the right. */
export function formatTable(header: readonly string[], rows: readonly (readonly (string | number | null)[])[]): string {
  const cells = rows.map((row) => row.map((value) => (value === null ? "-" : String(value))));
  const widths = header.map((title, column) => Math.max(title.length, ...cells.map((row) => row[column]!.length)));
  const isNumber = header.map((_, column) =>
    rows.every((row) => row[column] === null || typeof row[column] === "number"),
  );
  const line = (words: readonly string[]) =>
    words
      .map((word, column) => (isNumber[column] ? word.padStart(widths[column]!) : word.padEnd(widths[column]!)))
      .join("  ")
      .trimEnd();
  return [line(header), line(widths.map((width) => "-".repeat(width))), ...cells.map(line)].join("\n");
}

/** Broken between words; a word longer than the line has one of its own. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
