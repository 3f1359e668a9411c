import { useState } from 'preact/hooks';
import type { IncidentDetail } from '../api.ts';
import { ActionForm, Field } from './action-form.tsx';
import { acknowledge, keepAuthor, knownAuthor } from './alert-actions.ts';
import { formatInstant } from './instants.ts';
import { hrefOf } from './router.ts';
import { Runbook } from './runbook.tsx';

/** What can be done about an incident, and who has taken it on. */
export function IncidentActions({ detail }: { detail: IncidentDetail }) {
  const { incident, runbook } = detail;
  const { id, state, acknowledged, project, model, version, segment } = incident;
  const [isAsking, setAsking] = useState(false);
  const isOver = state === 'closed' || state === 'dropped';
  return (
    <div class="incident-actions">
      <p class="buttons">
        {!isOver && !acknowledged && !isAsking && (
          <button type="button" class="main-button" onClick={() => setAsking(true)}>
            Acknowledge
          </button>
        )}
        {!isOver && <a href={hrefOf({ view: 'silences', incident: id })}>Silence</a>}
        <a href={hrefOf({ view: 'embeddings', project, model, version, segment, incident: id })}>
          What is asked, before and after
        </a>
        <a href={hrefOf({ view: 'segments', project, model, version, segment: '', range: '24h' })}>
          Segments
        </a>
        <Runbook runbook={runbook} />
      </p>
      {acknowledged && (
        <p class="acknowledged">
          {acknowledged.by || 'Somebody'} has taken it on,{' '}
          {formatInstant(new Date(acknowledged.at), new Date(detail.now))}
          {acknowledged.comment !== '' && `: ${acknowledged.comment}`}
        </p>
      )}
      {isAsking && !acknowledged && <AcknowledgeForm id={id} onEnd={() => setAsking(false)} />}
    </div>
  );
}

function AcknowledgeForm({ id, onEnd }: { id: string; onEnd: () => void }) {
  const [by, setBy] = useState(knownAuthor);
  const [comment, setComment] = useState('');
  const act = () => {
    keepAuthor(by);
    return acknowledge(id, { author: by, comment });
  };
  return (
    <ActionForm label="Take it on" act={act} onDone={onEnd} onCancel={onEnd}>
      <Field id="by" label="Who takes it on">
        <input
          id="by"
          autocomplete="name"
          required
          maxLength={200}
          value={by}
          onInput={(event) => setBy(event.currentTarget.value)}
        />
      </Field>
      <Field id="said" label="What others should know">
        <input
          id="said"
          maxLength={1000}
          value={comment}
          onInput={(event) => setComment(event.currentTarget.value)}
        />
      </Field>
    </ActionForm>
  );
}
