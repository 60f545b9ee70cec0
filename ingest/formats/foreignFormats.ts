// Formats that are not read: what to do with such a file instead.
import { beginsWith, type FileStart } from "./fileFormat.ts";

interface ForeignFormat {
  readonly name: string;
  readonly remedy: string;
  matches(start: FileStart): boolean;
}

const isOffice = (folder: string) => (start: FileStart) =>
  start.zipEnd.includes("[Content_Types].xml") && start.zipEnd.includes(folder);
const SAVE_AS_CSV = "Save the sheet as CSV and load that.";

const FOREIGN_FORMATS: readonly ForeignFormat[] = [
  {
    name: "GRIB",
    remedy:
      "Convert it to NetCDF first: cdo -f nc4 copy FILE.grib FILE.nc, or request NetCDF from its source. docs/load-grib.md shows how.",
    matches: beginsWith("GRIB"),
  },
  { name: "NetCDF of an unknown version", remedy: "Convert it first: nccopy -k nc4.", matches: beginsWith("CDF") },
  { name: "an Excel workbook (.xlsx)", remedy: SAVE_AS_CSV, matches: isOffice("xl/") },
  { name: "an old Excel workbook (.xls)", remedy: SAVE_AS_CSV, matches: beginsWith("\xd0\xcf\x11\xe0") },
  {
    name: "an OpenDocument file (.ods)",
    remedy: SAVE_AS_CSV,
    matches: ({ text, zipEnd }) => zipEnd !== "" && text.includes("application/vnd.oasis.opendocument"),
  },
  {
    name: "a zip of files",
    remedy: "Unpack it first: unzip FILE.",
    // A name at the end of a zip, which what is said of the next one, or of all, follows. No entry of a Zarr store is so named.
    matches: ({ zipEnd }) => /\.(txt|csv|nc|asc|tif|shp|dat)[\s\S]{0,64}?PK/i.test(zipEnd),
  },
  { name: "an Office document", remedy: "Save its table as CSV and load that.", matches: isOffice("") },
  {
    name: "a tar archive",
    remedy: "Unpack it first: tar -xzf FILE, and load the files in it.",
    matches: ({ text }) => text.slice(257, 262) === "ustar",
  },
  { name: "a file packed by bzip2", remedy: "Unpack it first.", matches: beginsWith("BZh") },
  { name: "a file packed by xz", remedy: "Unpack it first.", matches: beginsWith("\xfd7zXZ") },
  { name: "PDF", remedy: "Ask its source for the numbers as CSV or NetCDF.", matches: beginsWith("%PDF") },
  {
    name: "HTML or XML",
    remedy: "It may be a page that says why there is no file: open it in a browser.",
    matches: beginsWith("<"),
  },
];

export function findForeignFormat(start: FileStart): ForeignFormat | undefined {
  return FOREIGN_FORMATS.find((format) => format.matches(start));
}
