import { AppError } from '../../core/errors.ts';

/** From here on a block begins with facts about itself, and each column says whether it is packed in a way of its own. */
const REVISION_WITH_BLOCK_INFO = 1;
const REVISION_WITH_CUSTOM_SERIALIZATION = 54_454;
/** Field 1, `is_overflows`: no; field 2, `bucket_num`: -1; end. */
const BLOCK_INFO = Buffer.from('010002ffffffff00', 'hex');
const PLAIN = Buffer.from([0]);

/**
 * Blocks of the format Native as a client of this revision reads them: the engine in the process writes revision 0 and
 * cannot be told, while clickhouse-go asks for its own by `client_protocol_version`. One pass over the bytes.
 *
 * @param bytes whole blocks of revision 0
 * @throws AppError `unsupported` that names a type whose length is not known here (JSON, Dynamic, aggregate states)
 */
export function withRevision(bytes: Uint8Array, revision: number): Uint8Array {
  if (revision < REVISION_WITH_BLOCK_INFO) return bytes;
  const source = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const pieces: Uint8Array[] = [];
  const at: Position = { source, offset: 0 };
  while (at.offset < source.length) {
    pieces.push(BLOCK_INFO);
    let from = at.offset;
    const columns = readCount(at);
    const rows = readCount(at);
    for (let column = 0; column < columns; column++) {
      readText(at);
      const type = readText(at);
      if (revision >= REVISION_WITH_CUSTOM_SERIALIZATION) {
        pieces.push(source.subarray(from, at.offset), PLAIN);
        from = at.offset;
      }
      if (rows > 0) skipColumn(at, parseType(type), rows);
    }
    pieces.push(source.subarray(from, at.offset));
  }
  return Buffer.concat(pieces);
}

interface Position {
  readonly source: Buffer;
  offset: number;
}

interface Type {
  readonly name: string;
  /** As they are written: a type, a name and a type, or a number. */
  readonly args: readonly string[];
}

const WIDTHS: Readonly<Record<string, number>> = {
  ...widths(1, ['UInt8', 'Int8', 'Bool', 'Enum8', 'Nothing']),
  ...widths(2, ['UInt16', 'Int16', 'Date', 'Enum16', 'BFloat16']),
  ...widths(4, ['UInt32', 'Int32', 'Float32', 'Date32', 'DateTime', 'IPv4', 'Time']),
  ...widths(8, ['UInt64', 'Int64', 'Float64', 'DateTime64', 'Time64']),
  ...widths(16, ['UInt128', 'Int128', 'UUID', 'IPv6']),
  ...widths(32, ['UInt256', 'Int256']),
};

function widths(bytes: number, names: readonly string[]): Record<string, number> {
  return Object.fromEntries(names.map((name) => [name, bytes]));
}

function parseType(text: string): Type {
  const open = text.indexOf('(');
  if (open < 0) return { name: text, args: [] };
  return { name: text.slice(0, open), args: splitArgs(text.slice(open + 1, -1)) };
}

/** At the commas that stand in no brackets and no quotes. */
function splitArgs(text: string): string[] {
  const args: string[] = [];
  let [depth, start] = [0, 0];
  for (const { 0: piece, index } of text.matchAll(/'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`|[(),]/g)) {
    if (piece === '(') depth++;
    else if (piece === ')') depth--;
    else if (piece === ',' && depth === 0) {
      args.push(text.slice(start, index).trim());
      start = index + 1;
    }
  }
  return [...args, text.slice(start).trim()];
}

/** A column: what stands before its values (of all that is nested in it), then the values. */
function skipColumn(at: Position, type: Type, rows: number): void {
  skipPrefix(at, type);
  skipValues(at, type, rows);
}

function skipPrefix(at: Position, type: Type): void {
  if (type.name === 'LowCardinality') at.offset += 8;
  else for (const part of partsOf(type)) skipPrefix(at, part);
}

function skipValues(at: Position, type: Type, rows: number): void {
  const width = widthOf(type);
  if (width !== null) at.offset += width * rows;
  else if (type.name === 'String') skipTexts(at, rows);
  else if (type.name === 'Nullable') {
    at.offset += rows;
    skipParts(at, type, rows);
  } else if (type.name === 'Array' || type.name === 'Map') {
    const count = rows === 0 ? 0 : Number(at.source.readBigUInt64LE(at.offset + 8 * (rows - 1)));
    at.offset += 8 * rows;
    skipParts(at, type, count);
  } else if (type.name === 'LowCardinality') skipLowCardinality(at, type, rows);
  else skipParts(at, type, rows);
}

function skipParts(at: Position, type: Type, rows: number): void {
  for (const part of partsOf(type)) skipValues(at, part, rows);
}

function skipTexts(at: Position, count: number): void {
  for (let row = 0; row < count; row++) {
    const length = readCount(at);
    at.offset += length;
  }
}

/** The dictionary of the block, then a key of 1, 2, 4 or 8 bytes a row. */
function skipLowCardinality(at: Position, type: Type, rows: number): void {
  if (rows === 0) return;
  const keyBytes = 1 << Number(at.source.readBigUInt64LE(at.offset) & 0xffn);
  const count = Number(at.source.readBigUInt64LE(at.offset + 8));
  at.offset += 16;
  for (const part of partsOf(type)) {
    // Its null is the first entry of the dictionary, not a byte of its own.
    const [inner] = part.name === 'Nullable' ? partsOf(part) : [part];
    if (inner) skipValues(at, inner, count);
  }
  const keys = Number(at.source.readBigUInt64LE(at.offset));
  at.offset += 8 + keys * keyBytes;
}

/** The types within a type. @throws AppError `unsupported` for one that is not known */
function partsOf({ name, args }: Type): Type[] {
  if (name === 'String' || widthOf({ name, args }) !== null) return [];
  if (name === 'Nested') return [{ name: 'Array', args: [`Tuple(${args.join(', ')})`] }];
  // The first argument is the function; a simple state is stored as a plain value.
  if (name === 'SimpleAggregateFunction') return args.slice(1).map(parseType);
  if (name === 'Tuple') return args.map(typeOfElement);
  if (['Nullable', 'Array', 'Map', 'LowCardinality'].includes(name)) return args.map(parseType);
  throw new AppError(
    'unsupported',
    `the type ${name} cannot be sent in the format Native here: select toString(…) of it, or ask for another format`,
  );
}

/** `name Type`, or a type alone. */
function typeOfElement(text: string): Type {
  const name = /^(`(?:[^`\\]|\\.)*`|[A-Za-z_]\w*) (?=\S)/.exec(text)?.[0] ?? '';
  return parseType(text.slice(name.length));
}

function widthOf({ name, args }: Type): number | null {
  if (name === 'FixedString') return Number(args[0]);
  if (name.startsWith('Interval')) return 8;
  if (name !== 'Decimal') return WIDTHS[name] ?? null;
  const digits = Number(args[0]);
  if (digits <= 9) return 4;
  if (digits <= 18) return 8;
  return digits <= 38 ? 16 : 32;
}

function readCount(at: Position): number {
  let [value, scale] = [0, 1];
  while (true) {
    const byte = at.source[at.offset++];
    if (byte === undefined) throw new AppError('upstream_unavailable', 'a block of the engine was cut off');
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return value;
    scale *= 0x80;
  }
}

function readText(at: Position): string {
  const length = readCount(at);
  at.offset += length;
  return at.source.toString('utf8', at.offset - length, at.offset);
}
