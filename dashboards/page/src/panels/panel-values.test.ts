import { describe, expect, it } from 'vitest';
import {
  filledTitle,
  formatPanelNumber,
  formatPanelTick,
  formatPanelValue,
  levelOf,
  panelLanes,
  panelSeries,
  rowLabel,
} from './panel-values.ts';

const NOW = new Date('2026-11-22T14:00:00Z');

describe('panelSeries', () => {
  it('puts rows of several series on one axis, with gaps', () => {
    const rows = [
      { time: '2026-11-22 10:00:00', series: 'a', value: 1 },
      { time: '2026-11-22 10:00:00', series: 'b', value: 5 },
      { time: '2026-11-22 10:01:00', series: 'b', value: 6 },
    ];
    expect(panelSeries(rows)).toEqual({
      seconds: [1_795_341_600, 1_795_341_660],
      lines: [
        { name: 'b', values: [5, 6] },
        { name: 'a', values: [1, null] },
      ],
    });
  });

  it('names the columns where no text does, and is empty without rows', () => {
    const rows = [{ time: '2026-11-22 10:00:00', p50: 2, p95: 3 }];
    expect(panelSeries(rows).lines.map(({ name }) => name)).toEqual(['p95', 'p50']);
    expect(panelSeries([])).toEqual({ seconds: [], lines: [] });
  });
});

describe('panelLanes', () => {
  it('lets a state last until the next of its lane, and to the end', () => {
    const rows = [
      { time: '2026-11-22 10:00:00', lane: 'a', state: 2 },
      { time: '2026-11-22 11:00:00', lane: 'a', state: 0 },
    ];
    const span = { since: '2026-11-22T10:00:00.000Z', until: '2026-11-22T14:00:00.000Z', isCut: false };
    expect(panelLanes({ ...span, rows })).toEqual([
      {
        name: 'a',
        stretches: [
          { from: 0, to: 0.25, value: 2 },
          { from: 0.25, to: 1, value: 0 },
        ],
      },
    ]);
  });
});

it('reads values in their units', () => {
  const texts = (
    [
      [0.0123, 'share'],
      [90, 's'],
      [1.5, 'usd'],
      [12, 'per_minute'],
      [null, 'count'],
      ['x', 'text'],
    ] as const
  ).map(([value, unit]) => formatPanelValue(value, unit, NOW));
  expect(texts).toEqual(['1.2\u202f%', '2\u202fmin', '$1.50', '12/min', '–', 'x']);
});

it('finds the level that holds', () => {
  const thresholds = [
    { from: null, level: 'ok' },
    { from: 1, level: 'warning' },
    { from: 5, level: 'critical' },
  ] as const;
  expect([0, 1, 4.9, 5].map((value) => levelOf(value, thresholds))).toEqual([
    'ok',
    'warning',
    'warning',
    'critical',
  ]);
  expect(levelOf(3, [])).toBe(null);
});

it('keeps names and axes short', () => {
  expect(formatPanelNumber(1.7e58, 'score')).toBe('over 1,000 T');
  expect([formatPanelNumber(12, 'words'), formatPanelTick(12, 'words')]).toEqual(['12 words', '12']);
  expect(rowLabel('098 from 512.273')).toBe('from 512');
  expect(filledTitle('Quantiles of $signal', { signal: 'tone' })).toBe('Quantiles of tone');
  expect(filledTitle('Quantiles of $signal', {})).toBe('Quantiles of $signal');
});
