// Kinds of options, as yargs wants them said; each command adds what its own are called and what they are for.

export const text = { type: "string", requiresArg: true } as const;

/** Repeatable; an array option of yargs would take the files that follow it. */
export const texts = {
  ...text,
  coerce: (given: string | readonly string[] | undefined) => [given ?? []].flat(),
} as const;

/** Takes all words that follow. */
export const list = { type: "array", string: true } as const;

export const number = { type: "number", requiresArg: true } as const;

export const flag = { type: "boolean", default: false } as const;

/** Words before the options, one or more. */
export const files = { type: "string", array: true, demandOption: true } as const;
