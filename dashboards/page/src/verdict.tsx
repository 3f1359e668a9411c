import { VERDICT_LABELS } from '../../../core/incident-words.ts';
import type { Severity } from '../../../core/severity.ts';
import type { IncidentLine, Verdict } from '../api.ts';
import { formatInstant } from './instants.ts';

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

const SEVERITY_SIGNS: Readonly<Record<Severity, string>> = { info: '○', warning: '◐', critical: '●' };

/** How urgent, in sign, word and weight. */
export function SeverityTag({ severity }: { severity: Severity }) {
  return (
    <span class={`tag severity is-${severity}`}>
      <span aria-hidden="true">{SEVERITY_SIGNS[severity]}</span> {severity}
    </span>
  );
}

const CONDITIONS: Readonly<Record<Exclude<IncidentLine['condition'], 'measured'>, string>> = {
  not_enough_data: 'not enough data',
  no_data: 'no data',
  error: 'not judged',
};

/** Why the last window could not say anything, and since when; nothing while it can. */
export function ConditionNote({ incident, now }: { incident: IncidentLine; now: Date }) {
  const { condition, conditionSince, state } = incident;
  if (condition === 'measured' || state === 'closed') return null;
  return (
    <span class="tag is-quiet">
      {CONDITIONS[condition]} since {formatInstant(new Date(conditionSince), now)}
    </span>
  );
}
