import { formatNumber, formatShort, formatSpan, formatValue } from '../../../../core/format.ts';
import type { PanelUnit, Threshold } from '../../../panels/panel.ts';
import type { PanelRows, PanelValue } from '../../api-panels.ts';
import { formatInstant } from '../instants.ts';

type Row = PanelRows['rows'][number];

/** A value of a panel as a person reads it, with its unit. */
export function formatPanelValue(value: PanelValue | undefined, unit: PanelUnit, now: Date): string {
  if (value === null || value === undefined || value === '') return '–';
  if (unit === 'instant') return formatInstant(instantOf(value), now);
  const number = Number(value);
  if (unit === 'text' || !Number.isFinite(number) || typeof value === 'boolean') return String(value);
  return formatPanelNumber(number, unit);
}

/** From here on a number says no more than that it is large. */
const LARGE = 1e15;

/** A number of a panel with its unit. */
export function formatPanelNumber(value: number, unit: PanelUnit): string {
  if (Math.abs(value) >= LARGE) return value > 0 ? 'over 1,000 T' : 'below −1,000 T';
  switch (unit) {
    case 's':
      return formatSpan(value * 1000);
    case 'usd':
      return formatShort(value * 1e6, 'µ$');
    case 'per_minute':
      return `${formatNumber(value)}/min`;
    case 'tokens_per_second':
      return `${formatNumber(value)} tokens/s`;
    case 'share':
    case 'ms':
      return formatShort(value, unit);
    case 'tokens':
    case 'characters':
    case 'words':
    case 'items':
      return formatValue(value, unit);
    default:
      return formatNumber(value);
  }
}

/** The same without the words of its unit, for an axis. */
export function formatPanelTick(value: number, unit: PanelUnit): string {
  const hasWords = unit === 'tokens' || unit === 'characters' || unit === 'words' || unit === 'items';
  return formatPanelNumber(value, hasWords || unit === 'tokens_per_second' ? 'count' : unit);
}

/** A row's name without the number by which it is sorted, its own number as a person reads it. */
export function rowLabel(name: string): string {
  return name.replace(/^\d+ /, '').replace(/-?\d+\.\d+/g, (number) => formatNumber(Number(number)));
}

/** A title with what is chosen in the place of `$signal`. */
export function filledTitle(title: string, chosen: Readonly<Record<string, string>>): string {
  return title.replace(/\$\{?(\w+)\}?/g, (whole, name: string) => chosen[name] || whole);
}

/** Instants come as texts in UTC without saying so: `2026-11-22 10:00:00`. */
export function instantOf(value: PanelValue): Date {
  const text = String(value);
  return new Date(/[zZ]|[+-]\d\d:?\d\d$/.test(text) ? text : `${text.replace(' ', 'T')}Z`);
}

/** The level that holds at a value; null without thresholds. */
export function levelOf(value: number | null, thresholds: readonly Threshold[]): Threshold['level'] | null {
  if (value === null) return null;
  return thresholds.findLast(({ from }) => from === null || value >= from)?.level ?? null;
}

/** Names of the columns that are not `time`: the text that names a series, if there is one, and the numbers. */
export function columnsOf(rows: readonly Row[]): {
  readonly text: string | null;
  readonly numbers: string[];
} {
  const names = Object.keys(rows[0] ?? {}).filter((name) => name !== 'time');
  const isText = (name: string): boolean => rows.some((row) => typeof row[name] === 'string');
  return { text: names.find(isText) ?? null, numbers: names.filter((name) => !isText(name)) };
}

/** Series over one axis of time, in columns; null where a series has no value at that time. */
export interface PanelSeries {
  /** Seconds since 1970, rising. */
  readonly seconds: readonly number[];
  readonly lines: readonly { readonly name: string; readonly values: readonly (number | null)[] }[];
}

/** More would be a tangle; the others are left out, the largest stay. */
const LINES_MAX = 10;

/** Rows of a time series as lines, the largest last value first. */
export function panelSeries(rows: readonly Row[]): PanelSeries {
  const { text, numbers } = columnsOf(rows);
  const seconds = [...new Set(rows.map((row) => instantOf(row['time'] ?? null).getTime() / 1000))].sort(
    (a, b) => a - b,
  );
  const place = new Map(seconds.map((second, index) => [second, index]));
  const lines = new Map<string, (number | null)[]>();
  for (const row of rows) {
    const index = place.get(instantOf(row['time'] ?? null).getTime() / 1000) ?? 0;
    for (const column of numbers) {
      const name = seriesName(text === null ? '' : String(row[text]), column, numbers.length);
      const values = lines.get(name) ?? new Array<number | null>(seconds.length).fill(null);
      values[index] = row[column] === null ? null : Number(row[column]);
      lines.set(name, values);
    }
  }
  const size = (values: readonly (number | null)[]): number =>
    Math.max(0, ...values.map((value) => value ?? 0));
  return {
    seconds,
    lines: [...lines]
      .map(([name, values]) => ({ name, values }))
      .sort((a, b) => size(b.values) - size(a.values))
      .slice(0, LINES_MAX),
  };
}

function seriesName(text: string, column: string, columns: number): string {
  if (text === '') return column;
  return columns > 1 ? `${text}, ${column}` : text;
}

/** A lane of a state timeline: stretches of one state each, over [0, 1] of the range. */
export interface Lane {
  readonly name: string;
  readonly stretches: readonly { readonly from: number; readonly to: number; readonly value: number }[];
}

/** Lanes of a state timeline in the order of their names' first rows; a state lasts until the next one of its lane. */
export function panelLanes({ rows, since, until }: PanelRows): Lane[] {
  const { text, numbers } = columnsOf(rows);
  const [start, end] = [new Date(since).getTime(), new Date(until).getTime()];
  const share = (value: PanelValue | undefined): number =>
    Math.min(1, Math.max(0, (instantOf(value ?? null).getTime() - start) / Math.max(1, end - start)));
  const byLane = new Map<string, Row[]>();
  for (const row of rows) {
    const name = String(text === null ? '' : row[text]);
    byLane.set(name, [...(byLane.get(name) ?? []), row]);
  }
  return [...byLane].map(([name, ofLane]) => {
    const sorted = [...ofLane].sort((a, b) => String(a['time']).localeCompare(String(b['time'])));
    const stretches = sorted.map((row, index) => ({
      from: share(row['time']),
      to: index + 1 < sorted.length ? share(sorted[index + 1]?.['time']) : 1,
      value: Number(row[numbers[0] ?? ''] ?? 0),
    }));
    return { name, stretches: stretches.filter(({ from, to }) => to > from) };
  });
}
