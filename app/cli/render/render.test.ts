import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Finding } from '../../../core/finding.ts';
import { binOf } from '../../../core/grid.ts';
import type { Incident } from '../../../core/incident.ts';
import { lyingBar, sparkline, uprightBars } from './bars.ts';
import { renderCompareReport } from './compare-report.ts';
import { renderFinding } from './finding.ts';
import { renderIncident } from './incident.ts';
import { renderProgress, startProgress } from './progress.ts';
import { type Terminal, terminalOf, widthOf, wrap } from './terminal.ts';

const piped: Terminal = { isColored: false, isAscii: false, isInteractive: false, columns: 80 };
const watched: Terminal = { isColored: true, isAscii: false, isInteractive: true, columns: 80 };
const dumb: Terminal = { isColored: false, isAscii: true, isInteractive: false, columns: 80 };

const at = new Date('2026-11-22T10:04:12.000Z');

const NONE: Finding['histograms'] = { before: [], after: [] };

const finding: Finding = {
  project: 'default',
  model: 'gpt-4',
  version: '',
  segment: '',
  signal: 'response_characters',
  family: 'drift',
  detector: 'continuous',
  since: new Date('2026-11-22T10:00:00.000Z'),
  until: at,
  outcome: 'alarm',
  direction: 'down',
  verdict: 'change',
  effect: { name: 'cliffs_delta', value: -0.93, low: -0.95, high: -0.9 },
  before: 637.6,
  after: 3.98,
  evidence: 37.2,
  samples: { baseline: 500, current: 75 },
  histograms: {
    before: [[binOf(638), 500]],
    after: [[binOf(4), 75]],
  },
  changedSince: new Date('2026-11-22T10:00:00.000Z'),
  baselineVersion: '',
  becameBaseline: false,
  rowsNeeded: null,
};

const incident: Incident = {
  project: 'default',
  model: 'gpt-4',
  version: '',
  segment: '',
  id: 'i-1',
  aspect: 'length',
  signal: 'response_characters',
  signals: ['response_characters', 'output_tokens'],
  family: 'drift',
  direction: 'down',
  verdict: 'regression',
  detector: 'continuous',
  baselineVersion: '',
  state: 'open',
  since: new Date('2026-11-22T10:00:00.000Z'),
  openedAt: at,
  updatedAt: at,
  closedAt: null,
  before: 637.6,
  after: 3.98,
  effect: { name: 'cliffs_delta', value: -0.93, low: -0.95, high: -0.9 },
  evidence: 37.2,
  samples: { baseline: 500, current: 1075 },
  histograms: {
    before: [
      [binOf(300), 20],
      [binOf(638), 300],
      [binOf(1400), 180],
    ],
    after: [
      [binOf(2), 5],
      [binOf(4), 1070],
    ],
  },
  quietWindows: 0,
  seenAt: new Date(0),
  rule: 'quality-regression',
  severity: 'warning',
  labels: {},
  condition: 'measured',
  conditionSince: new Date(0),
  reopenings: 0,
  acknowledged: null,
  mutedBy: '',
  speaksFor: [],
  windowMs: 300_000,
  cause: '',
};

const linesOf = (text: string): string[] => stripVTControlCharacters(text).split('\n');
const ESCAPE = '\u001b';

describe('terminalOf', () => {
  it.each([
    ['a terminal', { isTTY: true, columns: 120 }, {}, { isColored: true, isInteractive: true, columns: 120 }],
    ['a pipe', {}, {}, { isColored: false, isInteractive: false, columns: 80 }],
    ['NO_COLOR', { isTTY: true }, { NO_COLOR: '1' }, { isColored: false, isInteractive: true }],
    ['an empty NO_COLOR', { isTTY: true }, { NO_COLOR: '' }, { isColored: true }],
    ['FORCE_COLOR in a pipe', {}, { FORCE_COLOR: '1' }, { isColored: true, isInteractive: false }],
    ['FORCE_COLOR=0', { isTTY: true }, { FORCE_COLOR: '0' }, { isColored: false }],
    [
      'a dumb one',
      { isTTY: true },
      { TERM: 'dumb' },
      { isColored: false, isAscii: true, isInteractive: false },
    ],
    ['COLUMNS', { isTTY: true, columns: 200 }, { COLUMNS: '60' }, { columns: 60 }],
    ['a narrow one', { isTTY: true, columns: 20 }, {}, { columns: 40 }],
  ])('reads %s', (_, stream, env, expected) => {
    expect(terminalOf(stream, env)).toMatchObject(expected);
  });
});

