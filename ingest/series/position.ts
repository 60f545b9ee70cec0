// Where in the files we are: one object for the whole reading, told in messages as file:line.

export interface Where {
  file: string;
  line: number;
}

export function describeWhere({ file, line }: Where): string {
  return `${file}:${line}`;
}
