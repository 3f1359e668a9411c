import { AppError } from '../core/errors.ts';
import { type CheckedBlock, sliceBlock } from './block.ts';

/** A row that the store does not take, whatever is done. */
export interface RefusedRow {
  /** Place in the block. */
  readonly row: number;
  readonly reason: string;
}

interface Range {
  readonly start: number;
  readonly end: number;
}

/** Inserts spent on one block: finds a handful of bad rows among thousands. */
const INSERTS_MAX = 100;

/** Whether an insert failed for what is in the block: trying it again would not help. */
export function isRefusal(error: unknown): boolean {
  return error instanceof AppError && error.code === 'invalid_input';
}

/**
 * Inserts a block; if the store refuses it for what is in it, halves it until the rows at fault stand alone, so that
 * they do not harm their neighbours. Gives these rows.
 *
 * @throws what the store failed with otherwise, also when too many rows are at fault; rows stored by then stay
 */
export async function insertOrIsolate(
  block: CheckedBlock,
  insertBlock: (block: CheckedBlock) => Promise<void>,
): Promise<readonly RefusedRow[]> {
  const refused: RefusedRow[] = [];
  const open: Range[] = [{ start: 0, end: block.rows }];
  let inserts = 0;
  for (let part = open.pop(); part; part = open.pop()) {
    const isLast = ++inserts >= INSERTS_MAX;
    const isTaken = await isInserted(sliceBlock(block, part.start, part.end), { insertBlock, isLast });
    if (isTaken) continue;
    if (part.end - part.start === 1) refused.push({ row: part.start, reason: 'the store does not take it' });
    else open.push(...halves(part));
  }
  return refused;
}

async function isInserted(
  block: CheckedBlock,
  { insertBlock, isLast }: { insertBlock: (block: CheckedBlock) => Promise<void>; isLast: boolean },
): Promise<boolean> {
  try {
    await insertBlock(block);
    return true;
  } catch (error) {
    if (isLast || !isRefusal(error)) throw error;
    return false;
  }
}

function halves({ start, end }: Range): Range[] {
  const middle = start + Math.floor((end - start) / 2);
  return [
    { start: middle, end },
    { start, end: middle },
  ];
}
