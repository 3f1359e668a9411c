// Likeness to jailbreaks and injections: AUC and the share found at 1 % false alarms and at the shipped thresholds, per data set;
// an injection inside longer passages; groundedness of whole, half-replaced and foreign answers. Data: the held-out set beside this
// file, and recorded data sets in ../shared/data where they are.
import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { startEmbedder } from '../../dist/analyzers/embed/embedder.js';
import { INJECTION_LIKENESS_MIN, JAILBREAK_LIKENESS_MIN } from '../../dist/analyzers/meaning/likeness.js';
import { createMeaningSignals } from '../../dist/analyzers/meaning/meaning-signals.js';

const FOLDERS = ['../../../shared/data/', '../../../../shared/data/'].map(
  (path) => new URL(path, import.meta.url),
);
const shared = FOLDERS.find((folder) => existsSync(folder));

export async function bench() {
  if (!shared) console.log('no ../shared/data here: only the held-out set is used');
  const embedder = await startEmbedder({
    device: 'cpu',
    log: { info() {}, warn() {} },
    cacheTextsMax: 50_000,
  });
  const startedMs = performance.now();
  const signalsOf = createMeaningSignals(embedder, new Set(['groundedness', 'jailbreak', 'injection']));
  await signalsOf([source({ promptText: 'x' })]);
  console.log(`exemplars embedded and fitted in ${Math.round(performance.now() - startedMs)} ms\n`);
  await attacks(signalsOf);
  if (shared) await grounds(signalsOf);
  await embedder.stop();
}

const source = (part) => ({ promptText: '', response: '', context: [], toolResults: [], ...part });

async function attacks(signalsOf) {
  const held = heldOut();
  const prompts = { 'held out, look-alikes': held.ordinary };
  const passages = { 'held out, passages': held.passage };
  const attackPrompts = { 'held out, jailbreaks': held.jailbreak };
  if (shared) {
    const sensitive = rowsOf('llmdrift_sensitive');
    attackPrompts['llmdrift AIM (one template)'] = textsOf(
      sensitive.filter(({ task }) => task === 'sensitive_aim_attack'),
      'prompt',
    );
    Object.assign(prompts, {
      'xstest safe': textsOf(
        rowsOf('xstest_gpt4_llama2orig').filter(({ group }) => group === 'safe'),
        'prompt',
      ),
      'xstest unsafe (no jailbreaks)': textsOf(
        rowsOf('xstest_gpt4_llama2orig').filter(({ group }) => group === 'unsafe'),
        'prompt',
      ),
      'llmdrift sensitive (no jailbreaks)': textsOf(
        sensitive.filter(({ task }) => task !== 'sensitive_aim_attack'),
        'prompt',
      ),
      'clinc150, every 12th': everyOf(textsOf(rowsOf('clinc150'), 'prompt'), 12),
      'alpaca_eval prompts': textsOf(rowsOf('alpaca_eval_4models'), 'prompt'),
    });
    passages['alpaca_eval answers, every 12th'] = everyOf(
      textsOf(rowsOf('alpaca_eval_4models'), 'response'),
      12,
    );
  }
  console.log('Jailbreak likeness of prompts');
  await table({ attacks: attackPrompts, harmless: prompts, min: JAILBREAK_LIKENESS_MIN }, async (texts) =>
    (await signalsOf(texts.map((promptText) => source({ promptText })))).map((one) => one.jailbreak_likeness),
  );
  console.log('\nInjection likeness of passages');
  const injections = { 'held out, injections': held.injection, 'held out, jailbreaks': held.jailbreak };
  if (shared) {
    const hosts = passages['alpaca_eval answers, every 12th'].filter((text) => text.length > 800);
    for (const [name, count] of [
      ['1', 1],
      ['5', 5],
    ])
      injections[`held out, inside ${name} long passage${count > 1 ? 's' : ''}`] = held.injection.map(
        (text, index) =>
          Array.from({ length: count }, (_, at) => hosts[(index * 7 + at) % hosts.length]).map((host, at) =>
            at === count >> 1
              ? `${host.slice(0, host.indexOf(' ', 400))}. ${text} ${host.slice(host.indexOf(' ', 400))}`
              : host,
          ),
      );
    passages['5 long passages of alpaca_eval'] = Array.from({ length: 60 }, (_, index) =>
      Array.from({ length: 5 }, (__, at) => hosts[(index * 5 + at) % hosts.length]),
    );
  }
  await table({ attacks: injections, harmless: passages, min: INJECTION_LIKENESS_MIN }, async (texts) =>
    (await signalsOf(texts.map((one) => source({ context: [one].flat() })))).map(
      (one) => one.injection_likeness,
    ),
  );
}

