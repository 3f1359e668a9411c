import { useMemo } from 'preact/hooks';
import { formatCount, plural } from '../../../../core/format.ts';
import {
  type IncidentLine,
  RANGES,
  type Series,
  type SeriesAnswer,
  type SignalLine,
  type StreamDetail,
} from '../../api.ts';
import { IncidentRows } from '../incident-row.tsx';
import { formatAgo, formatInstant } from '../instants.ts';
import { PollView } from '../poll-view.tsx';
import { RangeChoice } from '../range-choice.tsx';
import { hrefOf, type StreamPlace } from '../router.ts';
import { FAMILY_LABELS, familyOf } from '../signal-texts.ts';
import { StreamStatusTag } from '../stream-status-tag.tsx';
import { StreamTabs } from '../stream-tabs.tsx';
import { TimeLine } from '../time-line.tsx';
import { usePoll } from '../use-poll.ts';

/** One stream: every signal over time. */
export function StreamView({ project, model, version, segment, range }: StreamPlace) {
  const key = { project, model, version, segment };
  const stream = usePoll<StreamDetail>(`api/stream?${new URLSearchParams(key)}`);
  const series = usePoll<SeriesAnswer>(`api/series?${new URLSearchParams({ ...key, range })}`);
  return (
    <PollView poll={stream}>
      {(detail) => (
        <>
          <StreamHead detail={detail} place={{ ...key, range }} />
          <RangeChoice
            ranges={RANGES}
            current={range}
            href={(other) => hrefOf({ view: 'stream', ...key, range: other })}
          />
          <PollView poll={series}>{(answer) => <Families detail={detail} answer={answer} />}</PollView>
        </>
      )}
    </PollView>
  );
}

function StreamHead({ detail, place }: { detail: StreamDetail; place: StreamPlace }) {
  const now = new Date(detail.now);
  const open = detail.incidents.filter(({ state }) => state !== 'closed');
  return (
    <>
      <StreamTabs place={place} current="stream" />
      <p class="facts">
        <StreamStatusTag
          status={detail.status}
          openIncidents={detail.incidents.filter(({ state }) => state === 'open').length}
        />
        <span>{plural(detail.inferences, 'inference')}</span>
        <span>{formatCount(detail.lastHour)} in its last hour</span>
        <span>first seen {formatInstant(new Date(detail.firstSeen), now)}</span>
        <span>last seen {formatAgo(new Date(detail.lastSeen), now)}</span>
        <span>
          {detail.status.signalsChecked} of {plural(detail.status.signalsSeen, 'signal')} checked
        </span>
      </p>
      {open.length > 0 && <IncidentRows incidents={open} now={now} />}
    </>
  );
}

function Families({ detail, answer }: { detail: StreamDetail; answer: SeriesAnswer }) {
  const now = new Date(detail.now);
  const bySignal = useMemo(() => new Map(answer.series.map((series) => [series.signal, series])), [answer]);
  const ends = new Date(answer.until);
  return (
    <>
      <ChartKey />
      {now.getTime() - ends.getTime() > 120_000 && (
        <p class="notice">Nothing has arrived since {formatInstant(ends, now)}; the range ends there.</p>
      )}
      {FAMILY_LABELS.map(([family, label]) => {
        const lines = detail.signals.filter(({ signal }) => familyOf(signal).family === family);
        return (
          <FamilySection
            key={family}
            label={label}
            lines={lines.flatMap((line) => {
              const series = bySignal.get(line.signal);
              return series ? [{ line, series, incidents: incidentsOf(line, detail.incidents) }] : [];
            })}
            answer={answer}
            now={now}
          />
        );
      })}
    </>
  );
}

/** What the marks in the charts mean. */
function ChartKey() {
  return (
    <p class="legend chart-key muted">
      <span class="key key-line">median or share</span>
      <span class="key key-spread">middle nine tenths</span>
      <span class="key key-band">expected from the baseline</span>
      <span class="key key-mark">incident</span>
    </p>
  );
}

interface Shown {
  readonly line: SignalLine;
  readonly series: Series;
  readonly incidents: readonly IncidentLine[];
}

function FamilySection(props: { label: string; lines: readonly Shown[]; answer: SeriesAnswer; now: Date }) {
  const { label, lines, answer, now } = props;
  if (lines.length === 0) return null;
  return (
    <section class="family">
      <h2>{label}</h2>
      <div class="time-lines">
        {lines.map(({ line, series, incidents }) => (
          <TimeLine
            key={line.signal}
            line={line}
            series={series}
            window={answer}
            incidents={incidents}
            now={now}
          />
        ))}
      </div>
    </section>
  );
}

function incidentsOf({ signal }: SignalLine, incidents: readonly IncidentLine[]): IncidentLine[] {
  return incidents.filter(({ signals }) => signals.includes(signal));
}
