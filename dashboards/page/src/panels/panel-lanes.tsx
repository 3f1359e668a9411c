import type { PanelLine, PanelRows } from '../../api-panels.ts';
import { formatInstant } from '../instants.ts';
import { columnsOf, instantOf, type Lane, panelLanes, rowLabel } from './panel-values.ts';

/** One lane a row: what state held when. */
export function PanelLanes({ panel, answer, now }: { panel: PanelLine; answer: PanelRows; now: Date }) {
  const states = panel.states.filter(({ level }) => level !== 'none');
  return (
    <>
      <p class="panel-key">
        {states.map(({ value, text, level }) => (
          <span key={value} class="panel-key-line">
            <span class={`lane-sign level-${level}`} aria-hidden="true" /> {text}
          </span>
        ))}
      </p>
      <ul class="lanes">
        {panelLanes(answer).map((lane) => (
          <LaneRow key={lane.name} lane={lane} panel={panel} />
        ))}
      </ul>
      <p class="lane-axis muted">
        <span>{formatInstant(new Date(answer.since), now)}</span>
        <span>{formatInstant(new Date(answer.until), now)}</span>
      </p>
    </>
  );
}

function LaneRow({ lane: { name, stretches }, panel }: { lane: Lane; panel: PanelLine }) {
  const stateOf = (value: number) => panel.states.find((state) => state.value === value);
  const last = stateOf(stretches.at(-1)?.value ?? Number.NaN);
  return (
    <li>
      <span class="lane-name">
        {name} <span class="muted">{last?.text ?? ''}</span>
      </span>
      <svg class="lane" viewBox="0 0 1000 12" preserveAspectRatio="none" aria-hidden="true">
        {stretches.map(({ from, to, value }) => {
          const level = stateOf(value)?.level ?? 'none';
          return level === 'none' ? null : (
            <rect
              key={from}
              class={`level-${level}`}
              x={from * 1000}
              width={Math.max(2, (to - from) * 1000)}
              height="12"
            />
          );
        })}
      </svg>
    </li>
  );
}

/** How many of each value at each time: the darker, the more. */
export function PanelHeat({ panel, answer, now }: { panel: PanelLine; answer: PanelRows; now: Date }) {
  const { text, numbers } = columnsOf(answer.rows);
  const name = (row: PanelRows['rows'][number]): string => String(row[text ?? ''] ?? '');
  const times = [...new Set(answer.rows.map((row) => String(row['time'])))].sort();
  const values = [...new Set(answer.rows.map(name))].sort().reverse();
  const count = (row: PanelRows['rows'][number]): number => Number(row[numbers[0] ?? ''] ?? 0);
  const most = Math.max(1, ...answer.rows.map(count));
  const [xOf, yOf] = [
    new Map(times.map((time, x) => [time, x])),
    new Map(values.map((value, y) => [value, y])),
  ];
  return (
    <figure class="heat">
      <span class="heat-label muted">{rowLabel(values[0] ?? '')}</span>
      <svg
        viewBox={`0 0 ${times.length} ${values.length}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`${panel.title}: ${values.length} rows of values over ${times.length} points of time.`}
      >
        {answer.rows.map((row) => (
          <rect
            key={`${row['time']} ${name(row)}`}
            x={xOf.get(String(row['time']))}
            y={yOf.get(name(row))}
            width="1.02"
            height="1.02"
            opacity={0.12 + 0.88 * Math.sqrt(count(row) / most)}
          />
        ))}
      </svg>
      <span class="heat-label muted">{rowLabel(values.at(-1) ?? '')}</span>
      <p class="lane-axis muted">
        <span>{times[0] && formatInstant(instantOf(times[0]), now)}</span>
        <span>{times.length > 0 && formatInstant(instantOf(times.at(-1) ?? null), now)}</span>
      </p>
    </figure>
  );
}
