import { AppError } from '../../core/errors.ts';
import type { Inference } from '../../core/inference.ts';
import { promptText } from '../../core/prompt-text.ts';
import type { Format } from '../formats/format.ts';
import { createFormatCheck, type FormatVerdict } from '../formats/format-check.ts';
import { createCompressibility } from './compressibility.ts';
import { costMicroUsd } from './cost.ts';
import { jsonFormat } from './json-format.ts';
import { language, languageMismatch } from './language.ts';
import { createLooping } from './looping.ts';
import { empty, tokensPerSecond, truncated } from './outcome.ts';
import { piiCount } from './pii.ts';
import { createPriceFinder, type PriceTable } from './prices.ts';
import { type Refusal, refusal } from './refusal.ts';
import { createRepetition } from './repetition.ts';
import { createScanner } from './scan.ts';
import { hedging, readability, tone } from './style.ts';
import type { TextScan } from './text-scan.ts';
import { toolCallInvalid } from './tool-calls.ts';
import { unsupportedNumbers } from './unsupported-numbers.ts';

/** Signals of one inference, by column. Null: not measurable, or not enabled. Flags are 0 or 1. */
export interface ComputedSignals {
  error: number | null;
  tokens_per_second: number | null;
  cost_micro_usd: number | null;
  prompt_characters: number | null;
  prompt_pii: number | null;
  prompt_language: string | null;
  response_characters: number | null;
  response_words: number | null;
  response_sentences: number | null;
  refusal: number | null;
  partial_refusal: number | null;
  empty: number | null;
  truncated: number | null;
  repetition: number | null;
  compressibility: number | null;
  readability: number | null;
  hedging: number | null;
  tone: number | null;
  json_like: number | null;
  json_valid: number | null;
  code_fences: number | null;
  toxicity: number | null;
  pii: number | null;
  language: string | null;
  language_mismatch: number | null;
  looping: number | null;
  format_valid: number | null;
  format_fault: string | null;
  tool_call_invalid: number | null;
  unsupported_numbers: number | null;
}

export interface SignalsOptions {
  /** `error` is always there. */
  readonly enabled: 'all' | 'none' | readonly string[];
  readonly prices: PriceTable;
  /** What responses have to look like; absent: nothing. */
  readonly formats?: readonly Format[];
}

/** Shorter texts cannot repeat themselves: 0 would say that they are better than long ones. */
const REPETITION_TOKENS_MIN = 10;
const COMPRESSIBLE_LENGTH_MIN = 100;

type Name = keyof ComputedSignals;
type Measure<Subject> = (subject: Subject) => number | string | null;
type Table<Subject> = Readonly<Record<string, Measure<Subject>>>;

/** A text that was sent, with what was read from it. What costs much is read when it is first asked for. */
interface Reading {
  readonly text: string;
  readonly scan: TextScan;
  language: string | null | undefined;
  refusal: Refusal | undefined;
}

const BLANK: Readonly<ComputedSignals> = {
  error: null,
  tokens_per_second: null,
  cost_micro_usd: null,
  prompt_characters: null,
  prompt_pii: null,
  prompt_language: null,
  response_characters: null,
  response_words: null,
  response_sentences: null,
  refusal: null,
  partial_refusal: null,
  empty: null,
  truncated: null,
  repetition: null,
  compressibility: null,
  readability: null,
  hedging: null,
  tone: null,
  json_like: null,
  json_valid: null,
  code_fences: null,
  toxicity: null,
  pii: null,
  language: null,
  language_mismatch: null,
  looping: null,
  format_valid: null,
  format_fault: null,
  tool_call_invalid: null,
  unsupported_numbers: null,
};

/**
 * A function of the signals of one inference (docs/signals.md has their meaning and cost). It needs no text: what
 * was not sent gives null. A failed call has no response signals. Linear in the text, of which at most 256 Ki
 * UTF-16 code units of each side are read; it keeps its buffers, so make one and use it for all.
 *
 * @throws AppError `invalid_input` when `enabled` names a signal that does not exist
 */
export function createSignals({
  enabled,
  prices,
  formats = [],
}: SignalsOptions): (inference: Inference) => ComputedSignals {
  const isOn = checked(enabled);
  const call = chosen(callTable(prices), isOn);
  const ofBoth = chosen(BOTH, isOn);
  const ofFormat = chosen(FORMAT, isOn);
  const checkFormat = createFormatCheck(formats);
  const ofPrompt = chosen(PROMPT, isOn);
  const ofResponse = chosen(responseTable(), isOn);
  const [scanPrompt, scanResponse] = [createScanner(), createScanner()];
  const needsPrompt = ofPrompt.length > 0 || isOn('language_mismatch');
  const needsResponse = ofResponse.length > 0 || isOn('language_mismatch') || isOn('empty');

  return (inference) => {
    const signals: ComputedSignals = { ...BLANK, error: inference.status === 'error' ? 1 : 0 };
    measure(signals, call, inference);
    const prompt = needsPrompt ? read(promptText(inference), scanPrompt) : undefined;
    if (prompt) measure(signals, ofPrompt, prompt);
    if (signals.error === 1) return signals;
    const response = needsResponse ? read(inference.response, scanResponse) : undefined;
    if (response) measure(signals, ofResponse, response);
    measure(signals, ofBoth, { inference, prompt, response });
    if (formats.length > 0) measure(signals, ofFormat, checkFormat(inference));
    return signals;
  };
}

