import { formatExact, plural } from '../../../core/format.ts';
import { changeWords, effectWords, pairWords, streamName } from '../../../core/incident-words.ts';
import type { IncidentLine } from '../api.ts';
import { formatInstant } from './instants.ts';
import { hrefOf } from './router.ts';
import { ConditionNote, SeverityTag, StateTag, VerdictTag } from './verdict.tsx';

/** Incidents in words, each a link to its page. */
export function IncidentRows({ incidents, now }: { incidents: readonly IncidentLine[]; now: Date }) {
  return (
    <ul class="incidents">
      {incidents.map((incident) => (
        <li key={incident.id} class={`incident-row is-${incident.verdict}`}>
          <IncidentRow incident={incident} now={now} />
        </li>
      ))}
    </ul>
  );
}

function IncidentRow({ incident, now }: { incident: IncidentLine; now: Date }) {
  const since = new Date(incident.since);
  return (
    <>
      <p class="incident-head">
        <VerdictTag verdict={incident.verdict} />
        <SeverityTag severity={incident.severity} />
        <StateTag state={incident.state} />
        <ConditionNote incident={incident} now={now} />
        <a href={hrefOf({ view: 'incident', id: incident.id })}>
          <span class="model">{streamName(incident)}:</span> {changeWords(incident)}
        </a>
      </p>
      <p class="incident-figures">
        <strong>{pairWords(incident)}</strong>
        {incident.baselineVersion !== '' && <span>compared with {incident.baselineVersion}</span>}
        <span>
          since{' '}
          <time dateTime={incident.since} title={formatExact(since)}>
            {formatInstant(since, now)}
          </time>
        </span>
        <span>{effectWords(incident.effect)}</span>
        <span>{plural(incident.samples.current, 'inference')}</span>
        {incident.acknowledged && <span>taken on by {incident.acknowledged.by || 'somebody'}</span>}
        {incident.speaksFor.length > 0 && (
          <span>{plural(incident.speaksFor.length, 'other change')} with it</span>
        )}
        {incident.mutedBy !== '' && <span>another incident speaks for it</span>}
      </p>
    </>
  );
}
