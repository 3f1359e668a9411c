import { type SignalSpec, signalSpec } from '../../core/signals.ts';

/** How much worse a signal may get: in its own unit, or as a share of what it was (`ratio` 0.15: 15 %). */
export interface Margin {
  readonly kind: 'difference' | 'ratio';
  readonly value: number;
}

/** Margins that somebody asked for, by signal. */
export type Margins = ReadonlyMap<string, Margin>;

/** The baseline, as far as a default margin depends on it. */
interface Level {
  readonly isRate: boolean;
  readonly mean: number;
  readonly deviation: number;
}

/** What a few hundred rows can show; a quarter of what there is, where failures are common, but never more than 5 points. */
const RATE = { min: 0.02, share: 0.25, max: 0.05 } as const;
/** "Latency +15 %" of methods §4.4, for what people compare as a ratio. */
const RATIO = 0.15;
const RATIO_UNITS: ReadonlySet<string> = new Set(['ms', 'µ$', 'tokens/s']);
/** In standard deviations, for scores and counts that have no natural unit: half of what Cohen calls small, and a bit. */
const DEVIATIONS = 0.15;
/** Of its level, for a number that never varies: what a rate may fall that is always 1. */
const CONSTANT = RATE.min;

/** 1 if a rise of the signal is a regression, −1 if a fall is, 0 if neither: then it cannot be guarded. */
export function badDirection(signal: string): -1 | 0 | 1 {
  const { up, down } = signalSpec(signal);
  if (up === 'regression') return 1;
  return down === 'regression' ? -1 : 0;
}

/** The margin of a signal that nobody gave one. */
export function defaultMargin(signal: string, { isRate, mean, deviation }: Level): Margin {
  if (isRate) {
    const share = RATE.share * Math.min(mean, 1 - mean);
    return { kind: 'difference', value: Math.min(RATE.max, Math.max(RATE.min, share)) };
  }
  const spec: SignalSpec = signalSpec(signal);
  if (RATIO_UNITS.has(spec.unit)) return { kind: 'ratio', value: RATIO };
  const value = deviation > 0 ? DEVIATIONS * deviation : CONSTANT * Math.abs(mean);
  return { kind: 'difference', value };
}
