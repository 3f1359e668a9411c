import { formatCount, formatShare, formatShort, plural } from '../../../../core/format.ts';
import { unitOf } from '../../../../core/incident-words.ts';
import { signalWords } from '../../../../core/signal-words.ts';
import { RANGES } from '../../api.ts';
import type { SegmentCell, SegmentLine, SegmentsAnswer } from '../../api-views.ts';
import { PollView } from '../poll-view.tsx';
import { RangeChoice } from '../range-choice.tsx';
import { hrefOf, type StreamPlace } from '../router.ts';
import { Scrolled } from '../scrolled.tsx';
import { StreamTabs } from '../stream-tabs.tsx';
import { usePoll } from '../use-poll.ts';

const EVERY_MS = 30_000;

/** A model's segments side by side: who is treated differently. */
export function SegmentsView(place: StreamPlace) {
  const { project, model, version, range } = place;
  const query = new URLSearchParams({ project, model, version, range });
  const poll = usePoll<SegmentsAnswer>(`api/segments?${query}`, EVERY_MS);
  return (
    <>
      <StreamTabs place={{ ...place, segment: '' }} current="segments" />
      <RangeChoice
        ranges={RANGES}
        current={range}
        href={(other) => hrefOf({ ...place, view: 'segments', range: other })}
      />
      <PollView poll={poll}>
        {(answer) =>
          answer.segments.length === 0 ? <NoSegments /> : <Table answer={answer} place={place} />
        }
      </PollView>
    </>
  );
}

function NoSegments() {
  return (
    <p class="empty">
      There are no segments in this range. Send <code>attributes</code> with your inferences, such as{' '}
      <code>{'{"region": "eu", "tier": "free"}'}</code>: each value becomes a segment that is judged on its
      own. <a href="#/send">How to send data</a>
    </p>
  );
}

function Table({ answer, place }: { answer: SegmentsAnswer; place: StreamPlace }) {
  const different = answer.segments.filter(({ mostDifferent }) => mostDifferent !== null).length;
  return (
    <>
      <p class="lead-line">
        {different === 0
          ? `None of ${plural(answer.segments.length, 'segment')} differs from the others beyond chance.`
          : `${formatCount(different)} of ${plural(answer.segments.length, 'segment')} ${different === 1 ? 'differs' : 'differ'} from the others beyond chance; the most different come first.`}
      </p>
      <Scrolled label="Segments side by side">
        <table class="rows segments">
          <thead>
            <tr>
              <th scope="col">Segment</th>
              <th scope="col" class="number">
                Inferences
              </th>
              <th scope="col">Incidents</th>
              {answer.signals.map(({ signal }) => (
                <th key={signal} scope="col" class="number">
                  {signalWords(signal).label}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            <Row line={answer.whole} answer={answer} place={place} />
            {answer.segments.map((line) => (
              <Row key={line.segment} line={line} answer={answer} place={place} />
            ))}
          </tbody>
        </table>
      </Scrolled>
      <p class="legend muted">
        Medians and shares. <span class="apart-sign" aria-hidden="true" /> differs from all other inferences:
        the bar is how far the distributions are apart, beyond what chance would make of them.
      </p>
    </>
  );
}

function Row({ line, answer, place }: { line: SegmentLine; answer: SegmentsAnswer; place: StreamPlace }) {
  const { segment, inferences, share, openIncidents, cells, mostDifferent } = line;
  return (
    <tr class={segment === '' ? 'whole' : undefined}>
      <th scope="row">
        <a class="model" href={hrefOf({ ...place, segment, view: 'stream' })}>
          {segment === '' ? 'All inferences' : segment}
        </a>
      </th>
      <td class="number">
        {formatCount(inferences)} {segment !== '' && <span class="note">{formatShare(share)}</span>}
      </td>
      <td>
        {openIncidents > 0 ? (
          <span class="status is-incident">{formatCount(openIncidents)} open</span>
        ) : (
          <span class="muted">none</span>
        )}
      </td>
      {answer.signals.map(({ signal, isRate }, index) => (
        <td key={signal} class="number">
          <Cell cell={cells[index] ?? null} unit={unitOf(signal, isRate)} isMost={signal === mostDifferent} />
        </td>
      ))}
    </tr>
  );
}

function Cell({ cell, unit, isMost }: { cell: SegmentCell | null; unit: string; isMost: boolean }) {
  if (!cell) return <span class="muted">–</span>;
  const isApart = cell.difference > 0;
  return (
    <span
      class={isApart ? 'segment-cell is-apart' : 'segment-cell'}
      title={`from ${plural(cell.count, 'inference')}`}
    >
      {isMost ? <strong>{formatShort(cell.value, unit)}</strong> : formatShort(cell.value, unit)}
      <svg
        class="apart"
        width="44"
        height="4"
        role={isApart ? 'img' : undefined}
        aria-hidden={isApart ? undefined : 'true'}
        aria-label={isApart ? `${formatShare(cell.difference)} apart` : undefined}
      >
        <rect x={44 - barWidth(cell)} width={barWidth(cell)} height="4" />
      </svg>
    </span>
  );
}

const barWidth = ({ difference }: SegmentCell): number => Math.min(44, Math.ceil(44 * difference));
