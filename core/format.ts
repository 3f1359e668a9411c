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
  const text = format.format(value);
  return text === '-0' ? '0' : text.replace('-', MINUS);
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
export function formatCount(count: number): string {
  return count >= 1e7 ? formatNumber(count) : fixed(Math.round(count), 0);
}

/** A share as per cent, two significant digits or all whole ones; never rounded up to 100 or down to 0. */
export function formatShare(share: number): string {
  const percent = share * 100;
  const size = Math.abs(percent);
  if (size === 0 || size === 100) return `${fixed(percent, 0)}${THIN}%`;
  if (size > 99 && size < 100) {
    return `${fixed((Math.sign(percent) * Math.floor(size * 10)) / 10, 1)}${THIN}%`;
  }
  if (size >= 10) return `${fixed(percent, 0)}${THIN}%`;
  if (size >= 1) return `${fixed(percent, 1)}${THIN}%`;
  return size < 0.01 ? `<${THIN}0.01${THIN}%` : `${fixed(percent, 2)}${THIN}%`;
}

/** Units without a word: the number alone says what it is. */
const WORDLESS_UNITS: ReadonlySet<string> = new Set(['share', 'ms', 'µ$', 'cosine', 'score', 'language', '']);

/** Units that count whole things. */
const COUNT_UNITS: ReadonlySet<string> = new Set([
  'characters',
  'words',
  'sentences',
  'tokens',
  'items',
  'fences',
]);

/** A number without the words of its unit: for axes and tight cells. */
export function formatShort(value: number | null, unit: string): string {
  if (value === null || !Number.isFinite(value)) return '–';
  if (unit === 'share') return formatShare(value);
  if (unit === 'ms') return formatMs(value);
  if (unit === 'µ$') return formatMicroUsd(value);
  return formatNumber(COUNT_UNITS.has(unit) ? wholeIfNear(value) : value);
}

/** A number with its unit, in the size that people use: 812 ms, 1.5 s, 14 %, $0.0021, 638 characters. */
export function formatValue(value: number | null, unit: string): string {
  const short = formatShort(value, unit);
  return WORDLESS_UNITS.has(unit) || short === '–' ? short : `${short} ${singular(short, unit)}`;
}

/** Before and after with the unit once: `638 → 4 characters`. */
export function formatPair(before: number | null, after: number | null, unit: string): string {
  return `${formatShort(before, unit)} → ${formatValue(after, unit)}`;
}

/** Two decimals and a sign that is always there: an effect on a scale from −1 to 1. */
export function formatSigned(value: number): string {
  const rounded = Math.abs(value).toFixed(2);
  if (Number(rounded) === 0) return '0.00';
  return `${value < 0 ? MINUS : '+'}${rounded}`;
}

/** A difference of shares in percentage points, with a sign: `−32.9`. */
export function formatPoints(share: number): string {
  const points = Math.round(Math.abs(share) * 1000) / 10;
  if (points === 0) return '0';
  return `${share < 0 ? MINUS : '+'}${points}`;
}

/** A multiple: `12 ×`; beyond a thousand, or below a tenth, only that. */
export function formatTimes(multiple: number): string {
  if (multiple >= 1000) return `over 1,000${THIN}×`;
  if (multiple > 0 && multiple < 0.1) return `<${THIN}0.1${THIN}×`;
  return `${fixed(multiple, multiple >= 10 ? 0 : 1)}${THIN}×`;
}

/** A ratio of rates: two significant digits, and one decimal from 10 on. */
export function formatRatio(ratio: number): string {
  if (ratio >= 100) return fixed(ratio, 0);
  return fixed(ratio, ratio >= 1 ? 1 : 2);
}

/** The full instant in UTC: `2026-11-22 14:05:03 UTC`. */
export function formatExact(at: Date): string {
  return `${at.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** A stretch of time in its largest useful unit: `8 s`, `12 min`, `5 h`, `3 d`. */
export function formatSpan(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 90) return `${seconds}${THIN}s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)}${THIN}min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3600)}${THIN}h`;
  return `${fixed(Math.round(seconds / 86_400), 0)}${THIN}d`;
}

/** The plural when it is one: `1 row`, `75 rows`. */
export function plural(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;
}

function formatMs(ms: number): string {
  const size = Math.abs(ms);
  if (size < 1000) return `${formatNumber(ms)}${THIN}ms`;
  if (size < 120_000) return `${formatNumber(ms / 1000)}${THIN}s`;
  if (size < 7_200_000) return `${formatNumber(ms / 60_000)}${THIN}min`;
  return `${formatNumber(ms / 3_600_000)}${THIN}h`;
}

/** Money, given in millionths of a dollar. */
export function formatMicroUsd(microUsd: number): string {
  const dollars = Math.abs(microUsd) / 1e6;
  const sign = microUsd < 0 ? MINUS : '';
  if (dollars >= 100) return `${sign}$${fixed(dollars, 0)}`;
  if (dollars >= 0.1) return `${sign}$${dollars.toFixed(2)}`;
  return `${sign}$${formatNumber(dollars)}`;
}

/** A value off the grid (core/grid.ts) stands for a whole one within half a per cent: 3.98 characters are 4. */
function wholeIfNear(value: number): number {
  const whole = Math.round(value);
  return Math.abs(value - whole) <= 0.006 * Math.abs(value) ? whole : value;
}

function singular(number: string, unit: string): string {
  return number === '1' && unit.endsWith('s') && !unit.includes('/') ? unit.slice(0, -1) : unit;
}
