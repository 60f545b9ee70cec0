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
  process.stdout.write(`${fitToScreen(asTyped(text), process.stdout.columns)}\n`);
}

/** Columns of the terminal, at most these. */
export function screenWidth(widest: number): number {
  return Math.min(widest, process.stdout.columns ?? widest);
}

/** Fewer make a text unreadable; such a line is left to the terminal. */
const NARROWEST_COLUMN = 20;

/** Stays whole, so that it can be copied. */
const COMMAND_AT_END = /(?<=: )\S*climatebatch .*$/;
const NO_BREAK = "\u00a0";

/** Lines that are too long for a terminal are broken between words, and go on below the beginning of their last column. */
export function fitToScreen(text: string, columns: number | undefined): string {
  if (columns === undefined) return text;
  const fitLine = (line: string) => {
    const [, before, rest] = /^(.* {2,}| *)(.*)$/.exec(line)!;
    const room = columns - widthOf(before!);
    if (widthOf(line) <= columns || room < NARROWEST_COLUMN) return line;
    const whole = rest!.replace(COMMAND_AT_END, (command) => command.replaceAll(" ", NO_BREAK));
    return (
      before +
      wrap(whole, room)
        .join(`\n${" ".repeat(widthOf(before!))}`)
        .replaceAll(NO_BREAK, " ")
    );
  };
  return text.split("\n").map(fitLine).join("\n");
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

/** Hangul, Chinese characters, kana and full-width forms, which terminals show twice as wide. */
const WIDE = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/g;

/** Columns of a terminal that the text takes. */
function widthOf(text: string): number {
  return text.length + (text.match(WIDE)?.length ?? 0);
}

/** Columns aligned, numbers to the right. */
export function formatTable(header: readonly string[], rows: readonly (readonly (string | number | null)[])[]): string {
  const cells = rows.map((row) => row.map((value) => (value === null ? "-" : String(value))));
  const widths = header.map((title, column) => Math.max(...[title, ...cells.map((row) => row[column]!)].map(widthOf)));
  const isNumber = header.map((_, column) =>
    rows.every((row) => row[column] === null || typeof row[column] === "number"),
  );
  const line = (words: readonly string[]) =>
    words
      .map((word, column) => {
        const space = " ".repeat(widths[column]! - widthOf(word));
        return isNumber[column] ? space + word : word + space;
      })
      .join("  ")
      .trimEnd();
  return [line(header), line(widths.map((width) => "-".repeat(width))), ...cells.map(line)].join("\n");
}

/** Broken between words; a word longer than the line has one of its own. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && widthOf(line) + 1 + widthOf(word) > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
