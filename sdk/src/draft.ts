import { COPY_NODES_MAX, type CopyBudget, type PlainObject, plainCopy } from './plain-copy.ts';

/** What was seen of a call: copies, so that the host may change what it likes. */
export interface Draft {
  readonly fields: PlainObject;
  /** Estimate of what it holds. */
  readonly bytes: number;
}

export const EMPTY_DRAFT: Draft = { fields: {}, bytes: 0 };

/** A copy of what the host's objects say; empty with an error where they could not be read. */
export function draftOf(described: unknown): Draft {
  const budget: CopyBudget = { nodes: COPY_NODES_MAX, bytes: 0 };
  const fields = plainCopy(described, budget);
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) return EMPTY_DRAFT;
  return { fields, bytes: budget.bytes };
}
