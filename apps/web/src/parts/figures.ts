const counts = new Intl.NumberFormat("en");
const compact = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
const times = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

/** In place of a figure that is not known. */
export const UNKNOWN = "–";

const known = (value: number | null | undefined, show: (value: number) => string): string =>
  value === null || value === undefined ? UNKNOWN : show(value);

/** A whole number: 1,234,567. */
export const count = (value: number | null | undefined): string => known(value, (each) => counts.format(each));

/** A large number in few characters: 1.2M. */
export const short = (value: number | null | undefined): string => known(value, (each) => compact.format(each));

/** A loss, or what is as large: four digits, and by its exponent where it is far from 1. */
export const figure = (value: number | null | undefined): string =>
  known(value, (each) => {
    const size = Math.abs(each);
    if (size !== 0 && (size < 0.001 || size >= 100_000)) return each.toExponential(2);
    return size >= 100 ? each.toFixed(1) : each.toFixed(size >= 10 ? 2 : 4);
  });

export const percent = (value: number | null | undefined): string => known(value, (each) => `${Math.round(each)} %`);

/** A share of 0 to 1 in percent, with two decimals at most: what is not the whole is never shown as 100 %, and what is not nothing never as 0 %. */
export const share = (value: number | null | undefined): string =>
  known(value, (each) => {
    const shown = Math.round(each * 1e4) / 100;
    if (shown === 0 && each > 0) return "< 0.01 %";
    return shown === 100 && each < 1 ? "> 99.99 %" : `${shown} %`;
  });

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"] as const;

/** A size: 3.4 MiB. */
export const bytes = (value: number | null | undefined): string =>
  known(value, (each) => {
    const power = Math.min(each < 1 ? 0 : Math.floor(Math.log2(each) / 10), UNITS.length - 1);
    const size = each / 1024 ** power;
    return `${power === 0 || size >= 100 ? Math.round(size) : size.toFixed(1)} ${UNITS[power]}`;
  });

/** How long something takes or took, from seconds: 42 s, 3 min 20 s, 5 h 12 min, 3 d 4 h. */
export const duration = (seconds: number | null | undefined): string =>
  known(seconds, (each) => {
    const whole = Math.max(0, Math.round(each));
    if (whole < 60) return `${whole} s`;
    if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
    const minutes = Math.round(whole / 60);
    if (minutes < 1440) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
    return `${Math.floor(minutes / 1440)} d ${Math.floor((minutes % 1440) / 60)} h`;
  });

/** The same of a guess, in two figures or so: 42 s, 12 min, 5 h 10 min, 3 d 4 h. */
export const roughly = (seconds: number | null | undefined): string =>
  known(seconds, (each) => {
    if (each < 90) return `${Math.max(1, Math.round(each))} s`;
    if (each < 5400) return `${Math.round(each / 60)} min`;
    return duration(Math.round(each / 600) * 600);
  });

/** A moment of an answer, in milliseconds: one without a zone is in UTC. */
export const timeOf = (time: string): number => Date.parse(/(?:Z|[+-]\d\d:?\d\d)$/.test(time) ? time : `${time}Z`);

/** A moment in the reader's zone, from what `Date` reads; the text itself where it reads none. */
export function moment(time: string | number | null | undefined): string {
  if (time === null || time === undefined) return UNKNOWN;
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? String(time) : times.format(date);
}

/** How long ago a moment was, in one unit, from milliseconds. */
export function ago(time: number, now = Date.now()): string {
  const seconds = Math.max(0, (now - time) / 1000);
  if (seconds < 5) return "just now";
  if (seconds < 60) return `${Math.floor(seconds)} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  return `${Math.floor(seconds / 86_400)} d ago`;
}
