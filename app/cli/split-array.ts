import { AppError } from '../../core/errors.ts';
import { checkSize, type EmitRecord, isBlank, type RecordSplitter, shown } from './split-records.ts';

const [LF, CR, SPACE] = [0x0a, 0x0d, 0x20];
const [QUOTE, COMMA, BACKSLASH] = [0x22, 0x2c, 0x5c];
const [OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

/** What may come between records. */
type Expected = 'open' | 'first' | 'comma' | 'next' | 'end';

/** What each of them is followed by; `record` when an object starts. */
const STEPS: Readonly<Record<Expected, ReadonlyMap<number, Expected | 'record'>>> = {
  open: new Map([[OPEN_ARRAY, 'first']]),
  first: new Map<number, Expected | 'record'>([
    [OPEN_OBJECT, 'record'],
    [CLOSE_ARRAY, 'end'],
  ]),
  comma: new Map([
    [COMMA, 'next'],
    [CLOSE_ARRAY, 'end'],
  ]),
  next: new Map([[OPEN_OBJECT, 'record']]),
  end: new Map(),
};

const WORDS: Readonly<Record<Expected, string>> = {
  open: '"["',
  first: '"{" or "]"',
  comma: '"," or "]"',
  next: '"{"',
  end: 'the end of the file',
};

/**
 * Cuts a JSON array of objects at its commas. A record that spans lines comes out as one line.
 *
 * @param name what the input is called in errors
 */
export function arraySplitter(name: string): RecordSplitter {
  let held: Buffer[] = [];
  let heldBytes = 0;
  let line = 1;
  let startLine = 1;
  let expected: Expected = 'open';
  const record = recordScanner();

  const fail = (reason: string): never => {
    throw new AppError('invalid_input', `${name}: line ${line}: ${reason}`, { line });
  };

  /** Between records: does one start at this byte? */
  function startsRecord(byte: number): boolean {
    if (isBlank(byte)) return false;
    const step = STEPS[expected].get(byte);
    if (step === undefined) {
      return fail(`not a JSON array of objects: ${shown(byte)} where ${WORDS[expected]} belongs`);
    }
    if (step !== 'record') expected = step;
    return step === 'record';
  }

  /** What this byte is to a record: outside of any, its first, in it, or its last. */
  function place(byte: number): 'outside' | 'first' | 'inside' | 'last' {
    const wasOpen = record.isOpen();
    if (!wasOpen && !startsRecord(byte)) return 'outside';
    const step = record.step(byte);
    if (step === 'raw_line_break') return fail('a raw line break inside a string; write it as \\n');
    if (step === 'end') return 'last';
    return wasOpen ? 'inside' : 'first';
  }

  function takeRecord(end: Buffer, emit: EmitRecord): void {
    emit(onOneLine(Buffer.concat([...held, end])), startLine);
    [held, heldBytes, expected] = [[], 0, 'comma'];
  }

  return {
    push(bytes, emit): void {
      let start = 0;
      for (let at = record.skipText(bytes, 0); at < bytes.length; at = record.skipText(bytes, at + 1)) {
        const byte = bytes[at] as number;
        const where = place(byte);
        if (where === 'first') [start, startLine] = [at, line];
        else if (where === 'last') takeRecord(bytes.subarray(start, at + 1), emit);
        if (byte === LF) line++;
      }
      if (!record.isOpen()) return;
      held.push(bytes.subarray(start));
      heldBytes += bytes.length - start;
      checkSize(heldBytes, { name, line: startLine });
    },
    end(): void {
      if (expected !== 'end') fail('the JSON array ends early; the file is incomplete');
    },
    line: () => line,
  };
}

function endsText(byte: number | undefined): boolean {
  return byte === QUOTE || byte === BACKSLASH || byte === LF;
}

/** Follows brackets and strings from the first byte of an object to its last. */
function recordScanner() {
  let depth = 0;
  let isInString = false;
  let isEscaped = false;

  function stepInString(byte: number): 'inside' | 'raw_line_break' {
    if (byte === LF) return 'raw_line_break';
    if (isEscaped) isEscaped = false;
    else if (byte === BACKSLASH) isEscaped = true;
    else if (byte === QUOTE) isInString = false;
    return 'inside';
  }

  return {
    isOpen: () => depth > 0,
    /** First place from `at` on that can matter: most bytes of a record are text inside a string. */
    skipText(bytes: Buffer, at: number): number {
      if (!isInString || isEscaped) return at;
      let next = at;
      while (next < bytes.length && !endsText(bytes[next])) next++;
      return next;
    },
    step(byte: number): 'inside' | 'raw_line_break' | 'end' {
      if (isInString) return stepInString(byte);
      if (byte === QUOTE) isInString = true;
      else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) depth++;
      else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) depth--;
      return depth === 0 ? 'end' : 'inside';
    },
  };
}

/** Line breaks outside strings mean nothing in JSON, and inside there are none. Changes `record`. */
function onOneLine(record: Buffer): Buffer {
  for (let at = record.indexOf(LF); at !== -1; at = record.indexOf(LF, at)) record[at] = SPACE;
  for (let at = record.indexOf(CR); at !== -1; at = record.indexOf(CR, at)) record[at] = SPACE;
  return record;
}
