import { SCORE_PREFIX, signalSpec } from '../core/signals.ts';

/** Share of the false-alarm budget that a kind of signal gets, so that what matters most is seen first. */
const SHARES = {
  // A judgement of quality is what the others only hint at.
  scores: 0.45,
  error: 0.1,
  latency: 0.1,
  refusal: 0.1,
} as const;
const REST_SHARE = 1 - SHARES.scores - SHARES.error - SHARES.latency - SHARES.refusal;

/** 365 days over 12. */
const MONTH_MS = (365 / 12) * 24 * 60 * 60 * 1000;

/**
 * How the false-alarm budget is shared among the signals that are there; adds up to 1. A kind without a signal
 * leaves its share to the others.
 */
export function signalWeights(signals: Iterable<string>): Map<string, number> {
  const names = [...new Set(signals)];
  const kinds = new Map<string, string[]>();
  for (const name of names) kinds.set(kindOf(name), [...(kinds.get(kindOf(name)) ?? []), name]);
  const shareOf = (kind: string) => (kind in SHARES ? SHARES[kind as keyof typeof SHARES] : REST_SHARE);
  const total = [...kinds.keys()].reduce((sum, kind) => sum + shareOf(kind), 0);
  return new Map(
    names.map((name) => {
      const kind = kindOf(name);
      return [name, shareOf(kind) / total / (kinds.get(kind)?.length ?? 1)];
    }),
  );
}

/**
 * Windows between false incidents, in human terms, for windows of time: all streams close one every `windowMs`.
 *
 * @param streams how many are watched; at least 1
 */
export function windowsPerFalseAlarm(plan: {
  windowMs: number;
  falseIncidentsPerMonth: number;
  streams: number;
}): number {
  return (plan.streams * MONTH_MS) / plan.windowMs / plan.falseIncidentsPerMonth;
}

function kindOf(name: string): string {
  if (name.startsWith(SCORE_PREFIX)) return 'scores';
  if (name === 'error' || name === 'refusal') return name;
  return signalSpec(name).aspect === 'speed' ? 'latency' : 'rest';
}
