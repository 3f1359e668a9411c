import { AppError } from '../core/errors.ts';
import type { Fault } from '../core/record-fault.ts';

/** Where the records of a body are: [start, end) of each, without the white space around it. */
export interface RecordSpans {
  readonly starts: readonly number[];
  readonly ends: readonly number[];
  /** What broke the body behind its last record; what follows could not be read. */
  readonly tail: Fault | null;
}

const [TAB, LF, CR, SPACE, QUOTE, COMMA, BACKSLASH] = [0x09, 0x0a, 0x0d, 0x20, 0x22, 0x2c, 0x5c];
const [OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

/**
 * Cuts a body into records: lines of JSON (CRLF, blank lines, a byte order mark and a missing last line end are fine),
 * or the items of a JSON array if it starts with one. What a record holds is not looked at.
 *
 * @throws AppError `too_large` above `rowsMax` records
 */
export function recordSpans(body: Uint8Array, rowsMax: number): RecordSpans {
  const start = firstByte(body, hasByteOrderMark(body) ? 3 : 0);
  return body[start] === OPEN_ARRAY ? arraySpans(body, start + 1, rowsMax) : lineSpans(body, start, rowsMax);
}

function hasByteOrderMark(body: Uint8Array): boolean {
  return body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf;
}

function lineSpans(body: Uint8Array, from: number, rowsMax: number): RecordSpans {
  const starts: number[] = [];
  const ends: number[] = [];
  // A Buffer searches with memchr; a Uint8Array byte by byte.
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  for (let at = from; at < body.length; ) {
    const found = bytes.indexOf(LF, at);
    const lineEnd = found === -1 ? body.length : found;
    const start = firstByte(body, at, lineEnd);
    if (start < lineEnd) {
      addRow(starts, start, rowsMax);
      ends.push(lastByte(body, start, lineEnd));
    }
    at = lineEnd + 1;
  }
  return { starts, ends, tail: null };
}

function arraySpans(body: Uint8Array, from: number, rowsMax: number): RecordSpans {
  const starts: number[] = [];
  const ends: number[] = [];
  let at = firstByte(body, from);
  if (body[at] === CLOSE_ARRAY) return { starts, ends, tail: afterArray(body, at + 1) };
  while (at < body.length) {
    const end = itemEnd(body, at);
    addRow(starts, at, rowsMax);
    ends.push(lastByte(body, at, end));
    if (body[end] === CLOSE_ARRAY) return { starts, ends, tail: afterArray(body, end + 1) };
    if (end >= body.length) break;
    at = firstByte(body, end + 1);
  }
  return {
    starts,
    ends,
    tail: { field: '', reason: 'expected "]" at the end of the array, got the end of the body' },
  };
}

function afterArray(body: Uint8Array, from: number): Fault | null {
  if (firstByte(body, from) === body.length) return null;
  return { field: '', reason: 'expected nothing behind the array, got more text' };
}

/** Place of the comma or bracket that ends the item which starts at `start`; the length if none does. */
function itemEnd(body: Uint8Array, start: number): number {
  let depth = 0;
  for (let at = start; at < body.length; at++) {
    const byte = body[at];
    if (byte === QUOTE) at = stringEnd(body, at);
    else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) depth++;
    else if (depth === 0 && (byte === COMMA || byte === CLOSE_ARRAY)) return at;
    else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) depth--;
  }
  return body.length;
}

/** Place of the quote that ends the string which starts at `start`; the length if none does. */
function stringEnd(body: Uint8Array, start: number): number {
  for (let at = start + 1; at < body.length; at++) {
    const byte = body[at];
    if (byte === QUOTE) return at;
    if (byte === BACKSLASH) at++;
  }
  return body.length;
}

/** How deep brackets are nested, strings left aside; stops above `max`. */
export function nestingDepth(record: Uint8Array, max: number): number {
  let [depth, deepest] = [0, 0];
  for (let at = 0; at < record.length && deepest <= max; at++) {
    const byte = record[at];
    if (byte === QUOTE) at = stringEnd(record, at);
    else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) deepest = Math.max(deepest, ++depth);
    else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) depth--;
  }
  return deepest;
}

function addRow(starts: number[], start: number, rowsMax: number): void {
  if (starts.length === rowsMax) {
    throw new AppError('too_large', `more than ${rowsMax} records in one body; send several`, { rowsMax });
  }
  starts.push(start);
}

function firstByte(body: Uint8Array, from: number, until = body.length): number {
  let at = from;
  while (at < until && isBlank(body[at])) at++;
  return at;
}

function lastByte(body: Uint8Array, start: number, until: number): number {
  let end = until;
  while (end > start && isBlank(body[end - 1])) end--;
  return end;
}

function isBlank(byte: number | undefined): boolean {
  return byte === SPACE || byte === LF || byte === CR || byte === TAB;
}
