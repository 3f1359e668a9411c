import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../core/seeded-random.ts';
import type { StreamWindow } from '../../core/window.ts';
import { cellBins } from './cell-bins.ts';
import { compareEmbeddings, type ProjectedTexts } from './compare-embeddings.ts';
import { embeddingFamily } from './family.ts';
import { fitReferenceMap, type ReferenceText } from './fit-map.ts';
import { mapFromJson, mapToJson } from './map-json.ts';
import { fitMapInThread } from './map-thread.ts';
import { meanShift } from './mean-shift.ts';
import { type Projection, projectOnto } from './reference-map.ts';

const DIMENSIONS = 32;
const HOUR = 3_600_000;
const WORDS = ['account', 'flight', 'recipe', 'weather', 'music'];

/** Texts about one of a few things: unit vectors around a direction of their own. */
function textsAbout(topic: number, count: number, random: () => number): ReferenceText[] {
  const normal = () => random() + random() + random() + random() - 2;
  return Array.from({ length: count }, () => {
    const raw = Float32Array.from({ length: DIMENSIONS }, (_, i) => (i === topic ? 2 : 0) + 0.35 * normal());
    const length = Math.hypot(...raw);
    return { vector: raw.map((value) => value / length), text: `please ${WORDS[topic] ?? 'something'} now` };
  });
}

/** Of the usual five topics. */
const usualTexts = (count: number, random: () => number): ReferenceText[] =>
  Array.from({ length: count }, () => textsAbout(Math.floor(random() * 5), 1, random)).flat();

const about = { project: 'p', model: 'm', side: 'prompt', identity: 'e', createdAt: new Date(0) } as const;
const random = seededRandom(1);
const sample = { about, fit: usualTexts(600, random), calibration: usualTexts(600, random) };
const map = fitReferenceMap(sample, seededRandom(2));

const placed = (texts: readonly ReferenceText[]): Projection[] =>
  texts.map(({ vector }) => projectOnto(map, vector));
const side = (texts: readonly ReferenceText[]): ProjectedTexts => ({
  projections: placed(texts),
  sessions: texts.map(() => null),
});

describe('a reference map', () => {
  it('is calibrated on rows it was not made of', () => {
    const fresh = placed(usualTexts(3_000, seededRandom(3)));
    const beyond = (level: number, rows: readonly Projection[] = fresh) =>
      rows.filter(
        ({ cell }) => cell.endsWith(` ${'+'.repeat(level)}`) || cell.endsWith(`+${'+'.repeat(level)}`),
      ).length / rows.length;
    // Of 600 calibration rows: within three standard errors of both samples.
    for (const [level, share] of [0.3, 0.1, 0.03].entries())
      expect(Math.abs(beyond(level + 1) - share)).toBeLessThan(
        3 * Math.sqrt(share * (1 - share) * (1 / 600 + 1 / 3_000)),
      );
    const mean = fresh.reduce((sum, { distance }) => sum + distance, 0) / fresh.length;
    expect(Math.abs(mean - 50)).toBeLessThan(4);
    // The rows that made it lie nearer: counted with the others they would hide what is new.
    expect(beyond(2, placed(sample.fit))).toBeLessThan(beyond(2) * 0.8);
  });

  it('sees what is new outside the space that its axes span', () => {
    // The direction has no variance in the reference beyond noise, so that the axes alone would lose it.
    const news = textsAbout(20, 200, seededRandom(4)).map(({ vector }) => projectOnto(map, vector));
    expect(news.filter(({ distance }) => distance > 97).length).toBeGreaterThan(180);
  });

  it('names its topics by their words, and carries its id in every value', () => {
    expect(map.topics.some((topic) => topic.includes('flight'))).toBe(true);
    const [one] = placed(textsAbout(1, 1, seededRandom(5)));
    expect(one?.topic).toMatch(new RegExp(`^${map.id}:.*flight`));
    expect(one?.cell.startsWith(`${map.id}:`)).toBe(true);
  });

  it('is the same after its JSON, for the same numbers, and when made in a thread', async () => {
    const [text] = textsAbout(2, 1, seededRandom(6));
    const again = mapFromJson(mapToJson(map));
    expect(again).toEqual(map);
    expect(fitReferenceMap(sample, seededRandom(2)).id).toBe(map.id);
    const threaded = await fitMapInThread(sample);
    expect(projectOnto(threaded, text!.vector).coordinates).toHaveLength(DIMENSIONS);
  });

  it('a cell has a bin of its own, whatever is asked', () => {
    const bins = cellBins([
      ['0 flight visa', 5],
      ['3 recipe +', 2],
      ['7 ++++', 1],
    ]);
    expect(bins.names).toHaveLength(8 * 5 + 1);
    const asked = ['0 flight visa', '0 flight visa ++', '3', '7 ++++', '7 +++++', '9', 'nonsense', '(other)'];
    expect(asked.map((name) => bins.names[bins.of(name)])).toEqual([
      '0 flight visa',
      '0 flight visa ++',
      '3 recipe',
      '7 ++++',
      '7 ++++',
      '(other)',
      '(other)',
      '(other)',
    ]);
    expect(bins.groups[0]?.map((bin) => bins.names[bin])).not.toContain('0 flight visa');
    expect(bins.groups[3]?.map((bin) => bins.names[bin])).toContain('0 flight visa ++++');
  });
});

