import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../core/seeded-random.ts';
import { type Evidence, evidenceOf } from './evidence.ts';
import { explain } from './explain.ts';
import { meanChange } from './group-change.ts';
import { mixShare } from './mix.ts';
import { bestPrefix, subsetScore } from './prefix.ts';
import { scanSubsets } from './scan.ts';
import { scoresOf } from './scores.ts';
import { findSubset } from './subset.ts';
import { type CauseAttribute, type CauseRow, causeTable } from './table.ts';

const NAMES = ['region', 'tier', 'client', 'language'];
const pick = <T>(list: readonly T[], random: () => number): T =>
  list[Math.floor(random() * list.length)] as T;

/** Sessions of a few rows that share their attributes and a leaning towards refusing. */
function traffic(options: {
  sessions: number;
  random: () => number;
  rate: (attributes: readonly string[], isAfter: boolean) => number;
  attributes?: (isAfter: boolean) => string[];
}): CauseRow[] {
  const { sessions, random, rate } = options;
  const ofSession =
    options.attributes ??
    (() => [
      pick(['eu', 'us', 'apac', 'latam'], random),
      pick(['free', 'pro', 'team'], random),
      pick(['web', 'ios', 'android', 'api', 'cli'], random),
      pick(['en', 'de', 'fr', 'es', 'ja', 'pt'], random),
    ]);
  const rows: CauseRow[] = [];
  for (let session = 0; session < sessions; session++) {
    const isAfter = session % 2 === 1;
    const attributes = ofSession(isAfter);
    const leaning = 0.5 + random();
    for (let row = 0; row < 4; row++) {
      const value = random() < Math.min(1, leaning * rate(attributes, isAfter)) ? 1 : 0;
      rows.push({ id: `${session}-${row}`, isAfter, unit: String(session), value, attributes });
    }
  }
  return rows;
}

function searched(rows: readonly CauseRow[], seed: number) {
  const table = causeTable(rows, scoresOf(rows, 'up').scores, NAMES);
  const isHeldOut = (row: number): boolean => (Number(rows[row]?.unit) >> 1) % 2 === 1;
  return findSubset(table, { isHeldOut, random: seededRandom(seed) });
}

/** By trying all subsets of two attributes. */
function bestOfAll([first, second]: readonly CauseAttribute[], evidence: Evidence): number {
  const scores = Array.from({ length: 2 ** first!.values.length * 2 ** second!.values.length }, (_, pair) => {
    const [a, b] = [pair % 2 ** first!.values.length, Math.floor(pair / 2 ** first!.values.length)];
    const isIn = (row: number) => (a >> first!.codes[row]!) & (b >> second!.codes[row]!) & 1;
    const inside = evidence.signed.filter((_, row) => isIn(row));
    return subsetScore(
      inside.reduce((sum, one) => sum + one, 0),
      inside.length,
      evidence,
    );
  });
  return Math.max(...scores);
}

const anyRows = fc
  .array(
    fc.record({
      isAfter: fc.boolean(),
      unit: fc.integer({ min: 0, max: 20 }).map(String),
      value: fc.double({ min: 0, max: 1, noNaN: true }),
      attributes: fc.tuple(fc.constantFrom('a', 'b', 'c', 'd')),
    }),
    { minLength: 2, maxLength: 80 },
  )
  .filter((rows) => new Set(rows.map(({ isAfter }) => isAfter)).size === 2)
  .map((rows) => rows.map((row, place) => ({ ...row, id: String(place) })));

