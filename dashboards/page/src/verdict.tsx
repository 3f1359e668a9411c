import { VERDICT_LABELS } from '../../../core/incident-words.ts';
import type { IncidentLine, Verdict } from '../api.ts';

const SIGNS: Readonly<Record<Verdict, string>> = { regression: '▼', improvement: '▲', change: '◆' };

/** The verdict in colour, sign and word. */
export function VerdictTag({ verdict }: { verdict: Verdict }) {
  return (
    <span class={`tag is-${verdict}`}>
      <span aria-hidden="true">{SIGNS[verdict]}</span> {VERDICT_LABELS[verdict]}
    </span>
  );
}

/** The state of an episode, when it is not simply open. */
export function StateTag({ state }: { state: IncidentLine['state'] }) {
  return state === 'open' ? null : <span class="tag is-quiet">{state}</span>;
}
