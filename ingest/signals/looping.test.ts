import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../core/seeded-random.ts';
import { createLooping } from './looping.ts';
import { createScanner } from './scan.ts';

const scan = createScanner();
const looping = createLooping();
const isLooping = (text: string): boolean => looping(scan(text));
/** A text of words that are no beginnings of each other. */
const wordsOf = (tokens: readonly number[]): string => tokens.map((token) => `w${token}x`).join(' ');
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
    ['an ellipsis in place of the rest', `${'I will try again later. '.repeat(20)}I will try ag…`],
    ['a character of which some bytes are lost', `${'나는 다시 시도합니다. '.repeat(20)}나는 다\ufffd\ufffd`],
    ['digits', `0.${'9'.repeat(3_000)}`],
    ['signs with spaces', '. '.repeat(400)],
    ['emoji with spaces', `Fine ${'😂😂 '.repeat(200)}`],
    ['a long period that begins with a short one', `${`${'yes '.repeat(60)}and no `.repeat(8)}yes yes`],
  ])('finds %s', (_, text) => {
    expect(isLooping(text)).toBe(true);
  });

  it.each([
    ['prose', PROSE],
    ['nothing', ''],
    ['a text said three times', `${PROSE}\n`.repeat(3)],
    ['laughter', 'ha '.repeat(20)],
    ['a loop that ends, and is followed by words of its own', `${'yes '.repeat(60)}and so it goes`],
    ['a table to be filled in', `| Day | To do |\n| --- | --- |\n${'| | | | |\n'.repeat(12)}`],
    ['a line of dots', `Chapter one ${'. '.repeat(30)}`],
    [
      'signs of many kinds',
      Array.from({ length: 200 }, (_, i) => '+-*/=<>'[Math.floor(i * i * 0.37) % 7]).join(' '),
    ],
    ['a loop that ends in another word of the same beginning', `${'we are here again '.repeat(30)}we arrive`],
    ['a loop that ends in signs of its own', `${'yes '.repeat(60)}${'=-'.repeat(8)}`],
    ['a table', `| a | b |\n| --- | --- |\n${'| 1 | 2 |\n'.repeat(3)}`],
  ])('does not take %s for one', (_, text) => {
    expect(isLooping(text)).toBe(false);
  });

  it('finds a loop wherever it is cut off', () => {
    const round = 'I am sorry about that mistake. ';
    for (let cut = 0; cut < round.length; cut++)
      expect(isLooping(round.repeat(40) + round.slice(0, cut)), round.slice(0, cut)).toBe(true);
    for (let length = 4_000; length < 4_064; length++)
      expect(isLooping('a'.repeat(length)), String(length)).toBe(true);
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
      expect(isLooping(wordsOf(tokens)), JSON.stringify(tokens)).toBe(expected);
    }
    expect(loops).toBeGreaterThan(50);
    expect(loops).toBeLessThan(350);
  });

  it('looks at the end of a long text alone', () => {
    const words = Array.from({ length: 30_000 }, (_, index) => (index < 25_000 ? index : index % 7));
    expect(isLooping(wordsOf(words))).toBe(true);
    expect(isLooping(wordsOf(words.slice(0, 25_000)))).toBe(false);
  });
});