describe('mix against within', () => {
  it('adds up to the change exactly, whatever is new and whatever is gone', () => {
    fc.assert(
      fc.property(anyRows, (rows) => {
        const table = causeTable(
          rows,
          Float64Array.from(rows, ({ value }) => Number(value)),
          ['x'],
        );
        const [attribute] = table.attributes;
        if (!attribute) return;
        const { mix, within, values } = mixShare(table, attribute);
        const { value } = meanChange(table);
        expect(mix.value + within.value).toBeCloseTo(value, 12);
        expect(values.reduce((sum, one) => sum + one.mix + one.within, 0)).toBeCloseTo(value, 12);
      }),
    );
  });

  it('gives all of a change of mix to the mix, and none of a change within', () => {
    const row = (isAfter: boolean, tier: string, value: number, unit: number): CauseRow => ({
      id: `${unit}`,
      isAfter,
      unit: `${unit}`,
      value,
      attributes: [tier],
    });
    // free: half refuse; pro: none. Free goes from 20 % to 60 %.
    const rows = [20, 60].flatMap((free, side) =>
      Array.from({ length: 100 }, (_, i) =>
        row(side === 1, i < free ? 'free' : 'pro', i < free / 2 ? 1 : 0, side * 100 + i),
      ),
    );
    const table = causeTable(rows, scoresOf(rows, 'up').scores, ['tier']);
    const { mix, within } = mixShare(table, table.attributes[0]!);
    expect(mix.value).toBeCloseTo(0.2, 12);
    expect(within.value).toBeCloseTo(0, 12);
    expect(mix.low).toBeGreaterThan(0.05);
    expect(within.low).toBeLessThan(0);
  });

  it('states intervals that hold the truth 95 times in 100, sessions and all', () => {
    const random = seededRandom(11);
    const shares = [
      { free: 0.3, rate: { free: 0.3, pro: 0.1 } },
      { free: 0.5, rate: { free: 0.35, pro: 0.15 } },
    ] as const;
    // Truth: mix = .2 · (.3 − .1); within = .05.
    const truth = { mix: 0.04, within: 0.05 };
    let [mixHeld, withinHeld] = [0, 0];
    for (let round = 0; round < 300; round++) {
      const rows = traffic({
        sessions: 400,
        random,
        attributes: (isAfter) => [random() < shares[isAfter ? 1 : 0].free ? 'free' : 'pro'],
        rate: ([tier], isAfter) => shares[isAfter ? 1 : 0].rate[tier as 'free' | 'pro'],
      });
      const table = causeTable(rows, scoresOf(rows, 'up').scores, ['tier']);
      const { mix, within } = mixShare(table, table.attributes[0]!);
      if (mix.low <= truth.mix && truth.mix <= mix.high) mixHeld++;
      if (within.low <= truth.within && truth.within <= within.high) withinHeld++;
    }
    // 95 % of 300 is 285, standard deviation 3.8.
    expect(mixHeld).toBeGreaterThanOrEqual(273);
    expect(withinHeld).toBeGreaterThanOrEqual(273);
  });
});

