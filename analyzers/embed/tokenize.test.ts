import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Tokenizer } from '@huggingface/tokenizers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../core/package-root.ts';
import { SHIPPED_MODEL_FOLDER } from './model-folder.ts';
import { textChunks } from './text-chunks.ts';
import { createTokenizer } from './tokenize.ts';

const file = JSON.parse(readFileSync(join(SHIPPED_MODEL_FOLDER, 'tokenizer.json'), 'utf8')) as object;
const oracle = JSON.parse(readFileSync(join(packageRoot, 'test/golden/embed-oracle.json'), 'utf8')) as {
  cases: { text: string; token_ids: number[] }[];
};
const tokenizer = createTokenizer(file, 256);
const whole = new Tokenizer(file, {});
const [CLS, SEP, UNK] = [101, 102, 100];

/** Tokens of the whole text in one piece: what chunks must not change. */
function wholeIds(text: string): number[] {
  const ids: number[] = whole.encode(text, { add_special_tokens: false }).ids;
  return [CLS, ...ids.slice(0, 254), SEP];
}

/** Pieces at which a careless cut would change a token. */
const VISIBLE =
  "ΟΔΟΣ Σ ΟΔΟΣ.α ΟΔΟΣ'Α Α:Σ Α^`Σ ' . : · ẞ [SEP] [ SEP ] [CLS] _ 東京 é İ 가 ﬁ … ﷺ naïve ١٢ , - / = ~ $ @x \\ word a1b2";
const INVISIBLE = '\u0301|\u0316|\u200b|\u00ad|\0|\ufffd|\ud83d|👩\u200d👧| |\n|\t|\u00a0|\u3000|\v|\u2028';
const Piece = fc.constantFrom(...VISIBLE.split(' '), ...INVISIBLE.split('|'));
const Text = fc.array(fc.oneof(Piece, fc.string({ unit: 'binary', maxLength: 5 })), { maxLength: 80 });

describe('createTokenizer', () => {
  it.each(oracle.cases)('gives the reference token ids: $text', ({ text, token_ids }) => {
    expect(tokenizer.idsOf(text)).toEqual(token_ids);
  });

  it('gives the tokens of the whole text, wherever it is cut', () => {
    fc.assert(
      fc.property(Text, fc.integer({ min: 1, max: 40 }), (pieces, chunkUnits) => {
        const text = pieces.join('');
        const ids = [...textChunks(text, chunkUnits)].flatMap(
          (chunk): number[] => whole.encode(chunk, { add_special_tokens: false }).ids,
        );
        expect([CLS, ...ids.slice(0, 254), SEP]).toEqual(wholeIds(text));
      }),
      { numRuns: 2_000 },
    );
  });

  const tail = ' the end, my friend';
  it.each([
    ['prose', 'The quick brown fox, jumps over: the lazy dog. '.repeat(2_000)],
    ['spaces before the text', `${' \n'.repeat(50_000)}${tail}`],
    ['a word of 200,000 letters', `${'ab'.repeat(100_000)}${tail}`],
    ['long words', `${'x'.repeat(3_000)} `.repeat(300)],
    ['CJK without a space', '日本語の文章'.repeat(5_000)],
    ['Thai without a space', `${'ภาษาไทย'.repeat(5_000)}${tail}`],
    ['full stops', '.'.repeat(100_000)],
    ['code', 'if(a[i]===b.c){return{"x":[1,2,3]};}\n'.repeat(3_000)],
    ['sigma before a run of apostrophes', `ΟΔΟΣ${"'".repeat(300)}α${tail}`],
    ['emoji', '🙂🚀'.repeat(20_000)],
    ['special tokens', '[SEP]'.repeat(2_000)],
    ['paths', `C:\\${'folder\\'.repeat(3_000)}`],
  ])('gives the tokens of the whole long text: %s', (_, text) => {
    expect(tokenizer.idsOf(text)).toEqual(wholeIds(text));
  });

  it.each([
    ['letters', 'a'.repeat(10e6)],
    ['spaces', ' '.repeat(10e6)],
    ['nothing visible', '\u200b'.repeat(10e6)],
    ['marks in the wrong order', '\u0301\u0316'.repeat(5e6)],
    ['half surrogate pairs', '\ud83d'.repeat(10e6)],
    ['long words', `${'q'.repeat(9_999)} `.repeat(1e3)],
    ['special tokens', '[SEP]'.repeat(2e6)],
    ['brackets', '['.repeat(10e6)],
  ])('reads a bounded part of 10 MB of %s', (_, text) => {
    const ids = tokenizer.idsOf(text);
    expect(ids.length).toBeLessThanOrEqual(256);
    expect([ids[0], ids.at(-1)]).toEqual([CLS, SEP]);
    let [units, tokens] = [0, 0];
    for (const chunk of textChunks(text)) {
      units += chunk.length;
      tokens += whole.encode(chunk, { add_special_tokens: false }).ids.length;
      if (tokens >= 254) break;
    }
    expect(units).toBeLessThanOrEqual(270_000);
  });

  it('takes an endless word for one unknown word', () => {
    expect(tokenizer.idsOf('a'.repeat(1e6))).toEqual([CLS, UNK, SEP]);
  });

  it('keeps to the limit it is given', () => {
    expect(createTokenizer(file, 8).idsOf('one two three four five six seven eight nine')).toHaveLength(8);
  });

  it('reads the head of a text for a tokenizer that is not WordPiece', () => {
    const other = createTokenizer({ ...file, pre_tokenizer: { type: 'WhitespaceSplit' } }, 256);
    expect(other.idsOf(`${' '.repeat(20_000)}lost`)).toEqual([CLS, SEP]);
    expect(other.idsOf('plain words')).toEqual(tokenizer.idsOf('plain words'));
  });
});
