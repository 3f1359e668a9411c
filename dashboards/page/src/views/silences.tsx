import { useState } from 'preact/hooks';
import { formatSpan } from '../../../../core/format.ts';
import { MATCHED_FIELDS, matcherText, parseMatcher } from '../../../../core/silence.ts';
import type { IncidentDetail } from '../../api.ts';
import type { SilenceLine, SilencesAnswer } from '../../api-views.ts';
import { ActionForm, actionProblem, Field } from '../action-form.tsx';
import { createSilence, expireSilence, keepAuthor, knownAuthor } from '../alert-actions.ts';
import { formatInstant } from '../instants.ts';
import { PollView } from '../poll-view.tsx';
import { usePoll } from '../use-poll.ts';

/** Who is not told about what, until when; and a new one, from an incident if there is one. */
export function SilencesView({ incident }: { incident: string }) {
  const poll = usePoll<SilencesAnswer>('v1/silences');
  return (
    <>
      <h1>Silences</h1>
      <p class="lead-line">
        Nobody is told about what a silence matches. Incidents go on, and are seen here.
      </p>
      <PollView poll={poll}>{({ silences }) => <List silences={silences} />}</PollView>
      <section aria-labelledby="new">
        <h2 id="new">A new silence</h2>
        {incident === '' ? <NewSilence matchers="" /> : <FromIncident id={incident} />}
      </section>
    </>
  );
}

function List({ silences }: { silences: readonly SilenceLine[] }) {
  if (silences.length === 0)
    return (
      <p class="empty">None is in force. An incident’s page has a button that fills in the form below.</p>
    );
  const now = new Date();
  return (
    <ul class="silences">
      {silences.map((silence) => (
        <Silence key={silence.id} silence={silence} now={now} />
      ))}
    </ul>
  );
}

function Silence({ silence, now }: { silence: SilenceLine; now: Date }) {
  const { id, matchers, author, comment, project } = silence;
  const [problem, setProblem] = useState('');
  const [starts, ends] = [new Date(silence.starts_at), new Date(silence.ends_at)];
  const expire = async (): Promise<void> => {
    const answer = await expireSilence(id);
    setProblem('problem' in answer ? actionProblem(answer.problem) : '');
  };
  return (
    <li>
      <p class="silence-head">
        <strong>
          {matchers.map((matcher) => (
            <code key={matcher}>{matcher}</code>
          ))}
        </strong>
        <span class="muted">
          {starts > now ? `from ${formatInstant(starts, now)} ` : ''}until {formatInstant(ends, now)}
          {ends > now && `, for another ${formatSpan(ends.getTime() - now.getTime())}`}
        </span>
        <button type="button" class="quiet" onClick={() => void expire()}>
          End it now
        </button>
      </p>
      <p class="muted">
        {author || 'somebody'}
        {comment !== '' && `: ${comment}`}
        {project !== '' && ` (project ${project})`}
      </p>
      {problem !== '' && (
        <p class="notice" role="alert">
          {problem}
        </p>
      )}
    </li>
  );
}

function FromIncident({ id }: { id: string }) {
  const poll = usePoll<IncidentDetail>(`api/incidents/${encodeURIComponent(id)}`, 600_000);
  return (
    <PollView poll={poll}>
      {({ incident }) => {
        const fields = ['project', 'model', 'version', 'segment', 'aspect'] as const;
        const matchers = fields
          .filter((field) => incident[field] !== '')
          .map((field) => matcherText({ field, isNegated: false, pattern: incident[field] }));
        return <NewSilence matchers={matchers.join('\n')} />;
      }}
    </PollView>
  );
}

const DURATIONS: readonly (readonly [duration: string, label: string])[] = [
  ['1h', '1 hour'],
  ['4h', '4 hours'],
  ['1d', 'a day'],
  ['3d', '3 days'],
  ['7d', 'a week'],
];

function NewSilence({ matchers }: { matchers: string }) {
  const [text, setText] = useState(matchers);
  const [duration, setDuration] = useState('4h');
  const [author, setAuthor] = useState(knownAuthor);
  const [comment, setComment] = useState('');
  const [isDone, setDone] = useState(false);
  const act = () => {
    const lines = text.split('\n').flatMap((line) => line.trim() || []);
    const faulty = lines.find((line) => parseMatcher(line) === null);
    if (lines.length === 0) return 'A silence needs at least one line, such as model=gpt-4.';
    if (faulty !== undefined)
      return `“${faulty}” is no matcher: write FIELD=PATTERN or FIELD!=PATTERN, FIELD being one of ${MATCHED_FIELDS.join(', ')}, label:NAME.`;
    keepAuthor(author);
    return createSilence({ matchers: lines, duration, author, comment });
  };
  return (
    <ActionForm
      label="Silence"
      act={act}
      onDone={() => {
        setDone(true);
        setText('');
        setComment('');
      }}
    >
      <Field
        id="matchers"
        label="What is silenced"
        hint="One line each, all of them must fit: model=gpt-*, severity!=critical. * stands for any characters."
      >
        <textarea
          id="matchers"
          rows={4}
          spellcheck={false}
          placeholder={'model=gpt-4\nsegment=region=eu'}
          aria-describedby="matchers-hint"
          value={text}
          onInput={(event) => {
            setText(event.currentTarget.value);
            setDone(false);
          }}
        />
      </Field>
      <Field id="lasts" label="For">
        <select id="lasts" value={duration} onChange={(event) => setDuration(event.currentTarget.value)}>
          {DURATIONS.map(([value, label]) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </select>
      </Field>
      <Field id="author" label="Who silences it">
        <input
          id="author"
          autocomplete="name"
          required
          maxLength={200}
          value={author}
          onInput={(event) => setAuthor(event.currentTarget.value)}
        />
      </Field>
      <Field id="comment" label="Why">
        <input
          id="comment"
          required
          maxLength={1000}
          value={comment}
          onInput={(event) => setComment(event.currentTarget.value)}
        />
      </Field>
      <p role="status">{isDone && 'It is silenced.'}</p>
    </ActionForm>
  );
}