describe('the subset scan', () => {
  it('finds by prefixes what trying every subset of an attribute finds', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.double({ min: -5, max: 5, noNaN: true }), fc.integer({ min: 1, max: 30 })), {
          minLength: 2,
          maxLength: 9,
        }),
        (values) => {
          const signed = Float64Array.from(values, ([one]) => one);
          const weights = Float64Array.from(values, ([, weight]) => weight);
          const weightTotal = weights.reduce((sum, one) => sum + one, 7);
          const options = { weightTotal, variance: 0.5 };
          let best = 0;
          for (let subset = 1; subset < 2 ** values.length; subset++) {
            const inside = values.filter((_, place) => (subset >> place) & 1);
            const sum = inside.reduce((total, [one]) => total + one, 0);
            const weight = inside.reduce((total, [, one]) => total + one, 0);
            best = Math.max(best, subsetScore(sum, weight, options));
          }
          const found = bestPrefix({ signed, weights }, { ...options, weightMin: 0 });
          expect(found.score).toBeCloseTo(best, 9);
        },
      ),
    );
  });

  it('reaches what trying every subset of every attribute reaches, nearly always', () => {
    const random = seededRandom(5);
    let reached = 0;
    for (let round = 0; round < 40; round++) {
      const attributes = [3, 4].map((count, place) => ({
        name: String(place),
        values: Array.from({ length: count }, (_, value) => String(value)),
        codes: Uint16Array.from({ length: 60 }, () => Math.floor(random() * count)),
      }));
      const evidence: Evidence = {
        signed: Float64Array.from({ length: 60 }, () => random() - 0.5),
        weights: new Float64Array(60).fill(1),
        weightTotal: 60,
        variance: 1 / 12,
      };
      const best = bestOfAll(attributes, evidence);
      if (scanSubsets(attributes, evidence, random).score >= best - 1e-9) reached++;
    }
    expect(reached).toBeGreaterThanOrEqual(34);
  });

  it('names the subset that was planted, and what happened elsewhere', () => {
    const rows = traffic({
      sessions: 4_000,
      random: seededRandom(3),
      rate: ([region, tier], isAfter) => (isAfter && region === 'eu' && tier === 'free' ? 0.25 : 0.05),
    });
    const { found, chance } = searched(rows, 1);
    expect(chance).toBeLessThanOrEqual(0.05);
    expect(found?.parts.map(({ attribute, values }) => `${attribute}=${values.join('|')}`)).toEqual([
      'region=eu',
      'tier=free',
    ]);
    expect(found?.inside.low).toBeGreaterThan(0.08);
    expect(found?.outside.low).toBeLessThan(0);
    expect(found?.outside.high).toBeGreaterThan(0);
  });

  it('names none where the change is the same everywhere, nor where there is none, nor where a group always was different', () => {
    const random = seededRandom(8);
    const counts = { everywhere: 0, nothing: 0, always: 0 };
    const rates = {
      everywhere: (_: readonly string[], isAfter: boolean) => (isAfter ? 0.2 : 0.1),
      nothing: () => 0.1,
      always: ([region, tier]: readonly string[]) => (region === 'eu' && tier === 'free' ? 0.4 : 0.1),
    };
    for (const [name, rate] of Object.entries(rates))
      for (let round = 0; round < 8; round++)
        if (searched(traffic({ sessions: 600, random, rate }), round).found)
          counts[name as keyof typeof counts]++;
    // Each passes two tests at 5 %; one in 24 has a chance of 6 % at 1 in 400.
    expect(counts.everywhere + counts.nothing + counts.always).toBeLessThanOrEqual(1);
  });

  it('does not believe a subset that only the searched half shows', () => {
    const random = seededRandom(21);
    const rows = traffic({ sessions: 2_000, random, rate: () => 0.05 });
    const isHeldOut = (row: number): boolean => (Number(rows[row]?.unit) >> 1) % 2 === 1;
    const planted = rows.map((row, place) =>
      !isHeldOut(place) && row.isAfter && row.attributes[0] === 'us' && random() < 0.3
        ? { ...row, value: 1 }
        : row,
    );
    const table = causeTable(planted, scoresOf(planted, 'up').scores, NAMES);
    const { found, chance } = findSubset(table, { isHeldOut, random });
    expect(chance).toBeLessThanOrEqual(0.05);
    expect(found).toBeNull();
  });

  it('takes evidence only from what changed more than the rest', () => {
    const rows = traffic({
      sessions: 400,
      random: seededRandom(2),
      rate: (_, isAfter) => (isAfter ? 0.5 : 0.1),
    });
    const { signed } = evidenceOf(causeTable(rows, scoresOf(rows, 'up').scores, NAMES), 1);
    expect(Math.abs(signed.reduce((sum, one) => sum + one, 0))).toBeLessThan(2);
  });
});

