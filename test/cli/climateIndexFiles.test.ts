// `climatebatch index` as a process: what it writes, whatever the order of its input, and what it refuses.
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { CLIMATE_INDICES } from "../../cli/index/catalogue.ts";
import { accepted, BASE, SEOUL } from "../support/climateIndex.ts";
import { climatebatch } from "../support/commandLine.ts";
import { type Day, dailyLines } from "../support/dailyFile.ts";

describe("what is written", () => {
  const header = "date,latitude,longitude,tasmax";
  const rowsOf = (latitude: number, longitude: number, valueOn: (day: Day) => number) =>
    dailyLines([], "noleap", 2001, 2021, () => [])
      .slice(1)
      .map((date, at) => `${date},${latitude},${longitude},${valueOn({ date, at } as Day)}`);
  const cells = [
    ...rowsOf(38, 127.5, ({ at }) => 20 + ((at * 7919) % 13)),
    ...rowsOf(37.5, 487.25 - 360, ({ at }) => 21 + ((at * 104729) % 17)),
  ];
  const csv = (rows: readonly string[]) => `${[header, ...rows].join("\n")}\n`;

  test("cells are numbered from the south-west, with a header and a row per year", async () => {
    const lines = (await accepted({ "in.csv": csv(cells) }, "TX90p", ...BASE)).read("out.csv").split("\n");
    expect(lines).toHaveLength(1 + 2 * 21 + 1);
    expect(lines[0]).toBe("cell,latitude,longitude,year,value");
    expect(lines[1]).toMatch(/^1,37\.5,127\.25,2001,\d/);
    expect(lines[22]).toMatch(/^2,38,127\.5,2001,\d/);
  });

  test("the order of rows and files makes no byte's difference, nor does gzip or standard output", async () => {
    const shuffled = cells
      .map((row, at) => ({ row, order: (at * 7_368_787) % 1_000_003 }))
      .sort((a, b) => a.order - b.order)
      .map(({ row }) => row);
    const whole = (await accepted({ "in.csv": csv(cells) }, "TX90p", ...BASE)).read("out.csv");
    const half = shuffled.length >> 1;
    const files = { "a.csv": csv(shuffled.slice(half)), "b.csv.gz": gzipSync(csv(shuffled.slice(0, half))) };
    expect((await accepted(files, "TX90p", ...BASE)).read("out.csv")).toBe(whole);
    const words = "index TX90p --input a.csv b.csv.gz --output -".split(" ");
    expect((await climatebatch(files, ...words, ...BASE)).stdout).toBe(whole);
  });

  test("a cell without a variable or without enough base years is empty, and said so", async () => {
    const rows = [...cells, "2001-01-01,39,127,10"];
    const { read, stderr } = await accepted({ "in.csv": csv(rows) }, "TX90p", ...BASE);
    expect(read("out.csv")).toMatch(/\n3,39,127,2001,\n/);
    expect(stderr).toMatch(/too few valid years .* in the base period 2001-2020 \(1 cell of 3\)/);
  });

  test("a file written before is replaced, one that cannot be written is refused", async () => {
    const files = { "in.csv": csv(cells), "out.csv": "old" };
    const words = ["index", "HD33", "--input", "in.csv", "--output"];
    const replaced = await climatebatch(files, ...words, "out.csv");
    expect([replaced.exitCode, replaced.read("out.csv").slice(0, 5), replaced.names]).toEqual([
      0,
      "cell,",
      ["in.csv", "out.csv"],
    ]);
    const refused = await climatebatch(files, ...words, "nowhere/out.csv");
    expect([refused.exitCode, refused.names]).toEqual([2, ["in.csv", "out.csv"]]);
    expect(refused.stderr).toMatch(/--output "nowhere\/out.csv" cannot be written/);
    const same = await climatebatch(files, ...words, "./in.csv");
    expect([same.exitCode, same.read("in.csv")]).toEqual([2, files["in.csv"]]);
    expect(same.stderr).toMatch(/--output ".\/in.csv" is a file of --input too. Name another file./);
  });
});

describe("what is refused, in words, with exit code 2 and no file", () => {
  const day = "date,tasmax,pr\n2001-01-01,1,2\n";
  const month = "date,tasmax,pr (mm)\n2001-01,1,2\n";
  test.each([
    {
      name: "an option that does not apply to the index",
      words: "Rx1day --in-base none --bands gfwed",
      says: "--in-base none does not apply to Rx1day, only on WSDI, CSDI, TX90p, SPEI12, SPI12. --bands gfwed does not apply to Rx1day, only on FWI, FWI95. Leave them out.",
    },
    {
      name: "a variable that is not there",
      words: "SPEI12",
      says: "SPEI12 needs pr, tasmin, tasmax; or pr, tas; found tasmax, pr in in.csv. Name the column of tasmin: --map COLUMN=tasmin; or give the file that has it.",
    },
    {
      name: "humidity that is not there",
      words: "FWI --humidity hurs",
      says: "FWI needs tasmax, hurs, sfcWind, pr; found tasmax, pr in in.csv. Name the column of hurs, sfcWind: --map COLUMN=hurs --map COLUMN=sfcWind; or give the file that has it.",
    },
    {
      name: "monthly values",
      file: month,
      words: "HD33",
      says: "in.csv is monthly, but HD33 is computed from daily values. Give a file with a row per day (date as YYYY-MM-DD).",
    },
    {
      name: "a base period that the files do not have",
      words: "WSDI",
      says: "The base period 1991-2020 needs 20 years of data, but the files have 1 of its years (2001-2001). Give years that they have: --base-period FIRST-LAST.",
    },
    {
      name: "a base period that is none",
      words: "WSDI --base-period 1991",
      says: '--base-period expects FIRST-LAST in whole years, such as 2021-2040, but got "1991".',
    },
    {
      name: "an index of another name",
      words: "SU",
      says: "Invalid value for NAME: expected WSDI, CSDI, TX90p, ",
    },
    {
      name: "a word that an option does not know",
      words: "WSDI --year july",
      says: 'Invalid value for --year: expected calendar or hazard, got "july".',
    },
  ])("$name", async ({ file = day, words, says }) => {
    const [name, ...options] = words.split(" ");
    const all = ["index", name!, "--input", "in.csv", "--output", "out.csv", ...SEOUL, ...options];
    const { exitCode, names, stderr } = await climatebatch({ "in.csv": file }, ...all);
    expect(stderr).toContain(says);
    expect([exitCode, names]).toEqual([2, ["in.csv"]]);
  });

  test("--help --all shows every index, its unit and what it needs", async () => {
    const { stdout } = await climatebatch({}, "index", "--help", "--all");
    for (const name of CLIMATE_INDICES) expect(stdout).toMatch(new RegExp(`\\n  ${name} +by (year|month|day) \\[`));
    expect(stdout).toMatch(/bootstrap of Zhang et al\.\s\(2005\)/);
  });
});
