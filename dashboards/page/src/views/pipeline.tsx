import { formatCount, formatNumber, formatSpan, plural } from '../../../../core/format.ts';
import type { PipelineAnswer, ProcessLine } from '../../api-views.ts';
import { formatAgo } from '../instants.ts';
import { PollView } from '../poll-view.tsx';
import { Deliveries, Receivers } from '../receivers.tsx';
import { usePoll } from '../use-poll.ts';

/** Whether what arrives becomes findings and messages. */
export function PipelineView() {
  const poll = usePoll<PipelineAnswer>('api/pipeline', 5_000);
  return (
    <>
      <h1>Pipeline health</h1>
      <PollView poll={poll}>{(answer) => <Filled answer={answer} />}</PollView>
    </>
  );
}

function Filled({ answer }: { answer: PipelineAnswer }) {
  const { process, troubled, receivers } = answer;
  const now = new Date(answer.now);
  return (
    <>
      {process && <Verdict process={process} />}
      <div class="pipeline">
        <Arrivals answer={answer} now={now} />
        {process && <Checks process={process} now={now} />}
      </div>
      <section aria-labelledby="receivers">
        <h2 id="receivers">Receivers, over the last week</h2>
        <Receivers receivers={receivers} now={now} />
      </section>
      {troubled.length > 0 && (
        <section aria-labelledby="troubled">
          <h2 id="troubled">Deliveries that wait or have failed</h2>
          <Deliveries deliveries={troubled} now={now} withIncident />
        </section>
      )}
      {process ? (
        <Figures process={process} />
      ) : (
        <p class="muted">Figures of the process are of all projects; they need a key for all of them.</p>
      )}
    </>
  );
}

function Verdict({ process }: { process: ProcessLine }) {
  const failing = process.checks.filter(({ ok }) => !ok);
  return (
    <>
      <p class="lead-line">
        <span class={`status is-${process.ready ? 'ok' : 'incident'}`}>
          {process.ready ? 'Everything that is needed works' : `${plural(failing.length, 'check')} failing`}
        </span>
      </p>
      {process.warnings.map((warning) => (
        <p class="notice" key={warning}>
          {warning}
        </p>
      ))}
    </>
  );
}

const STEPS = [
  ['inference', 'Last inference'],
  ['embedding', 'Last one embedded'],
  ['finding', 'Last window judged'],
  ['incident', 'Last incident opened'],
] as const;

function Arrivals({ answer, now }: { answer: PipelineAnswer; now: Date }) {
  const { counts } = answer.arrivals;
  const most = Math.max(1, ...counts);
  const hour = counts.slice(-61, -1);
  const perMinute = hour.reduce((sum, count) => sum + count, 0) / Math.max(1, hour.length);
  return (
    <section aria-labelledby="arrivals">
      <h2 id="arrivals">Inferences, by the minute</h2>
      <p class="stat">
        <strong>{formatNumber(perMinute)}</strong>
        <span class="note">a minute over the last hour</span>
      </p>
      <svg
        class="arrivals"
        viewBox={`0 0 ${counts.length} 40`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`Inferences of the last ${counts.length} minutes: at most ${formatCount(most)} a minute.`}
      >
        {counts.map((count, minute) => {
          const height = (40 * count) / most;
          return <rect key={minute} x={minute} y={40 - height} width="0.9" height={height} />;
        })}
      </svg>
      <p class="lane-axis muted">
        <span>{formatSpan(counts.length * 60_000)} ago</span>
        <span>now</span>
      </p>
      <dl class="figures">
        {STEPS.map(([step, label]) => {
          const at = answer.latest[step];
          return (
            <div key={step}>
              <dt>{label}</dt>
              <dd class="plain-text">{at ? formatAgo(new Date(at), now) : 'none within a week'}</dd>
            </div>
          );
        })}
      </dl>
    </section>
  );
}

function Checks({ process, now }: { process: ProcessLine; now: Date }) {
  return (
    <section aria-labelledby="checks">
      <h2 id="checks">What must work</h2>
      <dl class="figures">
        {process.checks.map(({ name, ok, reason }) => {
          const loop = process.loops.find((candidate) => name === `loop ${candidate.name}`);
          return (
            <div key={name}>
              <dt>{name}</dt>
              <dd class="plain-text">
                <span class={`status is-${ok ? 'ok' : 'incident'}`}>{ok ? 'works' : reason}</span>
                {loop && (
                  <span class="muted note">
                    {loop.lastSuccessAt
                      ? `last turn ${formatAgo(new Date(loop.lastSuccessAt), now)}, took ${formatSpanOf(loop.lastDurationMs)}`
                      : 'no turn yet'}
                    {loop.lastError !== null && `; ${loop.lastError}`}
                  </span>
                )}
              </dd>
            </div>
          );
        })}
      </dl>
    </section>
  );
}

const formatSpanOf = (ms: number): string => (ms < 1000 ? `${Math.round(ms)} ms` : formatSpan(ms));

function Figures({ process }: { process: ProcessLine }) {
  return (
    <details class="numbers">
      <summary>{plural(process.figures.length, 'figure')} of this process, as /metrics has them</summary>
      <dl class="figures all-figures">
        {process.figures.map(({ name, help, value }) => (
          <div key={name}>
            <dt>
              <code>{name}</code>
            </dt>
            <dd>
              {formatNumber(value)}
              <span class="muted note">{help}</span>
            </dd>
          </div>
        ))}
      </dl>
    </details>
  );
}
