// The thread of the process that decodes files: opens them by the list of formats and answers one task at a time.
import { parentPort, workerData } from "node:worker_threads";
import { RejectedError } from "../../model/errors.ts";
import type { ArrayFile, NumberArray } from "./arrayFile.ts";
import type { Answer, Task } from "./decoder.ts";
import { FORMATS } from "./formats.ts";
import type { RasterFile } from "./rasterFile.ts";
import type { TableFile } from "./tableFile.ts";

/** Rows of a table that are sent at a time, and batches that may wait to be taken. */
const ROWS_AT_ONCE = 2000;
const MOST_WAITING = 4;

const waiting = workerData as Int32Array;
const port = parentPort!;
const files = new Map<number, ArrayFile | TableFile | RasterFile>();
const nothing = new AbortController().signal;

port.on("message", (given: Task) => void answer(given));
// A library that rejects a promise that it keeps to itself has failed at the task at hand.
process.on("unhandledRejection", (error) => send(failure(error)));

let task: Task;

async function answer(given: Task): Promise<void> {
  if (given.do !== "close") task = given;
  try {
    const result = await work(given);
    if (given.do === "close" || given !== task) return;
    send({ kind: "done", result }, ArrayBuffer.isView(result) ? [result.buffer as ArrayBuffer] : []);
  } catch (error) {
    if (given === task) send(failure(error));
  }
}

async function work({ do: what, number, format, file, values = [] }: Task): Promise<unknown> {
  if (what === "open") {
    const opened = await FORMATS.find(({ name }) => name === format)!.open(file!, nothing, process.env);
    files.set(number, opened as ArrayFile | TableFile | RasterFile);
    return factsOf(opened as ArrayFile | TableFile | RasterFile);
  }
  const opened = files.get(number)!;
  if (what === "close") {
    if ("close" in opened) opened.close?.();
    return void files.delete(number);
  }
  if (what === "rows") return sendRows(opened as TableFile, values as readonly number[]);
  if (what === "window") {
    const window = values as [number, number, number, number];
    return ownBuffer(await (opened as RasterFile).readWindow(...window));
  }
  const [name, start, count] = values as [string, number[], number[]];
  const array = (opened as ArrayFile).variables.find((variable) => variable.name === name)!;
  if (what === "texts") return (opened as ArrayFile).readTexts(array);
  return ownBuffer(await (opened as ArrayFile).read(array, start, count));
}

/** What can be sent of an opened file: everything but its functions. */
function factsOf(opened: ArrayFile | TableFile | RasterFile): unknown {
  const facts = Object.fromEntries(Object.entries(opened).filter(([, value]) => typeof value !== "function"));
  if (!("variables" in opened)) return facts;
  const variables = opened.variables.map(({ trouble, ...variable }) =>
    trouble === undefined ? variable : { ...variable, trouble: { reason: trouble.reason, message: trouble.message } },
  );
  return { ...facts, variables };
}

async function sendRows(table: TableFile, only: readonly number[]): Promise<void> {
  let rows: (readonly string[])[] = [];
  let first = table.firstLine;
  let bytes = 0;
  const flush = () => {
    // Batches that are not taken yet would fill the memory.
    for (let found = Atomics.load(waiting, 0); found >= MOST_WAITING; found = Atomics.load(waiting, 0))
      Atomics.wait(waiting, 0, found);
    Atomics.add(waiting, 0, 1);
    send({ kind: "rows", rows, line: first, bytes });
    first += rows.length;
    rows = [];
    bytes = 0;
  };
  const onRow = (row: readonly string[]) => {
    rows.push(row);
    if (rows.length === ROWS_AT_ONCE) flush();
  };
  const onBytes = (read: number) => {
    bytes += read;
  };
  await table.readRows(onRow, onBytes, nothing, only.length === 0 ? undefined : only);
  flush();
}

/** Values in a buffer of their own, which can be handed over. */
function ownBuffer(values: ArrayLike<number> | NumberArray): unknown {
  if (!ArrayBuffer.isView(values)) return Float64Array.from(values as ArrayLike<number>);
  const array = values as Float64Array;
  return array.byteLength === array.buffer.byteLength ? array : array.slice();
}

type Content = Answer extends infer One ? (One extends Answer ? Omit<One, "id"> : never) : never;

/** A library may put what it found into its message: of a damaged GeoTIFF tens of MiB. */
const MOST_CHARACTERS = 2000;

function failure(error: unknown): Content {
  const message = (error instanceof Error ? error.message : String(error)).slice(0, MOST_CHARACTERS);
  return error instanceof RejectedError
    ? { kind: "refused", reason: error.reason, message }
    : { kind: "failed", message };
}

function send(answer: Content, transfer: ArrayBuffer[] = []): void {
  port.postMessage({ ...answer, id: task.id }, transfer);
}
