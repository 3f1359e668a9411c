import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../core/seeded-random.ts';
import { createLooping } from './looping.ts';
import { createScanner } from './scan.ts';

const scan = createScanner();
const looping = createLooping();
const isLooping = (text: string): boolean => {
  const { tokenHashes, tokens } = scan(text);
  return looping(tokenHashes, tokens);
};
const PROSE = `Light enough to forget and tough enough to trust, this jacket was made for long days in uncertain weather. Three
layers of recycled nylon keep the rain out and let the heat of a steep climb escape, while taped seams and a deep hood hold off
the wind on the ridge. It packs into its own pocket and comes with a repair kit.`;

/** By definition: some period, at least four of them, 40 tokens, up to the end. */
function isLoopByHand(tokens: readonly number[]): boolean {
  for (let period = 1; period * 4 <= tokens.length; period++) {
    let run = 0;
    while (run + period < tokens.length && tokens.at(-1 - run) === tokens.at(-1 - run - period)) run++;
    if (run + period >= Math.max(40, 4 * period)) return true;
  }
  return false;
}

describe('looping', () => {
  it.each([
    ['a phrase said on and on', `${PROSE} ${'I will try again later. '.repeat(20)}`],
    ['a word', `Sure: ${'yes '.repeat(60)}`],
    ['a loop that is cut off in a round', `${'the sum of the two numbers is the sum of '.repeat(8)}the sum`],
    ['a paragraph', `${PROSE}\n\n`.repeat(5)],
    ['signs without a space', `ok ${'=-'.repeat(2_000)}`],
    ['Chinese', '我再试一次。'.repeat(30)],
  ])('finds %s', (_, text) => {
    expect(isLooping(text)).toBe(true);
  });

  it.each([
    ['prose', PROSE],
    ['nothing', ''],
    ['a text said three times', `${PROSE}\n`.repeat(3)],
    ['laughter', 'ha '.repeat(20)],
    ['a loop that ends, and is followed by words of its own', `${'yes '.repeat(60)}and so it goes`],
    ['a table', `| a | b |\n| --- | --- |\n${'| 1 | 2 |\n'.repeat(3)}`],
  ])('does not take %s for one', (_, text) => {
    expect(isLooping(text)).toBe(false);
  });

  it('agrees with the definition on random ends', () => {
    const random = seededRandom(5);
    let loops = 0;
    for (let run = 0; run < 400; run++) {
      const period = 1 + Math.floor(random() * 15);
      const round = Array.from({ length: period }, () => Math.floor(random() * 3));
      const start = random() * 110;
      const tokens = Array.from({ length: 120 }, (_, index) =>
        index < start ? Math.floor(random() * 3) : (round[index % period] ?? 0),
      );
      if (random() < 0.2) tokens[119] = 9;
      const expected = isLoopByHand(tokens);
      loops += expected ? 1 : 0;
      expect(looping(Int32Array.from(tokens), tokens.length), JSON.stringify(tokens)).toBe(expected);
    }
    expect(loops).toBeGreaterThan(50);
    expect(loops).toBeLessThan(350);
  });

  it('looks at the end of a long text alone', () => {
    const tokens = Int32Array.from({ length: 60_000 }, (_, index) => (index < 50_000 ? index : index % 7));
    expect(looping(tokens, 60_000)).toBe(true);
    expect(looping(tokens, 50_000)).toBe(false);
  });
});
