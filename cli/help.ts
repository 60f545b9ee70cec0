// Help texts: the list of commands by groups, and a command on one screen.
import { COMMANDS, GROUPS, LOADABLE } from "./commands.ts";
import type { Option, Options, Usage } from "./options.ts";
import { valueName } from "./parse.ts";
import { wrap } from "./printing.ts";

/** Lines of a command's help, unless --all is given. */
export const SCREEN_LINES = 40;
const WIDEST = 100;
const NARROWEST = 40;
const LABELS_WIDEST = 26;

export function helpWidth(columns: number | undefined): number {
  return Math.max(NARROWEST, Math.min(WIDEST, columns ?? WIDEST));
}

export function describeProgram(width: number): string {
  const groups = GROUPS.map((group) => {
    const own = Object.entries(COMMANDS).filter(([, one]) => one.group === group && !one.hidden);
    const rows = own
      .filter(([name]) => !name.startsWith("load "))
      .map(([name, { summary }]) => [name, summary] as const);
    const load = [`load ${LOADABLE.join("|")}`, "load data from files"] as const;
    return section(group, group === "Load" ? [load, ...rows] : rows, width);
  });
  return [
    "Usage: climatebatch COMMAND [options]",
    "",
    "Climate risks for every cell of a grid: how likely, and how bad.",
    ...groups,
    ...section("Options", [["--help, --version", "help on a command: climatebatch COMMAND --help"]], width),
    "",
    ...wrap(
      "Exit codes: 0 done · 1 failed · 2 the request or an input is wrong · 3 computed, not published · 4 no database · 130 interrupted.",
      width,
    ),
  ]
    .flat()
    .join("\n");
}

export function describeLoad(width: number): string {
  const rows = LOADABLE.map((what) => [`load ${what}`, COMMANDS[`load ${what}`]!.summary] as const);
  return [
    "Usage: climatebatch load WHAT FILE… [options]",
    ...section("Load", rows, width),
    "",
    "Help: climatebatch load WHAT --help",
  ].join("\n");
}

/** On one screen unless `all`: what does not fit is left out, first rare options and notes, then examples. */
export function describeCommand(name: string, usage: Usage, all: boolean, width: number): string {
  const whole = commandLines(name, usage, width);
  if (all || whole.length <= SCREEN_LINES) return whole.join("\n");
  const { examples = [], options } = usage;
  const usual = Object.fromEntries(Object.entries(options).filter(([, { rare }]) => !rare));
  const more = ["", `More options and notes: climatebatch ${name} --help --all`];
  for (let shown = 2; ; shown--) {
    const lines = [
      ...commandLines(name, { ...usage, options: usual, examples: examples.slice(0, shown), notes: "" }, width),
      ...more,
    ];
    if (lines.length <= SCREEN_LINES || shown === 0) return lines.join("\n");
  }
}

function commandLines(name: string, usage: Usage, width: number): string[] {
  const { arguments: named = {}, options, examples = [], notes = "" } = usage;
  const words = Object.entries(named).map(([word, option]) => argumentName(word, option));
  const isShared = ([, { shared }]: readonly [string, Option]) => shared === true;
  const own = Object.entries(options).filter((one) => !isShared(one));
  const shared = [...Object.entries(options).filter(isShared), ["help", HELP] as const];
  return [
    ["Usage: climatebatch", name, ...words, "[options]"].join(" "),
    "",
    ...wrap(capitalise(COMMANDS[name]!.summary), width),
    ...section("Arguments", argumentRows(named), width),
    ...section("Options", own.map(optionRow), width),
    ...section("Shared options", shared.map(optionRow), width),
    ...(examples.length === 0 ? [] : ["", "Examples"]),
    ...examples.flatMap(([line, effect]) => [
      ...wrap(`climatebatch ${line}`, width - 2).map((one) => `  ${one}`),
      ...wrap(effect, width - 6).map((one) => `      ${one}`),
    ]),
    ...(notes === "" ? [] : ["", ...notes.split("\n").flatMap((line) => hang(line, width))]),
  ];
}

const HELP: Option = { type: "flag", describe: "this help; with --all also rare options and notes" };

function argumentName(word: string, option: Option): string {
  const name = option.type === "files" ? `${word.toUpperCase()}…` : word.toUpperCase();
  return option.required === true ? name : `[${name}]`;
}

function argumentRows(named: Options): (readonly [string, string])[] {
  return Object.entries(named).map(([word, option]) => [argumentName(word, option), describe(option)] as const);
}

function optionRow([name, option]: readonly [string, Option]): readonly [string, string] {
  const isFlag = option.type === "flag" || option.type === "switch";
  const short = option.short === undefined ? "    " : `-${option.short}, `;
  const shown = option.default === true ? `no-${name}` : name;
  return [`${short}--${shown}${isFlag ? "" : ` ${valueName(name, option)}`}`, describe(option)];
}

function describe({ choices, default: value, describe: text, required, type }: Option): string {
  const extras = [
    ...(choices === undefined || choices.every((choice) => text.includes(choice))
      ? []
      : [`one of ${choices.join(", ")}`]),
    ...(required === true && type !== "files" ? ["required"] : []),
    ...(value === undefined || typeof value === "boolean" ? [] : [`default: ${value}`]),
  ];
  return extras.length === 0 ? text : `${text} [${extras.join("; ")}]`;
}

function section(title: string, rows: readonly (readonly [string, string])[], width: number): string[] {
  if (rows.length === 0) return [];
  const fitting = rows.map(([label]) => label.length).filter((length) => length <= LABELS_WIDEST);
  const column = Math.max(8, ...fitting) + 4;
  const lines = rows.flatMap(([label, text]) => {
    const [first, ...rest] = wrap(text, width - column);
    const indented = rest.map((line) => " ".repeat(column) + line);
    if (label.length + 4 > column) return [`  ${label}`, " ".repeat(column) + first, ...indented];
    return [`  ${label}`.padEnd(column) + first, ...indented];
  });
  return ["", title, ...lines];
}

/** An indented line continues with four blanks more. */
function hang(line: string, width: number): string[] {
  const indent = /^ */.exec(line)![0];
  if (indent === "") return wrap(line, width);
  const [first, ...rest] = wrap(line.trim(), width - indent.length - 4);
  return [`${indent}${first}`, ...rest.map((one) => `${indent}    ${one}`)];
}

function capitalise(text: string): string {
  return `${text[0]!.toUpperCase()}${text.slice(1)}.`;
}
