import { wellFormed } from './well-formed.ts';

/** Checked rows on their way into the store: lines of JSON, and what placing them needs to know. */
export interface CheckedBlock {
  readonly rows: number;
  /** One line per row, each ended by a line feed. */
  readonly lines: Uint8Array;
  /** Where each line starts in `lines`. */
  readonly offsets: ArrayLike<number>;
  /** Of an inference its id, of a score the id of its inference. */
  readonly ids: readonly string[];
  readonly projects: readonly string[];
  /** Milliseconds since 1970. */
  readonly timestampsMs: ArrayLike<number>;
  /** The same lines written anew from the parsed rows, for a store that stumbles over a spelling. */
  canonicalLines(): Uint8Array;
}

export type BlockParts = Omit<CheckedBlock, 'rows' | 'canonicalLines'>;

/** A block of its parts; they are not copied. */
export function createBlock(parts: BlockParts): CheckedBlock {
  return { ...parts, rows: parts.ids.length, canonicalLines: () => canonicalLines(parts) };
}

/** Rows [start, end) of a block; the lines are shared with it. */
export function sliceBlock(block: CheckedBlock, start: number, end: number): CheckedBlock {
  const [from, to] = [startOf(block, start), startOf(block, end)];
  return createBlock({
    lines: block.lines.subarray(from, to),
    offsets: range(start, end).map((row) => startOf(block, row) - from),
    ids: block.ids.slice(start, end),
    projects: block.projects.slice(start, end),
    timestampsMs: range(start, end).map((row) => block.timestampsMs[row] ?? 0),
  });
}

/** All rows of the blocks, in order. A single block comes back as it is; more are copied. */
export function mergeBlocks(blocks: readonly CheckedBlock[]): CheckedBlock {
  const [first] = blocks;
  if (first && blocks.length === 1) return first;
  const offsets: number[] = [];
  const timestampsMs: number[] = [];
  let bytes = 0;
  for (const block of blocks) {
    for (let row = 0; row < block.rows; row++) {
      offsets.push(bytes + (block.offsets[row] ?? 0));
      timestampsMs.push(block.timestampsMs[row] ?? 0);
    }
    bytes += block.lines.length;
  }
  return createBlock({
    lines: Buffer.concat(
      blocks.map(({ lines }) => lines),
      bytes,
    ),
    offsets,
    ids: blocks.flatMap(({ ids }) => ids),
    projects: blocks.flatMap(({ projects }) => projects),
    timestampsMs,
  });
}

function canonicalLines({ lines }: BlockParts): Uint8Array {
  const texts = Buffer.from(lines.buffer, lines.byteOffset, lines.byteLength).toString('utf8').split('\n');
  return Buffer.from(texts.map((text) => (text === '' ? '' : respell(text))).join('\n'));
}

/** A key that came twice keeps its last value, and each number is written as JavaScript writes it. */
function respell(text: string): string {
  return JSON.stringify(wellFormed(JSON.parse(text)));
}

function startOf(block: BlockParts, row: number): number {
  return row < block.ids.length ? (block.offsets[row] ?? 0) : block.lines.length;
}

function range(start: number, end: number): number[] {
  return Array.from({ length: end - start }, (_, index) => start + index);
}
