import type { Family, Verdict } from './finding.ts';

/** What one signal means, how it is measured, and what a change of it says. */
export interface SignalSpec {
  /** Name everywhere: column, finding, panel. Snake case, unit last. */
  readonly name: string;
  readonly kind: 'number' | 'rate' | 'category';
  readonly unit: string;
  readonly family: Family;
  /** Signals that measure the same thing share an aspect; one incident covers an aspect. */
  readonly aspect: string;
  /** What a rise and a fall say. */
  readonly up: Verdict;
  readonly down: Verdict;
  /** `wire`: sent with the inference; `text`: computed in the writer from it; `embedding`: computed behind the store. */
  readonly source: 'wire' | 'text' | 'embedding';
  readonly meaning: string;
}

type Row = readonly [
  name: string,
  kind: SignalSpec['kind'],
  unit: string,
  family: Family,
  aspect: string,
  up: Verdict,
  down: Verdict,
  source: SignalSpec['source'],
  meaning: string,
];

const [R, I, C] = ['regression', 'improvement', 'change'] as const;

/** Within an aspect the first one listed names the incident. */
const ROWS: readonly Row[] = [
  ['error', 'rate', 'share', 'degradation', 'error', R, I, 'wire', 'The call failed (status "error").'],
  ['latency_ms', 'number', 'ms', 'degradation', 'speed', R, I, 'wire', 'Time from request to last token.'],
  [
    'time_to_first_token_ms',
    'number',
    'ms',
    'degradation',
    'first_token',
    R,
    I,
    'wire',
    'Time from request to first token.',
  ],
  ['queue_ms', 'number', 'ms', 'degradation', 'queue', R, I, 'wire', 'Time spent waiting for a worker.'],
  [
    'tokens_per_second',
    'number',
    'tokens/s',
    'degradation',
    'throughput',
    I,
    R,
    'text',
    'Output tokens over generation time.',
  ],
  [
    'response_characters',
    'number',
    'characters',
    'drift',
    'length',
    C,
    C,
    'text',
    'Length of the response in code points.',
  ],
  ['response_words', 'number', 'words', 'drift', 'length', C, C, 'text', 'Words in the response.'],
  [
    'response_sentences',
    'number',
    'sentences',
    'drift',
    'length',
    C,
    C,
    'text',
    'Sentences in the response.',
  ],
  ['output_tokens', 'number', 'tokens', 'drift', 'length', C, C, 'wire', 'Tokens generated.'],
  [
    'prompt_characters',
    'number',
    'characters',
    'drift',
    'prompt_length',
    C,
    C,
    'text',
    'Length of the prompt in code points.',
  ],
  ['input_tokens', 'number', 'tokens', 'drift', 'prompt_length', C, C, 'wire', 'Tokens read.'],
  ['cached_tokens', 'number', 'tokens', 'cost', 'caching', I, R, 'wire', 'Input tokens served from a cache.'],
  [
    'cost_micro_usd',
    'number',
    'µ$',
    'cost',
    'cost',
    R,
    I,
    'text',
    'Price of the call, sent or from the price table.',
  ],
  ['refusal', 'rate', 'share', 'degradation', 'refusal', R, C, 'text', 'The response declines to answer.'],
  [
    'partial_refusal',
    'rate',
    'share',
    'degradation',
    'partial_refusal',
    R,
    C,
    'text',
    'The response declines a part and answers the rest.',
  ],
  [
    'empty',
    'rate',
    'share',
    'degradation',
    'empty',
    R,
    I,
    'text',
    'The response has no visible character and no tool call.',
  ],
  [
    'truncated',
    'rate',
    'share',
    'degradation',
    'truncated',
    R,
    I,
    'text',
    'The response stopped at a length limit.',
  ],
  [
    'repetition',
    'number',
    'share',
    'degradation',
    'repetition',
    R,
    I,
    'text',
    'Share of the response that repeats itself.',
  ],
  [
    'compressibility',
    'number',
    'share',
    'drift',
    'compressibility',
    C,
    C,
    'text',
    'How redundant the response is: 0 for none.',
  ],
  ['readability', 'number', 'points', 'drift', 'style', C, C, 'text', 'Flesch reading ease.'],
  ['hedging', 'number', 'per 100 words', 'drift', 'style', C, C, 'text', 'Words of doubt per 100 words.'],
  ['tone', 'number', 'points', 'drift', 'style', C, C, 'text', 'Sentiment from -1 to 1.'],
  ['json_like', 'rate', 'share', 'drift', 'format', C, C, 'text', 'The response is meant to be JSON.'],
  [
    'json_valid',
    'rate',
    'share',
    'degradation',
    'json_valid',
    I,
    R,
    'text',
    'Of the responses meant to be JSON, those that parse.',
  ],
  [
    'code_fences',
    'number',
    'fences',
    'drift',
    'format',
    C,
    C,
    'text',
    'Markdown code fences in the response.',
  ],
  [
    'toxicity',
    'rate',
    'share',
    'degradation',
    'toxicity',
    R,
    I,
    'text',
    'The response has a word of the toxicity lexicon.',
  ],
  [
    'pii',
    'number',
    'items',
    'degradation',
    'pii',
    R,
    C,
    'text',
    'Personal data items found in the response.',
  ],
  [
    'prompt_pii',
    'number',
    'items',
    'drift',
    'prompt_pii',
    C,
    C,
    'text',
    'Personal data items found in the prompt.',
  ],
  [
    'language_mismatch',
    'rate',
    'share',
    'degradation',
    'language',
    R,
    I,
    'text',
    'Prompt and response are in different languages.',
  ],
  [
    'language',
    'category',
    'language',
    'drift',
    'language',
    C,
    C,
    'text',
    'Language of the response (ISO 639-1).',
  ],
  [
    'prompt_language',
    'category',
    'language',
    'drift',
    'prompt_language',
    C,
    C,
    'text',
    'Language of the prompt (ISO 639-1).',
  ],
  [
    'relevance',
    'number',
    'cosine',
    'degradation',
    'relevance',
    I,
    R,
    'embedding',
    'Cosine between prompt and response embeddings.',
  ],
];

/** Every built-in signal, in order of display. */
export const SIGNALS: readonly SignalSpec[] = ROWS.map(
  ([name, kind, unit, family, aspect, up, down, source, meaning]) => ({
    name,
    kind,
    unit,
    family,
    aspect,
    up,
    down,
    source,
    meaning,
  }),
);

const BY_NAME: ReadonlyMap<string, SignalSpec> = new Map(SIGNALS.map((spec) => [spec.name, spec]));

/** Prefix of a signal that is a score given from outside: `score:correct`. */
export const SCORE_PREFIX = 'score:';

/** Meaning of a signal by name. A score is better when higher. Unknown names throw: they are a bug of ours. */
export function signalSpec(name: string): SignalSpec {
  const known = BY_NAME.get(name);
  if (known) return known;
  if (!name.startsWith(SCORE_PREFIX)) throw new Error(`no signal named ${name}`);
  return {
    name,
    kind: 'number',
    unit: 'score',
    family: 'degradation',
    aspect: name,
    up: I,
    down: R,
    source: 'wire',
    meaning: `Score "${name.slice(SCORE_PREFIX.length)}" given from outside; higher is better.`,
  };
}
