import { JUDGE_BIAS_PREFIX, QUALITY_PREFIX } from './judged-signals.ts';
import { DISPARITY_PREFIX, FALSE_POSITIVE_PREFIX, SCORE_PREFIX, TRUE_POSITIVE_PREFIX } from './signals.ts';
import { BUDGET_PREFIX } from './spend-budget.ts';

/** How people speak of one signal, the same in terminal, page and message. */
export interface SignalWords {
  /** Name in headings: `Response length`. */
  readonly label: string;
  /** What is said to be so: `responses are`. Of a rate: what rises or falls: `refusals`. */
  readonly subject: string;
  /** After "40 %" or alone: `longer`. Not used for rates. */
  readonly up: string;
  readonly down: string;
  /** After "3 ×": `as long`; empty where a multiple says nothing, as on a scale with negative values. */
  readonly times: string;
}

type Entry = readonly [label: string, subject: string, up?: string, down?: string, times?: string];

const LENGTH = ['longer', 'shorter', 'as long'] as const;
const DURATION = ['longer', 'less time', 'as long'] as const;
const AMOUNT = ['more', 'less', 'as much'] as const;

const WORDS: Readonly<Record<string, Entry>> = {
  inferences: ['Inferences', 'inferences arrive', 'more often', 'no more'],
  judgements: ['Judgements', 'windows are judged', 'more often', 'no more'],
  error: ['Errors', 'errors'],
  latency_ms: ['Latency', 'responses take', ...DURATION],
  time_to_first_token_ms: ['Time to first token', 'first tokens take', ...DURATION],
  queue_ms: ['Queueing', 'requests queue for', ...DURATION],
  tokens_per_second: ['Tokens per second', 'tokens come', 'faster', 'slower', 'as fast'],
  response_characters: ['Response length', 'responses are', ...LENGTH],
  response_words: ['Words per response', 'responses are', ...LENGTH],
  response_sentences: ['Sentences per response', 'responses are', ...LENGTH],
  output_tokens: ['Output tokens', 'responses are', ...LENGTH],
  prompt_characters: ['Prompt length', 'prompts are', ...LENGTH],
  input_tokens: ['Input tokens', 'prompts are', ...LENGTH],
  cached_tokens: ['Cached tokens', 'the cache serves', ...AMOUNT],
  cost_micro_usd: ['Cost per call', 'calls cost', ...AMOUNT],
  refusal: ['Refusals', 'refusals'],
  partial_refusal: ['Partial refusals', 'partial refusals'],
  empty: ['Empty responses', 'empty responses'],
  truncated: ['Truncated responses', 'truncated responses'],
  repetition: ['Repetition', 'responses repeat themselves', ...AMOUNT],
  compressibility: ['Redundancy', 'responses are', 'more redundant', 'less redundant'],
  readability: ['Reading ease', 'responses are', 'easier to read', 'harder to read'],
  hedging: ['Hedging', 'responses hedge', ...AMOUNT],
  tone: ['Tone', 'the tone is', 'more positive', 'more negative'],
  json_like: ['JSON responses', 'JSON responses'],
  json_valid: ['Valid JSON', 'valid JSON responses'],
  code_fences: ['Code blocks', 'responses hold', 'more code', 'less code', 'as much code'],
  toxicity: ['Toxic responses', 'toxic responses'],
  pii: ['Personal data in responses', 'responses hold', 'more personal data', 'less personal data'],
  prompt_pii: ['Personal data in prompts', 'prompts hold', 'more personal data', 'less personal data'],
  language_mismatch: ['Wrong language', 'responses in the wrong language'],
  language: ['Response language', 'response languages'],
  prompt_language: ['Prompt language', 'prompt languages'],
  finish_reason: ['Finish reason', 'finish reasons'],
  error_type: ['Kinds of error', 'kinds of error'],
  provider: ['Provider', 'providers'],
  prompt_template: ['Prompt version', 'prompt versions'],
  prompt_distance: [
    'Novelty of prompts',
    'prompts are',
    'further from the usual topics',
    'closer to the usual topics',
  ],
  prompt_topic: ['Prompt topics', 'prompt topics'],
  prompt_cell: ['Topics and novelty of prompts', 'prompt topics'],
  response_distance: [
    'Novelty of responses',
    'responses are',
    'further from the usual topics',
    'closer to the usual topics',
  ],
  response_topic: ['Response topics', 'response topics'],
  response_cell: ['Topics and novelty of responses', 'response topics'],
  relevance: ['Relevance', 'responses are', 'closer to the prompt', 'further from the prompt'],
  looping: ['Loops', 'responses that end in a loop'],
  format_valid: ['Valid format', 'responses of the right format'],
  format_fault: ['Faults of format', 'faults of format'],
  tool_call_invalid: ['Broken tool calls', 'broken tool calls'],
  unsupported_numbers: [
    'Unsupported numbers',
    'numbers lack support in the context',
    'more often',
    'less often',
  ],
  groundedness: ['Groundedness', 'responses stand', 'closer to their context', 'further from their context'],
  jailbreak: ['Jailbreak attempts', 'prompts like a jailbreak'],
  injection: ['Injections', 'contexts with orders to the model'],
};

/** Words of a signal; a score, or a signal that this build does not know, is spoken of by its own name. */
export function signalWords(signal: string): SignalWords {
  const entry = Object.hasOwn(WORDS, signal) ? WORDS[signal] : undefined;
  if (entry) {
    const [label, subject, up = 'higher', down = 'lower', times = ''] = entry;
    return { label, subject, up, down, times };
  }
  if (signal.startsWith(BUDGET_PREFIX)) {
    const budget = `budget “${signal.slice(BUDGET_PREFIX.length)}”`;
    return { label: `B${budget.slice(1)}`, subject: `the ${budget}`, up: 'over', down: 'under', times: '' };
  }
  const judged = judgedWords(signal);
  if (judged) return judged;
  if (signal.startsWith(DISPARITY_PREFIX)) return signalWords(signal.slice(DISPARITY_PREFIX.length));
  const odds = oddsWords(signal);
  if (odds) return odds;
  const isScore = signal.startsWith(SCORE_PREFIX);
  const name = isScore ? `score “${signal.slice(SCORE_PREFIX.length)}”` : signal;
  return {
    label: isScore ? `S${name.slice(1)}` : name,
    subject: isScore ? `the ${name} is` : `${name} is`,
    up: 'higher',
    down: 'lower',
    times: '',
  };
}

function oddsWords(signal: string): SignalWords | null {
  const isTrue = signal.startsWith(TRUE_POSITIVE_PREFIX);
  if (!isTrue && !signal.startsWith(FALSE_POSITIVE_PREFIX)) return null;
  const { label, ...words } = signalWords(signal.slice(signal.indexOf(':') + 1));
  return { ...words, label: `${label} where the label says ${isTrue ? 'yes' : 'no'}` };
}

function judgedWords(signal: string): SignalWords | null {
  const isQuality = signal.startsWith(QUALITY_PREFIX);
  if (!isQuality && !signal.startsWith(JUDGE_BIAS_PREFIX)) return null;
  const label = signal.slice(signal.indexOf(':') + 1);
  return {
    label: isQuality ? `Judged quality “${label}”` : `Bias of the judge of “${label}”`,
    subject: isQuality ? `the judged quality “${label}” is` : `the judge of “${label}” is`,
    up: isQuality ? 'higher' : 'kinder than people',
    down: isQuality ? 'lower' : 'stricter than people',
    times: '',
  };
}
