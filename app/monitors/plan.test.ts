import { describe, expect, it } from 'vitest';
import { createDisparities } from '../../analyzers/fairness/disparities.ts';
import { defaultMonitors, parseMonitorsFile } from '../../analyzers/monitors-file.ts';
import { windowStepper } from '../../analyzers/step-windows.ts';
import { openStreamBook } from '../../analyzers/stream-book.ts';
import type { JudgedStream } from '../../core/stream-store.ts';
import { summarize } from '../../core/summary.ts';
import type { StreamWindow, WindowSpec } from '../../core/window.ts';
import { groupTable } from '../../test/support/group-rows.ts';
import { createStep } from '../analysis.ts';
import { renderMonitors } from '../cli/render/monitors.ts';
import { monitorPlan } from './plan.ts';

const HOUR: WindowSpec = { kind: 'time', ms: 3_600_000 };
const PLAIN = { isColored: false, isAscii: false, isInteractive: false, columns: 200 };
const GENDERS = ['f', 'm', 'x'];

/** What is stored of streams of 90 inferences by three genders, after one window of each model. */
async function judged(window: WindowSpec, models: readonly string[]): Promise<JudgedStream[]> {
  const stored: JudgedStream[] = [];
  const book = await openStreamBook({
    judgedStreams: async () => [],
    readStreamStates: async (keys) => keys.map(() => new Map()),
    writeStreamStates: async (states) => void stored.push(...states),
  });
  const rows = Array.from({ length: 90 }, (_, i) => ({
    groups: { gender: GENDERS[i % GENDERS.length] ?? '' },
    signals: { refusal: Number(i % 10 === 0), error: Number(i % 9 === 0), empty: 0 },
  }));
  const step = windowStepper({ writeFindings: async () => {} }, book, {
    window,
    falsePagesPerMonth: 1,
    signalsMax: 100,
    step: createStep({
      window,
      baselineRows: 500,
      baselineFor: async () => null,
      monitors: defaultMonitors,
      families: [createDisparities({ read: async () => groupTable(rows) })],
    }),
  });
  const windows = models.map(
    (model): StreamWindow => ({
      key: { project: 'p', model, version: '', segment: '' },
      since: new Date(0),
      until: new Date(3_600_000),
      rows: rows.length,
      summaries: new Map([['refusal', summarize(rows.map(({ signals }) => signals.refusal))]]),
      categories: new Map(),
    }),
  );
  await step(windows, { late: 0, together: null });
  return stored;
}

const planOf = async (
  window: WindowSpec,
  models: readonly string[],
  { falsePagesPerMonth = 1, text = '' }: { falsePagesPerMonth?: number; text?: string } = {},
) =>
  monitorPlan({
    ...parseMonitorsFile(text, 'm.yaml'),
    settings: { WINDOW: window, FALSE_PAGES_PER_MONTH: falsePagesPerMonth, BASELINE_ROWS: 500 },
    streams: await judged(window, models),
    leftOut: null,
  });

describe('monitorPlan', () => {
  it('counts a signal once, however many groups it is told of', async () => {
    const { lines } = await planOf(HOUR, ['a', 'b']);
    // Each of the three, in each of two streams, whichever of the three groups it is of.
    expect(lines.find(({ monitor }) => monitor.name === 'fairness')?.signals).toBe(6);
    expect(lines.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 9);
  });

  it('gives a model that matters more a larger part, which the others lack', async () => {
    const { budget, streams } = await planOf(HOUR, ['a', 'b', 'c'], {
      text: 'streams: [{ model: a, priority: 3 }]',
    });
    const shares = streams.map(({ key, signals }) =>
      signals.reduce((sum, signal) => sum + budget.weightOf(key, signal), 0),
    );
    // 3 of 3 + 1 + 1.
    expect(shares.map((share) => Number(share.toFixed(9)))).toEqual([0.6, 0.2, 0.2]);
  });

  it('says of windows of rows how many of them a false page takes: they have no month', async () => {
    const { lines } = await planOf({ kind: 'rows', rows: 25 }, ['a', 'b', 'c'], {
      falsePagesPerMonth: 2,
    });
    const refusals = lines.find(({ monitor }) => monitor.name === 'refusals');
    // Refusals have 0.15 beside the 0.2 of all the others, in each stream for itself, at twice one in 10,000 windows.
    expect(refusals?.share).toBeCloseTo(0.15 / 0.35, 9);
    expect(refusals).toMatchObject({ falsePagesPerMonth: null });
    expect(refusals?.windowsPerFalsePage).toBeCloseTo((10_000 / 2) * (0.35 / 0.15), 6);
    const line = renderMonitors(lines, PLAIN).find((text) => text.startsWith('refusals')) ?? '';
    expect(line).toMatch(/ 43 % +1 in 11,667 windows of each stream/);
    expect(renderMonitors(lines, PLAIN).join('\n')).not.toContain('a month');
  });
});
