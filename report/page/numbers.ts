// Numbers as a reader wants them: sensible digits, real minus signs, intervals beside them.

export function formatNumber(value: number): string {
  if (Number.isNaN(value)) return "–";
  const size = Math.abs(value);
  if (size === 0) return "0";
  const decimals = size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : Math.min(6, 2 - Math.floor(Math.log10(size)));
  if (size < 1e-6) return "< 0.000001".replace("<", value < 0 ? "> −" : "<");
  return withMinus(Number(value.toFixed(decimals)).toString());
}

export function formatScore(score: number): string {
  return Number.isNaN(score) ? "–" : withMinus((Math.round(score * 100) / 100).toFixed(score >= 99.95 ? 0 : 1));
}

/** Three digits of a share as per cent. */
export function formatPercent(share: number): string {
  if (Number.isNaN(share)) return "–";
  const percent = 100 * share;
  if (percent > 0 && percent < 0.001) return "< 0.001 %";
  return `${formatNumber(percent)} %`;
}

export function formatSigned(value: number, format: (value: number) => string): string {
  return value > 0 ? `+${format(value)}` : format(value);
}

/** " (8–17)", or nothing where the interval is not known. */
export function formatInterval(low: number, high: number, format: (value: number) => string): string {
  return Number.isNaN(low) || Number.isNaN(high) ? "" : ` (${format(low)}–${format(high)})`;
}

export function formatPlace(latitude: number, longitude: number): string {
  const degrees = (value: number) => Number(Math.abs(value).toFixed(4)).toString();
  return `${degrees(latitude)}° ${latitude < 0 ? "S" : "N"}, ${degrees(longitude)}° ${longitude < 0 ? "W" : "E"}`;
}

/** "a 1": CF's unit as people write it. */
export function formatUnit(unit: string): string {
  const known: Readonly<Record<string, string>> = {
    degC: "°C",
    "-degC": "−°C",
    "m s-1": "m/s",
    "mm d-1": "mm/d",
    d: "days",
    "1": "",
    yr: "years",
  };
  return known[unit] ?? unit;
}

function withMinus(text: string): string {
  return text.replace("-", "−");
}