describe('a shift of the middle', () => {
  const points = (count: number, seed: number, shift = 0, perSession = 1) => {
    const draw = seededRandom(seed);
    const normal = () => draw() + draw() + draw() + draw() + draw() + draw() - 3;
    const sessions = Array.from({ length: count / perSession }, () => [2 * normal(), normal(), normal() / 2]);
    const coordinates = sessions.flatMap((at) =>
      Array.from({ length: perSession }, () =>
        Float32Array.from(at, (value) => (perSession > 1 ? value + 0.3 * normal() : value) + shift),
      ),
    );
    return { coordinates, sessions: coordinates.map((_, row) => `s${Math.floor(row / perSession)}`) };
  };

  it.each([1, 10])(
    'has a p-value that is right where nothing changed, with sessions of %i rows',
    (perSession) => {
      let below = 0;
      for (let seed = 1; seed <= 300; seed++) {
        const shift = meanShift(points(600, seed, 0, perSession), points(300, seed + 5_000, 0, perSession));
        if ((shift?.logP ?? 0) <= Math.log(0.1)) below++;
      }
      // Binomial(300, .1): 16 to 47 with a chance of 99.7 %; the law is an approximation at 30 sessions.
      expect(below).toBeGreaterThanOrEqual(14);
      expect(below).toBeLessThanOrEqual(49);
    },
  );

  it('agrees with a permutation test, and is found when it is there', () => {
    const [a, b] = [points(200, 1), points(100, 2, 0.12)];
    const found = meanShift(a, b);
    const all = [...a.coordinates, ...b.coordinates];
    const draw = seededRandom(9);
    let as = 0;
    for (let i = 0; i < 2_000; i++) {
      const order = all.map((point) => ({ point, key: draw() })).sort((x, y) => x.key - y.key);
      const [first, second] = [order.slice(0, 200), order.slice(200)].map((part) =>
        [0, 1, 2].map((axis) => part.reduce((sum, { point }) => sum + (point[axis] ?? 0), 0) / part.length),
      );
      const statistic = [0, 1, 2].reduce(
        (sum, axis) => sum + ((second?.[axis] ?? 0) - (first?.[axis] ?? 0)) ** 2,
        0,
      );
      if (statistic >= (found?.statistic ?? 0)) as++;
    }
    const p = (as + 1) / 2_001;
    expect(Math.exp(found?.logP ?? 0) / p).toBeGreaterThan(0.6);
    expect(Math.exp(found?.logP ?? 0) / p).toBeLessThan(1.7);
    const moved = meanShift(points(600, 3), points(300, 4, 0.5));
    expect(moved?.logP).toBeLessThan(-10);
    // Each axis by .5 against a spread of √(4 + 1 + ¼)/√2.
    expect(moved?.value).toBeGreaterThan(moved?.low ?? 1);
    expect(moved?.value).toBeLessThan(moved?.high ?? 0);
    expect(moved?.value).toBeCloseTo((0.5 * Math.sqrt(3)) / Math.sqrt(5.25 / 2), 1);
  });
});