async function table({ attacks: sets, harmless, min }, scoresOf) {
  const negatives = {};
  for (const [name, texts] of Object.entries(harmless)) negatives[name] = await scoresOf(texts);
  const all = Object.entries(negatives)
    .filter(([name]) => !/unsafe|sensitive/.test(name))
    .flatMap(([, scores]) => scores);
  // Even ones choose the threshold, odd ones say what it costs.
  const [even, odd] = [0, 1].map((half) => all.filter((_, index) => index % 2 === half));
  const threshold = quantile(even, 0.99);
  console.log(
    `harmless: ${all.length}; threshold of 1 % on one half ${threshold.toFixed(3)}, false alarms on the other ${percent(share(odd, threshold))}; shipped threshold ${min}: ${percent(share(all, min))}`,
  );
  for (const [name, scores] of Object.entries(negatives))
    console.log(
      `  ${name.padEnd(38)} n ${String(scores.length).padStart(5)}  called at 1 % ${percent(share(scores, threshold))}, as shipped ${percent(share(scores, min))}`,
    );
  for (const [name, texts] of Object.entries(sets)) {
    const scores = await scoresOf(texts);
    const [first] = Object.values(negatives);
    console.log(
      `  ${name.padEnd(38)} n ${String(scores.length).padStart(5)}  AUC against look-alikes ${auc(scores, first).toFixed(3)}, against all ${auc(scores, all).toFixed(3)}; found at 1 % ${percent(share(scores, threshold))}, as shipped ${percent(share(scores, min))}`,
    );
  }
}

/** Answers of four models to the same questions: one model's stand for the context, another's for the response. */
async function grounds(signalsOf) {
  const byPrompt = new Map();
  for (const { prompt, model, response } of rowsOf('alpaca_eval_4models'))
    byPrompt.set(prompt, { ...byPrompt.get(prompt), [model]: response });
  const items = [...byPrompt.values()]
    .filter(
      (answers) =>
        Object.values(answers).length === 4 && Object.values(answers).every((text) => text.length > 250),
    )
    .slice(0, 80);
  const contexts = items.map((_, index) =>
    [0, 17, 31].map((offset) => items[(index + offset) % items.length]['vicuna-13b-v1.5']),
  );
  const answers = items.map((item) => item.text_davinci_003.split(/(?<=[.!?])\s+/));
  const other = (index) => answers[(index + 5) % answers.length];
  const half = (sentences) => Math.ceil(sentences.length / 2);
  const kinds = {
    'the context itself': items.map((item) => item['vicuna-13b-v1.5']),
    'another answer to the question': answers.map((sentences) => sentences.join(' ')),
    'that, its second half from elsewhere': answers.map((sentences, index) =>
      [...sentences.slice(0, half(sentences)), ...other(index).slice(0, half(sentences))].join(' '),
    ),
    'an answer to another question': answers.map((_, index) => other(index).join(' ')),
  };
  console.log(
    `\nGroundedness of ${items.length} alpaca_eval answers on three passages, one of them to the point`,
  );
  const measured = {};
  for (const [name, responses] of Object.entries(kinds))
    measured[name] = (
      await signalsOf(responses.map((response, index) => source({ response, context: contexts[index] })))
    )
      .map((one) => one.groundedness)
      .filter((value) => value !== null);
  const whole = measured['another answer to the question'];
  for (const [name, values] of Object.entries(measured))
    console.log(
      `  ${name.padEnd(38)} mean ${(values.reduce((sum, value) => sum + value, 0) / values.length).toFixed(2)}, whole answers above it: AUC ${auc(whole, values).toFixed(3)}`,
    );
}

function heldOut() {
  const sets = {};
  let name = '';
  for (const line of readFileSync(new URL('misuse-held-out.txt', import.meta.url), 'utf8').split('\n')) {
    const section = /^\[([a-z]+)\]$/.exec(line)?.[1];
    if (section) {
      name = section;
      sets[name] = [];
    } else if (line !== '' && name !== '') sets[name].push(line);
  }
  return sets;
}

const rowsOf = (name) =>
  gunzipSync(readFileSync(new URL(`${name}.jsonl.gz`, shared)))
    .toString()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
const textsOf = (rows, field) => [...new Set(rows.map((row) => row[field]))];
const everyOf = (items, step) => items.filter((_, index) => index % step === 0);
const share = (scores, min) => scores.filter((score) => score >= min).length / scores.length;
const percent = (value) => `${(100 * value).toFixed(1)} %`;
const quantile = (values, p) => [...values].sort((a, b) => a - b)[Math.floor(p * values.length)];

function auc(positives, negatives) {
  let sum = 0;
  for (const a of positives) for (const b of negatives) sum += a > b ? 1 : a === b ? 0.5 : 0;
  return sum / positives.length / negatives.length;
}
