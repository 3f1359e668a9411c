import { type Column, type Distribution, distributionOf } from '../../../core/distribution.ts';
import { formatShare, formatShort, formatValue } from '../../../core/format.ts';
import type { Histogram, Verdict } from '../api.ts';

const HEIGHT = 100;

/** Before and after on one axis, a plumb line at the middle of each; the numbers in a table below. */
export function HistogramPair(props: {
  before: Histogram;
  after: Histogram;
  middles: { before: number; after: number };
  unit: string;
  isRate: boolean;
  verdict: Verdict;
  label: string;
}) {
  const { unit, isRate, middles, verdict, label } = props;
  const distribution = distributionOf(props.before, props.after);
  if (distribution.columns.length === 0) return <p class="muted">No values are stored for this incident.</p>;
  const name = (value: number): string => (isRate ? (value === 0 ? 'no' : 'yes') : formatShort(value, unit));
  return (
    <figure class={`histogram is-${verdict}`}>
      <Legend middles={middles} unit={unit} isRate={isRate} />
      <div class="histogram-plot" role="img" aria-label={label}>
        <Bars distribution={distribution} name={name} />
        {!isRate && <PlumbLine at={distribution.placeOf(middles.before)} side="before" />}
        {!isRate && <PlumbLine at={distribution.placeOf(middles.after)} side="after" />}
      </div>
      <div class="axis" aria-hidden="true">
        {distribution.ticks.map(({ at, value }) => (
          <span key={value} style={{ left: `${at * 100}%` }}>
            {name(value)}
          </span>
        ))}
      </div>
      <p class="axis-unit muted" aria-hidden="true">
        {isRate ? 'share of inferences' : unit}
        {distribution.scale === 'log' ? ', equal ratios' : ''}
      </p>
      <NumbersTable distribution={distribution} name={name} />
    </figure>
  );
}

function Legend({
  middles,
  unit,
  isRate,
}: {
  middles: { before: number; after: number };
  unit: string;
  isRate: boolean;
}) {
  const what = isRate ? '' : 'median ';
  return (
    <figcaption class="legend">
      <span class="key key-before">
        Before: {what}
        <strong>{formatValue(middles.before, unit)}</strong>
      </span>
      <span class="key key-after">
        After: {what}
        <strong>{formatValue(middles.after, unit)}</strong>
      </span>
    </figcaption>
  );
}

function Bars({ distribution, name }: { distribution: Distribution; name: (value: number) => string }) {
  const { columns, scale } = distribution;
  const top = Math.max(...columns.flatMap(({ before, after }) => [before, after]));
  const width = 1000 / columns.length;
  const isApart = scale === 'points';
  // Few values stand side by side; many overlay each other.
  const bar = (side: 'before' | 'after', column: Column, index: number) => {
    const height = (column[side] / top) * HEIGHT;
    const inset = isApart ? width * 0.15 : width * 0.04;
    const half = (width - 2 * inset) / (isApart ? 2 : 1);
    const x = index * width + inset + (isApart && side === 'after' ? half : 0);
    return (
      <rect
        key={`${side}${index}`}
        class={`bar-${side}`}
        x={x}
        y={HEIGHT - height}
        width={half}
        height={height}
      >
        <title>{columnTitle(column, name)}</title>
      </rect>
    );
  };
  return (
    <svg viewBox={`0 0 1000 ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
      {columns.map((column, index) => bar('before', column, index))}
      {columns.map((column, index) => bar('after', column, index))}
    </svg>
  );
}

function columnTitle(column: Column, name: (value: number) => string): string {
  return `${rangeOf(column, name)}: before ${formatShare(column.before)}, after ${formatShare(column.after)}`;
}

function rangeOf({ from, to }: Column, name: (value: number) => string): string {
  return from === to ? name(from) : `${name(from)} to ${name(to)}`;
}

function PlumbLine({ at, side }: { at: number | null; side: 'before' | 'after' }) {
  if (at === null) return null;
  return <span class={`plumb plumb-${side}`} style={{ left: `${at * 100}%` }} aria-hidden="true" />;
}

function NumbersTable({
  distribution,
  name,
}: {
  distribution: Distribution;
  name: (value: number) => string;
}) {
  const rows = distribution.columns.filter(({ before, after }) => before > 0 || after > 0);
  return (
    <details class="numbers">
      <summary>As a table</summary>
      <table class="plain">
        <thead>
          <tr>
            <th scope="col">Value</th>
            <th scope="col" class="number">
              Before
            </th>
            <th scope="col" class="number">
              After
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((column) => (
            <tr key={column.from}>
              <th scope="row">{rangeOf(column, name)}</th>
              <td class="number">{formatShare(column.before)}</td>
              <td class="number">{formatShare(column.after)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}
