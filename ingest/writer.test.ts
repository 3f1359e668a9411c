import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { AppError } from '../core/errors.ts';
import { type CheckedBlock, createBlock } from './block.ts';
import { createWriter, type Writer, type WriterOptions } from './writer.ts';

const OPTIONS = {
  commitRowsMax: 10,
  commitBytesMax: 1e6,
  commitWaitMs: 5,
  queueRowsMax: 100,
  queueBytesMax: 1e6,
  insertsMax: 1,
};

let writer: Writer | null = null;
afterEach(() => writer?.stop());

function start(insertBlock: WriterOptions['insertBlock'], options: Partial<WriterOptions> = {}): Writer {
  writer = createWriter({ ...OPTIONS, insertBlock, ...options });
  writer.start();
  return writer;
}

function block(...ids: string[]): CheckedBlock {
  const lines = ids.map((id) => `{"id":"${id}"}\n`);
  const offsets = lines.map((_, index) => lines.slice(0, index).join('').length);
  return createBlock({
    lines: Buffer.from(lines.join('')),
    offsets,
    ids,
    projects: ids.map(() => 'p'),
    timestampsMs: ids.map((_, index) => index),
  });
}

const idsIn = (inserted: CheckedBlock): string[] =>
  Buffer.from(inserted.lines)
    .toString()
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line).id);

const unavailable = new AppError('upstream_unavailable', 'the store is away');
const refusal = new AppError('invalid_input', 'the store refused a row');

describe('group commit', () => {
  it('stores what comes together in one insert, and answers after it', async () => {
    const groups: string[][] = [];
    let isStored = false;
    const { submit } = bound(
      start(async (inserted) => {
        groups.push(idsIn(inserted));
        expect(inserted.ids).toEqual(idsIn(inserted));
        await sleep(5);
        isStored = true;
      }),
    );
    const answers = await Promise.all([submit(block('a', 'b')), submit(block()), submit(block('c'))]);
    expect(isStored).toBe(true);
    expect(answers).toEqual([[], [], []]);
    expect(groups).toEqual([['a', 'b', 'c']]);
  });

  it('begins an insert at the number of rows without waiting', async () => {
    const groups: number[] = [];
    const { submit } = bound(
      start(async ({ rows }) => void groups.push(rows), { commitRowsMax: 3, commitWaitMs: 60_000 }),
    );
    await Promise.all([submit(block('a')), submit(block('b')), submit(block('c'))]);
    expect(groups).toEqual([3]);
  });

  it('has no more inserts in flight than it may', async () => {
    let [now, most] = [0, 0];
    const { submit } = bound(
      start(
        async () => {
          most = Math.max(most, ++now);
          await sleep(2);
          now--;
        },
        { commitRowsMax: 1, insertsMax: 2 },
      ),
    );
    await Promise.all(Array.from({ length: 20 }, (_, index) => submit(block(String(index)))));
    expect(most).toBe(2);
  });

  it('stores what waits when it is stopped, and takes nothing after', async () => {
    const stored: string[] = [];
    const started = start(async (inserted) => void stored.push(...idsIn(inserted)), { commitWaitMs: 60_000 });
    const answer = started.submit(block('a'));
    await started.stop();
    await answer;
    expect(stored).toEqual(['a']);
    await expect(started.submit(block('b'))).rejects.toMatchObject({ code: 'upstream_unavailable' });
  });
});

describe('bounds', () => {
  it('are kept: what is too much is asked to come back, and comes in when there is room', async () => {
    let release: () => void = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const started = start(() => gate, { queueRowsMax: 3, commitRowsMax: 2 });
    const first = started.submit(block('a', 'b'));
    const second = started.submit(block('c'));
    await expect(started.submit(block('d'))).rejects.toMatchObject({
      code: 'overloaded',
      context: { retryAfterMs: expect.any(Number), queuedRows: 3 },
    });
    expect(started.stats()).toMatchObject({ queuedRows: 3, insertsInFlight: 1 });
    release();
    await Promise.all([first, second]);
    await started.submit(block('d'));
    expect(started.stats()).toMatchObject({
      queuedRows: 0,
      queuedBytes: 0,
      insertedRows: 4,
      insertsInFlight: 0,
    });
  });

  it('let one block through that is above them alone', async () => {
    const started = start(async () => {}, { queueRowsMax: 1 });
    await expect(started.submit(block('a', 'b'))).resolves.toEqual([]);
  });
});

describe('an insert that fails', () => {
  it('fails everybody in it, and nobody after it', async () => {
    let isAway = true;
    const { submit } = bound(
      start(async () => {
        if (isAway) throw unavailable;
      }),
    );
    const answers = await Promise.allSettled([submit(block('a')), submit(block('b'))]);
    expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    isAway = false;
    await expect(submit(block('a'))).resolves.toEqual([]);
  });

  it('for a row that the store refuses harms that row only', async () => {
    const stored: string[] = [];
    const started = start(async (inserted) => {
      const ids = idsIn(inserted);
      if (ids.some((id) => id.startsWith('bad'))) throw refusal;
      stored.push(...ids);
    });
    const answers = await Promise.all([
      started.submit(block('a', 'bad1', 'b', 'c', 'bad2')),
      started.submit(block('d')),
    ]);
    const reason = 'the store does not take it';
    expect(answers).toEqual([
      [
        { row: 1, reason },
        { row: 4, reason },
      ],
      [],
    ]);
    expect(stored.sort()).toEqual(['a', 'b', 'c', 'd']);
    expect(started.stats()).toMatchObject({ insertedRows: 4, queuedRows: 0 });
  });

  it('for very many rows gives up on that block, not on its neighbours', async () => {
    const ids = Array.from({ length: 90 }, (_, index) => `bad${index}`);
    const { submit } = bound(
      start(async (inserted) => {
        if (idsIn(inserted).some((id) => id.startsWith('bad'))) throw refusal;
      }),
    );
    const [bad, good] = await Promise.allSettled([submit(block(...ids)), submit(block('d'))]);
    expect([bad?.status, good?.status]).toEqual(['rejected', 'fulfilled']);
  });
});

function bound(started: Writer): Pick<Writer, 'submit'> {
  return { submit: (some) => started.submit(some) };
}
