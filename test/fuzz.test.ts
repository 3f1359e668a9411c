import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { seededRandom } from '../core/seeded-random.ts';
import { BAD_RECORDS, BODIES, good, ODD_RECORDS } from './fuzz/hostile-bodies.ts';
import { type IntakeServer, recordingStore, startIntake } from './fuzz/intake-server.ts';
import { mutate } from './fuzz/mutate.ts';

// Whatever is sent, the service answers below 500, goes on, and stores the good records beside the bad ones.

const store = recordingStore();
let server: IntakeServer;
beforeAll(async () => {
  server = await startIntake(store);
});
afterAll(() => server.stop());
beforeEach(() => {
  store.rows.length = 0;
});

async function post(body: string | Buffer, headers: Record<string, string> = {}, path = '/v1/inferences') {
  const answer = await fetch(`${server.url}${path}`, { method: 'POST', body: body as BodyInit, headers });
  return { status: answer.status, headers: answer.headers, json: await answer.json() };
}

async function expectAlive(): Promise<void> {
  const { status, json } = await post(good('alive'));
  expect([status, json]).toEqual([200, { accepted: 1, rejected: [], rejected_count: 0 }]);
  expect(server.heldBytes()).toBe(0);
}

describe('a bad record between good ones', () => {
  it.each(Object.entries(BAD_RECORDS))('%s: is refused alone', async (_, record) => {
    const lines = [
      Buffer.from(`${good('before')}\n`),
      Buffer.from(record),
      Buffer.from(`\n${good('after')}`),
    ];
    const { status, json } = await post(Buffer.concat(lines));
    expect([status, json.accepted, json.rejected_count]).toEqual([200, 2, 1]);
    expect(json.rejected).toEqual([{ index: 1, field: expect.any(String), reason: expect.any(String) }]);
    expect(JSON.stringify(json).length).toBeLessThan(1000);
    expect(store.rows.map(({ id }) => id)).toEqual(['before', 'after']);
  });

  it('also in an array, if its brackets are paired', async () => {
    const paired = Object.values(BAD_RECORDS).filter(
      (record) => typeof record === 'string' && record.length < 1e6 && isPaired(record),
    );
    expect(paired.length).toBeGreaterThan(20);
    const items = paired.flatMap((record, index) => [good(`g${index}`), record]);
    const { json } = await post(`[${items.join(',')}]`);
    expect([json.accepted, json.rejected_count]).toEqual([paired.length, paired.length]);
    expect(store.rows).toHaveLength(paired.length);
  });

  it('alone: everything is refused, with the same answer', async () => {
    const { status, json } = await post('garbage');
    expect([status, json.accepted, json.rejected_count]).toEqual([400, 0, 1]);
  });
});

/** Whether an array is cut at the right commas although this is in it. */
function isPaired(record: string): boolean {
  const outside = record.replace(/"(\\.|[^"\\])*"/gs, '');
  const count = (sign: string): number => outside.split(sign).length;
  return (
    count('{') + count('[') === count('}') + count(']') && !/["']/.test(outside) && !outside.includes('{}')
  );
}

it.each(Object.entries(ODD_RECORDS))(
  'an odd record is stored as JSON reads it: %s',
  async (_, [record, expected]) => {
    const { status, json } = await post(`${good('before')}\n${record}\n${good('after')}`);
    expect([status, json]).toEqual([200, { accepted: 3, rejected: [], rejected_count: 0 }]);
    expect(store.rows[1]).toMatchObject(expected);
  },
);

describe('a body', () => {
  it.each(Object.entries(BODIES))('%s: is answered, in JSON, below 500', async (_, { body, headers }) => {
    for (const path of ['/v1/inferences', '/v1/scores']) {
      const { status, headers: answered } = await post(body, headers, path);
      expect(status).toBeLessThan(500);
      expect(answered.get('content-type')).toContain('application/json');
    }
    await expectAlive();
  });

  it('above the bound is 413, compressed or not, told or not', async () => {
    expect((await post(Buffer.alloc(64 * 2 ** 20 + 1, ' '))).status).toBe(413);
    expect((await post(BODIES['a bomb']?.body ?? '', { 'content-encoding': 'gzip' })).status).toBe(413);
    await expectAlive();
  });

  it('with its gzip broken is 400, of an unknown encoding 415', async () => {
    for (const name of [
      'gzip that is none',
      'gzip cut short',
      'deflate that is none',
      'brotli that is none',
    ]) {
      const { body, headers } = BODIES[name] ?? { body: '' };
      expect((await post(body, headers)).status, name).toBe(400);
    }
    expect((await post(good('a'), { 'content-encoding': 'zstd' })).status).toBe(415);
  });
});