describe('explain', () => {
  const inputOf = (rows: readonly CauseRow[], direction: 'up' | 'shape') =>
    ({ direction, attributes: NAMES, rows, whole: null, prompts: new Map(), embedded: [] }) as const;
  const explained = (rows: readonly CauseRow[], direction: 'up' | 'shape' = 'up') =>
    explain(inputOf(rows, direction));

  it('measures heavy tails by rank, in the unit of the signal', () => {
    const random = seededRandom(4);
    const rows = traffic({ sessions: 600, random, rate: () => 0 }).map((row) => ({
      ...row,
      value: Math.exp(random() * 3) * (row.isAfter && row.attributes[1] === 'pro' ? 3 : 1),
    }));
    const result = explained(rows);
    expect(result?.measure).toBe('rank');
    expect(result?.scan.subset?.parts).toEqual([{ attribute: 'tier', values: ['pro'], othersCount: 2 }]);
    expect(result?.scan.subset?.inside.after.middle).toBeGreaterThan(
      2 * (result?.scan.subset?.inside.before.middle ?? Number.POSITIVE_INFINITY),
    );
  });

  it('sees a spread where the middle stays, and the category that moved', () => {
    const random = seededRandom(6);
    const base = traffic({ sessions: 300, random, rate: () => 0 });
    const wider = base.map((row) => ({ ...row, value: (random() - 0.5) * (row.isAfter ? 3 : 1) }));
    const spread = explained(wider, 'shape');
    expect(spread?.measure).toBe('spread');
    expect(spread?.whole.change.low).toBeGreaterThan(0.1);
    const languages = base.map((row) => ({ ...row, value: row.isAfter && random() < 0.5 ? 'de' : 'en' }));
    const mixed = explained(languages);
    expect(mixed?.measure).toBe('category');
    expect(Math.abs(mixed?.whole.change.value ?? 0)).toBeGreaterThan(0.4);
    // The one that people were told of; one that no row has is left to the rows.
    const few = languages.map((row) => ({ ...row, value: row.isAfter && random() < 0.1 ? 'fr' : row.value }));
    expect(explain({ ...inputOf(few, 'up'), category: 'fr' })?.category).toBe('fr');
    expect(explain({ ...inputOf(few, 'up'), category: '(new)' })?.category).toMatch(/en|de/);
  });

  it('calls nothing a mix that came with the change as a whole', () => {
    const rows = traffic({
      sessions: 300,
      random: seededRandom(9),
      rate: (_, isAfter) => (isAfter ? 0.4 : 0.1),
    });
    const released = rows.map((row) => ({
      ...row,
      attributes: [row.isAfter ? '1.5' : '1.4', ...row.attributes.slice(1)],
    }));
    const result = explained(released);
    expect(result?.mixes.map(({ attribute }) => attribute)).not.toContain('region');
    expect(result?.scan.attributes).not.toContain('region');
  });

  it('says the same of the same rows, and nothing of one side', () => {
    const rows = traffic({ sessions: 300, random: seededRandom(9), rate: () => 0.2 });
    expect(explained(rows)).toEqual(explained(rows));
    expect(explained(rows.filter(({ isAfter }) => isAfter))).toBeNull();
  });

  it('gives a new topic to the mix, and names it', () => {
    const random = seededRandom(12);
    const texts = { weather: 'rain and sun tomorrow', card: 'my credit card was stolen' };
    const embedded = Array.from({ length: 400 }, (_, place) => {
      const isAfter = place % 2 === 1;
      const isCard = isAfter && random() < 0.5;
      return {
        id: String(place),
        isAfter,
        unit: String(place),
        value: isCard && random() < 0.8 ? 1 : 0,
        text: texts[isCard ? 'card' : 'weather'],
        vector: Float32Array.from({ length: 8 }, (_, axis) => (axis === (isCard ? 1 : 0) ? 10 : random())),
      };
    });
    const rows = embedded.map(({ vector: _, text: __, ...row }) => ({
      ...row,
      attributes: ['', '', '', ''],
    }));
    const result = explain({
      direction: 'up',
      attributes: NAMES,
      rows,
      whole: null,
      prompts: new Map(),
      embedded,
    });
    expect(result?.topics?.topics[0]?.terms).toContain('card');
    expect(result?.topics?.mix.value).toBeCloseTo(result?.whole.change.value ?? 0, 9);
    expect(result?.topics?.within.value).toBeCloseTo(0, 9);
  });

  it('names the segment of its incident within the whole, also where the whole went the other way', () => {
    const random = seededRandom(7);
    const whole = traffic({
      sessions: 900,
      random,
      rate: () => 0,
    }).map((row) => {
      const isFree = row.attributes[1] === 'free';
      const rate = row.isAfter ? (isFree ? 0.2 : 0.95) : 0.6;
      return { ...row, value: random() < rate ? 1 : 0 };
    });
    const rows = whole.filter(({ attributes }) => attributes[1] === 'free');
    const input = { direction: 'down', attributes: NAMES, prompts: new Map(), embedded: [] } as const;
    const found = explain({ ...input, rows, whole: { attributes: NAMES, rows: whole } });
    expect(found?.whole.change.value).toBeLessThan(0);
    expect(found?.scan.subset?.parts).toEqual([{ attribute: 'tier', values: ['free'], othersCount: 2 }]);
    expect(found?.scan.subset?.inside.change.value).toBeLessThan(0);
    // Of the segment alone there is nothing to be told apart.
    expect(explain({ ...input, rows, whole: null })?.scan.subset).toBeNull();
  });

  it('pairs the same prompt before and after, where the answer moved', () => {
    const rows = [false, true].flatMap((isAfter) =>
      ['p', 'q', 'r'].map((prompt) => ({
        id: `${prompt}-${isAfter ? 'after' : 'before'}`,
        isAfter,
        unit: `${prompt}${isAfter}`,
        value: isAfter && prompt === 'q' ? 1 : 0,
        attributes: ['', '', '', ''],
      })),
    );
    const prompts = new Map(rows.map(({ id }) => [id, id.slice(0, 1)]));
    const result = explain({ direction: 'up', attributes: NAMES, rows, whole: null, prompts, embedded: [] });
    expect(result?.pairs).toEqual([{ before: 'q-before', after: 'q-after', by: 'prompt', likeness: 1 }]);
  });
});
