import { useState } from 'preact/hooks';
import { formatExact, formatPoints, formatShare, plural } from '../../../../core/format.ts';
import type { EmbeddingMap, MapPoint, MapSide, TopicLine } from '../../api-views.ts';
import { EmbeddingPlane } from '../embedding-plane.tsx';
import { formatInstant } from '../instants.ts';
import { PollView } from '../poll-view.tsx';
import { hrefOf, type StreamPlace } from '../router.ts';
import { StreamTabs } from '../stream-tabs.tsx';
import { usePoll } from '../use-poll.ts';

/** The server keeps a map for ten minutes. */
const EVERY_MS = 300_000;

/** What is asked of a model, before and now: prompts on a plane, in topics. */
export function EmbeddingsView({ incident, ...place }: Omit<StreamPlace, 'range'> & { incident: string }) {
  const { project, model, version, segment } = place;
  const query = new URLSearchParams({ project, model, version, segment, ...(incident ? { incident } : {}) });
  const poll = usePoll<EmbeddingMap>(`api/embeddings?${query}`, EVERY_MS);
  return (
    <>
      <StreamTabs place={{ ...place, range: '24h' }} current="embeddings" />
      <PollView poll={poll}>{(map) => (map.missing ? <Missing map={map} /> : <Filled map={map} />)}</PollView>
    </>
  );
}

function Missing({ map }: { map: EmbeddingMap }) {
  return map.missing === 'no_vectors' ? (
    <p class="empty">
      No prompt of this model has a vector yet. They come a few seconds after the inferences, if these have a{' '}
      <code>prompt</code> or <code>messages</code>, and the service runs with <code>EMBEDDINGS=on</code>.
    </p>
  ) : (
    <p class="empty">
      There are {plural(map.baseline.count, 'prompt')} from before and {plural(map.current.count, 'prompt')}{' '}
      from now: a comparison needs both. Come back when more has arrived.
    </p>
  );
}

function Filled({ map }: { map: EmbeddingMap }) {
  const now = new Date(map.now);
  const [chosen, setChosen] = useState<number | null>(null);
  const [topic, setTopic] = useState<number | null>(null);
  const point = chosen === null ? undefined : map.points[chosen];
  const side = (name: string, { since, until, version, count }: MapSide): string =>
    `${name}: ${plural(count, 'prompt')}, ${formatInstant(new Date(since), now)} to ${formatInstant(new Date(until), now)}${version === map.stream.version ? '' : `, version ${version}`}`;
  return (
    <>
      <p class="lead-line">
        What is asked, {map.incident ? 'before and after the change' : 'the latest against what was before'}:
        prompts that mean something alike lie near each other. The plane shows {formatShare(map.shownShare)}{' '}
        of their differences.
        {map.incident && (
          <>
            {' '}
            <a href={hrefOf({ view: 'incident', id: map.incident })}>The incident</a>
          </>
        )}
      </p>
      <p class="panel-key">
        <span class="panel-key-line">
          <svg class="mark-baseline" width="12" height="12" aria-hidden="true">
            <circle cx="6" cy="6" r="4" />
          </svg>{' '}
          {side('Baseline', map.baseline)}
        </span>
        <span class="panel-key-line">
          <svg class="mark-current" width="12" height="12" aria-hidden="true">
            <path d="M6 1l5 9.5H1z" />
          </svg>{' '}
          {side('Current', map.current)}
        </span>
      </p>
      <div class="map">
        <EmbeddingPlane map={map} chosen={chosen} onChoose={setChosen} topic={topic} />
        <PointCard point={point} topics={map.topics} now={now} />
      </div>
      <Topics map={map} topic={topic} onTopic={setTopic} />
    </>
  );
}

function PointCard(props: { point: MapPoint | undefined; topics: readonly TopicLine[]; now: Date }) {
  const { point, topics, now } = props;
  return (
    <aside class="point-card" aria-live="polite" aria-label="The chosen prompt">
      {point ? (
        <>
          <p class="example-head muted">
            <strong>{point.isCurrent ? 'Current' : 'Baseline'}</strong>
            <time dateTime={point.timestamp} title={formatExact(new Date(point.timestamp))}>
              {formatInstant(new Date(point.timestamp), now)}
            </time>
            <span>{topics[point.topic]?.name}</span>
          </p>
          <span class="quoted-label">Prompt</span>
          <blockquote dir="auto">{point.prompt || '(empty)'}</blockquote>
          <span class="quoted-label">Response</span>
          <blockquote dir="auto">{point.response || '(empty)'}</blockquote>
        </>
      ) : (
        <p class="muted">Point at a mark, or use the arrow keys, to read a prompt.</p>
      )}
    </aside>
  );
}

function Topics(props: { map: EmbeddingMap; topic: number | null; onTopic: (topic: number | null) => void }) {
  const { map, topic, onTopic } = props;
  return (
    <section aria-labelledby="topics">
      <h2 id="topics">Topics, by how much their share has changed</h2>
      <table class="rows topics">
        <thead>
          <tr>
            <th scope="col">Topic, by its most distinctive words</th>
            <th scope="col" class="number">
              Baseline
            </th>
            <th scope="col" class="number">
              Current
            </th>
            <th scope="col" class="number">
              Change
            </th>
          </tr>
        </thead>
        <tbody>
          {map.topics.map(({ name, baselineShare, currentShare }, index) => (
            <tr key={name}>
              <th scope="row">
                <button
                  type="button"
                  class="quiet topic-button"
                  aria-pressed={topic === index}
                  onClick={() => onTopic(topic === index ? null : index)}
                >
                  {name}
                </button>
              </th>
              <td class="number">{formatShare(baselineShare)}</td>
              <td class="number">{formatShare(currentShare)}</td>
              <td class="number">{formatPoints(currentShare - baselineShare)} points</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
