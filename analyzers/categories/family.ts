import { SIGNALS } from '../../core/signals.ts';
import type { DetectorFamily } from '../family.ts';
import { binsOf } from './bins.ts';
import { countsOf } from './counts.ts';
import { type CategoryOptions, DEFAULT_CATEGORY_OPTIONS } from './options.ts';
import { signalsState, stepSignals } from './step-signals.ts';

/** Category signals of the wire and of texts; those of embeddings are compared within one reference map (embeddings/). */
const WATCHED = SIGNALS.filter(({ kind, source }) => kind === 'category' && source !== 'map');

/** D3: how the mix of every category signal changes, against a reference that each stream makes of its own first windows. */
export function categoryFamily(options: CategoryOptions = DEFAULT_CATEGORY_OPTIONS): DetectorFamily {
  return {
    name: 'categories',
    step(stored, window, context) {
      const state = signalsState(stored);
      const signals = WATCHED.filter(
        ({ name }) => Object.hasOwn(state.signals, name) || (window.categories.get(name)?.size ?? 0) > 0,
      ).map((spec) => ({
        key: spec.name,
        spec,
        counts: countsOf(window.categories.get(spec.name) ?? new Map()),
        binsFrom: binsOf,
      }));
      return Promise.resolve(stepSignals(state, signals, { window, context, options }));
    },
  };
}
