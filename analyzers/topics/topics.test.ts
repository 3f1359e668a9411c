import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../core/seeded-random.ts';
import { distinctiveTerms, wordsOf } from './distinctive-terms.ts';
import { kMeans, naturalClusters } from './k-means.ts';
import { principalComponents } from './principal-components.ts';
import { type MapInput, topicMap } from './topic-map.ts';

const random = () => seededRandom(7);
const gauss = (next: () => number): number =>
  Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());

describe('principalComponents', () => {
  // Points at ±s along orthonormal directions have exactly these axes, with variances in proportion to s².
  const ROOT = Math.SQRT1_2;
  const AXES = [
    [ROOT, ROOT, 0, 0],
    [0, 0, ROOT, -ROOT],
    [ROOT, -ROOT, 0, 0],
    [0, 0, ROOT, ROOT],
  ];
  const SPREADS = [4, 3, 2, 1];
  const points = AXES.flatMap((axis, i) =>
    [1, -1].map((sign) => Float32Array.from(axis, (value) => 5 + sign * value * (SPREADS[i] ?? 0))),
  );

  it('finds the directions and shares of variance that the points were made with', () => {
    const { scores, shares } = principalComponents(points, 4, random());
    expect(shares.map((share) => Math.round(share * 30))).toEqual([16, 9, 4, 1]);
    for (const [i, spread] of SPREADS.entries()) {
      const [plus, minus] = [scores[2 * i]?.[i], scores[2 * i + 1]?.[i]];
      expect(Math.abs(plus ?? 0)).toBeCloseTo(spread, 5);
      expect(plus).toBeCloseTo(-(minus ?? 0), 5);
    }
  });

  it('gives the same picture whatever the first guess', () => {
    const [a, b] = [1, 99].map((seed) => principalComponents(points, 2, seededRandom(seed)).scores);
    for (const [i, score] of (a ?? []).entries())
      for (const [axis, value] of score.entries()) expect(value).toBeCloseTo(b?.[i]?.[axis] ?? 0, 6);
  });

  it('takes equal points, and fewer dimensions than axes', () => {
    const equal = principalComponents([Float32Array.of(1, 2), Float32Array.of(1, 2)], 5, random());
    expect(equal.shares).toEqual([0, 0]);
    expect(equal.scores.map((score) => [...score])).toEqual([
      [0, 0],
      [0, 0],
    ]);
  });
});

const BLOBS = [
  [0, 0],
  [20, 0],
  [0, 20],
];
function blobs(each: number): Float64Array[] {
  const next = random();
  return BLOBS.flatMap((centre) =>
    Array.from({ length: each }, () => Float64Array.from(centre, (value) => value + gauss(next))),
  );
}

describe('clusters', () => {
  it('are the blobs that the points were drawn from, and as many', () => {
    const { of, centres } = naturalClusters(blobs(40), 8, random());
    expect(centres).toHaveLength(3);
    for (const blob of [0, 1, 2]) expect(new Set(of.slice(blob * 40, blob * 40 + 40)).size).toBe(1);
    expect(new Set(of).size).toBe(3);
  });

  it('are no more than there are distinct points', () => {
    const same = Array.from({ length: 9 }, () => Float64Array.of(1, 1));
    expect(kMeans(same, 4, random()).centres).toHaveLength(1);
    expect(naturalClusters(same, 4, random()).centres).toHaveLength(1);
  });
});

