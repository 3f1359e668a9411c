import { AppError } from '../../core/errors.ts';
import { type ByteSource, inputName, openInput } from './input-bytes.ts';
import { arraySplitter } from './split-array.ts';
import { lineSplitter, type RecordSplitter } from './split-records.ts';

/** Raw records, unchecked, in the order of the input. */
export interface RecordChunk {
  /** Whole records as JSON lines, each ended by one line feed. */
  readonly body: Buffer;
  readonly rows: number;
  /** What the input is called: its path, or "standard input". */
  readonly file: string;
  /** Line of the file on which each row starts, from 1; blank lines and array layout make it differ from the index. */
  readonly lines: readonly number[];
  /** Bytes read so far from all inputs, before decompression: the progress. */
  readonly bytesRead: number;
}

/** Enough rows for the store to work in bulk, few enough to show progress and to hold a few chunks in memory. */
const CHUNK_ROWS_MAX = 1000;
/** A chunk is closed by the record that reaches this size; one large record is a chunk of its own. */
const CHUNK_BYTES_MAX = 4 * 1024 * 1024;

/**
 * Records of files one after the other: JSON lines or a JSON array, gzipped or not, `-` for standard input. Memory
 * is bounded by a chunk and the largest record.
 *
 * @throws AppError naming file, line and mend; records before the fault have been given out by then
 */
export async function* readRecords(
  paths: readonly string[],
  { stdin }: { stdin: ByteSource },
): AsyncGenerator<RecordChunk> {
  let bytesRead = 0;
  const onRead = (bytes: number): void => {
    bytesRead += bytes;
  };
  for (const path of paths) {
    let rows = 0;
    for await (const chunk of recordsOf(path, { stdin, onRead })) {
      rows += chunk.rows;
      yield { ...chunk, bytesRead };
    }
    if (rows === 0) {
      throw new AppError(
        'invalid_input',
        `${inputName(path)}: no records in it; expected one JSON object per line, or a JSON array`,
        { path },
      );
    }
  }
}

async function* recordsOf(
  path: string,
  input: { stdin: ByteSource; onRead: (bytes: number) => void },
): AsyncGenerator<Omit<RecordChunk, 'bytesRead'>> {
  const file = inputName(path);
  const chunks = chunkBuilder(file);
  let splitter: RecordSplitter | undefined;
  try {
    for await (const bytes of withoutBom(openInput(path, input))) {
      splitter ??= chooseSplitter(bytes, file);
      splitter?.push(bytes, chunks.add);
      yield* chunks.takeFull();
    }
    splitter?.end(chunks.add);
  } catch (error) {
    yield* chunks.takeAll();
    throw located(error, { file, line: splitter?.line() ?? 1 });
  }
  yield* chunks.takeAll();
}

/** Groups records; `add` may close several chunks before they are taken. */
function chunkBuilder(file: string) {
  let full: Omit<RecordChunk, 'bytesRead'>[] = [];
  let parts: Buffer[] = [];
  let lines: number[] = [];
  let bytes = 0;

  function close(): void {
    if (lines.length > 0) full.push({ body: Buffer.concat(parts), rows: lines.length, file, lines });
    [parts, lines, bytes] = [[], [], 0];
  }
  function takeFull() {
    const taken = full;
    full = [];
    return taken;
  }
  return {
    add(record: Buffer, line: number): void {
      parts.push(record, LINE_FEED);
      lines.push(line);
      bytes += record.length + 1;
      if (lines.length >= CHUNK_ROWS_MAX || bytes >= CHUNK_BYTES_MAX) close();
    },
    takeFull,
    takeAll() {
      close();
      return takeFull();
    },
  };
}

const LINE_FEED = Buffer.from('\n');

/** Undefined while nothing but blanks has come: blank lines are not counted then, and such files are rare. */
function chooseSplitter(bytes: Buffer, file: string): RecordSplitter | undefined {
  checkFormat(bytes, file);
  const first = bytes.toString('latin1').trimStart()[0];
  if (first === undefined) return undefined;
  return first === '[' ? arraySplitter(file) : lineSplitter(file);
}

const PIPED = 'pipe its text in and name the file -';

/** First bytes of what people hand over by mistake, and the way out. */
const FOREIGN: readonly (readonly [magic: string, what: string, mend: string])[] = [
  ['PAR1', 'a Parquet file', 'export it as JSON lines first'],
  ['PK\u0003\u0004', 'a zip file', `unpack it, or unzip -p FILE and ${PIPED}`],
  ['\u0028\u00b5\u002f\u00fd', 'zstd data', `zstd -dc FILE and ${PIPED}`],
  ['BZh', 'bzip2 data', `bzip2 -dc FILE and ${PIPED}`],
  ['\u00fd7zXZ', 'xz data', `xz -dc FILE and ${PIPED}`],
  ['\u00ff\u00fe', 'UTF-16 text', `iconv -f UTF-16 -t UTF-8 FILE and ${PIPED}`],
  ['\u00fe\u00ff', 'UTF-16 text', `iconv -f UTF-16 -t UTF-8 FILE and ${PIPED}`],
  ['\u001f\u008b', 'gzipped twice', `gunzip -c FILE and ${PIPED}`],
];

function checkFormat(bytes: Buffer, file: string): void {
  const start = bytes.toString('latin1', 0, 8);
  const foreign = FOREIGN.find(([magic]) => start.startsWith(magic));
  if (!foreign) return;
  const [, what, mend] = foreign;
  throw new AppError('invalid_input', `${file}: line 1: not JSON but ${what}; ${mend}`, { file });
}

async function* withoutBom(pieces: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  let isFirst = true;
  for await (const piece of pieces) {
    const hasBom = isFirst && piece.toString('latin1', 0, 3) === '\u00ef\u00bb\u00bf';
    isFirst = false;
    yield hasBom ? piece.subarray(3) : piece;
  }
}

/** Adds the line to a failure of the input that does not know it, such as a gzip stream that ends early. */
function located(error: unknown, { file, line }: { file: string; line: number }): unknown {
  if (!(error instanceof AppError) || error.code === 'not_found') return error;
  if (error.message.startsWith(`${file}: line `) || line === 1) return error;
  const reason = error.message.slice(`${file}: `.length);
  return new AppError(error.code, `${file}: line ${line}: ${reason}`, { cause: error, line });
}
