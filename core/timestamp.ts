const [T_UPPER, T_LOWER, SPACE, Z_UPPER, Z_LOWER] = [0x54, 0x74, 0x20, 0x5a, 0x7a];
const [PLUS, MINUS, DOT, DASH, COLON] = [0x2b, 0x2d, 0x2e, 0x2d, 0x3a];

/**
 * Milliseconds since 1970 of an RFC 3339 timestamp with a zone; digits beyond the millisecond are cut. NaN for
 * anything else, also for a day that the month does not have and for a leap second. Date.parse would take
 * 31 February and local time.
 */
export function parseTimestamp(text: string): number {
  if (text.length < 20) return Number.NaN;
  const year = two(text, 0) * 100 + two(text, 2);
  const month = two(text, 5);
  const day = two(text, 8);
  const hour = two(text, 11);
  const minute = two(text, 14);
  const second = two(text, 17);
  const isSeparated =
    text.charCodeAt(4) === DASH &&
    text.charCodeAt(7) === DASH &&
    isBetweenDateAndTime(text.charCodeAt(10)) &&
    text.charCodeAt(13) === COLON &&
    text.charCodeAt(16) === COLON;
  if (!isSeparated || !isDate(year, month, day) || !isTime(hour, minute, second)) return Number.NaN;
  let at = 19;
  let ms = 0;
  if (text.charCodeAt(at) === DOT) {
    const start = ++at;
    while (isDigit(text.charCodeAt(at))) at++;
    if (at === start) return Number.NaN;
    for (let digit = 0; digit < 3; digit++)
      ms = ms * 10 + (start + digit < at ? digitAt(text, start + digit) : 0);
  }
  return Date.UTC(year, month - 1, day, hour, minute, second, ms) - zoneMs(text, at);
}

/** True for the spelling that every parser takes: a capital T, and a capital Z if there is a Z. */
export function isPlainTimestamp(text: string): boolean {
  return text.charCodeAt(10) === T_UPPER && text.charCodeAt(text.length - 1) !== Z_LOWER;
}

/** Offset from UTC of what stands at `at`; NaN if it is not `Z` or `+hh:mm` up to the end. */
function zoneMs(text: string, at: number): number {
  const sign = text.charCodeAt(at);
  if (sign === Z_UPPER || sign === Z_LOWER) return text.length === at + 1 ? 0 : Number.NaN;
  const hours = two(text, at + 1);
  const minutes = two(text, at + 4);
  const isOffset =
    (sign === PLUS || sign === MINUS) &&
    text.length === at + 6 &&
    text.charCodeAt(at + 3) === COLON &&
    isTime(hours, minutes, 0);
  if (!isOffset) return Number.NaN;
  return (sign === PLUS ? 1 : -1) * (hours * 60 + minutes) * 60_000;
}

/** Two digits; NaN for anything else. */
function two(text: string, at: number): number {
  const tens = text.charCodeAt(at) - 0x30;
  const ones = text.charCodeAt(at + 1) - 0x30;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN;
}

function isDate(year: number, month: number, day: number): boolean {
  // Date.UTC takes years below 100 for those of the 20th century.
  return year >= 100 && month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month);
}

function daysIn(year: number, month: number): number {
  if (month !== 2) return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return isLeap ? 29 : 28;
}

function isTime(hour: number, minute: number, second: number): boolean {
  return hour <= 23 && minute <= 59 && second <= 59;
}

function isBetweenDateAndTime(code: number): boolean {
  return code === T_UPPER || code === T_LOWER || code === SPACE;
}

const digitAt = (text: string, at: number): number => text.charCodeAt(at) - 0x30;
const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39;
