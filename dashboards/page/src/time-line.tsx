import { useMemo, useRef, useState } from 'preact/hooks';
import type uPlot from 'uplot';
import { formatShort, formatValue, plural } from '../../../core/format.ts';
import { unitOf } from '../../../core/incident-words.ts';
import { signalWords } from '../../../core/signal-words.ts';
import type { IncidentLine, Series, SeriesAnswer, SignalLine } from '../api.ts';
import { Chart } from './chart.tsx';
import { formatInstant, formatTick } from './instants.ts';
import { type SeriesPoint, seriesPoints } from './series-points.ts';
import { familyOf } from './signal-texts.ts';
import { colour } from './theme.ts';

const HEIGHT = 132;
const AXIS_WIDTH = 58;

interface TimeLineProps {
  readonly line: SignalLine;
  readonly series: Series;
  readonly window: Pick<SeriesAnswer, 'since' | 'until' | 'stepMs'>;
  /** Of this signal's aspect, whatever their state. */
  readonly incidents: readonly IncidentLine[];
  readonly now: Date;
}

/** One signal over time: its line, what the baseline lets expect, and the incidents it is part of. */
export function TimeLine({ line, series, window, incidents, now }: TimeLineProps) {
  const [index, setIndex] = useState<number | null>(null);
  const { signal, isRate, baseline } = line;
  const points = useMemo(
    () => seriesPoints(series, window, { isRate, baseline }),
    [series, window.since, window.stepMs, isRate, baseline],
  );
  const unit = unitOf(signal, isRate);
  const data = useMemo(() => alignedData(points), [points]);
  const latest = useRef(points);
  latest.current = points;
  const marks = incidents.map(({ since, closedAt, verdict }) => ({ since, closedAt, verdict }));
  const optionsKey = JSON.stringify([signal, isRate, baseline?.median, window.since, window.until, marks]);
  return (
    <figure class="time-line">
      <figcaption>
        <h3 title={familyOf(signal).meaning}>{signalWords(signal).label}</h3>
        <Readout points={points} index={index} unit={unit} isRate={isRate} now={now} />
      </figcaption>
      <Chart
        data={data}
        options={() => chartOptions({ line, unit, window, marks, latestPoints: () => latest.current })}
        optionsKey={optionsKey}
        height={HEIGHT}
        label={describe(line, points, unit, incidents)}
        onIndex={setIndex}
      />
      <p class="time-line-note muted">{baselineNote(line, unit)}</p>
    </figure>
  );
}

function Readout(props: {
  points: readonly SeriesPoint[];
  index: number | null;
  unit: string;
  isRate: boolean;
  now: Date;
}) {
  const { points, unit, isRate, now } = props;
  const index = props.index ?? points.length - 1;
  const point = points[index];
  if (!point || point.line === null) return <span class="readout muted">no inferences</span>;
  const { line, low, high, seconds, count } = point;
  return (
    <span class="readout" aria-live={props.index === null ? 'off' : 'polite'}>
      <strong>{formatValue(line, unit)}</strong>
      {!isRate && low !== high && (
        <span class="muted">
          {' '}
          ({formatShort(low, unit)} – {formatShort(high, unit)})
        </span>
      )}
      <span class="muted">
        {' · '}
        {formatInstant(new Date(seconds * 1000), now)}
        {' · '}
        {plural(count, 'inference')}
      </span>
    </span>
  );
}

function baselineNote({ isRate, baseline, latest }: SignalLine, unit: string): string {
  const verdict =
    latest?.outcome === 'not_enough_data' && latest.rowsNeeded ? neededNote(latest.rowsNeeded) : '';
  if (!baseline) return verdict || 'No baseline yet.';
  const from = `from ${plural(baseline.count, 'inference')}`;
  if (isRate) return `Baseline ${formatShort(baseline.mean, unit)}, ${from}. ${verdict}`;
  const range = `${formatShort(baseline.p05, unit)} to ${formatValue(baseline.p95, unit)}`;
  return `Baseline ${formatShort(baseline.median, unit)}, mostly ${range}, ${from}. ${verdict}`;
}

function neededNote(rows: number): string {
  return `Not enough data: about ${plural(rows, 'more row')} needed.`;
}

function describe(
  { signal, isRate, baseline }: SignalLine,
  points: readonly SeriesPoint[],
  unit: string,
  incidents: readonly IncidentLine[],
): string {
  const middle = isRate ? 'share' : 'median';
  const usual = baseline
    ? `, baseline ${middle} ${formatValue(isRate ? baseline.mean : baseline.median, unit)}`
    : '';
  const marked = incidents.length > 0 ? `, ${plural(incidents.length, 'incident')} marked` : '';
  const last = formatValue(points.at(-1)?.line ?? null, unit);
  return `${signalWords(signal).label} over time: latest ${middle} ${last}${usual}${marked}. Arrow keys read single points.`;
}

/** Order of uPlot's columns: the bands below refer to it. */
function alignedData(points: readonly SeriesPoint[]): uPlot.AlignedData {
  const column = (name: Exclude<keyof SeriesPoint, 'seconds' | 'count'>) =>
    points.map((point) => point[name]);
  return [
    points.map((point) => point.seconds),
    ...(['expectedHigh', 'expectedLow', 'high', 'low', 'line'] as const).map(column),
  ];
}

interface Mark {
  readonly since: string;
  readonly closedAt: string | null;
  readonly verdict: IncidentLine['verdict'];
}

