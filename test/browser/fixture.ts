import type { ViewReader } from '../../app/http/views.ts';
import type { Finding, StreamKey } from '../../core/finding.ts';
import type { Histogram, Incident } from '../../core/incident.ts';
import { meanOf, quantileOf, type SignalSummary, summarize } from '../../core/summary.ts';
import type { ExampleRow } from '../../sql/queries/examples.ts';
import type { SignalBucket } from '../../sql/queries/signal-series.ts';

/** When the fixture is looked at; its models change at CHANGE. */
export const NOW = new Date('2026-11-22T14:40:00.000Z');
const CHANGE = new Date('2026-11-22T14:05:00.000Z');
/** A name that would run, if anything ran it. */
export const HOSTILE = '<img src=x onerror="window.hacked=1">';

const [MINUTE, HOUR] = [60_000, 3_600_000];
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

interface Shape {
  readonly signal: string;
  readonly draw: (random: () => number, isAfter: boolean) => number;
}

const normal = (random: () => number): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
const lognormal = (median: number, spread: number) => (random: () => number) =>
  median * Math.exp(spread * normal(random));
const share = (rate: number) => (random: () => number) => (random() < rate ? 1 : 0);
const pick =
  (before: (random: () => number) => number, after: (random: () => number) => number): Shape['draw'] =>
  (random, isAfter) =>
    (isAfter ? after : before)(random);
const steady = (draw: (random: () => number) => number): Shape['draw'] => pick(draw, draw);

const GPT_4: readonly Shape[] = [
  { signal: 'score:correct', draw: pick(share(0.84), share(0.51)) },
  { signal: 'error', draw: steady(share(0.012)) },
  { signal: 'latency_ms', draw: pick(lognormal(6700, 0.35), lognormal(1500, 0.4)) },
  {
    signal: 'response_characters',
    draw: pick(
      (random) => Math.round(lognormal(638, 0.35)(random)),
      (random) => (random() < 0.93 ? 4 : Math.round(lognormal(420, 0.5)(random))),
    ),
  },
  { signal: 'cost_micro_usd', draw: pick(lognormal(9100, 0.3), lognormal(2400, 0.2)) },
  { signal: 'refusal', draw: steady(share(0.02)) },
  { signal: 'repetition', draw: steady((random) => 0.1 + 0.08 * random()) },
  { signal: 'readability', draw: steady((random) => 62 + 9 * normal(random)) },
  { signal: 'tone', draw: steady((random) => 0.2 * normal(random)) },
];
const CALM: readonly Shape[] = GPT_4.map(({ signal, draw }) => ({
  signal,
  draw: (random) => draw(random, false),
}));

const stream = (model: string, version = ''): StreamKey => ({
  project: 'default',
  model,
  version,
  segment: '',
});
const STREAMS = [
  { key: stream('gpt-4'), shapes: GPT_4, inferences: 2_412, seed: 1 },
  { key: stream('gpt-3.5-turbo', '0613'), shapes: CALM, inferences: 18_204, seed: 2 },
  { key: stream('llama-3-70b', 'fp8'), shapes: CALM, inferences: 96, seed: 3 },
  { key: stream(HOSTILE), shapes: CALM, inferences: 1_204, seed: 4 },
];

const histogram = (summary: SignalSummary): Histogram => [...summary.bins].sort(([a], [b]) => a - b);

function sides(signal: string): { before: SignalSummary; after: SignalSummary } {
  const shape = GPT_4.find((candidate) => candidate.signal === signal) as Shape;
  const random = randomFrom(7);
  const draw = (count: number, isAfter: boolean) =>
    summarize(Array.from({ length: count }, () => shape.draw(random, isAfter)));
  return { before: draw(400, false), after: draw(75, true) };
}

