import type { Inference } from '../../core/inference.ts';
import { type Content, contentKey } from './content.ts';
import { type EventPiece, joinPieces } from './event-content.ts';

/** Names the fields that came from log events: they are put together anew when more pieces have arrived. */
const FROM_EVENTS = 'otel.content';
const ATTRIBUTES_MAX = 64;

const MERGED = ['messages', 'system', 'response', 'tool_calls', 'finish_reason'] as const;
type Merged = (typeof MERGED)[number];

/**
 * The record with what it lacks filled in from the pieces of its log events; what its span said itself stays. The same
 * in whatever order and however often pieces come, as long as every call gets all pieces known by then:
 * merge(merge(r, some), all) is merge(r, all).
 */
export function mergeContent(record: Inference, contents: readonly Content[]): Inference {
  if (contents.length === 0) return record;
  const own = withoutMerged(record);
  const told = joinPieces(inOrder(contents));
  const filled: Partial<Record<Merged, unknown>> = {};
  for (const name of MERGED) {
    if (isFilled(told[name]) && !hasOwn(own, name)) filled[name] = told[name];
  }
  const names = Object.keys(filled);
  if (names.length === 0) return own;
  const attributes = own.attributes ?? {};
  // A record has a prompt or messages, and may have an empty prompt from its store.
  const { prompt, ...rest } = own;
  const isMarked = Object.keys(attributes).length < ATTRIBUTES_MAX;
  return {
    ...(prompt === undefined || filled.messages ? rest : own),
    ...(filled as Partial<Pick<Inference, Merged>>),
    ...(isMarked ? { attributes: { ...attributes, [FROM_EVENTS]: names.join(',') } } : {}),
  };
}

function inOrder(contents: readonly Content[]): EventPiece[] {
  const sorted = [...contents].sort((a, b) => compare(a.order, b.order) || compare(a.piece, b.piece));
  const unique = new Map(sorted.map((content) => [contentKey(content), content]));
  return [...unique.values()].map(({ part, piece }) => ({
    part,
    content: JSON.parse(piece) as EventPiece['content'],
  }));
}

function withoutMerged(record: Inference): Inference {
  const mark = record.attributes?.[FROM_EVENTS];
  if (mark === undefined) return record;
  const names = new Set([...mark.split(','), 'attributes']);
  const { [FROM_EVENTS]: _, ...attributes } = record.attributes ?? {};
  const entries = Object.entries(record).filter(([name]) => !names.has(name));
  const own = Object.fromEntries(entries) as unknown as Inference;
  return Object.keys(attributes).length === 0 ? own : { ...own, attributes };
}

function hasOwn(record: Inference, name: Merged): boolean {
  return isFilled(record[name]) || (name === 'messages' && isFilled(record.prompt));
}

/** A store gives what is absent as an empty text or list. */
function isFilled(value: unknown): boolean {
  return value !== undefined && value !== '' && !(Array.isArray(value) && value.length === 0);
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
