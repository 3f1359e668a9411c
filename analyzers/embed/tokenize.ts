import { Tokenizer } from '@huggingface/tokenizers';
import { textChunks } from './text-chunks.ts';

export interface TextTokenizer {
  /** Ids of a text's first tokens, the model's special tokens around them; never more than the model's limit. */
  idsOf(text: string): number[];
  /** Id that fills up a batch; it lies outside the attention mask. */
  readonly paddingId: number;
}

/**
 * What a tokenizer that is not BERT's WordPiece reads of a text, in UTF-16 units. Such tokenizers may look across
 * white space, so there is no place where their texts may be cut for certain; 256 tokens are about 1,200 units.
 */
const OTHER_TOKENIZER_UNITS_MAX = 16_384;

/**
 * Tokenizer of a model, from the content of a `tokenizer.json`. The file's own
 * truncation and padding entries are not used.
 *
 * A text is tokenized piece by piece until it has its tokens, so the work is bounded whatever its length; see
 * `textChunks` for why the tokens are those of the whole text.
 *
 * @param file parsed `tokenizer.json`
 * @param tokensMax special tokens included; at least 3
 */
export function createTokenizer(file: object, tokensMax: number): TextTokenizer {
  const tokenizer = new Tokenizer(file, {});
  const { before, after } = specialTokensOf(tokenizer);
  const roomTokens = tokensMax - before.length - after.length;
  const isBert = isBertWordPiece(file);
  return {
    idsOf(text) {
      const ids = isBert
        ? firstIdsOfChunks(tokenizer, textChunks(text), roomTokens)
        : idsOf(tokenizer, headOf(text, OTHER_TOKENIZER_UNITS_MAX));
      return [...before, ...ids.slice(0, roomTokens), ...after];
    },
    paddingId: tokenizer.token_to_id('[PAD]') ?? tokenizer.token_to_id('<pad>') ?? 0,
  };
}

function firstIdsOfChunks(tokenizer: Tokenizer, chunks: Iterable<string>, idsMax: number): number[] {
  const ids: number[] = [];
  for (const chunk of chunks) {
    // Not push(...): a chunk may have more ids than a call may have arguments.
    for (const id of idsOf(tokenizer, chunk)) ids.push(id);
    if (ids.length >= idsMax) break;
  }
  return ids;
}

function idsOf(tokenizer: Tokenizer, text: string): number[] {
  return tokenizer.encode(text, { add_special_tokens: false }).ids;
}

/** The special tokens that the model wants before and after a text: those that surround a letter. */
function specialTokensOf(tokenizer: Tokenizer): { before: readonly number[]; after: readonly number[] } {
  const bare = idsOf(tokenizer, 'a');
  const ids: readonly number[] = tokenizer.encode('a').ids;
  const start = ids.findIndex((_, index) => bare.every((id, offset) => ids[index + offset] === id));
  return { before: ids.slice(0, start), after: ids.slice(start + bare.length) };
}

/** The tokenizer whose steps `textChunks` knows: any other is given the head of the text in one piece. */
function isBertWordPiece(file: object): boolean {
  const typeOf = (part: unknown): unknown => (part as { type?: unknown } | null | undefined)?.type;
  const { normalizer, pre_tokenizer, model, added_tokens } = file as Record<string, unknown>;
  const addedTokens = Array.isArray(added_tokens) ? added_tokens : [];
  return (
    typeOf(normalizer) === 'BertNormalizer' &&
    typeOf(pre_tokenizer) === 'BertPreTokenizer' &&
    typeOf(model) === 'WordPiece' &&
    (normalizer as { clean_text?: unknown }).clean_text === true &&
    (normalizer as { handle_chinese_chars?: unknown }).handle_chinese_chars === true &&
    addedTokens.every((token: { content?: unknown }) => /^\[\w+\]$/.test(String(token.content)))
  );
}

function headOf(text: string, unitsMax: number): string {
  if (text.length <= unitsMax) return text;
  const isSplitPair = /[\uD800-\uDBFF]/.test(text.charAt(unitsMax - 1));
  return text.slice(0, isSplitPair ? unitsMax - 1 : unitsMax);
}
