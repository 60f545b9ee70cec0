// Text of a table as a number: the one place for every reader of tables.

/** How the numbers of a file are written. */
export interface NumberStyle {
  readonly decimal: "." | ",";
  /** Between groups of three digits; undefined: none. */
  readonly thousands: string | undefined;
}

export const PLAIN_NUMBERS: NumberStyle = { decimal: ".", thousands: undefined };

const [PLUS, NINE] = [43, 57];
const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
/** White space of any kind, zero-width ones included. */
const BLANKS = /^[\s\u200b-\u200d\u2060]+|[\s\u200b-\u200d\u2060]+$/g;

/** Text without blanks of any kind around it. */
export function trimBlanks(text: string): string {
  return text.replace(BLANKS, "");
}

/**
 * The number that a text writes: NaN for a blank, undefined for anything that is no finite decimal number, such as 0x1F,
 * Infinity or digits of another alphabet.
 */
export function readNumberText(text: string, style: NumberStyle = PLAIN_NUMBERS): number | undefined {
  if (text === "") return Number.NaN;
  const first = text.charCodeAt(0);
  // Number() also takes blanks, 0x1F, 0b1 and Infinity; none of them begins so.
  if (style.decimal === "." && first >= PLUS && first <= NINE && !(text.charCodeAt(1) > NINE)) {
    const number = Number(text);
    if (Number.isFinite(number) && !/\s$/.test(text)) return number;
  }
  const plain = trimBlanks(text);
  if (plain === "") return Number.NaN;
  const decimal = toDecimal(plain, style);
  const number = DECIMAL.test(decimal) ? Number(decimal) : Number.NaN;
  return Number.isFinite(number) ? number : undefined;
}

/** The same number with a decimal point and without separators; "" when its separators are wrong. */
function toDecimal(text: string, { decimal, thousands }: NumberStyle): string {
  const [whole, fraction, ...more] = text.split(decimal);
  if (more.length > 0) return "";
  const isGrouped = thousands !== undefined && whole!.includes(thousands);
  const groups = isGrouped ? whole!.split(thousands) : [whole!];
  if (isGrouped && !(/^[+-]?\d{1,3}$/.test(groups[0]!) && groups.slice(1).every((group) => /^\d{3}$/.test(group))))
    return "";
  const digits = groups.join("");
  // What is no separator here must not become one.
  if (decimal === "," && digits.includes(".")) return "";
  return fraction === undefined ? digits : `${digits}.${fraction}`;
}

/** What to do about a text that is no number, when its separators may be why; undefined when they are not. */
export function hintSeparators(text: string, { decimal, thousands }: NumberStyle): string | undefined {
  const plain = trimBlanks(text);
  if (decimal === "." && thousands === undefined) {
    if (/^[+-]?\d{1,3}(,\d{3})+$/.test(plain)) {
      const [asThousands, asDecimal] = [plain.replaceAll(",", ""), plain.replace(",", ".")];
      return plain.split(",").length > 2
        ? `If it is ${asThousands}, give --thousands ",".`
        : `If it is ${asThousands}, give --thousands ","; if it is ${asDecimal}, give --decimal ",".`;
    }
    if (/^[+-]?\d{1,3}(,\d{3})+\.\d+$/.test(plain))
      return `If it is ${plain.replaceAll(",", "")}, give --thousands ",".`;
    if (/^[+-]?\d*,\d+$/.test(plain)) return `If it is ${plain.replace(",", ".")}, give --decimal ",".`;
    if (/^[+-]?\d{1,3}(\.\d{3})+,\d+$/.test(plain))
      return `If "." separates thousands, give --decimal "," --thousands ".".`;
    if (/^[+-]?\d{1,3}([ \u00a0\u202f']\d{3})+([.,]\d+)?$/.test(plain))
      return `If "${/[^\d+-]/.exec(plain)![0]}" separates thousands, give ${plain.includes(",") ? '--decimal "," ' : ""}--thousands "${/[^\d+-]/.exec(plain)![0]}".`;
  }
  if (decimal === "," && /^[+-]?\d*\.\d+$/.test(plain))
    return `Numbers have a decimal comma by --decimal ",": leave it out if they have a point.`;
  return undefined;
}

/** A number for people: at most so many digits, as few as give it back. */
export function shortNumber(value: number, digits = 6): number {
  return Number(value.toPrecision(digits));
}
