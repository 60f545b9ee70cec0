// Files by address: brought whole through a network that fails, resumed, and refused by name. The servers are real: an HTTP
// server that the test makes fail, and moto's S3 where `npm run python` has installed it.
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CreateBucketCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { bringFiles, type RemoteProgress } from "../../ingest/remote/remoteFiles.ts";
import { systemClock } from "../../model/clock.ts";
import { PYTHON } from "../report/pythonPackages.ts";
import { eventually, startCli } from "../support/cli.ts";
import { FakeClock } from "../support/fakeClock.ts";
import { startMoto } from "../support/moto.ts";

const CONTENT = Buffer.from(Array.from({ length: 300_000 }, (_, at) => at % 251));
const SERIES = "date,latitude,longitude,tasmax\n2001-01-01,37,127,1.5\n2001-01-02,37,127,2.5\n";

let folder: string;
let server: Server | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "remote-"));
});
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  server = undefined;
  rmSync(folder, { recursive: true });
});

interface Seen {
  readonly method: string;
  readonly range: string | undefined;
}

/** A server on loopback that records its requests; `answer` decides. */
async function serve(answer: (request: IncomingMessage, response: ServerResponse, seen: readonly Seen[]) => void) {
  const seen: Seen[] = [];
  server = createServer((request, response) => {
    seen.push({ method: request.method!, range: request.headers.range });
    answer(request, response, seen);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { seen, address: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

/** As a static server answers, with ranges. */
function answerWith(
  content: Buffer,
  tag: string,
  { headers, method }: IncomingMessage,
  response: ServerResponse,
  end?: number,
) {
  const range = /^bytes=(\d+)-$/.exec(headers.range ?? "");
  const isRest = range !== null && headers["if-range"] === tag;
  const from = isRest ? Number(range[1]) : 0;
  response.writeHead(isRest ? 206 : 200, {
    etag: tag,
    "content-length": content.length - from,
    ...(isRest ? { "content-range": `bytes ${from}-${content.length - 1}/${content.length}` } : {}),
  });
  if (method === "HEAD") return response.end();
  if (end === undefined || from >= end) return response.end(content.subarray(from));
  // The connection is cut off once these have been sent.
  return response.write(content.subarray(from, end), () => response.destroy());
}

const progressOf = (onBytes: (bytes: number) => void = () => undefined): RemoteProgress => ({
  onFound: () => undefined,
  onBytes,
});
const never = new AbortController().signal;

function bring(addresses: readonly string[], onBytes?: (bytes: number) => void, clock = systemClock) {
  return bringFiles(addresses, { above: folder, environment: {}, clock, progress: progressOf(onBytes), signal: never });
}

describe("over HTTP", () => {
  test("a transfer that is cut off twice continues where it stopped, and is whole", async () => {
    const cuts = [100_000, 200_000];
    const { address, seen } = await serve((request, response) => {
      answerWith(CONTENT, '"a"', request, response, request.method === "GET" ? cuts.shift() : undefined);
    });
    const reached: number[] = [];
    const local = await bring([`${address}/days/series.nc`, "here.csv"], (bytes) => reached.push(bytes));
    expect(local.files).toEqual([expect.stringMatching(/\/series\.nc$/), "here.csv"]);
    expect(readFileSync(local.files[0]!).equals(CONTENT)).toBe(true);
    const ranges = seen
      .filter(({ method }) => method === "GET")
      .map(({ range }) => Number(/\d+/.exec(range ?? "0")![0]));
    expect(ranges).toHaveLength(3);
    expect(ranges[0]).toBe(0);
    expect(ranges[1]).toBeGreaterThan(0);
    expect(ranges[2]).toBeGreaterThanOrEqual(ranges[1]!);
    expect(reached.at(-1)).toBe(CONTENT.length);
    expect(local.restore(`${local.files[0]}, row 3`)).toBe(`${address}/days/series.nc, row 3`);
    local.close(false);
    expect(readdirSync(folder)).toEqual([]);
  });

  test("a file that changes meanwhile is read from its beginning", async () => {
    const other = Buffer.from(CONTENT).reverse();
    const { address, seen } = await serve((request, response, { length }) => {
      if (length <= 2) answerWith(CONTENT, '"a"', request, response, 100_000);
      else answerWith(other, '"b"', request, response);
    });
    const local = await bring([`${address}/series.nc`]);
    expect(readFileSync(local.files[0]!).equals(other)).toBe(true);
    expect(seen).toHaveLength(3);
    local.close(false);
  });

  test("without a version nothing is joined: it begins again", async () => {
    const { address, seen } = await serve(({ method }, response, { length }) => {
      response.writeHead(200, { "content-length": CONTENT.length });
      if (method === "HEAD") response.end();
      else if (length === 2) response.write(CONTENT.subarray(0, 1000), () => response.destroy());
      else response.end(CONTENT);
    });
    const local = await bring([`${address}/series.nc`]);
    expect(readFileSync(local.files[0]!).equals(CONTENT)).toBe(true);
    expect(seen.map(({ range }) => range)).toEqual([undefined, undefined, undefined]);
    local.close(false);
  });

  test("a busy server is tried again", async () => {
    const { address } = await serve((request, response, { length }) => {
      if (length === 1) response.writeHead(503).end();
      else answerWith(CONTENT, '"a"', request, response);
    });
    const local = await bring([`${address}/series.nc`]);
    expect(readFileSync(local.files[0]!)).toHaveLength(CONTENT.length);
    local.close(false);
  });

  test("a server that stays away is given up after two minutes without a byte", async () => {
    const { address, seen } = await serve((_, response) => response.writeHead(503).end());
    const clock = new FakeClock();
    const outcome = bring([`${address}/series.nc`], undefined, clock).catch((error: Error) => error.message);
    let ended = false;
    void outcome.finally(() => {
      ended = true;
    });
    await eventually("the end", async () => {
      if (!ended && clock.waiting > 0 && clock.nextInMs <= 15_000) await clock.advance(clock.nextInMs);
      return ended || undefined;
    });
    expect(await outcome).toBe(`${address}/series.nc: the server answers 503 Service Unavailable.`);
    expect(clock.monotonicMs()).toBeGreaterThan(100_000);
    expect(clock.monotonicMs()).toBeLessThanOrEqual(120_000);
    expect(seen.length).toBeGreaterThan(8);
  });

  test("what another run has brought is taken over", async () => {
    const { address, seen } = await serve((request, response) => answerWith(CONTENT, '"a"', request, response));
    (await bring([`${address}/series.nc`])).close(true);
    const local = await bring([`${address}/series.nc`]);
    expect(readFileSync(local.files[0]!).equals(CONTENT)).toBe(true);
    expect(seen.map(({ method }) => method)).toEqual(["HEAD", "GET", "HEAD"]);
    local.close(false);
  });

  test.each([
    { status: 404, path: "/series.nc", message: "Not Found. Check the address: it must be that of one file." },
    { status: 403, path: "/series.nc", message: "Forbidden. Put user and password into the address" },
    { status: 200, path: "/days/", message: "is a folder, and HTTP has no list of its files." },
  ])("$status of $path is refused at once, without the password", async ({ status, path, message }) => {
    const { address } = await serve((_, response) => response.writeHead(status).end());
    const secret = address.replace("//", "//user:geheim@");
    const refused = await bring([secret + path]).catch((error: Error) => error);
    expect(refused).toMatchObject({ name: "RejectedError", message: expect.stringContaining(message) });
    expect((refused as Error).message).not.toContain("geheim");
  });
});

test("load takes an address, says it in its report, and a killed download is continued", async () => {
  const series = Buffer.from(SERIES);
  let isSlow = true;
  const { address, seen } = await serve((request, response) => {
    if (isSlow && request.method === "GET") {
      response.writeHead(200, { etag: '"a"', "content-length": series.length });
      response.write(series.subarray(0, 40));
    } else answerWith(series, '"a"', request, response);
  });
  const words = [
    "load",
    "climate",
    `${address}/series.csv`,
    "--scenario",
    "past",
    "--check",
    "--json",
    "--spool",
    folder,
  ];
  const env = { HOME: folder };
  await using killed = startCli(words, { env, cwd: folder });
  const parts = () =>
    readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => /parts\/\w+$/.test(name));
  await eventually("40 bytes have arrived", () =>
    parts().some((name) => readFileSync(join(folder, name)).length === 40) ? true : undefined,
  );
  killed.kill("SIGKILL");
  await killed.ended;
  isSlow = false;
  const { code, stdout, stderr } = await startCli(words, { env, cwd: folder }).ended;
  expect(stderr).toBe("");
  expect(code).toBe(0);
  expect(JSON.parse(stdout).files).toMatchObject([{ file: `${address}/series.csv`, rows: 2 }]);
  expect(seen.at(-1)).toEqual({ method: "GET", range: "bytes=40-" });
});

describe.skipIf(PYTHON === null)("from S3 (npm run python)", () => {
  let moto: Awaited<ReturnType<typeof startMoto>>;
  let env: Record<string, string>;

  beforeAll(async () => {
    moto = await startMoto();
    env = moto.environment;
    const client = new S3Client(moto.client);
    await client.send(new CreateBucketCommand({ Bucket: "climate" }));
    const put = (Key: string, Body: string) => client.send(new PutObjectCommand({ Bucket: "climate", Key, Body }));
    await put("days/2001.csv", SERIES);
    await put("days/2002.csv", SERIES.replaceAll("2001", "2002"));
  });
  afterAll(() => moto[Symbol.asyncDispose]());

  const check = (address: string, more: Record<string, string> = {}) =>
    startCli(["load", "climate", address, "--scenario", "past", "--check", "--json", "--spool", folder], {
      env: { HOME: folder, AWS_EC2_METADATA_DISABLED: "true", ...env, ...more },
      cwd: folder,
    }).ended;

  test("one object, and all below a prefix", async () => {
    const one = await check("s3://climate/days/2001.csv");
    expect(one).toMatchObject({ code: 0, stderr: "" });
    expect(JSON.parse(one.stdout).files).toMatchObject([{ file: "s3://climate/days/2001.csv", rows: 2 }]);
    const all = await check("s3://climate/days/");
    expect(JSON.parse(all.stdout).files.map(({ file }: { file: string }) => file)).toEqual([
      "s3://climate/days/2001.csv",
      "s3://climate/days/2002.csv",
    ]);
  });

  test.each([
    {
      address: "s3://climate/days/2003.csv",
      message: "s3://climate/days/2003.csv does not exist. Check bucket and key",
    },
    { address: "s3://climate/none/", message: "s3://climate/none/ has no files. Check bucket and prefix." },
    {
      address: "s3://nowhere/a.csv",
      message: "s3://nowhere/a.csv does not exist (NoSuchBucket). Check bucket and key.",
    },
  ])("$address is refused by name", async ({ address, message }) => {
    const { code, stderr } = await check(address);
    expect(JSON.parse(stderr).error).toMatchObject({ exitCode: 2, message: expect.stringContaining(message) });
    expect(code).toBe(2);
  });

  test("without credentials the message says where they are looked for", async () => {
    const { code, stderr } = await check("s3://climate/days/", { AWS_ACCESS_KEY_ID: "", AWS_SECRET_ACCESS_KEY: "" });
    expect(stderr).toContain("Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY");
    expect(code).toBe(2);
  });
});
