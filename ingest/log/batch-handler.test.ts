import type { KafkaMessage } from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../core/errors.ts';
import type { CheckedBlock } from '../block.ts';
import { type CheckOptions, createCheck, type RecordKind, toCheckResult } from '../check-block.ts';
import { type BatchDeps, createBatchHandler } from './batch-handler.ts';
import type { DeadLetter } from './dead-letters.ts';

const OPTIONS: CheckOptions = {
  recordBytesMax: 1_000,
  rowsMax: 100,
  rejectionsMax: 100,
  timestampAheadMaxMs: 864e5,
  destination: 'store',
  redaction: null,
};
const check = createCheck(OPTIONS, () => ({}));
const AT = '2026-11-24T10:00:00.000Z';
const record = (id: string) => JSON.stringify({ id, timestamp: AT, model: 'm' });
const score = (id: string) => JSON.stringify({ inference_id: id, name: 'correct', value: 1 });

function message(offset: number, lines: readonly string[], kind?: string): KafkaMessage {
  return {
    key: null,
    value: Buffer.from(lines.join('\n')),
    timestamp: String(Date.parse(AT) + offset),
    attributes: 0,
    offset: String(offset),
    headers: kind === undefined ? {} : { kind },
  };
}

/** The real check, in this thread, and a store that does as it is told. */
function handling(more: Partial<BatchDeps> = {}) {
  const stored: { kind: RecordKind; ids: readonly string[]; lines: string }[] = [];
  const letters: DeadLetter[] = [];
  const handle = createBatchHandler({
    check: async (body, job) => toCheckResult(check(body, job)),
    async submit(kind, block) {
      stored.push({ kind, ids: block.ids, lines: Buffer.from(block.lines).toString() });
      return [];
    },
    sendLetters: async (sent) => void letters.push(...sent),
    ...more,
  });
  const run = (messages: KafkaMessage[], signal = new AbortController().signal) =>
    handle({ topic: 'log', partition: 3, messages, isCaughtUp: true, signal });
  return { run, stored, letters };
}

const outage = new AppError('upstream_unavailable', 'the store is away');

describe('a batch of the log', () => {
  it('goes in as one block a kind, in order, inferences before scores, each received when the brokers got it', async () => {
    const { run, stored } = handling();
    expect(
      await run([
        message(1, [score('a')], 'score'),
        message(2, [record('a'), record('b')]),
        message(3, [record('c')]),
      ]),
    ).toBe(true);
    expect(stored.map(({ kind, ids }) => [kind, ids])).toEqual([
      ['inference', ['a', 'b', 'c']],
      ['score', ['a']],
    ]);
    const received = [...(stored[0]?.lines ?? '').matchAll(/"received_at":"([^"]+)"/g)].map(([, at]) => at);
    expect(received).toEqual([2, 2, 3].map((ms) => new Date(Date.parse(AT) + ms).toISOString()));
  });

  it('waits for a store that is away, and stores then', async () => {
    let attempts = 0;
    const blocks: CheckedBlock[] = [];
    const { run } = handling({
      async submit(_kind, block) {
        if (++attempts < 3) throw outage;
        blocks.push(block);
        return [];
      },
    });
    expect(await run([message(1, [record('a')])])).toBe(true);
    expect(blocks.map(({ ids }) => ids)).toEqual([['a']]);
  });

  it('answers false, so that nothing is committed, when it is told to let go while the store is away', async () => {
    const letGo = new AbortController();
    const { run } = handling({
      async submit() {
        letGo.abort();
        throw outage;
      },
    });
    expect(await run([message(1, [record('a')])], letGo.signal)).toBe(false);
  });

  it('makes a letter of the very row that the store refuses', async () => {
    const { run, letters } = handling({
      submit: async (_kind, block) =>
        block.ids.flatMap((id, row) => (id === 'c' ? [{ row, reason: 'the store does not take it' }] : [])),
    });
    expect(
      await run([message(4, ['{"broken', record('b')]), message(5, [record('a'), '', record('c')])]),
    ).toBe(true);
    expect(
      letters.map(({ bytes, origin }) => [Buffer.from(bytes).toString(), origin.offset, origin.index]),
    ).toEqual([
      ['{"broken', '4', 0],
      [record('c'), '5', 1],
    ]);
  });

  it('gives up a message that breaks the checking thread again and again, and only that', async () => {
    const { run, stored, letters } = handling({
      async check(body, job) {
        if (Buffer.from(body).includes('"bomb"'))
          throw new AppError('upstream_unavailable', 'the thread broke down');
        return toCheckResult(check(body, job));
      },
    });
    expect(await run([message(1, [record('bomb')]), message(2, [record('a')])])).toBe(true);
    expect(letters).toMatchObject([
      { reason: 'checking it breaks the thread that does', origin: { offset: '1', index: null } },
    ]);
    expect(stored.map(({ ids }) => ids)).toEqual([['a']]);
  });

  it('waits for the dead letters too', async () => {
    let attempts = 0;
    const { run } = handling({
      async sendLetters() {
        if (++attempts < 2) throw outage;
      },
    });
    expect(await run([message(1, ['not a record'])])).toBe(true);
    expect(attempts).toBe(2);
  });

  it('has letters for what it cannot even begin with', async () => {
    const { run, letters } = handling();
    const empty = { ...message(1, []), value: null };
    await run([empty, message(2, [record('a')], 'poem')]);
    expect(letters.map(({ reason }) => reason)).toEqual([
      'the message is empty',
      'its header names a kind of record that there is not',
    ]);
  });
});
