import { expect, it } from 'vitest';
import { reportOf } from './calibration.ts';

const key = { project: 'p', model: 'm', version: '', segment: '' };
const terminal = { isColored: false, isAscii: false, isInteractive: false, columns: 200 };
const refusal = {
  ...{ key, signal: 'refusal', monitor: 'refusals', kind: 'rate' as const },
  ...{ alarms: 0, allowed: 0.1, alarmsYoung: 2, alarmsUnchanged: false, smallestSeen: 0.02 },
};
const groups = ['disparity:refusal', 'disparity:error'].map((signal) => ({
  ...{ key, signal, monitor: 'fairness', reason: 'not_in_rollups' as const },
}));

it('says of what it did not replay that it did not, and not that it cost nothing', () => {
  const replayed = { found: [refusal], left: groups };
  const { json, lines, notes } = reportOf(replayed, { months: 1, windowsMax: 24, terminal });
  expect(lines.find((line) => line.startsWith('fairness'))).toMatch(/^fairness +0 +2 +not replayed\s*$/);
  expect(lines.find((line) => line.startsWith('all'))).toMatch(/^all +1 +2 +0 /);
  expect(lines.join('\n')).toContain('+2 points');
  expect(json).toMatchObject({
    monitors: [
      { monitor: 'refusals', signals: 1, notReplayed: 0, perMonth: 0 },
      { monitor: 'fairness', signals: 0, notReplayed: 2, perMonth: null, allowed: null },
    ],
    left_out: { not_in_rollups: 2 },
  });
  expect(notes.join('\n')).toMatch(
    /2 more alarms in the first 14 days[\s\S]*2 signals not replayed: what groups/,
  );
});

it('names no smallest change where alarms come without one', () => {
  const found = [{ ...refusal, kind: 'mix' as const, alarmsUnchanged: true, smallestSeen: null }];
  const { lines } = reportOf({ found, left: [] }, { months: 1, windowsMax: 24, terminal });
  expect(lines.join('\n')).toContain('alarms without any');
});