describe('a comparison of where texts lie', () => {
  const draw = seededRandom(12);
  const baseline = usualTexts(1_200, draw);

  it('is quiet on two samples of one source, and not for what makes them one by one', () => {
    const wrong = Array.from({ length: 40 }, () =>
      compareEmbeddings(side(baseline), side(usualTexts(300, draw)), { level: 0.01 }),
    ).filter(({ outcome }) => outcome === 'alarm').length;
    // Binomial(40, .01): 3 or more once in 140.
    expect(wrong).toBeLessThanOrEqual(2);
  });

  it('finds a new topic, another mix, and texts that have come closer together', () => {
    const novel = [...usualTexts(270, draw), ...textsAbout(20, 30, draw)];
    expect(compareEmbeddings(side(baseline), side(novel), { level: 1e-4 })).toMatchObject({
      outcome: 'alarm',
    });
    const mixed = [...usualTexts(200, draw), ...textsAbout(3, 100, draw)];
    const found = compareEmbeddings(side(baseline), side(mixed), { level: 1e-4 });
    expect(found).toMatchObject({ outcome: 'alarm' });
    expect(found.shares[0]?.category).toContain('weather');
    const typical = usualTexts(3_000, draw).filter(({ vector }) => projectOnto(map, vector).distance < 60);
    expect(compareEmbeddings(side(baseline), side(typical.slice(0, 300)), { level: 1e-4 })).toMatchObject({
      outcome: 'alarm',
      aspect: 'distance',
    });
  });

  it('never compares values of two maps, and says when rows are too few', () => {
    const other = placed(baseline).map((one) => ({ ...one, map: 'another' }));
    const current = side(usualTexts(300, draw));
    const apart = compareEmbeddings({ projections: other, sessions: other.map(() => null) }, current, {
      level: 0.01,
    });
    expect(apart).toMatchObject({ outcome: 'not_enough_data', samples: { baseline: 0 } });
    const few = { projections: current.projections, sessions: current.projections.map(() => 'one session') };
    expect(compareEmbeddings(side(baseline), few, { level: 0.01 }).outcome).toBe('not_enough_data');
  });
});

describe('a stream of texts', () => {
  const window = (
    at: number,
    texts: readonly ReferenceText[],
    rename = (value: string) => value,
  ): StreamWindow => {
    const count = (value: (of: Projection) => string) => {
      const rows = new Map<string, number>();
      for (const one of placed(texts)) rows.set(rename(value(one)), (rows.get(rename(value(one))) ?? 0) + 1);
      return rows;
    };
    return {
      key: { project: 'p', model: 'm', version: '', segment: '' },
      since: new Date(at * HOUR),
      until: new Date((at + 1) * HOUR),
      rows: texts.length,
      summaries: new Map(),
      categories: new Map([
        ['prompt_cell', count(({ cell }) => cell)],
        ['prompt_topic', count(({ topic }) => topic)],
      ]),
    };
  };
  const draw = seededRandom(21);
  const past = Array.from({ length: 12 }, (_, at) => window(at, usualTexts(200, draw)));
  const history = ({ signal }: { signal: string }) =>
    Promise.resolve(past.flatMap(({ categories }) => categories.get(signal) ?? []));
  const context = { levelOf: () => 1 / 100_000, versionShare: 1, siblings: [] };

  it('begins with what lay on its map before, is silent, and finds a new topic', async () => {
    const family = embeddingFamily({ history });
    let state: unknown = null;
    const alarms: string[] = [];
    for (let at = 12; at < 40; at++) {
      const texts = at < 32 ? usualTexts(200, draw) : [...usualTexts(190, draw), ...textsAbout(20, 10, draw)];
      const stepped = await family.step(state, window(at, texts), context);
      state = JSON.parse(JSON.stringify(stepped.state));
      if (at === 12) expect(stepped.readings.map(({ outcome }) => outcome)).toEqual(['quiet', 'quiet']);
      for (const { signal, outcome } of stepped.readings)
        if (outcome === 'alarm') alarms.push(`${at} ${signal}`);
    }
    expect(alarms.length).toBeGreaterThan(0);
    expect(Number(alarms[0]?.split(' ')[0])).toBeGreaterThanOrEqual(32);
  });

  it('begins anew under another map, and gathers what a segment has', async () => {
    const family = embeddingFamily({ history });
    const first = await family.step(null, window(12, usualTexts(200, draw)), context);
    const other = window(13, usualTexts(200, draw), (value) => value.replace(map.id, 'ffffffff'));
    const second = await family.step(first.state, other, context);
    expect(second.readings.map(({ outcome }) => outcome)).toEqual(['not_enough_data', 'not_enough_data']);
    const segment = {
      ...window(12, usualTexts(200, draw)),
      key: { project: 'p', model: 'm', version: '', segment: 'a=b' },
    };
    const { readings } = await family.step(null, segment, context);
    expect(readings.map(({ signal }) => signal)).toEqual(['prompt_topic']);
  });
});
