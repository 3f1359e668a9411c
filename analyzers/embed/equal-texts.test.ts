import { beforeEach, expect, it } from 'vitest';
import { type EmbedTexts, embedEqualTextsOnce } from './equal-texts.ts';

let asked: string[][];
const embed: EmbedTexts = (texts) => {
  asked.push([...texts]);
  return Promise.resolve(texts.map((text) => Float32Array.of(text.charCodeAt(0))));
};

beforeEach(() => {
  asked = [];
});

it('embeds equal texts of a call once, and answers each in its place', async () => {
  const once = embedEqualTextsOnce(embed, 10);
  expect((await once(['b', 'a', 'b', 'c', 'a'])).map(([value]) => value)).toEqual([98, 97, 98, 99, 97]);
  expect(asked).toEqual([['b', 'a', 'c']]);
});

it('keeps those used last', async () => {
  const once = embedEqualTextsOnce(embed, 2);
  await once(['a']);
  await once(['b']);
  await once(['a']);
  await once(['c']);
  await once(['a']);
  await once(['b']);
  expect(asked).toEqual([['a'], ['b'], [], ['c'], [], ['b']]);
});

it('answers a call larger than what is kept', async () => {
  const once = embedEqualTextsOnce(embed, 2);
  const letters = [...'abcdefab'];
  expect((await once(letters)).map(([value]) => value)).toEqual(letters.map((text) => text.charCodeAt(0)));
});

it('tells half a surrogate pair from the replacement character', async () => {
  await embedEqualTextsOnce(embed, 2)(['\ud83d', '\ufffd']);
  expect(asked).toEqual([['\ud83d', '\ufffd']]);
});

it('asks again after a failure', async () => {
  let fails = true;
  const once = embedEqualTextsOnce((texts) => (fails ? Promise.reject(new Error('no')) : embed(texts)), 2);
  await expect(once(['a'])).rejects.toThrow('no');
  fails = false;
  expect(await once(['a'])).toEqual([Float32Array.of(97)]);
});
