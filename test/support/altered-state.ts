import type { ScoreVariation } from '../../analyzers/drift/variation.ts';
import type { SignalState, StreamState } from '../../analyzers/stream-state.ts';

/** A state whose variation says something else. */
export function altered(
  state: StreamState,
  change: (scores: readonly ScoreVariation[]) => readonly ScoreVariation[],
): StreamState {
  const signals = Object.entries(state.signals).map(([name, signal]): [string, SignalState] => {
    if (signal.phase !== 'watching' || !signal.watch.variation) return [name, signal];
    const { variation } = signal.watch;
    return [
      name,
      {
        ...signal,
        watch: { ...signal.watch, variation: { ...variation, scores: change(variation.scores) } },
      },
    ];
  });
  return { ...state, signals: Object.fromEntries(signals) };
}