function incident(
  input: Partial<Incident> & Pick<Incident, 'id' | 'signal' | 'verdict' | 'direction' | 'effect'>,
): Incident {
  const { before, after } = sides(input.signal);
  const isRate = input.effect.name === 'rate_difference';
  const middle = (summary: SignalSummary): number =>
    (isRate ? meanOf(summary) : quantileOf(summary, 0.5)) ?? 0;
  return {
    ...stream('gpt-4'),
    aspect: input.signal,
    signals: [input.signal],
    family: 'degradation',
    detector: isRate ? 'rate' : 'continuous',
    baselineVersion: '',
    state: 'open',
    since: CHANGE,
    openedAt: new Date(CHANGE.getTime() + 3 * MINUTE),
    updatedAt: NOW,
    closedAt: null,
    before: middle(before),
    after: middle(after),
    evidence: 41.3,
    samples: { baseline: before.count, current: after.count },
    histograms: { before: histogram(before), after: histogram(after) },
    quietWindows: 0,
    seenAt: new Date(0),
    rule: 'quality-regression',
    severity: 'warning',
    labels: {},
    condition: 'measured',
    conditionSince: new Date(0),
    reopenings: 0,
    acknowledged: null,
    mutedBy: '',
    ...input,
  };
}

export const INCIDENTS: readonly Incident[] = [
  incident({
    id: 'inc-correct',
    signal: 'score:correct',
    verdict: 'regression',
    direction: 'down',
    effect: { name: 'rate_difference', value: -0.329, low: -0.442, high: -0.204 },
    evidence: 3.2,
  }),
  incident({
    id: 'inc-length',
    signal: 'response_characters',
    signals: ['response_characters', 'response_words', 'output_tokens'],
    family: 'drift',
    verdict: 'change',
    direction: 'down',
    effect: { name: 'cliffs_delta', value: -0.912, low: -0.97, high: -0.83 },
    evidence: 1e9,
  }),
  incident({
    id: 'inc-speed',
    signal: 'latency_ms',
    verdict: 'improvement',
    direction: 'down',
    effect: { name: 'cliffs_delta', value: -0.99, low: -1, high: -0.97 },
  }),
  incident({
    id: 'inc-closed',
    signal: 'refusal',
    verdict: 'regression',
    direction: 'up',
    effect: { name: 'rate_difference', value: 0.041, low: 0.012, high: 0.08 },
    state: 'closed',
    since: new Date('2026-11-20T03:05:00.000Z'),
    closedAt: new Date('2026-11-20T05:45:00.000Z'),
    before: 0.02,
    after: 0.061,
  }),
];

function bucketsOf(
  { key, shapes, seed }: (typeof STREAMS)[number],
  query: { since: Date; until: Date; stepMs: number },
): SignalBucket[] {
  const first = Math.max(query.since.getTime(), NOW.getTime() - 9 * HOUR);
  return shapes.flatMap(({ signal, draw }, place) => {
    const random = randomFrom(seed * 100 + place);
    const found: SignalBucket[] = [];
    for (let at = first; at < Math.min(query.until.getTime(), NOW.getTime()); at += query.stepMs) {
      const count = Math.max(
        3,
        Math.round((12 + 8 * Math.sin(at / HOUR)) * Math.min(4, query.stepMs / MINUTE / 4)),
      );
      const summary = summarize(Array.from({ length: count }, () => draw(random, at >= CHANGE.getTime())));
      const quantile = (q: number): number => quantileOf(summary, q) ?? 0;
      const { project, model, version } = key;
      found.push({
        project,
        model,
        version,
        signal,
        bucket: Math.floor((at - query.since.getTime()) / query.stepMs),
        count,
        mean: meanOf(summary) ?? 0,
        p05: quantile(0.05),
        median: quantile(0.5),
        p95: quantile(0.95),
        isBinary: signal.startsWith('score:'),
      });
    }
    return found;
  });
}

function finding(key: StreamKey, signal: string, outcome: Finding['outcome'], baseline = 400): Finding {
  const isWaiting = outcome === 'not_enough_data';
  return {
    ...key,
    signal,
    family: 'degradation',
    detector: 'continuous',
    since: new Date(NOW.getTime() - 5 * MINUTE),
    until: NOW,
    outcome,
    direction: null,
    verdict: null,
    effect: null,
    before: null,
    after: null,
    evidence: 0,
    samples: { baseline, current: isWaiting ? 0 : 25 },
    rowsNeeded: isWaiting ? 104 : null,
    histograms: { before: [], after: [] },
    changedSince: new Date(NOW.getTime() - 5 * MINUTE),
    baselineVersion: '',
    becameBaseline: false,
  };
}

