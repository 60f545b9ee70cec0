// GeoTIFF on servers: read in place where the server sends parts, brought here where it does not; S3 is moto's.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CreateBucketCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { GEOTIFF } from "../../ingest/formats/geotiffFile.ts";
import { makeCellAreas } from "../../ingest/ground/cellAreas.ts";
import { AreaValues } from "../../ingest/ground/rasterAreas.ts";
import { readRasters } from "../../ingest/ground/readRasters.ts";
import { bringFiles } from "../../ingest/remote/remoteFiles.ts";
import { systemClock } from "../../model/clock.ts";
import { PYTHON } from "../report/pythonPackages.ts";
import { serveFiles } from "../support/fileServer.ts";
import { closeToFloat32 } from "../support/floats.ts";
import { refusalOf } from "../support/ingest.ts";
import { startMoto } from "../support/moto.ts";

const FOLDER = new URL("../golden/ground-areas/", import.meta.url);
const COG = readFileSync(new URL("cog.tif", FOLDER));
type Cells = readonly (readonly [number, number, number])[];
const { cells } = (
  JSON.parse(readFileSync(new URL("expected.json", FOLDER), "utf8")) as readonly { files: string[]; cells: Cells }[]
).find(({ files }) => files[0] === "cog.tif")!;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "remote-rasters-"));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

const { signal } = new AbortController();
const bring = (address: string, environment: NodeJS.ProcessEnv = {}) => {
  const progress = { onFound: () => undefined, onBytes: () => undefined };
  return bringFiles([address], { above: folder, environment, clock: systemClock, progress, signal });
};

const places = cells.map(([latitude, longitude]) => ({ latitude, longitude }));

async function read(file: string): Promise<Float64Array> {
  const options = { by: undefined, classes: [], missing: [], unit: undefined };
  return (await readRasters([file], "elevation", places, options, signal)).values;
}

async function expectCells(file: string): Promise<void> {
  const values = await read(file);
  expect(cells.filter(([, , value], at) => !closeToFloat32(values[at]!, value))).toEqual([]);
}

describe("over HTTP", () => {
  test("only the blocks that the cells need are fetched, and the file is not brought", async () => {
    await using server = await serveFiles({ "dem/cog.tif": COG });
    const address = `${server.address}/dem/cog.tif`;
    expect((await bring(address)).files).toEqual([address]);
    await expectCells(address);
    const fetched = server.requests.reduce((sum, { bytes }) => sum + bytes, 0);
    expect(fetched).toBeGreaterThan(0);
    expect(fetched).toBeLessThan(COG.length / 2);
  });

  test("an address that is signed for GET alone, as S3 signs them, is read in place", async () => {
    await using server = await serveFiles({ "cog.tif": COG }, ({ method, url }, response) => {
      const isSigned = method === "GET" && url!.endsWith("?signature=1");
      if (!isSigned) response.writeHead(403).end();
      return !isSigned;
    });
    const address = `${server.address}/cog.tif?signature=1`;
    expect((await bring(address)).files).toEqual([address]);
    await expectCells(address);
  });

  test("user and password are sent, and are in no message", async () => {
    await using server = await serveFiles({ "cog.tif": COG }, ({ headers }, response) => {
      const isKnown = headers.authorization === `Basic ${Buffer.from("me:secret").toString("base64")}`;
      if (!isKnown) response.writeHead(401).end();
      return !isKnown;
    });
    const address = server.address.replace("http://", "http://me:secret@");
    await expectCells(`${address}/cog.tif`);
    const local = await bring(`${address}/cog.tif`);
    expect(local.restore(`${local.files[0]} has no cell`)).toBe(`${server.address}/cog.tif has no cell`);
    expect(await refusalOf(read(`${address.replace("secret", "wrong")}/cog.tif`))).toMatch(
      /^RemoteStoreRefuses: http:\/\/127[^@]*401/,
    );
  });

  test("from a server that sends the whole it is brought", async () => {
    await using server = await serveFiles({ "cog.tif": COG }, ({ headers }) => {
      delete headers.range;
      return false;
    });
    const local = await bring(`${server.address}/cog.tif`);
    expect(local.files[0]).not.toContain("http");
    await expectCells(local.files[0]!);
    local.close(false);
  });

  test("a failure that passes is tried again; a file that changes, ends or is none is refused by name", async () => {
    let failures = 2;
    await using busy = await serveFiles({ "cog.tif": COG }, ({ headers }, response) => {
      const isBusy = headers.range !== undefined && failures-- > 0;
      if (isBusy) response.writeHead(503).end();
      return isBusy;
    });
    await expectCells(`${busy.address}/cog.tif`);

    let parts = 0;
    await using changing = await serveFiles({ "cog.tif": COG }, ({ headers }, response) => {
      if (headers.range !== undefined) response.setHeader("etag", `"${++parts}"`);
      const isLate = parts > 1;
      if (isLate) response.writeHead(206, { "content-length": 1 }).end("x");
      return isLate;
    });
    expect(await refusalOf(read(`${changing.address}/cog.tif`))).toMatch(/^RemoteChanged: .*cog\.tif has changed/);

    await using cut = await serveFiles({ "cog.tif": COG.subarray(0, 20_000) });
    expect(await refusalOf(read(`${cut.address}/cog.tif`))).toMatch(/^UnreadableFile: .*cog\.tif/);
    await using page = await serveFiles({ "cog.tif": Buffer.from("<html>no such map</html>") });
    expect(await refusalOf(read(`${page.address}/cog.tif`))).toMatch(/^UnreadableFile: .*cog\.tif/);
    expect(await refusalOf(bring(`${page.address}/none.tif`))).toMatch(/^RemoteNotFound: .*none\.tif/);
  });

  test("a mask beside it is refused", async () => {
    await using server = await serveFiles({ "cog.tif": COG, "cog.tif.msk": Buffer.from("mask") });
    expect(await refusalOf(read(`${server.address}/cog.tif`))).toMatch(/^MaskedRaster: .*cog\.tif has a mask/);
  });
});

describe.skipIf(PYTHON === null)("from S3 (npm run python)", () => {
  test("it is read in place; what is not there is refused by name", async () => {
    await using moto = await startMoto();
    const client = new S3Client(moto.client);
    await client.send(new CreateBucketCommand({ Bucket: "maps" }));
    await client.send(new PutObjectCommand({ Bucket: "maps", Key: "dem/cog.tif", Body: COG }));
    for (const [name, value] of Object.entries(moto.environment)) vi.stubEnv(name, value);
    expect((await bring("s3://maps/dem/cog.tif", moto.environment)).files).toEqual(["s3://maps/dem/cog.tif"]);
    const raster = await GEOTIFF.open("s3://maps/dem/cog.tif", signal, moto.environment);
    const values = new AreaValues(places, makeCellAreas(places)!, "elevation", "mean");
    await values.add(raster, []);
    const found = values.finish();
    expect(cells.filter(([, , value], at) => !closeToFloat32(found[at]!, value))).toEqual([]);
    for (const address of ["s3://maps/none.tif", "s3://nowhere/cog.tif"]) {
      expect(await refusalOf(bring(address, moto.environment))).toMatch(new RegExp(`^RemoteNotFound: ${address}`));
    }
  });
});
