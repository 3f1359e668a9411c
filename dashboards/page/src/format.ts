/** Thin space that does not break: between a number and its unit. */
const THIN = '\u202f';
const MINUS = '−';

const DIGITS = new Map<number, Intl.NumberFormat>();

function fixed(value: number, digits: number): string {
  let format = DIGITS.get(digits);
  if (!format) {
    format = new Intl.NumberFormat('en', { maximumFractionDigits: digits });
    DIGITS.set(digits, format);
  }
  return format.format(value).replace('-', MINUS);
}

/** Three significant digits and thousands separators; from a million on with M, G, T. A dash for null. */
export function formatNumber(value: number | null): string {
  if (value === null || !Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  if (size >= 1e12) return `${fixed(value / 1e12, 1)}${THIN}T`;
  if (size >= 1e9) return `${fixed(value / 1e9, 1)}${THIN}G`;
  if (size >= 1e6) return `${fixed(value / 1e6, 1)}${THIN}M`;
  if (size >= 100) return fixed(value, 0);
  if (size >= 10) return fixed(value, 1);
  if (size >= 1 || size === 0) return fixed(value, 2);
  return fixed(value, Math.min(8, 2 - Math.floor(Math.log10(size))));
}

/** A whole number of things. */
export function formatCount(value: number): string {
  return value >= 1e7 ? formatNumber(value) : fixed(Math.round(value), 0);
}

/** A share as per cent: two significant digits; never rounded up to 100 or down to 0. */
export function formatShare(share: number): string {
  const percent = share * 100;
  const size = Math.abs(percent);
  if (size === 0 || size === 100) return `${fixed(percent, 0)}${THIN}%`;
  if (size > 99 && size < 100)
    return `${fixed((Math.sign(percent) * Math.floor(size * 10)) / 10, 1)}${THIN}%`;
  if (size >= 10) return `${fixed(percent, 0)}${THIN}%`;
  if (size >= 1) return `${fixed(percent, 1)}${THIN}%`;
  return size < 0.01 ? `<${THIN}0.01${THIN}%` : `${fixed(percent, 2)}${THIN}%`;
}

/** Units that are words: they stand once behind a pair of numbers. */
function isWordUnit(unit: string): boolean {
  return !['share', 'ms', 'µ$', 'cosine', 'score', 'language'].includes(unit);
}

function formatMs(ms: number): string {
  const size = Math.abs(ms);
  if (size < 1000) return `${formatNumber(ms)}${THIN}ms`;
  if (size < 120_000) return `${formatNumber(ms / 1000)}${THIN}s`;
  if (size < 7_200_000) return `${formatNumber(ms / 60_000)}${THIN}min`;
  return `${formatNumber(ms / 3_600_000)}${THIN}h`;
}

function formatMicroUsd(value: number): string {
  const dollars = value / 1e6;
  if (Math.abs(dollars) >= 100) return `$${fixed(dollars, 0)}`;
  if (Math.abs(dollars) >= 0.1) return `$${fixed(dollars, 2)}`;
  return `$${formatNumber(dollars)}`;
}

/** A number without the words of its unit: for axes and tight cells. */
export function formatShort(value: number | null, unit: string): string {
  if (value === null || !Number.isFinite(value)) return '–';
  if (unit === 'share') return formatShare(value);
  if (unit === 'ms') return formatMs(value);
  if (unit === 'µ$') return formatMicroUsd(value);
  return formatNumber(value);
}

/** A number with its unit, in the size that people use: 812 ms, 1.5 s, 14 %, $0.0021, 638 characters. */
export function formatValue(value: number | null, unit: string): string {
  const short = formatShort(value, unit);
  return isWordUnit(unit) && short !== '–' ? `${short} ${singular(short, unit)}` : short;
}

/** Before and after with the unit once: `638 → 4 characters`. */
export function formatPair(before: number, after: number, unit: string): string {
  return `${formatShort(before, unit)} → ${formatValue(after, unit)}`;
}

function singular(number: string, unit: string): string {
  return number === '1' && unit.endsWith('s') && !unit.includes('/') ? unit.slice(0, -1) : unit;
}

/** Two decimals and a sign that is always there: an effect on a scale from −1 to 1. */
export function formatSigned(value: number): string {
  const rounded = Math.abs(value).toFixed(2);
  if (Number(rounded) === 0) return '0.00';
  return `${value < 0 ? MINUS : '+'}${rounded}`;
}

/** How much evidence there is, as a multiple: `12 ×`; beyond a thousand only that. */
export function formatTimes(value: number): string {
  if (value >= 1000) return `over 1,000${THIN}×`;
  return `${value >= 10 ? fixed(value, 0) : fixed(value, 1)}${THIN}×`;
}

const CLOCK = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', hour12: false });
const DAY_CLOCK = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
  hour12: false,
});
const YEAR_DAY = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' });
const DAY = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });

/** An instant as short as it is clear from `now`: `14:05` today, `12 Mar, 14:05` this year, `12 Mar 2023` else. */
export function formatInstant(at: Date, now: Date): string {
  if (at.toDateString() === now.toDateString()) return CLOCK.format(at);
  const ageMs = Math.abs(now.getTime() - at.getTime());
  return ageMs < 300 * 86_400_000 ? DAY_CLOCK.format(at) : YEAR_DAY.format(at);
}

/** Label of a time axis whose ticks are `stepMs` apart. */
export function formatTick(at: Date, stepMs: number): string {
  const isMidnight = at.getHours() === 0 && at.getMinutes() === 0;
  return stepMs >= 86_400_000 || isMidnight ? DAY.format(at) : CLOCK.format(at);
}

/** The full instant in UTC, for a title: `2026-11-22 14:05:03 UTC`. */
export function formatExact(at: Date): string {
  return `${at.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** A stretch of time in its largest whole unit: `8 s`, `12 min`, `5 h`, `3 d`. */
export function formatSpan(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 90) return `${seconds}${THIN}s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)}${THIN}min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3600)}${THIN}h`;
  return `${fixed(Math.round(seconds / 86_400), 0)}${THIN}d`;
}

/** How long ago: `now` within five seconds, otherwise `12 min ago`. */
export function formatAgo(at: Date, now: Date): string {
  const ms = now.getTime() - at.getTime();
  return ms < 5000 ? 'now' : `${formatSpan(ms)} ago`;
}

/** The plural when it is one: `1 row`, `75 rows`. */
export function plural(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;
}
