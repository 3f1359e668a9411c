import { AppError } from '../../core/errors.ts';

/** Takes one record without its line end, and the line of the input on which it starts, from 1. */
export type EmitRecord = (record: Buffer, line: number) => void;

/** Cuts a stream of bytes into records, in constant memory; says of what is not a record where it is. */
export interface RecordSplitter {
  push(bytes: Buffer, emit: EmitRecord): void;
  end(emit: EmitRecord): void;
  /** The line reached, from 1. */
  line(): number;
}

/** A record above this is refused; ingest takes no larger body. */
const RECORD_BYTES_MAX = 64 * 1024 * 1024;

const [TAB, LF, CR, SPACE] = [0x09, 0x0a, 0x0d, 0x20];
const [OPEN_OBJECT, CLOSE_OBJECT] = [0x7b, 0x7d];

/**
 * Cuts at line ends. Blank lines are left out; what a line holds is not looked at, except that the first must be
 * a whole object: most wrong files are told by it.
 *
 * @param name what the input is called in errors
 */
export function lineSplitter(name: string): RecordSplitter {
  let held: Buffer[] = [];
  let heldBytes = 0;
  let line = 1;
  let isFirst = true;

  function take(end: Buffer, emit: EmitRecord): void {
    const whole = heldBytes === 0 ? end : Buffer.concat([...held, end]);
    [held, heldBytes] = [[], 0];
    const record = trimmed(whole);
    if (record.length === 0) return;
    if (isFirst) checkFirstLine(record, { name, line });
    isFirst = false;
    emit(record, line);
  }

  return {
    push(bytes, emit): void {
      let start = 0;
      for (let at = bytes.indexOf(LF); at !== -1; at = bytes.indexOf(LF, start)) {
        take(bytes.subarray(start, at), emit);
        start = at + 1;
        line++;
      }
      const rest = bytes.subarray(start);
      if (rest.length > 0) held.push(rest);
      heldBytes += rest.length;
      checkSize(heldBytes, { name, line });
    },
    end: (emit) => take(Buffer.alloc(0), emit),
    line: () => line,
  };
}

function checkFirstLine(record: Buffer, { name, line }: { name: string; line: number }): void {
  if (record[0] !== OPEN_OBJECT) {
    const reason = `not JSON: it starts with ${shown(record[0])}; expected one JSON object per line, or a JSON array`;
    throw new AppError('invalid_input', `${name}: line ${line}: ${reason}`, { line });
  }
  if (record.at(-1) !== CLOSE_OBJECT) {
    const reason =
      'the object does not end on its line; write one record per line (jq -c . does it), or a JSON array';
    throw new AppError('invalid_input', `${name}: line ${line}: ${reason}`, { line });
  }
}

/** @throws AppError `too_large` */
export function checkSize(bytes: number, { name, line }: { name: string; line: number }): void {
  if (bytes <= RECORD_BYTES_MAX) return;
  const reason = `a record above ${RECORD_BYTES_MAX / 2 ** 20} MiB; is this one record per line?`;
  throw new AppError('too_large', `${name}: line ${line}: ${reason}`, { line });
}

function trimmed(line: Buffer): Buffer {
  let [start, end] = [0, line.length];
  while (start < end && isBlank(line[start] as number)) start++;
  while (end > start && isBlank(line[end - 1] as number)) end--;
  return line.subarray(start, end);
}

/** JSON's white space. */
export function isBlank(byte: number): boolean {
  return byte === SPACE || byte === TAB || byte === CR || byte === LF;
}

/** A byte as an error message shows it. */
export function shown(byte: number | undefined): string {
  if (byte === undefined) return 'nothing';
  const isVisible = byte > SPACE && byte < 0x7f;
  return isVisible ? `"${String.fromCharCode(byte)}"` : `byte 0x${byte.toString(16).padStart(2, '0')}`;
}
