import { SCORE_PREFIX, type SignalSpec, signalSpec } from '../../../core/signals.ts';

/** How people speak of one signal. */
export interface SignalWords {
  /** Name in headings: `Response length`. */
  readonly label: string;
  /** What is said to be so: `answers are`. Of a rate: what rises or falls, in the plural: `refusals`. */
  readonly subject: string;
  /** After "40 %" or alone: `longer`. Not used for rates. */
  readonly up: string;
  readonly down: string;
  /** After "3 ×": `as long`; empty where a multiple says nothing (a scale with negative values). */
  readonly times: string;
}

type Entry = readonly [label: string, subject: string, up?: string, down?: string, times?: string];

const WORDS: Readonly<Record<string, Entry>> = {
  error: ['Errors', 'errors'],
  latency_ms: ['Latency', 'answers take', 'longer', 'less time', 'as long'],
  time_to_first_token_ms: ['Time to first token', 'first tokens take', 'longer', 'less time', 'as long'],
  queue_ms: ['Queueing', 'requests wait', 'longer', 'less', 'as long'],
  tokens_per_second: ['Tokens per second', 'answers come', 'faster', 'slower', 'as fast'],
  response_characters: ['Response length', 'answers are', 'longer', 'shorter', 'as long'],
  response_words: ['Words per response', 'answers are', 'longer', 'shorter', 'as long'],
  response_sentences: ['Sentences per response', 'answers are', 'longer', 'shorter', 'as long'],
  output_tokens: ['Output tokens', 'answers are', 'longer', 'shorter', 'as long'],
  prompt_characters: ['Prompt length', 'prompts are', 'longer', 'shorter', 'as long'],
  input_tokens: ['Input tokens', 'prompts are', 'longer', 'shorter', 'as long'],
  cached_tokens: ['Cached tokens', 'the cache serves', 'more', 'less', 'as much'],
  cost_micro_usd: ['Cost per call', 'calls cost', 'more', 'less', 'as much'],
  refusal: ['Refusals', 'refusals'],
  partial_refusal: ['Partial refusals', 'partial refusals'],
  empty: ['Empty answers', 'empty answers'],
  truncated: ['Truncated answers', 'truncated answers'],
  repetition: ['Repetition', 'answers repeat themselves', 'more', 'less', 'as much'],
  compressibility: ['Redundancy', 'answers are', 'more redundant', 'less redundant'],
  readability: ['Reading ease', 'answers are', 'easier to read', 'harder to read'],
  hedging: ['Hedging', 'answers hedge', 'more', 'less', 'as much'],
  tone: ['Tone', 'the tone is', 'more positive', 'more negative'],
  json_like: ['JSON answers', 'JSON answers'],
  json_valid: ['Valid JSON', 'valid JSON answers'],
  code_fences: ['Code blocks', 'answers hold', 'more code', 'less code', 'as much code'],
  toxicity: ['Toxic answers', 'toxic answers'],
  pii: ['Personal data in answers', 'answers hold', 'more personal data', 'less personal data'],
  prompt_pii: ['Personal data in prompts', 'prompts hold', 'more personal data', 'less personal data'],
  language_mismatch: ['Wrong language', 'answers in the wrong language'],
  language: ['Response language', 'answer languages'],
  prompt_language: ['Prompt language', 'prompt languages'],
  relevance: ['Relevance', 'answers are', 'closer to the prompt', 'further from the prompt'],
};

/** Words of a signal; a score or a signal unknown to this page is spoken of by its own name. */
export function signalWords(signal: string): SignalWords {
  const entry = WORDS[signal];
  if (entry) {
    const [label, subject, up = 'higher', down = 'lower', times = ''] = entry;
    return { label, subject, up, down, times };
  }
  if (signal.startsWith(SCORE_PREFIX)) {
    const name = signal.slice(SCORE_PREFIX.length);
    return {
      label: `Score “${name}”`,
      subject: `the score “${name}” is`,
      up: 'higher',
      down: 'lower',
      times: '',
    };
  }
  return { label: signal, subject: `${signal} is`, up: 'higher', down: 'lower', times: '' };
}

/** Unit of a signal as it is shown: a rate, and a score that is only 0 or 1, is a share. */
export function unitOf(signal: string, isRate: boolean): string {
  return isRate ? 'share' : knownSpec(signal).unit;
}

/** The registry's entry; for a name that this build does not know, a plain one instead of an exception. */
export function knownSpec(signal: string): SignalSpec {
  try {
    return signalSpec(signal);
  } catch {
    return { ...signalSpec(SCORE_PREFIX), name: signal, unit: '', family: 'drift', meaning: '' };
  }
}

const FAMILIES = {
  degradation: 'Degradation',
  drift: 'Drift',
  bias: 'Bias',
  cost: 'Cost and capacity',
} as const;

/** Families in order of display with their headings. */
export const FAMILY_LABELS = Object.entries(FAMILIES) as readonly [keyof typeof FAMILIES, string][];