interface OptionsInput {
  readonly line: SignalLine;
  readonly unit: string;
  readonly window: TimeLineProps['window'];
  readonly marks: readonly Mark[];
  /** Those of the newest answer: the chart outlives many. */
  readonly latestPoints: () => readonly SeriesPoint[];
}

function chartOptions({
  line,
  unit,
  window,
  marks,
  latestPoints,
}: OptionsInput): Omit<uPlot.Options, 'width' | 'height'> {
  const hidden = { stroke: 'transparent', width: 0, points: { show: false } };
  const isSparse = latestPoints().length <= 30;
  const [ink, band, spread] = [colour('--line'), colour('--band'), colour('--spread')];
  return {
    cursor: {
      y: false,
      drag: { x: false, y: false },
      sync: { key: 'stream' },
      points: { size: 7, fill: ink },
    },
    legend: { show: false },
    scales: {
      x: { range: [new Date(window.since).getTime() / 1000, new Date(window.until).getTime() / 1000] },
      y: { range: () => yRange(latestPoints(), line) },
    },
    axes: axes(unit, new Date(window.until).getTime() - new Date(window.since).getTime()),
    series: [
      {},
      hidden,
      hidden,
      hidden,
      hidden,
      { stroke: ink, width: 1.5, points: { show: isSparse, size: 3.5, fill: ink, width: 0 } },
    ],
    bands: [
      { series: [1, 2], fill: band },
      { series: [3, 4], fill: spread },
    ],
    hooks: {
      drawClear: [(plot) => drawIncidents(plot, marks)],
      drawAxes: [(plot) => drawBaseline(plot, line)],
    },
  };
}

/**
 * The line and the baseline are always in view; of the spread and the expected band only as much as most buckets
 * need, so that one small bucket or one outlier does not flatten the rest.
 */
function yRange(points: readonly SeriesPoint[], { isRate, baseline }: SignalLine): uPlot.Range.MinMax {
  const lines = seen(points.map(({ line }) => line));
  const usual = isRate ? baseline?.mean : baseline?.median;
  const highs = seen([
    ...lines,
    usual,
    ranked(seen(points.map(({ high }) => high)), 0.8),
    ranked(seen(points.map(({ expectedHigh }) => expectedHigh)), 0.2),
  ]);
  const lows = seen([...lines, baseline?.p05, ranked(seen(points.map(({ low }) => low)), 0.2)]);
  if (highs.length === 0) return [0, 1];
  const [low, high] = [Math.min(...lows), Math.max(...highs)];
  if (isRate) return [0, Math.min(1, Math.max(high * 1.15, 0.02)) + 1e-9];
  const floor = low >= 0 && low < high * 0.5 ? 0 : low - (high - low) * 0.1;
  const top = high + (high - floor) * 0.08;
  const margin = Math.abs(floor) * 0.1 + 0.1;
  return top > floor ? [floor, top] : [floor - margin, floor + margin];
}

const seen = (values: readonly (number | null | undefined)[]): number[] =>
  values.filter((value) => value !== null && value !== undefined);

const ranked = (values: readonly number[], share: number): number | undefined =>
  [...values].sort((a, b) => a - b)[Math.floor(share * (values.length - 1))];

function axes(unit: string, spanMs: number): uPlot.Axis[] {
  const [muted, rule] = [colour('--muted'), colour('--rule')];
  const font = `11px ${getComputedStyle(document.body).fontFamily}`;
  const shared = { stroke: muted, font, ticks: { show: false } };
  return [
    {
      ...shared,
      grid: { show: false },
      size: 22,
      gap: 4,
      space: 72,
      values: (_, splits) => {
        const stepMs = ((splits[1] ?? 0) - (splits[0] ?? 0)) * 1000;
        return splits.map((seconds) => formatTick(new Date(seconds * 1000), stepMs || spanMs));
      },
    },
    {
      ...shared,
      grid: { stroke: rule, width: 1 },
      size: AXIS_WIDTH,
      gap: 6,
      space: 34,
      values: (_, splits) => splits.map((value) => (value === 0 ? '0' : formatShort(value, unit))),
    },
  ];
}

function drawIncidents(plot: uPlot, marks: readonly Mark[]): void {
  const { ctx, bbox } = plot;
  for (const { since, closedAt, verdict } of marks) {
    const clampX = (at: string | null): number => {
      if (at === null) return bbox.left + bbox.width;
      const x = plot.valToPos(new Date(at).getTime() / 1000, 'x', true);
      return Math.min(bbox.left + bbox.width, Math.max(bbox.left, x));
    };
    const [from, to] = [clampX(since), clampX(closedAt)];
    if (to <= from) continue;
    ctx.save();
    ctx.fillStyle = colour(`--${verdict}`);
    ctx.globalAlpha = 0.1;
    ctx.fillRect(from, bbox.top, to - from, bbox.height);
    ctx.globalAlpha = 1;
    ctx.fillRect(from, bbox.top, to - from, 3 * devicePixelRatio);
    ctx.restore();
  }
}

/** A dashed line at the middle of the baseline. */
function drawBaseline(plot: uPlot, { isRate, baseline }: SignalLine): void {
  if (!baseline) return;
  const { ctx, bbox } = plot;
  const y = Math.round(plot.valToPos(isRate ? baseline.mean : baseline.median, 'y', true));
  if (y < bbox.top || y > bbox.top + bbox.height) return;
  ctx.save();
  ctx.strokeStyle = colour('--muted');
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash([3 * devicePixelRatio, 3 * devicePixelRatio]);
  ctx.beginPath();
  ctx.moveTo(bbox.left, y);
  ctx.lineTo(bbox.left + bbox.width, y);
  ctx.stroke();
  ctx.restore();
}
