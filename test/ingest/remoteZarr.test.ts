// Zarr stores over HTTP and in S3, from a server that is slow, busy, wrong or gone.
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { CreateBucketCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { ZipFileStore } from "@zarrita/storage";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { openRemoteStore } from "../../ingest/formats/remoteStore.ts";
import type { RemoteSettings } from "../../ingest/remote/remotePieces.ts";
import { PYTHON } from "../report/pythonPackages.ts";
import { zarrEntries } from "../support/arrayFiles.ts";
import { startCli } from "../support/cli.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { ingestPaths, readStored, refusalOf } from "../support/ingest.ts";
import { startMoto } from "../support/moto.ts";

type Entries = Readonly<Record<string, Buffer>>;
type Answer = (request: IncomingMessage, response: ServerResponse, entries: Entries) => void;

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

/** Answers whole pieces and ranges, as servers of files do. */
function answer({ url, headers }: IncomingMessage, response: ServerResponse, entries: Entries): void {
  const content = entries[decodeURIComponent(url!.replace(/^\/store\.zarr\//, ""))];
  if (content === undefined) return void response.writeHead(404).end();
  const [, from, to] = /^bytes=(\d*)-(\d*)$/.exec(headers.range ?? "") ?? [];
  // Said for HEAD too, to which Node sends no length by itself.
  if (from === undefined) return void response.writeHead(200, { "Content-Length": content.length }).end(content);
  const start = from === "" ? content.length - Number(to) : Number(from);
  const end = from === "" ? content.length : Number(to) + 1;
  response.writeHead(206).end(content.subarray(start, end));
}

async function serve(entries: Entries, own: Answer = answer) {
  const paths: string[] = [];
  const server = createServer((request, response) => {
    paths.push(request.url!);
    own(request, response, entries);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/store.zarr`,
    paths,
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

/** Entries of a v2 store with its metadata in one. */
function consolidated(): Record<string, Buffer> {
  const entries = zarrEntries({ times: [0, 1, 2] });
  const metadata = Object.fromEntries(
    Object.entries(entries)
      .filter(([name]) => /\.z(array|attrs|group)$/.test(name))
      .map(([name, content]) => [name, JSON.parse(content.toString())]),
  );
  return { ...entries, ".zmetadata": Buffer.from(JSON.stringify({ zarr_consolidated_format: 1, metadata })) };
}

let scenarios = 0;
const load = async (url: string) => {
  const scenario = `remote${++scenarios}`;
  await ingestPaths(database.client, [url], { scenario });
  const stored = await readStored(database.client);
  return [...stored].filter(([key]) => key.startsWith(`${scenario} `)).map(([, values]) => values[0]);
};

test("a v2 store is read by its consolidated metadata, each piece once", async () => {
  await using server = await serve(consolidated());
  expect(await load(server.url)).toEqual([10, 11, 12, 13]);
  expect(server.paths.filter((path) => !path.endsWith("/zarr.json")).sort()).toEqual(
    ["/.zmetadata", "/lat/0", "/lon/0", "/tasmax/0.0.0", "/time/0"].map((path) => `/store.zarr${path}`),
  );
});

test("a missing piece is missing values", async () => {
  const { "lat/0": lat, "tasmax/0.0.0": _, ...others } = consolidated();
  await using server = await serve({ ...others, "lat/0": lat! });
  expect(await refusalOf(load(server.url))).toMatch(/NoValues/);
});

/** Entries of a v3 store whose chunks are within shards. */
const readShards = () => readStore("grid-files/sharded.zarr");

/** Entries of a store in a zip of the golden files. */
async function readStore(path: string): Promise<Record<string, Buffer>> {
  const zip = await readFile(new URL(`../golden/${path}.zip`, import.meta.url));
  const names: string[] = [];
  const store = ZipFileStore.fromBlob(new Blob([zip]), {
    transformEntries: (entries) => {
      names.push(...Object.keys(entries));
      return entries;
    },
  });
  // The directory is read with the first key.
  await store.has("/");
  const content: Record<string, Buffer> = {};
  for (const name of names) {
    content[name.replace(/^[^/]*\//, "")] = Buffer.from((await store.get(`/${name}`))!);
  }
  return content;
}

test.each([
  ["that answers ranges", answer],
  [
    "that knows no ranges",
    (request: IncomingMessage, response: ServerResponse, entries: Entries) => {
      delete request.headers.range;
      answer(request, response, entries);
    },
  ],
])("chunks within shards of a v3 store, from a server %s", async (_, own) => {
  const content = await readShards();
  const expected = JSON.parse(await readFile(new URL("../golden/grid-files/expected.json", import.meta.url), "utf8"))[
    "sharded.zarr.zip"
  ];
  await using server = await serve(content, own);
  const scenario = `remote${++scenarios}`;
  await ingestPaths(database.client, [server.url], { scenario });
  const stored = await readStored(database.client);
  for (const [place, values] of Object.entries<number[]>(expected.values.tas)) {
    // 2001-03-01 is the 60th day.
    const found = stored.get(`${scenario} tas ${place} 2001`)!.subarray(59, 64);
    expect([...found]).toEqual(values.map((value) => expect.closeTo(value, 4)));
  }
});

describe.each([2, 3])("groups within groups of a v%i store", (version) => {
  const name = `groups-${version}.zarr`;
  const words = { map: ["scenarios/ssp585/tas=tas"] };

  async function expectGroup(url: string): Promise<void> {
    const { [`${name}.zip`]: expected } = JSON.parse(
      await readFile(new URL("../golden/service-files/expected.json", import.meta.url), "utf8"),
    );
    const scenario = `remote${++scenarios}`;
    await ingestPaths(database.client, [url], { scenario, ...words });
    const stored = await readStored(database.client);
    for (const [place, values] of Object.entries<number[]>(expected.values.tas)) {
      const found = stored.get(`${scenario} tas ${place} 2001`)!.subarray(59, 64);
      expect([...found]).toEqual(values.map((value) => expect.closeTo(value, 4)));
    }
  }

  test("over HTTP", async () => {
    await using server = await serve(await readStore(`service-files/${name}`));
    await expectGroup(server.url);
    expect(server.paths.filter((path) => path.includes("ssp126/tas/"))).toEqual([]);
  });

  test("in a folder, consolidated or not", async () => {
    const folder = await mkdtemp(join(tmpdir(), "zarr-groups-"));
    try {
      for (const isConsolidated of [true, false]) {
        const store = join(folder, `${isConsolidated}`, name);
        for (const [key, content] of Object.entries(await readEntries(name, isConsolidated))) {
          await mkdir(dirname(join(store, key)), { recursive: true });
          await writeFile(join(store, key), content);
        }
        await expectGroup(store);
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test.skipIf(PYTHON === null)("in S3, consolidated or not (npm run python)", async () => {
    await using moto = await startMoto();
    const client = new S3Client(moto.client);
    await client.send(new CreateBucketCommand({ Bucket: "climate" }));
    for (const folder of ["one", "two"]) {
      for (const [key, Body] of Object.entries(await readEntries(name, folder === "one")))
        await client.send(new PutObjectCommand({ Bucket: "climate", Key: `${folder}/${name}/${key}`, Body }));
      const { code, stderr, stdout } = await startCli(
        [
          "load",
          "climate",
          `s3://climate/${folder}/${name}`,
          "--scenario",
          "a",
          "--check",
          "--json",
          "--map",
          words.map[0]!,
        ],
        { env: { HOME: tmpdir(), AWS_EC2_METADATA_DISABLED: "true", ...moto.environment }, cwd: tmpdir() },
      ).ended;
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      expect(JSON.parse(stdout)).toMatchObject({ cells: 6, frequency: "daily", firstDate: "2001-03-01" });
    }
    const store = await openRemoteStoreOf(`s3://climate/two/${name}`, moto);
    expect(store.arrays).toEqual([
      ...["latitude", "longitude", "scenarios/ssp126/tas", "scenarios/ssp126/time"],
      ...["scenarios/ssp585/tas", "scenarios/ssp585/time"],
    ]);
    const refusal = (address: string) => refusalOf(openRemoteStoreOf(address, moto));
    expect(await refusal("s3://climate/none.zarr")).toMatch(/^NotZarr: s3:\/\/climate\/none\.zarr.*Check bucket/);
    expect(await refusal("s3://nowhere/none.zarr")).toMatch(/^RemoteNotFound: s3:\/\/nowhere.*NoSuchBucket/);
  });
});

