import type { BlockParts } from './block.ts';

/** Rows as they are added: the lines go into one buffer that doubles when it is full. */
export interface BlockBuilder {
  /** A line as it came, less its closing brace; `rest` is what closes it, in ASCII. */
  addRaw(line: { record: Uint8Array; rest: string }, place: Place): void;
  addText(line: string, place: Place): void;
  /** What was added. The builder is not used any more. */
  finish(): BlockParts & { readonly offsets: Uint32Array; readonly timestampsMs: Float64Array };
}

export interface Place {
  readonly id: string;
  readonly project: string;
  readonly timestampMs: number;
}

const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
/** What computed columns add to a line, about. */
const ADDED_BYTES = 640;

/** @param rows upper bound, for the first guess of the size */
export function createBlockBuilder({ rows, bytes }: { rows: number; bytes: number }): BlockBuilder {
  // Not by rows alone: a body of a million empty objects must not claim memory for a million signals.
  let buffer = Buffer.allocUnsafeSlow(Math.min(bytes + rows * ADDED_BYTES, 2 * bytes) + 1);
  let at = 0;
  const offsets = new Uint32Array(rows);
  const timestampsMs = new Float64Array(rows);
  const ids: string[] = [];
  const projects: string[] = [];

  function makeRoom(needed: number): void {
    if (at + needed <= buffer.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(2 * buffer.length, at + needed));
    buffer.copy(larger, 0, 0, at);
    buffer = larger;
  }
  function begin({ id, project, timestampMs }: Place): void {
    offsets[ids.length] = at;
    timestampsMs[ids.length] = timestampMs;
    ids.push(id);
    projects.push(project);
  }
  return {
    addRaw({ record, rest }, place) {
      makeRoom(record.length + rest.length);
      begin(place);
      const start = at;
      buffer.set(record, at);
      at += record.length - 1;
      replaceLineBreaks(buffer.subarray(start, at));
      at += buffer.write(rest, at, 'latin1');
      buffer[at++] = LF;
    },
    addText(line, place) {
      makeRoom(3 * line.length + 1);
      begin(place);
      at += buffer.write(line, at);
      buffer[at++] = LF;
    },
    finish() {
      return {
        lines: buffer.subarray(0, at),
        offsets: offsets.slice(0, ids.length),
        ids,
        projects,
        timestampsMs: timestampsMs.slice(0, ids.length),
      };
    },
  };
}

/** A record in an array may span lines; in JSON a line break stands only between tokens. Looks no further than the record. */
function replaceLineBreaks(record: Buffer): void {
  for (const code of [LF, CR]) {
    for (let found = record.indexOf(code); found !== -1; found = record.indexOf(code, found))
      record[found] = SPACE;
  }
}
