// How every program writes its log: a JSON object a line for machines, a readable line where a person looks on.
import pino, { type Logger } from "pino";
import pretty from "pino-pretty";

const PRETTY: pretty.PrettyOptions = {
  translateTime: "SYS:HH:MM:ss",
  messageKey: "message",
  ignore: "event,message",
  messageFormat: ({ event, message }) => [event, message].filter((words) => words !== undefined).join(": "),
  singleLine: true,
  // Written before the process may end, in the order of the events.
  sync: true,
};

/** To standard output; `isTerminal`: a person is reading. */
export function makeLog({ isTerminal }: { readonly isTerminal: boolean }): Logger {
  const options = {
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (level: string) => ({ level }) },
  };
  // A level as a word is not one that the pretty printer knows how to colour.
  return isTerminal ? pino({ ...options, formatters: {} }, pretty(PRETTY)) : pino(options);
}
