import { describe, expect, it } from 'vitest';
import gammas from '../../test/golden/log-gamma.json' with { type: 'json' };
import mcnemars from '../../test/golden/mcnemar.json' with { type: 'json' };
import intervals from '../../test/golden/paired-proportion-interval.json' with { type: 'json' };
import ranks from '../../test/golden/signed-rank.json' with { type: 'json' };
import students from '../../test/golden/student.json' with { type: 'json' };
import { logGamma } from './log-gamma.ts';
import { mcnemarLogRise } from './mcnemar.ts';
import { pairedNewcombe } from './paired-proportion-interval.ts';
import { signedRankLogRise } from './signed-rank.ts';
import { studentIsf, studentLogSf } from './student.ts';

// Expected values are mpmath's or fractions (test/golden/paired.py), never our own output.

function near(actual: number, expected: number, tolerance: number): void {
  expect(Math.abs(actual - expected)).toBeLessThanOrEqual(tolerance * Math.max(1, Math.abs(expected)));
}

describe('paired statistics agree with their oracles', () => {
  it.each(gammas.cases)('log Γ($x)', ({ x, log }) => near(logGamma(x), log, 1e-12));
  it.each(students.cases)('Student tail at $t with $df', ({ t, df, logSf }) => {
    near(studentLogSf(t, df), logSf, 1e-10);
    if (t > 0) near(studentIsf(Math.exp(logSf), df), t, 1e-7);
  });
  it.each(mcnemars.cases)('McNemar, $rises up and $falls down', ({ rises, falls, logP }) =>
    near(mcnemarLogRise({ rises, falls }), logP, 1e-11),
  );
  it.each(intervals.cases)('Newcombe of pairs $pairs', ({ pairs, interval: [low = 0, high = 0] }) => {
    const actual = pairedNewcombe(pairs, 1.959963984540054);
    near(actual.low, low, 1e-12);
    near(actual.high, high, 1e-12);
  });
  it.each(ranks.cases)('signed ranks of $differences in $clusters', ({ differences, clusters, logP }) =>
    near(signedRankLogRise(differences, clusters), logP, 1e-12),
  );
});