describe('a connection', () => {
  const head = (lines: string): string =>
    `POST /v1/inferences HTTP/1.1\r\nHost: localhost\r\n${lines}\r\n\r\n`;

  it.each<[string, string]>([
    ['fewer bytes than it said', `${head('Content-Length: 1000')}{"timestamp"`],
    ['more bytes than it said', `${head('Content-Length: 5')}${good('a')}`],
    ['a length that is none', `${head('Content-Length: ten')}x`],
    ['a negative length', `${head('Content-Length: -1')}x`],
    ['two lengths', `${head('Content-Length: 1\r\nContent-Length: 2')}xx`],
    ['length and chunks', `${head('Content-Length: 1\r\nTransfer-Encoding: chunked')}0\r\n\r\n`],
    ['chunks that break off', `${head('Transfer-Encoding: chunked')}400\r\n{"timesta`],
    ['a chunk size that is none', `${head('Transfer-Encoding: chunked')}zz\r\n`],
    ['an endless chunk size', `${head('Transfer-Encoding: chunked')}${'f'.repeat(100)}\r\n`],
    ['gzip that breaks off', `${head('Content-Encoding: gzip\r\nContent-Length: 1000')}\x1f\x8b\x08`],
    ['headers without an end', `${head('').trim()}\r\nX: ${'y'.repeat(100_000)}`],
    ['no HTTP', '\x16\x03\x01\x02\x00garbage\r\n\r\n'],
    ['a path that is none', 'POST /v1/%zz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n'],
  ])('with %s does no harm', async (_, text) => {
    const socket = connect(server.port, '127.0.0.1');
    await once(socket, 'connect');
    const answer = answerOn(socket);
    socket.write(text, 'latin1');
    // Some are answered, others wait for more: the client goes.
    await Promise.race([answer, new Promise((resolve) => setTimeout(resolve, 150))]);
    socket.destroy();
    expect((await answer).replace(/\r\n.*/s, '')).not.toMatch(/^HTTP\/1\.1 5/);
    await expect.poll(() => server.heldBytes()).toBe(0);
    await expectAlive();
  });
});

function answerOn(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
    });
    socket.on('error', () => resolve(text));
    socket.on('close', () => resolve(text));
  });
}

describe('random changes', () => {
  const ROUNDS = 400;
  it.each([1, 2, 3])(
    `to good bodies are answered, and what is stored is sound (seed %i, ${ROUNDS} bodies)`,
    async (seed) => {
      const random = seededRandom(seed);
      const full = good('a', {
        attributes: { region: 'eu', tier: 'free' },
        scores: { correct: 1 },
        input_tokens: 150,
        messages: undefined,
        tool_calls: [{ name: 'look', arguments: { deep: ['er'] } }],
      });
      for (let round = 0; round < ROUNDS; round++) {
        const isArray = random() < 0.3;
        const mutant = mutate(Buffer.from(isArray ? `[${full},${full}]` : `${full}\n${full}`), random);
        const body = isArray ? mutant : Buffer.concat([mutant, Buffer.from(`\n${good('neighbour')}`)]);
        store.rows.length = 0;
        const { status, json } = await post(body);
        const shown = JSON.stringify(body.toString('latin1'));
        expect(status, shown).toBeLessThan(500);
        expect(json.accepted, shown).toBe(store.rows.length);
        const isLines = !isArray && !/^\s*\[/.test(mutant.toString('latin1'));
        if (isLines) expect(store.rows.at(-1)?.['id'], shown).toBe('neighbour');
      }
      await expectAlive();
    },
  );
});
