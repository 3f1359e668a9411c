import type { IncidentList } from '../../api.ts';
import { IncidentRows } from '../incident-row.tsx';
import { PollView } from '../poll-view.tsx';
import { usePoll } from '../use-poll.ts';

/** Every incident, open ones first. */
export function IncidentsView() {
  const poll = usePoll<IncidentList>('api/incidents?state=all');
  return (
    <>
      <h1>Incidents</h1>
      <PollView poll={poll}>{(data) => <Groups {...data} />}</PollView>
    </>
  );
}

function Groups({ incidents, now }: IncidentList) {
  if (incidents.length === 0) return <p>There has been none. A finding that stands opens one.</p>;
  const open = incidents.filter(({ state }) => state !== 'closed');
  const closed = incidents.filter(({ state }) => state === 'closed');
  return (
    <>
      <section aria-labelledby="open">
        <h2 id="open">Open</h2>
        {open.length > 0 ? <IncidentRows incidents={open} now={new Date(now)} /> : <p class="muted">None.</p>}
      </section>
      {closed.length > 0 && (
        <section aria-labelledby="closed">
          <h2 id="closed">Closed</h2>
          <IncidentRows incidents={closed} now={new Date(now)} />
        </section>
      )}
    </>
  );
}
