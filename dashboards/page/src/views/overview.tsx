import { formatCount, formatExact, formatShort, plural } from '../../../../core/format.ts';
import { streamName, unitOf } from '../../../../core/incident-words.ts';
import { signalWords } from '../../../../core/signal-words.ts';
import type { Overview, StreamLine } from '../../api.ts';
import { IncidentRows } from '../incident-row.tsx';
import { formatAgo } from '../instants.ts';
import { PollView } from '../poll-view.tsx';
import { streamHref } from '../router.ts';
import { SparklineImage } from '../sparkline.tsx';
import { StreamStatusTag } from '../stream-status-tag.tsx';
import { usePoll } from '../use-poll.ts';
import { SendView } from './send.tsx';

/** More would push the models out of sight. */
const INCIDENTS_SHOWN = 8;

/** What is watched and how it is. */
export function OverviewView() {
  return <PollView poll={usePoll<Overview>('api/overview')}>{(data) => <Filled data={data} />}</PollView>;
}

function Filled({ data }: { data: Overview }) {
  if (data.streams.length === 0) return <SendView isFirst />;
  const now = new Date(data.now);
  return (
    <>
      <h1>{headline(data)}</h1>
      {data.incidents.length > 0 && (
        <section aria-label="Open incidents">
          <IncidentRows incidents={data.incidents.slice(0, INCIDENTS_SHOWN)} now={now} />
          {data.incidents.length > INCIDENTS_SHOWN && (
            <p>
              <a href="#/incidents">{plural(data.incidents.length - INCIDENTS_SHOWN, 'more incident')}</a>
            </p>
          )}
        </section>
      )}
      <section aria-labelledby="streams">
        <h2 id="streams">Models</h2>
        <StreamTable streams={data.streams} now={now} />
      </section>
    </>
  );
}

/** The whole page in a sentence. */
export function headline({ streams, incidents }: Overview): string {
  const watched = plural(streams.length, 'stream');
  const open = incidents.filter(({ state }) => state === 'open');
  const regressions = open.filter(({ verdict }) => verdict === 'regression').length;
  if (open.length > 0) {
    const worse = regressions > 0 ? `, ${plural(regressions, 'regression')} among them` : '';
    return `${plural(open.length, 'open incident')} in ${watched}${worse}`;
  }
  if (incidents.length > 0) return `${plural(incidents.length, 'incident')} recovering in ${watched}`;
  const checked = streams.filter(({ status }) => status.state === 'ok').length;
  if (checked === 0) return `Learning what is normal in ${watched}`;
  if (checked === streams.length) return `${watched}, nothing out of plumb`;
  return `Nothing out of plumb in ${formatCount(checked)} of ${watched}; the others need more data`;
}

const COLUMNS = ['Model', 'Status', 'Inferences', 'Last hour', 'Last seen', 'Signals'] as const;

/** Roles are spelt out: on a narrow screen the style makes blocks of it, which would end its being a table. */
function StreamTable({ streams, now }: { streams: readonly StreamLine[]; now: Date }) {
  return (
    // biome-ignore-start lint/a11y/noRedundantRoles: see above.
    <table class="streams" role="table">
      <thead role="rowgroup">
        <tr role="row">
          {COLUMNS.map((column) => (
            <th key={column} scope="col" role="columnheader">
              {column}
            </th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {streams.map((stream) => (
          <StreamRow
            key={JSON.stringify([stream.project, stream.model, stream.version])}
            stream={stream}
            now={now}
          />
        ))}
      </tbody>
    </table>
    // biome-ignore-end lint/a11y/noRedundantRoles: see above.
  );
}

function StreamRow({ stream, now }: { stream: StreamLine; now: Date }) {
  const lastSeen = new Date(stream.lastSeen);
  return (
    // biome-ignore-start lint/a11y/noRedundantRoles: see StreamTable.
    <tr role="row">
      <th scope="row" role="rowheader">
        <a class="model" href={streamHref(stream)}>
          {streamName(stream)}
        </a>
        {stream.project !== 'default' && <span class="muted project">{stream.project}</span>}
      </th>
      <td role="cell" data-label="Status">
        <StreamStatusTag status={stream.status} openIncidents={stream.openIncidents} />
      </td>
      <td role="cell" data-label="Inferences" class="number">
        {formatCount(stream.inferences)}
      </td>
      <td role="cell" data-label="Last hour" class="number">
        {formatCount(stream.lastHour)}
      </td>
      <td role="cell" data-label="Last seen" title={formatExact(lastSeen)}>
        {formatAgo(lastSeen, now)}
      </td>
      <td role="cell" data-label="Signals" class="sparks">
        {stream.sparklines.map((spark) => (
          <Spark key={spark.signal} {...spark} />
        ))}
      </td>
    </tr>
    // biome-ignore-end lint/a11y/noRedundantRoles: see StreamTable.
  );
}

function Spark({ signal, isRate, values, verdict }: StreamLine['sparklines'][number]) {
  const last = values.findLast((value) => value !== null) ?? null;
  return (
    <span class="spark-cell">
      <span class="muted spark-name">{signalWords(signal).label}</span>
      <SparklineImage values={values} verdict={verdict} />
      <span class="spark-value">{formatShort(last, unitOf(signal, isRate))}</span>
    </span>
  );
}
