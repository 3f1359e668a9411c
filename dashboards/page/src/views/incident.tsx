import type { ComponentChildren } from 'preact';
import { formatExact, formatSpan, formatValue, plural } from '../../../../core/format.ts';
import {
  changeWords,
  effectWords,
  evidenceWords,
  isRateChange,
  pairWords,
  sideWords,
  streamName,
  unitOf,
} from '../../../../core/incident-words.ts';
import { signalWords } from '../../../../core/signal-words.ts';
import type { IncidentDetail, IncidentLine } from '../../api.ts';
import { ExamplePair } from '../example.tsx';
import { HistogramPair } from '../histogram.tsx';
import { IncidentActions } from '../incident-actions.tsx';
import { formatAgo, formatInstant } from '../instants.ts';
import { PollView } from '../poll-view.tsx';
import { Deliveries } from '../receivers.tsx';
import { hrefOf, streamHref } from '../router.ts';
import { effectMeaning, familyOf } from '../signal-texts.ts';
import { usePoll } from '../use-poll.ts';
import { ConditionNote, SeverityTag, StateTag, VerdictTag } from '../verdict.tsx';

/** Why one incident is open: before, after, how sure, and what it looks like. */
export function IncidentView({ id }: { id: string }) {
  const poll = usePoll<IncidentDetail>(`api/incidents/${encodeURIComponent(id)}`);
  return <PollView poll={poll}>{(detail) => <Filled detail={detail} />}</PollView>;
}

function Filled({ detail }: { detail: IncidentDetail }) {
  const { incident, histograms, examples } = detail;
  const now = new Date(detail.now);
  const isRate = isRateChange(incident);
  const unit = unitOf(incident.signal, isRate);
  const sides = sideWords(incident);
  return (
    <article>
      <p class="crumb">
        <a href="#/">Overview</a> <span aria-hidden="true">/</span>{' '}
        <a class="model" href={streamHref(incident)}>
          {streamName(incident)}
        </a>
      </p>
      <p class="incident-head">
        <VerdictTag verdict={incident.verdict} />
        <SeverityTag severity={incident.severity} />
        <StateTag state={incident.state} />
        <ConditionNote incident={incident} now={now} />
      </p>
      <h1>
        <span class="model">{streamName(incident)}:</span> {changeWords(incident)}
      </h1>
      <p class="lead">
        <strong>{pairWords(incident)}</strong> {sinceWords(incident, now)}
      </p>
      {detail.mutedBy && (
        <p class="notice">
          Nobody is told of it:{' '}
          <a href={hrefOf({ view: 'incident', id: detail.mutedBy.id })}>{detail.mutedBy.title}</a> speaks for
          it.
        </p>
      )}
      <IncidentActions detail={detail} />
      <div class="incident-body">
        <section aria-labelledby="distributions">
          <h2 id="distributions">
            {signalWords(incident.signal).label}, {sides.before} and {sides.after}
          </h2>
          <HistogramPair
            {...histograms}
            middles={incident}
            unit={unit}
            isRate={isRate}
            verdict={incident.verdict}
            label={`Distribution of ${signalWords(incident.signal).label}: ${pairWords(incident)}`}
          />
        </section>
        <Figures incident={incident} unit={unit} now={now} />
      </div>
      <section aria-labelledby="told">
        <h2 id="told">Who was told</h2>
        {detail.deliveries.length > 0 ? (
          <Deliveries deliveries={detail.deliveries} now={now} />
        ) : (
          <p class="muted">
            Nobody yet. <a href="#/rules">Rules and receivers</a>
          </p>
        )}
      </section>
      <section aria-labelledby="examples">
        <h2 id="examples">Examples</h2>
        <ExamplePair
          examples={examples}
          unit={unit}
          isRate={isRate}
          now={now}
          baselineVersion={incident.baselineVersion}
        />
      </section>
    </article>
  );
}

function sinceWords({ since, state, closedAt, baselineVersion }: IncidentLine, now: Date): string {
  const from = new Date(since);
  const compared = baselineVersion === '' ? '' : `, compared with version ${baselineVersion}`;
  if (state === 'closed' && closedAt) {
    const to = new Date(closedAt);
    return `from ${formatInstant(from, now)} to ${formatInstant(to, now)}, for ${formatSpan(to.getTime() - from.getTime())}${compared}`;
  }
  return `since ${formatInstant(from, now)}, ${formatAgo(from, now)}${compared}`;
}

const DETECTORS: Readonly<Record<IncidentLine['detector'], string>> = {
  rate: 'bets on a rate, window by window',
  continuous: 'bets on ranks, window by window',
  judged: 'people’s scores, by a judge’s on all inferences',
  version_comparison: 'fixed-size comparison of two versions',
  budget: 'a forecast of spend, hour by hour',
  disparity: 'bets on a group against the rest, stratum by stratum',
  presence: 'a count of what should come, by the clock',
};

function Figures({ incident, unit, now }: { incident: IncidentLine; unit: string; now: Date }) {
  const { samples, signals, detector, effect } = incident;
  const others = signals.filter((signal) => signal !== incident.signal);
  const middle = isRateChange(incident) ? 'Share' : 'Median';
  const sides = sideWords(incident);
  return (
    <section aria-labelledby="figures">
      <h2 id="figures">Figures</h2>
      <dl class="figures">
        <Figure name={`${middle} ${sides.before}`} note={`from ${plural(samples.baseline, 'inference')}`}>
          {formatValue(incident.before, unit)}
        </Figure>
        <Figure name={`${middle} ${sides.after}`} note={`from ${plural(samples.current, 'inference')}`}>
          {formatValue(incident.after, unit)}
        </Figure>
        <Figure name="Effect" note={effectMeaning(incident)}>
          {effectWords(effect)}
        </Figure>
        <Figure name="Evidence" note={`Detector: ${DETECTORS[detector]}.`}>
          {evidenceWords(incident)}
        </Figure>
        <Figure name="Since" note={`Opened ${formatInstant(new Date(incident.openedAt), now)}.`}>
          <time dateTime={incident.since}>{formatExact(new Date(incident.since))}</time>
        </Figure>
        <Figure
          name="Rule"
          note={
            incident.reopenings > 0
              ? `Opened ${plural(incident.reopenings, 'time')} before within a day.`
              : ''
          }
        >
          <a href="#/rules">{incident.rule || 'none'}</a>
        </Figure>
        {others.length > 0 && (
          <Figure name="Seen in as well" isPlain>
            {others.map((signal) => signalWords(signal).label).join(', ')}
          </Figure>
        )}
        <Figure name="What is measured" isPlain>
          {familyOf(incident.signal).meaning || incident.signal}
        </Figure>
      </dl>
    </section>
  );
}

function Figure(props: { name: string; note?: string; isPlain?: boolean; children: ComponentChildren }) {
  const { name, note, isPlain = false, children } = props;
  return (
    <div>
      <dt>{name}</dt>
      <dd class={isPlain ? 'plain-text' : undefined}>
        {children}
        {note && <span class="muted note">{note}</span>}
      </dd>
    </div>
  );
}