describe('renderIncident', () => {
  it('says what changed, by how much, since when, for how many', () => {
    const text = renderIncident(incident, piped);
    for (const part of [
      'REGRESSION · gpt-4: responses are 99 % shorter (638 → 4 characters)',
      'before (500)                after (1,075)',
      'Cliff’s δ −0.93 [−0.95, −0.90]: lower after in about 97 % of pairs',
      '2026-11-22 10:00:00 UTC, noticed 2026-11-22 10:04:12 UTC',
      '500 inferences before, 1,075 after',
      '37 × what an alarm needs',
      'output tokens',
    ]) {
      expect(text).toContain(part);
    }
  });

  it('draws both sides on one axis: what is higher stands further right', () => {
    const bars = linesOf(renderIncident(incident, piped)).slice(3, 7);
    const side = (from: number, until: number): number[] =>
      bars.flatMap((line) =>
        [...line.slice(from, until)].flatMap((cell, column) => (cell.trim() ? [column] : [])),
      );
    expect(Math.max(...side(30, 54))).toBeLessThan(Math.min(...side(2, 26)));
  });

  it('draws two equal sides equally', () => {
    const histograms = { before: incident.histograms.before, after: incident.histograms.before };
    const bars = linesOf(renderIncident({ ...incident, histograms }, piped)).slice(3, 7);
    for (const line of bars) expect(line.slice(30).trimEnd()).toBe(line.slice(2, 26).trimEnd());
  });

  it('keeps within the width, and says the same in colour as without', () => {
    fc.assert(
      fc.property(fc.integer({ min: 40, max: 200 }), fc.boolean(), (columns, isAscii) => {
        const text = renderIncident(incident, { ...piped, isAscii, columns });
        for (const line of text.split('\n')) expect(widthOf(line)).toBeLessThanOrEqual(columns);
        const colored = linesOf(renderIncident(incident, { ...watched, isAscii, columns }));
        expect(colored.map((line) => line.trimEnd()).join('\n')).toBe(text);
      }),
    );
  });

  it('uses only plain characters on a dumb terminal, and no escape sequence in a pipe', () => {
    expect(renderIncident(incident, dumb)).toMatch(/^[\n -~]+$/);
    expect(renderIncident(incident, piped)).not.toContain(ESCAPE);
    expect(renderIncident(incident, watched)).toContain(`${ESCAPE}[31m`);
  });

  it('lets no name that was sent move the cursor or turn the text around', () => {
    const hostile = { ...incident, model: `gpt${ESCAPE}[2J\r\n\u202e\u0007`, segment: `a=${ESCAPE}]0;x` };
    const text = renderIncident(hostile, piped);
    expect(text).not.toMatch(/[^\n\P{Cc}]|\p{Cf}/u);
    expect(text).toContain('gpt?[2J');
  });

  it('names yes and no for a rate', () => {
    const rate: Incident = {
      ...incident,
      signal: 'score:correct',
      signals: ['score:correct'],
      detector: 'rate',
      before: 0.84,
      after: 0.511,
      effect: { name: 'rate_difference', value: -0.329, low: -0.37, high: -0.29 },
      histograms: {
        before: [
          [0, 160],
          [binOf(1), 840],
        ],
        after: [
          [0, 489],
          [binOf(1), 511],
        ],
      },
    };
    const text = renderIncident(rate, piped);
    expect(text).toContain('gpt-4: the score “correct” fell (84 % → 51 %)');
    expect(text).toMatch(/no {6}yes/);
    expect(text).toContain('−32.9 points [−37, −29]');
  });
});

