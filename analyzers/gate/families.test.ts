import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../core/seeded-random.ts';
import { GATE_FAMILIES } from './families.ts';
import { type Change, DEFAULT_GATE_OPTIONS, gate } from './gate.ts';
import { type GateSide, sideOf, type TextPlaces } from './side.ts';

interface Design {
  readonly rows: number;
  readonly session?: number;
  /** Share of texts outside the usual topics, of answers cut off, and of refusals to one group and to the others. */
  readonly outside?: number;
  readonly cut?: number;
  readonly refusals?: readonly [group: number, rest: number];
  readonly map?: string;
  /** By so many deviations the texts lie elsewhere along an axis, within their cells; without it nobody knows where. */
  readonly shift?: number;
}

function side(random: () => number, design: Design): GateSide {
  const { shift, rows, session = 1, outside = 0.03, cut = 0.05, refusals = [0.1, 0.1], map = 'a' } = design;
  let [topic, isCut] = [0, false];
  return sideOf(
    Array.from({ length: rows }, (_, index) => {
      // A session stays with its topic.
      if (index % session === 0) [topic, isCut] = [Math.floor(random() * 6), random() < cut];
      const isOutside = random() < outside;
      const isGroup = random() < 0.4;
      return {
        id: `r${index}`,
        unit: `u${Math.floor(index / session)}`,
        pair: null,
        numbers: {
          refusal: Number(random() < refusals[isGroup ? 0 : 1]),
          prompt_distance: isOutside ? 97 + 3 * random() : 97 * random(),
        },
        categories: {
          finish_reason: isCut ? 'length' : 'stop',
          prompt_cell: `${map}:${topic} words${isOutside ? ' +++' : ''}`,
          prompt_topic: `${map}:${topic} words`,
          error_type: '',
        },
        groups: { gender: isGroup ? 'f' : 'm' },
        ...(shift === undefined ? {} : { places: placesAt(shift, random) }),
      };
    }),
  );
}

function placesAt(shift: number, random: () => number): TextPlaces {
  const normal = () => random() + random() + random() + random() + random() + random() - 3;
  return { prompt: Float32Array.of(shift + normal(), normal(), normal()), response: new Float32Array() };
}

const changesOf = async (
  random: () => number,
  a: Design,
  b: Design,
  familyWise = 0.01,
): Promise<readonly Change[]> =>
  (
    await gate(side(random, a), side(random, b), {
      ...DEFAULT_GATE_OPTIONS,
      familyWise,
      families: GATE_FAMILIES,
    })
  ).changes;

describe('families of the gate', () => {
  it('tell a mix that changed, with the category that explains it', async () => {
    const changes = await changesOf(seededRandom(1), { rows: 600 }, { rows: 600, cut: 0.2 });
    expect(changes.map(({ signal, direction }) => [signal, direction])).toEqual([['finish_reason', 'mix']]);
    const [share] = changes[0]?.shares ?? [];
    expect(changes[0]?.before).toBe(share?.before);
    expect(Math.abs((share?.after ?? 0) - (share?.before ?? 0))).toBeGreaterThan(0.1);
  });

  it('tell a topic that is new, on the map that both sides have', async () => {
    const random = seededRandom(2);
    const changes = await changesOf(random, { rows: 800 }, { rows: 800, outside: 0.13 });
    const change = changes.find(({ detector }) => detector === 'embedding');
    expect(change).toMatchObject({ signal: 'prompt_cell', direction: 'mix', verdict: 'change' });
    expect(change?.shares?.[0]?.category).toBe('outside the usual topics');
    expect(await changesOf(random, { rows: 800, map: 'a' }, { rows: 800, outside: 0.13, map: 'b' })).toEqual(
      [],
    );
  });

  it('tell a middle that has moved within the cells', async () => {
    const random = seededRandom(4);
    const [change, ...others] = await changesOf(random, { rows: 800, shift: 0 }, { rows: 800, shift: 0.4 });
    expect(others).toEqual([]);
    expect(change).toMatchObject({
      detector: 'embedding',
      signal: 'prompt_topic',
      effect: { name: 'mean_shift' },
    });
    expect(await changesOf(random, { rows: 800, shift: 0 }, { rows: 800, shift: 0 })).toEqual([]);
    // Where one side has no places the middle says nothing.
    expect(await changesOf(random, { rows: 800, shift: 0 }, { rows: 800 })).toEqual([]);
  });

  it('tell a group that is treated worse than before, and not what is worse for all', async () => {
    const random = seededRandom(3);
    const [before, worse] = [{ rows: 3_000 }, { rows: 3_000, refusals: [0.25, 0.1] as const }];
    const disparities = (await changesOf(random, before, worse)).filter(
      ({ detector }) => detector === 'disparity',
    );
    expect(disparities.map(({ signal, segment, verdict }) => [signal, segment, verdict])).toContainEqual([
      'disparity:refusal',
      'gender=f',
      'regression',
    ]);
    const forAll = await changesOf(random, before, { rows: 3_000, refusals: [0.2, 0.2] });
    expect(forAll.map(({ signal }) => signal)).toEqual(['refusal']);
  });

  // At a level of 10 %, so that some 200 runs tell 10 from 20.
  it.each([
    [1, undefined],
    [10, undefined],
    [1, 0],
  ])(
    'keep the level together where nothing differs, in sessions of %i rows, moved by %s',
    async (session, shift) => {
      let wrong = 0;
      for (let seed = 1; seed <= 200; seed++) {
        const random = seededRandom(seed * 7_919);
        const design = { rows: 400, session, ...(shift === undefined ? {} : { shift }) };
        const changes = await changesOf(random, design, design, 0.1);
        if (changes.length > 0) wrong++;
      }
      // 34 of 200 is the 99.9 % point of a true 10 %.
      expect(wrong).toBeLessThanOrEqual(34);
    },
  );
});
