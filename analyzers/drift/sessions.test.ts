import { describe, expect, it } from 'vitest';
import { binOf, sessionBin } from '../../core/grid.ts';
import { seededRandom } from '../../core/seeded-random.ts';
import { summarize } from '../../core/summary.ts';
import { sampleOf } from './sample.ts';
import { addSessions, correlationLimit, NO_SESSIONS, sessionRowsOf } from './sessions.ts';

const sumsOf = (sessions: readonly (readonly number[])[]) => {
  let [rows, squares, binSquares, rowsTimesBins] = [0, 0, 0, 0];
  for (const session of sessions) {
    const bins = session.reduce((sum, value) => sum + sessionBin(binOf(value)), 0);
    rows += session.length;
    squares += session.length ** 2;
    binSquares += bins ** 2;
    rowsTimesBins += session.length * bins;
  }
  return { rows, squares, binSquares, rowsTimesBins };
};

/** With chance ρ all rows of a session are its first one. */
function windowOf(random: () => number, correlation: number, value: () => number): number[][] {
  return Array.from({ length: 30 }, () => {
    const size = 1 + Math.floor(random() * 6);
    const first = value();
    const isLump = random() < correlation;
    return Array.from({ length: size }, (_, row) => (row === 0 || isLump ? first : value()));
  });
}

function correlationOf(correlation: number, read: (random: () => number) => number, windows = 400) {
  const random = seededRandom(7);
  let moments = NO_SESSIONS;
  for (let i = 0; i < windows; i++) {
    // A season: every window has another level, which is no correlation within sessions.
    const level = 1 + (i % 2);
    const sessions = windowOf(random, correlation, () => level * read(random));
    moments = addSessions(moments, sumsOf(sessions), sampleOf(summarize(sessions.flat())).bins);
  }
  return moments;
}

describe('correlation within a session', () => {
  it('is found from sums alone, for zeros and ones and for other values, whatever the level of a window', () => {
    for (const correlation of [0, 0.1, 0.5]) {
      for (const read of [(r: () => number) => (r() < 0.2 ? 1 : 0), (r: () => number) => 100 + 50 * r()]) {
        const { products, pairs } = correlationOf(correlation, read);
        expect(products / pairs).toBeCloseTo(correlation, 1);
        expect(Math.abs(products / pairs - correlation)).toBeLessThan(0.025);
      }
    }
  });

  it('has an upper limit that is careful at first and close later', () => {
    expect(correlationLimit(NO_SESSIONS, 4)).toBeGreaterThan(0.15);
    const few = correlationLimit(
      correlationOf(0.1, (r) => r(), 3),
      4,
    );
    const many = correlationLimit(
      correlationOf(0.1, (r) => r(), 400),
      4,
    );
    expect(few).toBeGreaterThan(many);
    expect(many).toBeGreaterThan(0.1);
    expect(many).toBeLessThan(0.15);
  });

  it('takes rows for sessions where nothing is known of them', () => {
    expect(sessionRowsOf(undefined, 40)).toBe(1);
    expect(sessionRowsOf({ rows: 40, squares: 160 }, 40)).toBe(4);
    expect(addSessions(NO_SESSIONS, undefined, [[0, 3]])).toEqual(NO_SESSIONS);
    // A constant has no correlation, and one session says nothing of another.
    expect(addSessions(NO_SESSIONS, sumsOf([[1, 1], [1]]), [[binOf(1), 3]])).toEqual(NO_SESSIONS);
    expect(
      addSessions(NO_SESSIONS, sumsOf([[1, 2]]), [
        [binOf(1), 1],
        [binOf(2), 1],
      ]),
    ).toEqual(NO_SESSIONS);
  });
});