/** In this process, whose environment holds the credentials meanwhile. */
async function openRemoteStoreOf(address: string, { environment }: { readonly environment: Record<string, string> }) {
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  try {
    return await openRemoteStore(address, environment);
  } finally {
    vi.unstubAllEnvs();
  }
}

async function readEntries(name: string, isConsolidated: boolean): Promise<Record<string, Buffer>> {
  const { ".zmetadata": _, ...entries } = await readStore(`service-files/${name}`);
  if (isConsolidated) return readStore(`service-files/${name}`);
  const root = entries["zarr.json"];
  if (root === undefined) return entries;
  const { consolidated_metadata: __, ...rest } = JSON.parse(root.toString());
  return { ...entries, "zarr.json": Buffer.from(JSON.stringify(rest)) };
}

test("a shard whose index says more than a chunk, or is damaged, is refused", async () => {
  const content = await readShards();
  const name = Object.keys(content).find((key) => key.startsWith("tas/c/"))!;
  const damaged = Buffer.from(content[name]!);
  damaged.writeUInt8(damaged.at(-10)! ^ 0xff, damaged.length - 10);
  await using server = await serve({ ...content, [name]: damaged });
  expect(await refusalOf(load(server.url))).toMatch(/UnreadableFile|TooLargeInside/);
  await using cut = await serve({ ...content, [name]: content[name]!.subarray(0, 20) });
  expect(await refusalOf(load(cut.url))).toMatch(/UnreadableFile|TooLargeInside/);
});