describe('distinctiveTerms', () => {
  it('weighs by hand-counted shares', () => {
    const [first, second] = distinctiveTerms(
      [
        ['prime number', 'prime number test'],
        ['recipe number', 'recipe soup'],
      ],
      3,
    );
    // "prime": in both texts of its class, in 2 of all; a class has 2 texts.
    expect(first?.[0]).toEqual({ term: 'prime', weight: Math.sqrt(1) * Math.log(1 + 2 / 2) });
    // "number": tf 1 in the first class and a half in the second, 3 in all.
    expect(first?.[1]).toEqual({ term: 'number', weight: Math.log(1 + 2 / 3) });
    expect(second?.map(({ term }) => term)).toEqual(['recipe']);
  });

  it('counts a term once a text, whatever its length', () => {
    const [first] = distinctiveTerms(
      [
        ['spam '.repeat(100), 'ham egg', 'ham egg'],
        ['tea', 'tea'],
      ],
      1,
    );
    expect(first?.[0]?.term).toBe('egg');
  });

  it('reads letters of any script and leaves out the commonest words', () => {
    expect(wordsOf('The Straße is 17077 Привет!')).toEqual(['straße', 'привет']);
  });

  it.each([
    ['Chinese', '今天北京的天气怎么样', ['今天', '北京', '天气', '怎么']],
    ['Japanese, with Latin letters', 'iPhoneの返金', ['iphone', '返金']],
    ['Thai', 'คุณหมายถึงอะไร', ['คุณ', 'หมาย', 'ถึง', 'อะไร']],
    ['Lao', 'ຂ້ອຍຢາກໄດ້ເງິນຄືນ', ['ຂ້ອຍ', 'ຢາກໄດ້', 'ເງິນ', 'ຄືນ']],
    ['Khmer', 'ខ្ញុំចង់បានប្រាក់មកវិញ', ['ខ្ញុំ', 'ចង់បាន', 'ប្រាក់', 'មកវិញ']],
    ['Burmese', 'ငွေပြန်အမ်းချင်ပါတယ်', ['ငွေ', 'ပြန်', 'အမ်း', 'ချင်', 'ပါ', 'တယ်']],
    ['Korean, which has spaces', '환불해 주세요', ['환불해', '주세요']],
  ])('finds the words of %s', (_, text, words) => {
    expect(wordsOf(text)).toEqual(words);
  });

  it('reads of a long text without spaces the beginning', () => {
    const words = wordsOf('今天北京的天气怎么样'.repeat(100_000));
    expect(words.length).toBeGreaterThan(200);
    expect(words.length).toBeLessThanOrEqual(400);
  });
});

describe('topicMap', () => {
  const next = random();
  const input = (side: MapInput['side'], direction: number, text: string): MapInput => ({
    side,
    text,
    vector: Float32Array.from({ length: 16 }, (_, i) => (i === direction ? 3 : 0) + 0.1 * gauss(next)),
  });
  const many = (count: number, make: () => MapInput): MapInput[] => Array.from({ length: count }, make);
  const inputs = [
    ...many(30, () => input('baseline', 0, 'prime number')),
    ...many(10, () => input('baseline', 5, 'sort a list')),
    ...many(10, () => input('current', 0, 'prime number')),
    ...many(30, () => input('current', 9, 'poem about rain')),
  ];

  it('names topics, and puts the one whose share changed most first', () => {
    const map = topicMap(inputs, random());
    expect(map.topics).toHaveLength(3);
    expect(map.topics[0]).toMatchObject({ baselineShare: 0, currentShare: 0.75 });
    expect([...(map.topics[0]?.terms ?? [])].sort()).toEqual(['poem', 'rain']);
    expect(map.points).toHaveLength(inputs.length);
    expect(new Set(map.points.slice(50).map(({ topic }) => topic))).toEqual(new Set([0]));
    expect(map.shownShare).toBeGreaterThan(0.8);
  });

  /** Two halves that lie as near as pieces of one question do, or far apart. */
  const halves = (isNear: boolean, textOf: (half: number, i: number) => string): MapInput[] =>
    [0, 1].flatMap((half) =>
      Array.from({ length: 60 }, (_, i) => ({
        side: half === 0 ? ('baseline' as const) : ('current' as const),
        text: textOf(half, i),
        vector: Float32Array.from(
          { length: 16 },
          (_, axis) => (axis === 5 * half ? 3 : 0) + (isNear ? 0.8 : 0.1) * gauss(next),
        ),
      })),
    );

  it('puts together what no word sets apart and lies near', () => {
    const map = topicMap(
      halves(true, () => 'Is it a prime number?'),
      random(),
    );
    expect(map.topics).toHaveLength(1);
    expect(map.topics[0]).toMatchObject({ baselineShare: 1, currentShare: 1, terms: ['number', 'prime'] });
  });

  it('keeps apart what lies apart, though it has no words, and says which text is typical of it', () => {
    const map = topicMap(
      halves(false, (half, i) => (half === 0 ? `${i} + 1 = ?` : `${i} 🙂`)),
      random(),
    );
    expect(map.topics.map(({ terms }) => terms)).toEqual([[], []]);
    for (const [topic, { typical }] of map.topics.entries()) expect(map.points[typical]?.topic).toBe(topic);
  });

  it('names topics of texts without spaces', () => {
    const shop = (i: number): string => `请帮我退款订单号码是${String.fromCharCode(0x4e_00 + i)}谢谢`;
    const sky = (i: number): string => `今天${String.fromCharCode(0x4e_00 + i)}的天气怎么样`;
    const map = topicMap(
      halves(false, (half, i) => (half === 0 ? shop(i) : sky(i))),
      random(),
    );
    const terms = map.topics.map((topic) => topic.terms.join(' '));
    expect(terms.sort()).toEqual([expect.stringContaining('天气'), expect.stringContaining('退款')]);
  });
});