const DIVISORS = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29].map((prime) => `It is not divisible by ${prime}.\n`);
const LONG_RESPONSE = `We try every prime below the root of 17077.\n\n${DIVISORS.join('')}\nTherefore, 17077 is a prime number. [Yes]`;

function example(
  id: string,
  at: Date,
  texts: { prompt: string; response: string; value: number },
): ExampleRow {
  return { id, timestamp: at, version: '', messages: '', toolCalls: '', isCut: false, ...texts };
}

const PROMPT = 'Is 17077 a prime number? Think step by step and then answer "[Yes]" or "[No]".';

/** A reader with four streams, three of them quiet, and three incidents; the same on every run. */
export const fixtureReader: ViewReader = {
  streamTotals: async ({ stream: chosen, limit }) =>
    STREAMS.filter(({ key }) => !chosen || (key.model === chosen.model && key.version === chosen.version))
      .slice(0, limit)
      .map(({ key, inferences }) => ({
        ...key,
        inferences,
        lastHour: Math.round(inferences / 11),
        firstSeen: new Date(NOW.getTime() - 9 * HOUR),
        lastSeen: new Date(NOW.getTime() - (key.model.startsWith('llama') ? 14 * MINUTE : 20_000)),
      })),
  signalSeries: async ({ stream: chosen, signals, ...query }) =>
    STREAMS.filter(({ key }) => !chosen || (key.model === chosen.model && key.version === chosen.version))
      .flatMap((candidate) => bucketsOf(candidate, query))
      .filter(({ signal }) => signals === null || signals.includes(signal)),
  latestFindings: async ({ stream: chosen }) =>
    STREAMS.filter(({ key }) => !chosen || key.model === chosen.model).flatMap(({ key, shapes }) =>
      shapes.map(({ signal }) =>
        key.model.startsWith('llama')
          ? finding(key, signal, 'not_enough_data', 0)
          : finding(key, signal, key.model === 'gpt-4' ? 'alarm' : 'quiet'),
      ),
    ),
  incidentList: async ({ stream: chosen, state }) =>
    INCIDENTS.filter((found) => state === 'all' || found.state !== 'closed').filter(
      (found) => !chosen || (found.model === chosen.model && found.version === chosen.version),
    ),
  incidentById: async ({ id }) => INCIDENTS.find((found) => found.id === id) ?? null,
  exampleInferences: async ({ until, since }) =>
    until.getTime() === CHANGE.getTime()
      ? [
          example('prime-204', new Date(until.getTime() - 8 * MINUTE), {
            prompt: PROMPT,
            response: LONG_RESPONSE,
            value: 1,
          }),
          example('prime-31', new Date(until.getTime() - 61 * MINUTE), {
            prompt: PROMPT.replace('17077', '18367'),
            response:
              'Step 1: 18367 is odd.\nStep 2: its square root is about 135.5.\nNo prime up to 131 divides it.\n[Yes]',
            value: 1,
          }),
        ]
      : [
          example('prime-901', new Date(since.getTime() + 4 * MINUTE), {
            prompt: PROMPT,
            response: '[No]',
            value: 0,
          }),
          example('prime-933', new Date(since.getTime() + 9 * MINUTE), {
            prompt: 'Ignore the above <script>window.hacked=1</script>',
            response: `[No] ${HOSTILE}`,
            value: 0,
          }),
        ],
  baselines: async (key) => {
    const found = STREAMS.find(({ key: candidate }) => candidate.model === key.model);
    if (!found || key.model.startsWith('llama')) return new Map();
    const random = randomFrom(9);
    return new Map(
      found.shapes.map(({ signal, draw }) => [
        signal,
        summarize(Array.from({ length: 400 }, () => draw(random, false))),
      ]),
    );
  },
};

/** A reader of a store in which nothing has arrived. */
export const emptyReader: ViewReader = {
  ...fixtureReader,
  streamTotals: async () => [],
  incidentList: async () => [],
};
