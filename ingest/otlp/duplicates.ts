import type { Draft } from './span-record.ts';

/** A record with what tells whether another one is of the same call. */
export interface Candidate {
  readonly draft: Draft;
  /** Place of the span in the request. */
  readonly index: number;
  readonly responseId: string | undefined;
  readonly startNano: bigint;
  readonly endNano: bigint;
}

/**
 * The candidates without those that a second instrumentation made of the same call: same trace, provider and response
 * id, one within the time of the other (a vendor's mock gives every answer the same id). Of each such pair the one that
 * says more stays. Order is kept.
 */
export function withoutDuplicates(candidates: readonly Candidate[]): readonly Candidate[] {
  const groups = new Map<string, Candidate[]>();
  for (const candidate of candidates) {
    if (candidate.responseId === undefined) continue;
    const key = `${candidate.draft.trace_id}\n${candidate.draft.provider}\n${candidate.responseId}`;
    const group = groups.get(key);
    if (group) group.push(candidate);
    else groups.set(key, [candidate]);
  }
  const dropped = new Set<Candidate>();
  for (const group of groups.values()) if (group.length > 1) dropPoorer(group, dropped);
  return dropped.size === 0 ? candidates : candidates.filter((candidate) => !dropped.has(candidate));
}

function dropPoorer(group: readonly Candidate[], dropped: Set<Candidate>): void {
  const ranked = group.map((candidate) => ({ candidate, wealth: wealthOf(candidate.draft) })).sort(byWealth);
  const kept: Candidate[] = [];
  for (const { candidate } of ranked) {
    if (kept.some((one) => areNested(one, candidate))) dropped.add(candidate);
    else kept.push(candidate);
  }
}

interface Ranked {
  readonly candidate: Candidate;
  readonly wealth: readonly [fields: number, characters: number];
}

/** Richest first; equals by id, so that a request always gives the same records. */
function byWealth(a: Ranked, b: Ranked): number {
  const difference = b.wealth[0] - a.wealth[0] || b.wealth[1] - a.wealth[1];
  return difference || ((a.candidate.draft.id ?? '') < (b.candidate.draft.id ?? '') ? -1 : 1);
}

function wealthOf({ attributes, ...draft }: Draft): readonly [number, number] {
  return [Object.values(draft).filter((value) => value !== undefined).length, JSON.stringify(draft).length];
}

function areNested(one: Candidate, other: Candidate): boolean {
  return isWithin(one, other) || isWithin(other, one);
}

function isWithin(inner: Candidate, outer: Candidate): boolean {
  return inner.startNano >= outer.startNano && inner.endNano <= outer.endNano;
}
