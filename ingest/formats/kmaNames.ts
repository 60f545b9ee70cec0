// Names of the fields that the Korea Meteorological Administration offers on its 1-km grid of South Korea, such as
// AR6_SSP585_5ENSMN_skorea_TA_gridraw_monthly_2021_2100.nc: its climate scenarios and the observations MK-PRISM.
import { basename } from "node:path";
import { RejectedError } from "../../model/errors.ts";
import type { Frequency, Variable } from "../../model/variables.ts";

export interface KmaName {
  /** Its name for the variable, such as TA. */
  readonly field: string;
  readonly frequency: Frequency;
  readonly firstYear: number;
  readonly lastYear: number;
}

export interface KmaField {
  readonly variable: Variable;
  /** Of text files, which do not say it; undefined: not established. */
  readonly unit: string | undefined;
}

/** In capitals, as the names of files have them; files of indices write RX1DAY or RX1day. */
const FIELDS: Readonly<Record<string, KmaField>> = {
  TA: { variable: "tas", unit: "degC" },
  TAMAX: { variable: "tasmax", unit: "degC" },
  TAMIN: { variable: "tasmin", unit: "degC" },
  RN: { variable: "pr", unit: "mm" },
  RHM: { variable: "hurs", unit: "%" },
  WS: { variable: "sfcWind", unit: "m s-1" },
  SI: { variable: "rsds", unit: undefined },
  SPEI12: { variable: "SPEI12", unit: "1" },
  WSDI: { variable: "WSDI", unit: "d" },
  CSDI: { variable: "CSDI", unit: "d" },
  RX1DAY: { variable: "Rx1day", unit: "mm" },
  RX5DAY: { variable: "Rx5day", unit: "mm" },
  RAIN80: { variable: "RAIN80", unit: "mm" },
};

const NAME = /_([A-Za-z0-9]+)_gridraw_(daily|monthly|yearly)_(\d{4})(?:[_-](\d{4}))?(?:_(?:nc|asc))?\.(?:nc|txt|asc)$/;

/** What the name of a file says; undefined: it is none of these files. */
export function readKmaName(file: string): KmaName | undefined {
  const [, field, frequency, first, last = first] = NAME.exec(basename(file)) ?? [];
  if (field === undefined) return undefined;
  return { field, frequency: frequency as Frequency, firstYear: Number(first), lastYear: Number(last) };
}

/** The variable of a field; undefined: no risk reads it. */
export function findKmaField(field: string): KmaField | undefined {
  return Object.hasOwn(FIELDS, field.toUpperCase()) ? FIELDS[field.toUpperCase()] : undefined;
}

/** The refusal of a field that no risk reads. */
export function unusedField(file: string, field: string): RejectedError {
  return new RejectedError(
    "UnusedField",
    `${file} holds ${field}, which no risk reads. Read are ${Object.keys(FIELDS).join(", ")}; climatebatch explain RISK says which risk reads what.`,
  );
}