describe('renderFinding', () => {
  const few: Finding = {
    ...finding,
    outcome: 'not_enough_data',
    signal: 'relevance',
    direction: null,
    verdict: null,
    effect: null,
    before: null,
    after: null,
    histograms: NONE,
    rowsNeeded: 40,
  };

  it.each([
    [
      'an alarm',
      finding,
      '● 10:04:12 gpt-4: responses are 99 % shorter (638 → 4 characters), 37 × what an alarm needs',
    ],
    [
      'quiet',
      { ...finding, outcome: 'quiet', after: 640, histograms: NONE } satisfies Finding,
      '· 10:04:12 gpt-4: response length unchanged (638 → 640 characters)',
    ],
    ['too few rows', few, '○ 10:04:12 gpt-4: not enough data for relevance, needs about 40 more inferences'],
  ])('puts %s on one line', (_, of, expected) => {
    const line = renderFinding(of, piped);
    expect(line).toContain(expected);
    expect(line).not.toContain('\n');
  });

  it('leaves out the evidence, then cuts, where a person watches a narrow terminal', () => {
    const line = stripVTControlCharacters(renderFinding(finding, watched));
    expect(line).toBe('● 10:04:12 gpt-4: responses are 99 % shorter (638 → 4 characters)');
    expect(widthOf(stripVTControlCharacters(renderFinding(finding, { ...watched, columns: 40 })))).toBe(40);
  });

  it('reports a comparison, what differs first, within the width', () => {
    const findings = [
      few,
      { ...finding, outcome: 'quiet', signal: 'tone', histograms: NONE } as Finding,
      finding,
    ];
    const names = { baseline: 'march.jsonl', current: 'june.jsonl' };
    for (const columns of [40, 60, 80, 120]) {
      const text = renderCompareReport({ verdict: 'changed', findings, baselineModel: null }, names, {
        ...piped,
        columns,
      });
      for (const line of text.split('\n')) expect(widthOf(line)).toBeLessThanOrEqual(columns);
    }
    const lines = renderCompareReport({ verdict: 'changed', findings, baselineModel: null }, names, {
      ...piped,
      columns: 120,
    }).split('\n');
    expect(lines.slice(0, 2)).toEqual(['CHANGED', 'june.jsonl against march.jsonl']);
    expect(lines.findIndex((line) => line.startsWith('Response length'))).toBeLessThan(
      lines.findIndex((line) => line.startsWith('Tone')),
    );
    expect(lines.find((line) => line.startsWith('Response length'))).toMatch(/ +█ → █ +37 ×/);
    expect(lines.at(-2)).toBe('2 signals compared, 1 differ; 1 with not enough data.');
  });
});

describe('bars', () => {
  it('show every share above 0, and the largest in full', () => {
    const shares = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 24 });
    fc.assert(
      fc.property(shares, (given) => {
        const rows = uprightBars([...given, 1], { top: 1, height: 4, barColumns: 1 }, piped);
        const bottom = [...(rows.at(-1) ?? '')];
        expect(bottom.map((cell) => cell !== ' ')).toEqual([...given, 1].map((share) => share > 0));
        expect([...(rows[0] ?? '')].at(-1)).toBe('█');
      }),
    );
  });

  it('fill a lying bar', () => {
    expect([0, 0.43, 1].map((share) => lyingBar(share, 10, piped))).toEqual([
      '░░░░░░░░░░',
      '████▎░░░░░',
      '██████████',
    ]);
    expect(lyingBar(0.43, 10, dumb)).toBe('####......');
  });

  it('draw a sparkline with gaps, level lines in the middle, and averaged where there is no room', () => {
    expect(sparkline([0, 7, null, 3.5], piped)).toBe('▁█ ▅');
    expect(sparkline([5, 5, 5], piped)).toBe('▅▅▅');
    expect(sparkline([null, null], piped)).toBe('  ');
    expect(sparkline([0, 0, 7, 7], piped, 2)).toBe('▁█');
    expect(sparkline([], piped)).toBe('');
  });

  it('break words that are longer than a line', () => {
    expect(wrap('one three-and-more two', 6)).toEqual(['one', 'three-', 'and-mo', 're two']);
  });
});

describe('progress', () => {
  const state = { label: 'replay', noun: 'inferences', count: 1720, doneShare: 0.43, elapsedMs: 2300 };

  it('shows how far, how fast and how long', () => {
    expect(renderProgress(state, { ...watched, isColored: false })).toBe(
      'replay  ████████▋░░░░░░░░░░░  43 %  1,720 inferences  748/s  3 s left',
    );
    expect(renderProgress({ ...state, doneShare: null }, piped)).toBe('replay  1,720 inferences  748/s');
    expect(widthOf(renderProgress(state, { ...piped, columns: 40 }))).toBeLessThan(40);
  });

  it('draws at most ten times a second, clears after itself, and never writes to a pipe', () => {
    const written: string[] = [];
    const stream = { write: (text: string) => written.push(text) };
    let clockMs = 0;
    const bar = startProgress(state, stream, { terminal: watched, nowMs: () => clockMs });
    for (; clockMs < 1000; clockMs += 10) bar.update({ count: clockMs, doneShare: clockMs / 1000 });
    expect(written).toHaveLength(10);
    bar.clear();
    bar.clear();
    expect(written.slice(10)).toEqual([`\r${ESCAPE}[2K`]);

    const none = startProgress(state, stream, { terminal: piped, nowMs: () => clockMs });
    none.update({ count: 1, doneShare: 0.5 });
    none.clear();
    expect(written).toHaveLength(11);
  });
});
