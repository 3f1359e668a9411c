import type { StreamKey } from '../../core/finding.ts';
import type { JudgedPair } from '../../core/judged-setting.ts';
import type { Reading } from '../drift/monitor-signal.ts';
import type { DetectorFamily } from '../family.ts';
import { stepJudged } from './judged.ts';
import type { JudgedState } from './judged-state.ts';
import type { Moments } from './moments.ts';

export interface JudgedFamilyOptions {
  readonly pairs: readonly JudgedPair[];
  /** How long people take for their scores: a window is judged on the inferences of so long ago. */
  readonly delayMs: number;
  /** Sums of the scores of a stream's inferences in [since, until), by buckets of sessions, in order. */
  readonly bucketsOf: (query: {
    key: StreamKey;
    since: Date;
    until: Date;
    pair: JudgedPair;
  }) => Promise<readonly (Moments & { readonly bucket: number })[]>;
}

/**
 * Judged quality (docs/judged-quality.md): for each pair of a judge's and people's scores, the signals `quality:<label>` and
 * `judge_bias:<label>`. A stream that the judge never scored has no finding.
 */
export function createJudgedFamily({ pairs, delayMs, bucketsOf }: JudgedFamilyOptions): DetectorFamily {
  return {
    name: 'judged',
    async step(state, window, { levelOf }) {
      const next: Record<string, JudgedState> = { ...(state as Record<string, JudgedState> | null) };
      const readings: Reading[] = [];
      for (const pair of pairs) {
        const [since, until] = [window.since, window.until].map((at) => new Date(at.getTime() - delayMs));
        if (!since || !until) continue;
        const buckets = await bucketsOf({ key: window.key, since, until, pair });
        const before = next[pair.label] ?? null;
        if (before === null && buckets.length === 0) continue;
        const stepped = stepJudged(before, { label: pair.label, since, until, buckets, levelOf });
        next[pair.label] = stepped.state;
        // Named by the window that was closed, as every finding is; when it changed is told in its own time.
        for (const reading of stepped.readings)
          readings.push({ ...reading, since: window.since, until: window.until });
      }
      return { state: next, readings };
    },
  };
}