function callTable(prices: PriceTable): Table<Inference> {
  const findPrice = createPriceFinder(prices);
  return {
    cost_micro_usd: (call) => {
      const isPriced = call.cost_usd === undefined && call.input_tokens !== undefined;
      return costMicroUsd(call, isPriced ? findPrice(call.model, call.version) : undefined);
    },
    tokens_per_second: (call) => (call.status === 'error' ? null : tokensPerSecond(call)),
  };
}

const PROMPT: Table<Reading> = {
  prompt_characters: ({ scan }) => scan.characters,
  prompt_pii: ({ text }) => piiCount(text),
  prompt_language: languageOf,
};

/** What needs more than one side, or the record as well. */
const BOTH: Table<{ inference: Inference; prompt: Reading | undefined; response: Reading | undefined }> = {
  truncated: ({ inference }) => truncated(inference),
  tool_call_invalid: ({ inference }) => toolCallInvalid(inference),
  unsupported_numbers: ({ inference }) => unsupportedNumbers(inference),
  empty: ({ inference, response }) => empty(inference, response?.scan.hasVisible ?? false),
  language_mismatch: ({ prompt, response }) =>
    prompt && response ? languageMismatch(languageOf(prompt), languageOf(response)) : null,
};

const FORMAT: Table<FormatVerdict> = {
  format_valid: ({ format_valid }) => format_valid,
  format_fault: ({ format_fault }) => format_fault,
};

function responseTable(): Table<Reading> {
  const repetition = createRepetition();
  const compressibility = createCompressibility();
  const looping = createLooping();
  return {
    response_characters: ({ scan }) => scan.characters,
    response_words: ({ scan }) => scan.words,
    response_sentences: ({ scan }) => scan.sentences,
    refusal: (response) => (refusalOf(response) === 'full' ? 1 : 0),
    partial_refusal: (response) => (refusalOf(response) === 'partial' ? 1 : 0),
    repetition: ({ scan }) =>
      scan.tokens < REPETITION_TOKENS_MIN ? null : repetition(scan.tokenHashes, scan.tokens),
    looping: ({ scan }) => (looping(scan) ? 1 : 0),
    compressibility: ({ scan }) =>
      scan.length < COMPRESSIBLE_LENGTH_MIN ? null : compressibility(scan.codes, scan.length),
    readability: (response) => (languageOf(response) === 'en' ? readability(response.scan) : null),
    hedging: (response) => (mayBeEnglish(response) ? hedging(response.scan) : null),
    tone: (response) => (mayBeEnglish(response) ? tone(response.scan) : null),
    json_like: ({ scan, text }) => jsonFormat(text, scan.fenceMarks).json_like,
    json_valid: ({ scan, text }) => jsonFormat(text, scan.fenceMarks).json_valid,
    code_fences: ({ scan }) => Math.ceil(scan.fenceMarks / 2),
    toxicity: ({ scan }) => (scan.isToxic ? 1 : 0),
    pii: ({ text }) => piiCount(text),
    language: languageOf,
  };
}

function read(text: string | undefined, scan: (text: string) => TextScan): Reading | undefined {
  return text === undefined ? undefined : { text, scan: scan(text), language: undefined, refusal: undefined };
}

function languageOf(reading: Reading): string | null {
  if (reading.language === undefined) reading.language = language(reading.scan, reading.text);
  return reading.language;
}

/** Too short to tell counts as English: "Great, thanks!" has a tone. */
function mayBeEnglish(reading: Reading): boolean {
  const language = languageOf(reading);
  return language === 'en' || language === null;
}

function refusalOf(response: Reading): Refusal {
  response.refusal ??= refusal(response.text, response.scan);
  return response.refusal;
}

function measure<Subject>(
  signals: ComputedSignals,
  table: readonly (readonly [Name, Measure<Subject>])[],
  subject: Subject,
): void {
  const values = signals as unknown as Record<string, number | string | null>;
  for (const [name, of] of table) values[name] = of(subject);
}

function chosen<Subject>(table: Table<Subject>, isOn: (name: string) => boolean): [Name, Measure<Subject>][] {
  return Object.entries(table).filter(([name]) => isOn(name)) as [Name, Measure<Subject>][];
}

function checked(enabled: SignalsOptions['enabled']): (name: string) => boolean {
  if (enabled === 'all') return () => true;
  const names = new Set<string>(enabled === 'none' ? [] : enabled);
  const unknown = [...names].filter((name) => !(name in BLANK));
  if (unknown.length > 0) {
    const known = Object.keys(BLANK).join(', ');
    throw new AppError('invalid_input', `no signal named ${unknown.join(', ')}; there are ${known}`, {
      unknown,
    });
  }
  return (name) => names.has(name);
}