const QUICK: RemoteSettings = { timeoutMs: 5000, pauseMs: 1, tries: 3, atOnce: 2, mostBytes: 1 << 20 };

describe("a server", () => {
  test("that fails for a while is tried again", async () => {
    let failures = 2;
    await using server = await serve(consolidated(), (request, response, entries) => {
      if (!request.url!.endsWith(".zmetadata") || failures-- <= 0) return answer(request, response, entries);
      response.writeHead(503).end();
    });
    expect((await openRemoteStore(server.url, {}, QUICK)).arrays).toEqual(["lat", "lon", "tasmax", "time"]);
    expect(server.paths.filter((path) => path.endsWith(".zmetadata"))).toHaveLength(3);
  });

  test.each<[name: string, answer: Answer, settings: Partial<RemoteSettings>, expected: RegExp]>([
    [
      "that keeps failing is refused after its tries",
      (_, response) => void response.writeHead(503).end(),
      {},
      /RemoteStoreFails.*3 tries.*503/,
    ],
    ["that cuts connections", ({ socket }) => void socket.destroy(), {}, /RemoteStoreFails.*3 tries/],
    ["that does not answer", () => undefined, { timeoutMs: 50 }, /RemoteStoreFails.*3 tries.*timeout/],
    [
      "that refuses is not tried again",
      (_, response) => void response.writeHead(403).end(),
      {},
      /RemoteStoreRefuses.*403.*USER:PASSWORD@HOST/,
    ],
    ["without a store", (_, response) => void response.writeHead(404).end(), {}, /NotZarr.*consolidate_metadata/],
    ["with a page instead", (_, response) => void response.end("<html>"), {}, /UnreadableFile.*no JSON/],
    [
      "that sends without an end",
      (_, response) => {
        const piece = Buffer.alloc(1 << 16);
        const send = () => {
          while (response.write(piece));
        };
        response.on("drain", send);
        send();
      },
      {},
      /TooLargeInside.*1 MiB/,
    ],
  ])("%s", async (_, own, settings, expected) => {
    await using server = await serve({}, own);
    expect(await refusalOf(openRemoteStore(server.url, {}, { ...QUICK, ...settings }))).toMatch(expected);
    if (expected.source.includes("Refuses")) expect(server.paths).toHaveLength(1);
  });

  test("is sent few requests at a time", async () => {
    let [running, most] = [0, 0];
    const entries = consolidated();
    await using server = await serve(entries, (request, response) => {
      most = Math.max(most, ++running);
      // Answered in a later turn, so that others may come meanwhile.
      setImmediate(() => {
        running--;
        answer(request, response, entries);
      });
    });
    const store = await openRemoteStore(server.url, {}, QUICK);
    await Promise.all(Array.from({ length: 20 }, () => store.get("/tasmax/0.0.0")));
    expect(most).toBeLessThanOrEqual(QUICK.atOnce);
    expect(server.paths.length).toBeGreaterThan(20);
  });
});
