import { useMemo, useState } from 'preact/hooks';
import type uPlot from 'uplot';
import type { PanelUnit } from '../../../panels/panel.ts';
import type { PanelLine, PanelRows } from '../../api-panels.ts';
import { Chart } from '../chart.tsx';
import { formatInstant, formatTick } from '../instants.ts';
import { colour } from '../theme.ts';
import { formatPanelNumber, formatPanelTick, type PanelSeries, panelSeries } from './panel-values.ts';

const HEIGHT = 200;
const AXIS_WIDTH = 66;
/** Lines differ in dash as well as in colour, for who cannot tell these apart. */
const DASHES = [[], [7, 4], [2, 3], [10, 3, 2, 3]];
const COLOURS = 5;

/** Lines over time with a key that reads the values under the pointer. */
export function PanelLines({ panel, answer, now }: { panel: PanelLine; answer: PanelRows; now: Date }) {
  const [index, setIndex] = useState<number | null>(null);
  const series = useMemo(() => panelSeries(answer.rows), [answer]);
  const data = useMemo(
    (): uPlot.AlignedData => [[...series.seconds], ...series.lines.map(({ values }) => [...values])],
    [series],
  );
  const names = series.lines.map(({ name }) => name);
  const at = index ?? series.seconds.length - 1;
  const seconds = series.seconds[at];
  return (
    <>
      <Chart
        data={data}
        options={() => lineOptions(panel.unit, names, answer)}
        optionsKey={JSON.stringify([names, answer.since, answer.until])}
        height={HEIGHT}
        label={`${panel.title}. ${describe(series, panel.unit)} Arrow keys read single points.`}
        onIndex={setIndex}
      />
      <p class="panel-key" aria-live={index === null ? 'off' : 'polite'}>
        {seconds !== undefined && <span class="muted">{formatInstant(new Date(seconds * 1000), now)}</span>}
        {series.lines.map(({ name, values }, place) => (
          <span key={name} class="panel-key-line">
            <LineSign place={place} /> {name} <strong>{valueAt(values, at, panel.unit)}</strong>
          </span>
        ))}
      </p>
    </>
  );
}

function valueAt(values: readonly (number | null)[], at: number, unit: PanelUnit): string {
  const value = values[at] ?? null;
  return value === null ? '–' : formatPanelNumber(value, unit);
}

function describe({ lines }: PanelSeries, unit: PanelUnit): string {
  const latest = lines.slice(0, 4).map(({ name, values }) => {
    const last = values.findLast((value) => value !== null) ?? null;
    return `${name}: ${last === null ? 'no value' : formatPanelNumber(last, unit)}`;
  });
  return `Lines over time, latest values: ${latest.join('; ')}.`;
}

function LineSign({ place }: { place: number }) {
  return (
    <svg class={`line-sign series-${place % COLOURS}`} width="22" height="8" aria-hidden="true">
      <path d="M0 4h22" stroke-dasharray={dashOf(place).join(' ')} />
    </svg>
  );
}

const dashOf = (place: number): number[] => DASHES[Math.floor(place / COLOURS) % DASHES.length] ?? [];

function lineOptions(
  unit: PanelUnit,
  names: readonly string[],
  { since, until }: PanelRows,
): Omit<uPlot.Options, 'width' | 'height'> {
  const axis = { stroke: colour('--muted'), grid: { stroke: colour('--rule'), width: 1 } };
  const range: uPlot.Range.MinMax = [new Date(since).getTime() / 1000, new Date(until).getTime() / 1000];
  return {
    legend: { show: false },
    cursor: { drag: { x: false, y: false }, points: { show: false }, y: false },
    scales: {
      x: { time: true, range },
      y: { range: (_self, low, high) => [Math.min(0, low), high > 0 ? high * 1.08 : 1] },
    },
    axes: [
      {
        ...axis,
        size: 30,
        ticks: { show: false },
        values: (_self, ticks, _place, _space, step) =>
          ticks.map((tick) => formatTick(new Date(tick * 1000), step * 1000)),
      },
      {
        ...axis,
        size: AXIS_WIDTH,
        ticks: { show: false },
        values: (_self, ticks) => ticks.map((tick) => formatPanelTick(tick, unit)),
      },
    ],
    series: [
      {},
      ...names.map(
        (label, place): uPlot.Series => ({
          label,
          stroke: colour(`--series-${place % COLOURS}`),
          width: 1.6,
          dash: dashOf(place),
          spanGaps: true,
          points: { show: false },
        }),
      ),
    ],
  };
}
