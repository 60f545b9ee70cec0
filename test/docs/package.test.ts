// The installed package, in empty folders: every command line of the pages succeeds, and both tutorials, block by block.
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFile, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { RISKS } from "../../model/risks.ts";
import { eventually } from "../support/cli.ts";
import { dailyLines } from "../support/dailyFile.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { type InstalledPackage, installPackage } from "../support/installedPackage.ts";
import { listPages, listShellBlocks, listShellCommands, ROOT } from "../support/pages.ts";
import { createPredecessorTables } from "../support/predecessorDatabase.ts";
import { freePort } from "../support/serve.ts";
import { jmaYear } from "../support/stormFiles.ts";

const run = promisify(execFile);
const REGIONAL_CELLS = 12;

let installed: InstalledPackage;
beforeAll(async () => {
  installed = await installPackage();
  await makeResults();
});
afterAll(async () => {
  await results?.drop();
  await installed?.[Symbol.asyncDispose]();
});

async function inEmptyFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "climatebatch-user-"));
  try {
    await work(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Leads when it returns, and is interrupted by its disposal. */
async function startServing(cwd: string, databaseUrl: string, disposal: AsyncDisposableStack): Promise<void> {
  const ports = { PROBE_PORT: String(await freePort()), EXPLORE_PORT: String(await freePort()) };
  const env = { HOME: cwd, PATH: installed.path, DATABASE_URL: databaseUrl, ...ports };
  const child = spawn("climatebatch", ["serve"], { cwd, env, stdio: ["ignore", "pipe", "ignore"] });
  const ended = once(child, "close");
  disposal.defer(async () => {
    child.kill("SIGINT");
    expect(await ended).toEqual([0, null]);
  });
  for await (const line of createInterface(child.stdout)) if (line.includes('"leading"')) break;
  child.stdout.resume();
  const page = await fetch(`http://127.0.0.1:${ports.EXPLORE_PORT}/batches`);
  expect([page.status, await page.text()]).toEqual([200, expect.stringContaining("<script")]);
}

async function notifyAndWait({ client }: TestDatabase, notification: string): Promise<void> {
  await client.query(notification);
  await eventually("its batch is published", async () => {
    const { rowCount } = await client.query("SELECT FROM climatebatch.publications WHERE batch_id IS NOT NULL");
    return rowCount === 0 ? undefined : true;
  });
}

async function shell(folder: string, text: string, more: Readonly<Record<string, string>> = {}): Promise<string> {
  const env = { HOME: folder, PATH: installed.path, ...more };
  const { stdout } = await run("bash", ["--norc", "-euo", "pipefail", "-c", text], {
    cwd: folder,
    env,
    maxBuffer: 1 << 28,
  });
  return stdout;
}

/** The sample under names of the pages, a batch of it published; the pages that read results begin with a copy. */
let results: TestDatabase;

async function makeResults(): Promise<void> {
  results = await createTestDatabase();
  const { url, client } = results;
  await shell(tmpdir(), `climatebatch sample --cells 1 --database ${url}`);
  await client.query(
    `UPDATE climatebatch.scenarios SET name = CASE name WHEN 'sample-ssp585' THEN 'ssp585' ELSE 'ssp585-hadgem3' END
     WHERE parent_id IS NOT NULL`,
  );
  await shell(tmpdir(), `climatebatch run all --period 2041-2060 --database ${url}`);
  // A database with a session cannot be copied.
  await client.end();
}
const copyResults = () => createTestDatabase({ from: new URL(results.url).pathname.slice(1) });

/** Where the commands of a page are typed: a database, and the files that they name. */
interface World {
  readonly makeDatabase?: () => Promise<TestDatabase>;
  readonly prepare?: (folder: string, database: TestDatabase) => Promise<unknown>;
}

type Files = Readonly<Record<string, string>>;
const GOLDEN = join(ROOT, "test/golden");
const writeAll = (folder: string, files: Files) =>
  Promise.all(Object.entries(files).map(([name, content]) => writeFile(join(folder, name), content)));
const table = (...rows: readonly string[]) => `${rows.join("\n")}\n`;

const RING = [
  [126, 36],
  [128, 36],
  [128, 38],
  [126, 38],
  [126, 36],
];
const square = (properties: object) =>
  JSON.stringify({
    type: "FeatureCollection",
    features: [{ type: "Feature", properties, geometry: { type: "Polygon", coordinates: [RING] } }],
  });
const cells = table("latitude,longitude,hand_m", "36.4847,127.0193,3", "36.3363,127.0577,4");
const codes = table("latitude,longitude,code", "36.4847,127.0193,A", "36.3363,127.0577,B");
const temperatures = table(
  "date,latitude,longitude,tasmax",
  "2001-07-01,36.4847,127.0193,31.5",
  "2001-07-01,36.3363,127.0577,30.5",
);

const WORLDS: Readonly<Record<string, World>> = {
  "README.md": {
    prepare: async (folder) => {
      await copyFile(join(ROOT, "cli/sample/rotated-pole.nc"), join(folder, "observations.nc"));
      await writeAll(folder, { "sites.csv": table("id,latitude,longitude,value", "공장,37.1,127.0,1000") });
    },
  },
  ...Object.fromEntries(
    ["backup", "database", "explorer", "run", "troubleshooting"].map((name) => [
      `docs/${name}.md`,
      { makeDatabase: copyResults },
    ]),
  ),
  "docs/grids.md": {
    prepare: async (folder, { url }) => {
      await writeAll(folder, {
        "cells.csv": codes,
        "districts.csv": codes,
        "districts.geojson": square({ name: "A" }),
        "tasmax.csv": temperatures,
      });
      for (const grid of ["korea-1km", "stations", "districts"])
        await shell(folder, `climatebatch load climate tasmax.csv --scenario observed --grid ${grid}`, {
          DATABASE_URL: url,
        });
    },
  },
  "docs/load-grib.md": {
    prepare: (folder) => copyFile(join(GOLDEN, "grid-files/era5-daily.nc"), join(folder, "era5-daily.nc")),
  },
  "docs/load-ground.md": {
    prepare: async (folder, { url }) => {
      await copyFile(join(GOLDEN, "ground-files/unified.tif"), join(folder, "dem.tif"));
      await writeAll(folder, {
        "tasmax.csv": temperatures,
        "cells.csv": cells,
        "basins.geojson": square({ HYBAS_ID: 4060 }),
        "sig.geojson": square({ SIG_KOR_NM: "공주시" }),
        "districts.csv": codes,
        "stations.csv": table("station,latitude,longitude,location,scale", "ganghwa,37.7,126.6,4.6,0.12"),
        "rise.csv": table("scenario,year,rise", "ssp585,2020,0.1", "ssp585,2100,0.8"),
      });
      await shell(folder, "climatebatch load climate tasmax.csv --scenario observed --grid korea", {
        DATABASE_URL: url,
      });
    },
  },
  "docs/load-storms.md": {
    prepare: (folder) => writeAll(folder, { FILE: Array.from({ length: 3 }, (_, at) => jmaYear(2001 + at)).join("") }),
  },
  "docs/load.md": {
    prepare: (folder) =>
      writeAll(folder, {
        FILE: temperatures,
        "OBS_ASOS_DD.csv": table("지점,지점명,일시,최고기온(°C),일강수량(mm)", "108,서울,2001-07-01,31.5,2.5"),
        "seoul.csv": table("일시,최고기온(°C),일강수량(mm)", "2001-07-01,31.5,2.5"),
        "META.csv": table("지점,지점명,위도,경도", "108,서울,37.57142,126.9658"),
      }),
  },
  "docs/load-kma.md": {},
  "docs/migrate.md": {
    makeDatabase: async () => {
      const database = await createTestDatabase({ from: "empty" });
      await createPredecessorTables(database.client, { places: 2, firstYear: 2021, lastYear: 2060 });
      return database;
    },
  },
  "docs/operator.md": {},
  "docs/seoul.md": {
    prepare: (folder) => {
      const columns = ["HighTemp", "LowTemp", "AvgTemp", "Precipitation", "AvgRelativeHumidity", "AvgWindSpeed"];
      const lines = dailyLines(columns, "standard", 1991, 2020, ({ at }) => [20 + (at % 7), 10, 15, null, 60, 2]);
      return writeAll(folder, { "FILE.csv": table(...lines) });
    },
  },
};

/** Command lines that need what an empty folder has not, and a test that gives it to them. Here their help must be there. */
const NOT_RUN: Readonly<Record<string, string>> = {
  "climatebatch load climate https://example.org/ssp245.nc --scenario ssp245": "test/ingest/remoteFiles.test.ts",
  "climatebatch load climate s3://climate/ssp245.zarr --scenario ssp245": "test/ingest/remoteZarr.test.ts",
  "climatebatch load ground https://example.org/cover.tif --attribute urbanFraction --classes 50":
    "test/ingest/remoteRasters.test.ts",
  "climatebatch load climate SSP245_*_sgg261_daily_2021-2100.asc --scenario ssp245 --grid districts --stations districts.csv":
    "test/ingest/districts.test.ts",
  "climatebatch link --grid korea-1km --from districts --codes cells.csv districts.csv":
    "test/ingest/districts.test.ts",
  "climatebatch load climate AR6_SSP585_5ENSMN_skorea_TA_gridraw_monthly_2021_2100.nc --scenario ssp585 --grid korea-1km":
    "test/ingest/kmaGrid.test.ts",
  "climatebatch load climate region-25km.nc --scenario ssp585 --grid region": "test/ingest/kmaGrid.test.ts",
  "climatebatch link --grid korea-1km --from region --within-km 25": "test/ingest/kmaGrid.test.ts",
  "climatebatch load ground cover.tif --grid korea --attribute urbanFraction --classes 50":
    "test/ingest/groundAreas.test.ts",
  "climatebatch load ground n35e125_hnd.tif n30e125_hnd.tif --grid korea --attribute heightAboveDrainage":
    "test/ingest/groundAreas.test.ts",
  "climatebatch load ground n35e125_upa.tif n30e125_upa.tif --grid korea --attribute upstreamArea":
    "test/ingest/groundAreas.test.ts",
  "climatebatch load sea-levels incheon-inc-kor-khoa.txt": "test/ingest/gauges.test.ts",
  "climatebatch load sea-levels h057.csv --station Honolulu --latitude 21.307 --longitude -157.867":
    "test/ingest/gauges.test.ts",
  "climatebatch load sea-levels incheon-*.txt --station Incheon --latitude 37.45 --longitude 126.59":
    "test/ingest/gauges.test.ts",
  "climatebatch load sea-level-rise total_ssp*_medium_confidence_values.nc --grid korea":
    "test/ingest/seaLevels.test.ts",
  "climatebatch load sea-level-rise total_ssp245_medium_confidence_values.nc --locations 955,956":
    "test/ingest/seaLevels.test.ts",
  "climatebatch submit probability --wait": "test/cluster/operatorBatch.test.ts",
  'climatebatch operator --namespace climate --database "$OPERATOR_URL" --job-database "$JOB_URL" --job-image climatebatch-job:dev':
    "test/cluster/operatorBatch.test.ts",
};

/** Other exit codes than 0: nothing listens in this database, and the doctor says so. */
const EXIT_CODES: Readonly<Record<string, number>> = { "docs/troubleshooting.md: climatebatch doctor": 1 };

const TUTORIALS = ["docs/tutorial.md", "docs/tutorial-regional.md"];
const isCommand = (line: string) => /^(\.\/)?climatebatch /.test(line);
/** Pages with commands; those in Korean have the commands of their English page, as test/rules/pages.test.ts checks. */
const PAGES = listPages().filter(
  (page) => !page.endsWith(".ko.md") && !TUTORIALS.includes(page) && listShellCommands(page).some(isCommand),
);

describe.concurrent("the installed package", () => {
  test.each(PAGES)("every command of %s succeeds", async (page) => {
    const { makeDatabase = createTestDatabase, prepare } = WORLDS[page]!;
    await using database = await makeDatabase();
    await inEmptyFolder(async (folder) => {
      await prepare?.(folder, database);
      const { url } = database;
      const env = { DATABASE_URL: url, ADMIN_URL: url, NEW_ADMIN_URL: url };
      await using background = new AsyncDisposableStack();
      for (const line of listShellCommands(page)) {
        const notification = /^psql -c "(NOTIFY .*)"$/.exec(line)?.[1];
        if (notification !== undefined) await notifyAndWait(database, notification);
        else if (!isCommand(line)) continue;
        else if (line === "climatebatch serve") await startServing(folder, url, background);
        else if (NOT_RUN[line] !== undefined)
          await shell(folder, `${line.replace(/ [a-z]+:.*| --.*|(?<=submit).*/, "")} --help`);
        else {
          const typed = line.replace(/^\.\//, "").replace("FILE…", "FILE");
          const expected = EXIT_CODES[`${page}: ${line}`] ?? 0;
          await shell(folder, expected === 0 ? typed : `${typed} || test $? = ${expected}`, env);
        }
      }
    });
  });

  test("holds compiled programs, neither sources nor tests, and every command loads", async () => {
    const files = await readdir(installed.folder, { recursive: true });
    expect(files).toEqual(expect.arrayContaining(["bin/climatebatch.mjs", "dist/cli/main.js", "dist/job/main.js"]));
    expect(files.filter((name) => /\.ts$|(^|\/)test\//.test(name))).toEqual([]);
    const script = `const { COMMANDS } = await import("./dist/cli/commands.js");
      for (const { load } of Object.values(COMMANDS)) if (typeof (await load()).run !== "function") process.exit(1);`;
    await run(process.execPath, ["--input-type=module", "--eval", script], { cwd: installed.folder });
  });

  test("every command of the tutorial succeeds from an empty folder", () =>
    inEmptyFolder(async (folder) => {
      let output = "";
      for (const block of listShellBlocks("docs/tutorial.md")) output += await shell(folder, block);
      expect(output).toMatch(/Batch 1 is published\.[\s\S]*Batch 1 is published\./);
      const rows = (await readFile(join(folder, "hazard.csv"), "utf8")).split("\n").slice(1);
      const computed = RISKS.filter((risk) =>
        rows.some((row) => new RegExp(`,${risk},observed,[^,]*,[^,]*,[^,]*,\\d`).test(row)),
      );
      expect(RISKS.filter((risk) => !computed.includes(risk))).toEqual(["typhoon"]);
      expect((await readFile(join(folder, "report.html"), "utf8")).length).toBeGreaterThan(100_000);
    }));

  test("every command from a rotated-pole file to a map succeeds, and each cell of the model has results", () =>
    inEmptyFolder(async (folder) => {
      let output = "";
      for (const block of listShellBlocks("docs/tutorial-regional.md")) output += await shell(folder, block);
      expect(output).toMatch(/12 cells.*calendar noleap[\s\S]*Batch 1 is published\./);
      expect((await readFile(join(folder, "map.html"), "utf8")).length).toBeGreaterThan(100_000);
      const rows = (await shell(folder, "climatebatch export hazard --output -"))
        .split("\n")
        .filter((row) => /,high_temperature,regional,/.test(row));
      expect(new Set(rows.map((row) => row.split(",").slice(0, 3).join()))).toHaveLength(REGIONAL_CELLS);
    }));
});

test("commands that are not run are in a page, and each has a reason", () => {
  const lines = PAGES.flatMap(listShellCommands);
  expect(Object.keys(NOT_RUN).filter((line) => !lines.includes(line))).toEqual([]);
});
