import { describe, expect, it } from 'vitest';
import { type CheckOptions, createCheck, toCheckResult } from './check-block.ts';
import { DEFAULT_POLICY, type RedactionSetup } from './redact/policy.ts';
import { createSignals } from './signals/compute.ts';
import { loadPrices } from './signals/prices.ts';

const NOW = new Date('2026-11-22T12:00:00.000Z');
const OPTIONS: Omit<CheckOptions, 'redaction'> = {
  recordBytesMax: 10_000,
  rowsMax: 1000,
  rejectionsMax: 5,
  timestampAheadMaxMs: 86_400_000,
  destination: 'store',
};
const signals = createSignals({
  enabled: ['pii', 'prompt_pii', 'response_characters'],
  prices: loadPrices(),
});

function run(
  body: string,
  setup: Partial<RedactionSetup> | null = {},
  kind: 'inference' | 'score' = 'inference',
) {
  const redaction = setup && { ...DEFAULT_POLICY, key: 'a key of the tests', ...setup };
  const check = createCheck({ ...OPTIONS, redaction }, (inference) => ({ ...signals(inference) }));
  const result = toCheckResult(check(Buffer.from(body), { kind, now: NOW }));
  const text = Buffer.from(result.block.lines).toString('utf8');
  const lines = text.split('\n').slice(0, -1);
  return { ...result, text, lines, rows: lines.map((line) => JSON.parse(line)) };
}

const record = (fields: object): string =>
  JSON.stringify({ timestamp: '2026-11-22T10:00:00Z', model: 'm', ...fields });
const WITH_MAIL = record({
  prompt: 'Mail a@example.com and b@example.com',
  response: 'Sent to a@example.com.',
});

describe('redaction in the check', () => {
  it('leaves the bytes of a record in which nothing is found, and its id, as they were', () => {
    const line = '{ "timestamp":"2026-11-22T10:00:00Z", "model":"m",  "response":"\\u0079es, 42" }';
    const [on, off] = [run(line), run(line, null)];
    expect(on.text).toBe(off.text);
    expect(on.text.startsWith(line.slice(0, -1))).toBe(true);
  });

  it('keeps nothing of what was found, and counts it', () => {
    const { text, rows } = run(WITH_MAIL);
    expect(text).not.toContain('example.com');
    expect(rows[0]).toMatchObject({
      prompt: 'Mail [email:masked] and [email:masked]',
      pii: 1,
      prompt_pii: 2,
      response_characters: 'Sent to [email:masked].'.length,
    });
    expect(run(WITH_MAIL, null).rows[0]).toMatchObject({ pii: 1, prompt_pii: 2 });
  });

  it('done again by a writer changes neither id, nor texts, nor signals', () => {
    const first = run(WITH_MAIL).rows[0];
    const { received_at: _, bytes: __, pii, prompt_pii, response_characters, error, ...sent } = first;
    const [again] = run(JSON.stringify(sent)).rows;
    expect(again).toMatchObject({ ...sent, pii, prompt_pii, response_characters, error });
  });

  it('gives records that differ only in what is gone ids of their own, which say nothing without the key', () => {
    const idOf = (prompt: string, key = 'a key of the tests') =>
      run(record({ prompt }), { key }).block.ids[0];
    expect(idOf('Mail a@example.com')).toBe(idOf('Mail a@example.com'));
    expect(idOf('Mail a@example.com')).not.toBe(idOf('Mail b@example.com'));
    expect(idOf('Mail a@example.com')).not.toBe(idOf('Mail a@example.com', 'another key of the tests'));
    expect(idOf('Mail nobody')).toBe(idOf('Mail nobody', 'another key of the tests'));
  });

  it('refuses a record that it cannot redact, and only that one, without repeating it', () => {
    // Each pass makes a place for the next match: it does not come to rest.
    const patterns = [{ name: 'chain', source: String.raw`(?<=^|\])x`, flags: '' }];
    const bad = record({ id: 'bad', response: 'xxxxxxxxxxxxxxxxxx' });
    const { block, rejections, text } = run(`${record({ id: 'a' })}\n${bad}\n${record({ id: 'b' })}`, {
      patterns,
    });
    expect(block.ids).toEqual(['a', 'b']);
    expect(text).not.toContain('xxx');
    expect(rejections).toEqual([
      { index: 1, field: '', reason: expect.stringContaining('could not be redacted') },
    ]);
    expect(JSON.stringify(rejections)).not.toContain('xxx');
  });

  it('is done in each project as its policy says', () => {
    const body = [
      record({ response: 'a@example.com', project: 'p' }),
      record({ response: 'a@example.com' }),
    ].join('\n');
    const { rows } = run(body, { projects: { p: { email: 'keep' }, default: { email: 'drop' } } });
    expect(rows.map(({ response }) => response)).toEqual(['a@example.com', '[email:dropped]']);
  });

  it('is done in scores', () => {
    const score = JSON.stringify({ inference_id: 'a', name: 'x', value: 1, comment: 'by a@example.com' });
    expect(run(score, {}, 'score').rows[0]).toMatchObject({
      inference_id: 'a',
      comment: 'by [email:masked]',
    });
  });
});
