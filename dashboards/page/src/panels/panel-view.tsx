import type { PanelLine, PanelPlaceQuery, PanelRows } from '../../api-panels.ts';
import { usePoll } from '../use-poll.ts';
import { PanelHeat, PanelLanes } from './panel-lanes.tsx';
import { PanelLines } from './panel-lines.tsx';
import { PanelBars, PanelTable } from './panel-tables.tsx';
import { formatPanelNumber, levelOf } from './panel-values.ts';

/** Panels ask in their own time: a dozen of them on every change would be a burst. */
const EVERY_MS = 20_000;

/** One panel: its title, the question it answers, and the answer. */
export function PanelView({ panel, place, now }: { panel: PanelLine; place: PanelPlaceQuery; now: Date }) {
  return (
    <article class={`panel panel-${panel.kind} panel-width-${panel.width}`} aria-labelledby={panel.id}>
      <h3 id={panel.id}>{panel.title}</h3>
      <p class="panel-question muted">{panel.question}</p>
      {panel.kind === 'text' ? <Prose text={panel.text} /> : <Asked panel={panel} place={place} now={now} />}
    </article>
  );
}

function Asked({ panel, place, now }: { panel: PanelLine; place: PanelPlaceQuery; now: Date }) {
  const poll = usePoll<PanelRows>(`api/panels/${place.dashboard}/${panel.id}?${place.query}`, EVERY_MS);
  if (poll.state === 'waiting') return <p class={`panel-space space-${panel.kind}`} />;
  if (poll.state === 'failed') return <p class="notice">{poll.problem.message}</p>;
  if (poll.data.rows.length === 0)
    return <p class="panel-space muted">Nothing in this range. Choose a longer one, or other models.</p>;
  return (
    <>
      <Answered panel={panel} answer={poll.data} now={now} />
      {poll.data.isCut && (
        <p class="muted">There is more than is shown: choose a shorter range or one model.</p>
      )}
    </>
  );
}

function Answered(props: { panel: PanelLine; answer: PanelRows; now: Date }) {
  switch (props.panel.kind) {
    case 'stat':
      return <Stat {...props} />;
    case 'timeseries':
      return <PanelLines {...props} />;
    case 'barchart':
      return <PanelBars {...props} />;
    case 'statetimeline':
      return <PanelLanes {...props} />;
    case 'heatmap':
      return <PanelHeat {...props} />;
    case 'table':
      return <PanelTable {...props} />;
    case 'text':
      return null;
  }
}

const LEVEL_WORDS = { ok: '', warning: 'above what is usual', critical: 'far above what is usual' } as const;

function Stat({ panel, answer }: { panel: PanelLine; answer: PanelRows }) {
  const values = Object.values(answer.rows[0] ?? {}).map((value) => (value === null ? null : Number(value)));
  const level = levelOf(values[0] ?? null, panel.thresholds);
  const words = level === null ? '' : LEVEL_WORDS[level];
  return (
    <p class={`stat level-${level ?? 'none'}`}>
      <strong>
        {values.map((value) => (value === null ? '–' : formatPanelNumber(value, panel.unit))).join(' · ')}
      </strong>
      {words !== '' && <span class="note">{words}</span>}
    </p>
  );
}

/** The little Markdown that panels' texts use: paragraphs and `code`. */
function Prose({ text }: { text: string }) {
  return (
    <>
      {text.split(/\n\s*\n/).map((paragraph) => (
        <p key={paragraph}>
          {paragraph
            .split('`')
            .map((piece, place) => (place % 2 === 1 ? <code key={piece}>{piece}</code> : piece))}
        </p>
      ))}
    </>
  );
}
