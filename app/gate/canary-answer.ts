import { z } from 'zod';
import type { CanaryState } from '../../analyzers/gate/canary.ts';
import { evidenceOf } from '../../analyzers/gate/capital.ts';

/** What is answered of a canary; docs/gate.md explains each field. */
export const CanaryAnswer = z.object({
  id: z.string(),
  state: z.enum(['continue', 'promote', 'roll_back', 'not_enough_data']),
  /** While there is no scale yet: too few baseline sessions have come. */
  is_warming_up: z.boolean(),
  started_at: z.string(),
  /** Sessions that began before this have been looked at. */
  seen_until: z.string(),
  decided_at: z.string().nullable(),
  matches: z.number(),
  signals: z.array(
    z.object({
      signal: z.string(),
      margin: z.object({ kind: z.enum(['difference', 'ratio']), value: z.number() }),
      matches: z.number(),
      /** How far it went the wrong way, as a multiple of the margin. */
      regression: z.number(),
      /** Multiples of what a decision needs: 1 and above is enough. */
      evidence_worse: z.number(),
      evidence_not_worse: z.number(),
    }),
  ),
  /** What a promotion says nothing of; one of them that was asked for holds it up. */
  unguarded: z.array(z.object({ signal: z.string(), reason: z.enum(['too_few_rows', 'no_values']) })),
});

export type CanaryAnswer = z.infer<typeof CanaryAnswer>;

/** A canary as it is kept. */
export interface KeptCanary {
  readonly startedAt: string;
  readonly seenUntil: string;
  readonly decidedAt: string | null;
  /** Null while it warms up. */
  readonly state: CanaryState | null;
  readonly options: { readonly familyWise: number; readonly riskOfPassing: number };
  /** The request it began with: another one under the same id is refused. */
  readonly request: string;
}

/** A canary as it is answered. */
export function canaryAnswer(id: string, kept: KeptCanary): CanaryAnswer {
  const { state, options } = kept;
  return {
    id,
    state: state?.verdict ?? 'continue',
    is_warming_up: state === null,
    started_at: kept.startedAt,
    seen_until: kept.seenUntil,
    decided_at: kept.decidedAt,
    matches: state?.matches ?? 0,
    signals: (state?.signals ?? []).map((one) => ({
      signal: one.signal,
      margin: one.margin,
      matches: one.matches,
      regression: one.matches === 0 ? 0 : one.sum / one.matches / one.place,
      evidence_worse: evidenceOf(one.worse) * options.familyWise,
      evidence_not_worse: evidenceOf(one.notWorse) * options.riskOfPassing,
    })),
    unguarded: [...(state?.unguarded ?? [])],
  };
}
