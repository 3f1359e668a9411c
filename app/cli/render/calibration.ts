import type { StreamKey } from '../../../core/finding.ts';
import { formatNumber, plural } from '../../../core/format.ts';
import { groupBy } from '../../../core/group-by.ts';
import { type Calibrated, CHANGES, WARM_UP_DAYS } from '../../monitors/calibrate.ts';
import { type Cell, renderTable } from './table.ts';
import type { Terminal } from './terminal.ts';

/** Why a signal of a stream was not replayed. */
type LeftReason = 'not_in_rollups' | 'beyond_signals' | 'too_little_history';

export interface LeftOut {
  readonly key: StreamKey;
  readonly signal: string;
  readonly monitor: string | null;
  readonly reason: LeftReason;
}

export interface Replayed {
  readonly found: readonly Calibrated[];
  readonly left: readonly LeftOut[];
}

export interface CalibrationShown {
  readonly months: number;
  readonly windowsMax: number;
}

const REASONS: Readonly<Record<LeftReason, string>> = {
  not_in_rollups: 'what groups get, and what people say of a judge, is not in the rollups',
  beyond_signals: '--signals',
  too_little_history: 'less than two days of windows',
};

/** What `plumbline calibrate` says: as JSON, as tables in lines, and beside them. */
export function reportOf(
  { found, left }: Replayed,
  { months, windowsMax, terminal }: CalibrationShown & { readonly terminal: Terminal },
): { readonly json: unknown; readonly lines: readonly string[]; readonly notes: readonly string[] } {
  const names = new Set([...found, ...left].map(({ monitor }) => monitor));
  const monitors = [...names].map((name) => {
    const isOwn = ({ monitor }: { monitor: string | null }) => monitor === name;
    return costOf(name ?? 'none', { found: found.filter(isOwn), left: left.filter(isOwn) }, months);
  });
  const total = costOf('all', { found, left }, months);
  const leftOut = Object.fromEntries([...byReason(left)].map(([reason, of]) => [reason, of.length]));
  const notes = [
    ...(found.length === 0 ? ['There is too little history: two days of windows are the least.'] : []),
    ...(total.alarmsYoung > 0
      ? [
          `${plural(total.alarmsYoung, 'more alarm')} in the first ${WARM_UP_DAYS} days of each signal, while its baseline was young: not counted above.`,
        ]
      : []),
    ...[...byReason(left)].map(
      ([reason, of]) => `${plural(of.length, 'signal')} not replayed: ${REASONS[reason]}.`,
    ),
  ];
  return {
    json: { months, windows: windowsMax, total, monitors, signals: found, left_out: leftOut },
    lines:
      found.length === 0
        ? []
        : [
            ...renderTable(costs([...monitors, total]), terminal),
            '',
            ...renderTable(sights(found, windowsMax), terminal),
          ],
    notes,
  };
}

const byReason = (left: readonly LeftOut[]): Map<LeftReason, LeftOut[]> =>
  groupBy(left, ({ reason }) => reason);

type Cost = ReturnType<typeof costOf>;

/** What was not replayed has no figure: none is no nought. */
function costs(all: readonly Cost[]) {
  const heads = ['monitor', 'signals', 'not replayed', 'false pages a month', '95 %', 'allowed'];
  const rows = all.map(({ monitor, signals, notReplayed, perMonth, low, high, allowed }): Cell[] => [
    { text: monitor, ink: signals === 0 ? 'dim' : null },
    { text: String(signals) },
    { text: notReplayed === 0 ? '' : String(notReplayed) },
    { text: signals === 0 ? 'not replayed' : formatNumber(perMonth) },
    { text: signals === 0 ? '' : `${formatNumber(low)} to ${formatNumber(high)}` },
    { text: signals === 0 ? '' : formatNumber(allowed) },
  ]);
  return { heads, rows };
}

/** Alarms a month, with the exact Poisson interval by Wilson and Hilferty's cube root, right to a few per cent; null of nothing replayed. */
function costOf(monitor: string, { found, left }: Replayed, months: number) {
  const alarms = found.reduce((sum, one) => sum + one.alarms, 0);
  const z = 1.96;
  const bound = (count: number, sign: number): number =>
    count === 0 ? 0 : count * (1 - 1 / (9 * count) + (sign * z) / (3 * Math.sqrt(count))) ** 3;
  const perMonth = (count: number) => (found.length === 0 ? null : count / months);
  return {
    monitor,
    signals: found.length,
    notReplayed: left.length,
    perMonth: perMonth(alarms),
    low: perMonth(bound(alarms, -1)),
    high: perMonth(bound(alarms + 1, 1)),
    allowed: perMonth(found.reduce((sum, one) => sum + one.allowed, 0)),
    alarmsYoung: found.reduce((sum, one) => sum + one.alarmsYoung, 0),
  };
}

function sights(found: readonly Calibrated[], windowsMax: number) {
  const heads = ['signal', `smallest change seen within ${windowsMax} windows`, 'stream'];
  const rows = found.map((one): Cell[] => [
    { text: one.signal },
    { text: sightOf(one) },
    { text: [one.key.model, one.key.version, one.key.segment].filter(Boolean).join(' · ') },
  ]);
  return { heads, rows };
}

function sightOf({ smallestSeen, alarmsUnchanged, kind }: Calibrated): string {
  const unit = kind === 'number' ? '%' : 'points';
  if (alarmsUnchanged) return 'alarms without any';
  if (smallestSeen === null) return `none up to +${formatNumber((CHANGES.at(-1) ?? 0) * 100)} ${unit}`;
  return `+${formatNumber(smallestSeen * 100)} ${unit}${kind === 'mix' ? ' moved' : ''}`;
}
