// A server of files on loopback that answers ranges, and records what was requested.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface ServedRequest {
  readonly method: string;
  readonly url: string;
  /** Bytes that were sent. */
  readonly bytes: number;
}

/** `change` sees every request first, and answers it by returning true. */
export async function serveFiles(
  files: Readonly<Record<string, Buffer>>,
  change: (request: IncomingMessage, response: ServerResponse) => boolean = () => false,
) {
  const requests: ServedRequest[] = [];
  const server = createServer((request, response) => {
    const { method, url, headers } = request;
    const note = (bytes: number) => requests.push({ method: method!, url: url!, bytes });
    if (change(request, response)) return void note(0);
    const content = files[decodeURIComponent(url!.split("?")[0]!.slice(1))];
    if (content === undefined) {
      note(0);
      return void response.writeHead(404).end();
    }
    const range = /^bytes=(\d+)-(\d*)$/.exec(headers.range ?? "");
    const [from, to] =
      range === null ? [0, content.length] : [Number(range[1]), Number(range[2] || content.length) + 1];
    const part = content.subarray(from, to);
    const last = from + part.length - 1;
    const range206 = range === null ? {} : { "content-range": `bytes ${from}-${last}/${content.length}` };
    response.writeHead(range === null ? 200 : 206, { "content-length": part.length, etag: '"1"', ...range206 });
    note(method === "HEAD" ? 0 : part.length);
    response.end(method === "HEAD" ? undefined : part);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
