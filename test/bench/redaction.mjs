// Precision and recall of the detectors on test/golden/redaction, and what redaction costs: MB/s over real texts against the
// scan that the signals share, and µs a record against JSON.parse, in one run. `npm run bench -- redaction [ROUNDS]`.
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { findPersonalData } from '../../dist/ingest/redact/find.js';
import { DEFAULT_POLICY } from '../../dist/ingest/redact/policy.js';
import { createRedactor } from '../../dist/ingest/redact/redactor.js';
import { createScanner } from '../../dist/ingest/signals/scan.js';
import { readGolden, scoreOf } from '../support/redaction-score.mjs';

const TEXTS = 500;
const CHARACTERS = 1400;

export async function bench([rounds = '20']) {
  for (const half of ['tune', 'final']) printScores(half, scoreOf(readGolden(half), findPersonalData));
  const redactor = createRedactor({ ...DEFAULT_POLICY, key: 'of the benchmark' }, () => performance.now());
  const scan = createScanner();
  for (const [name, texts] of Object.entries(samples())) {
    const lines = texts.map((text, index) => JSON.stringify(record(text, index)));
    const records = lines.map((line) => JSON.parse(line));
    const responses = records.map(({ response }) => response);
    const bytes = responses.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
    const us = (work) => medianUs(Number(rounds), work);
    const [find, scanned] = [
      us(() => responses.map(findPersonalData)),
      us(() => responses.map((text) => scan(text).words)),
    ];
    const redact = us(() => records.map((each) => redactor.inference(each, 'default')));
    const parse = us(() => lines.map((line) => JSON.parse(line)));
    console.log(
      `${name}: find ${(bytes / find).toFixed(0)} MB/s, scan of the signals ${(bytes / scanned).toFixed(0)} MB/s, ratio ${(scanned / find).toFixed(1)}; ` +
        `a record of 1.7 kB ${(redact / TEXTS).toFixed(2)} µs, JSON.parse ${(parse / TEXTS).toFixed(2)} µs, ratio ${(redact / parse).toFixed(2)}`,
    );
  }
}

function printScores(half, scores) {
  for (const [kind, { labelled, found, findings, right }] of Object.entries(scores).sort()) {
    const share = (part, whole) =>
      `${part}/${whole}`.padStart(9) + (whole > 0 ? ` ${(part / whole).toFixed(3)}` : '      ');
    console.log(
      `${half.padEnd(6)} ${kind.padEnd(12)} recall ${share(found, labelled)}  precision ${share(right, findings)}`,
    );
  }
}

/** Prose of our own, answers of a model about numbers (LLMDrift, Apache-2.0), and prose with something in each text. */
function samples() {
  const prose = readFileSync(new URL('signals-prose.txt', import.meta.url), 'utf8').split('\n\n');
  const answers = gunzipSync(readFileSync(new URL('../../demo/llmdrift_prime.jsonl.gz', import.meta.url)))
    .toString()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).response)
    .filter((response) => response.length > 300);
  const long = (parts) =>
    Array.from({ length: TEXTS }, (_, index) => {
      let text = '';
      for (let part = index; text.length < CHARACTERS; part++)
        text += `${parts[(part * 7) % parts.length]}\n\n`;
      return text.slice(0, CHARACTERS);
    });
  const found = readGolden('tune').filter(({ spans }) => spans.length > 0);
  const withFindings = long(prose).map(
    (text, index) => `${text.slice(0, 1300)}\n${found[index % found.length].text}`,
  );
  return { prose: long(prose), numbers: long(answers), 'something in each': withFindings };
}

function record(response, index) {
  return {
    id: `0192f0c1-0000-7000-8000-${String(index).padStart(12, '0')}`,
    timestamp: '2026-11-22T10:00:00.123Z',
    provider: 'openai',
    model: 'gpt-4',
    version: '0613',
    user: `u-${index}`,
    session: `session-${index}`,
    prompt: 'Is it so? Think step by step, and then answer with yes or no.',
    response,
    finish_reason: 'stop',
    latency_ms: 812.5,
    attributes: { region: 'eu-central', tier: 'free' },
  };
}

/** Middle of the rounds, µs of processor time for all; the first rounds are the compiler's. */
function medianUs(rounds, work) {
  const times = Array.from({ length: rounds + 5 }, () => {
    const start = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(start);
    return user + system;
  });
  return times.slice(5).sort((a, b) => a - b)[rounds >> 1];
}
