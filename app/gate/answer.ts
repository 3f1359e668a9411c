import { z } from 'zod';
import type { GateResult } from '../../analyzers/gate/gate.ts';

const Limits = z.object({ value: z.number(), low: z.number().nullable(), high: z.number().nullable() });
const Samples = z.object({ baseline: z.number(), candidate: z.number() });

const GuardedLine = z.object({
  signal: z.string(),
  verdict: z.enum(['better', 'same', 'worse', 'not_enough_data']),
  is_rate: z.boolean(),
  before: z.number().nullable(),
  after: z.number().nullable(),
  margin: z.object({ kind: z.enum(['difference', 'ratio']), value: z.number() }),
  effect: Limits.nullable(),
  p: z.number(),
  pairs: z.number(),
  samples: Samples,
  rows_needed: z.number().nullable(),
  rows_planned: z.number().nullable(),
  obstacle: z.enum(['margin_of_zero', 'share_of_zero']).nullable(),
});

const ChangeLine = z.object({
  signal: z.string(),
  detector: z.string(),
  segment: z.string(),
  verdict: z.enum(['regression', 'improvement', 'change']).nullable(),
  direction: z.enum(['up', 'down', 'shape', 'mix']).nullable(),
  before: z.number().nullable(),
  after: z.number().nullable(),
  effect: z.object({ name: z.string(), value: z.number(), low: z.number(), high: z.number() }).nullable(),
  shares: z.array(z.object({ category: z.string(), before: z.number(), after: z.number() })),
});

const AnswerText = z.object({ id: z.string(), response: z.string() });

/** The answer of POST /v1/compare and of `plumbline gate --json`; docs/gate.md explains each field. */
export const GateAnswer = z.object({
  verdict: z.enum(['better', 'same', 'worse', 'not_enough_data']),
  rows_needed: z.number().nullable(),
  rows: z.object({ baseline: z.number(), candidate: z.number(), left_out: z.number() }),
  pairs: z.number(),
  family_wise: z.number(),
  risk_of_passing: z.number(),
  guarded: z.array(GuardedLine),
  unguarded: z.array(z.object({ signal: z.string(), reason: z.enum(['no_baseline', 'too_few_rows']) })),
  changes: z.array(ChangeLine),
  examples: z.array(
    z.object({ signal: z.string(), prompt: z.string(), baseline: AnswerText, candidate: AnswerText }),
  ),
});

export type GateAnswer = z.infer<typeof GateAnswer>;
export type GuardedLine = z.infer<typeof GuardedLine>;
export type ChangeLine = z.infer<typeof ChangeLine>;

/** Prompt and response of an inference, as far as an example shows them. */
export interface ExampleText {
  readonly prompt: string;
  readonly response: string;
}

/** A result as it is answered. @param textOf texts of the examples, by id */
export function answerOf(
  result: GateResult,
  { familyWise, riskOfPassing }: { familyWise: number; riskOfPassing: number },
  textOf: (id: string) => ExampleText,
): GateAnswer {
  return {
    verdict: result.verdict,
    rows_needed: result.rowsNeeded,
    rows: {
      baseline: result.rows.baseline,
      candidate: result.rows.candidate,
      left_out: result.rows.leftOut,
    },
    pairs: result.pairs,
    family_wise: familyWise,
    risk_of_passing: riskOfPassing,
    guarded: result.guarded.map((one) => ({
      signal: one.signal,
      verdict: one.verdict,
      is_rate: one.isRate,
      before: one.before,
      after: one.after,
      margin: one.margin,
      effect: one.effect && {
        value: finite(one.effect.value) ?? 0,
        low: finite(one.effect.low),
        high: finite(one.effect.high),
      },
      p: one.p,
      pairs: one.pairs,
      samples: one.samples,
      rows_needed: one.rowsNeeded,
      rows_planned: one.rowsPlanned,
      obstacle: one.obstacle,
    })),
    unguarded: [...result.unguarded],
    changes: result.changes.map(({ signal, detector, segment = '', shares = [], ...one }) => {
      const { verdict, direction, before, after, effect } = one;
      return { signal, detector, segment, verdict, direction, before, after, effect, shares: [...shares] };
    }),
    examples: result.examples.map(({ signal, baseline, candidate }) => ({
      signal,
      prompt: textOf(candidate).prompt,
      baseline: { id: baseline, response: textOf(baseline).response },
      candidate: { id: candidate, response: textOf(candidate).response },
    })),
  };
}

/** JSON has no infinity; where there is no limit, none is given. */
const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);
