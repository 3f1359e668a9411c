import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../core/package-root.ts';
import { type DemoOptions, demoRecords, readDemoData } from './demo-records.ts';

const data = readDemoData(join(packageRoot, 'demo'));
const options: DemoOptions = {
  endAt: new Date('2026-11-22T12:00:00.000Z'),
  spanMs: 6 * 3_600_000,
  idPrefix: 'demo-',
  seed: 1,
};
const records = demoRecords(data, options);

describe('demoRecords', () => {
  it('makes every row of the source one record with an id of its own', () => {
    expect(records).toHaveLength(4000);
    expect(new Set(records.map((record) => record.id)).size).toBe(4000);
    expect(records.map((record) => record.response).sort()).toEqual(
      data.rows.map((row) => row.response).sort(),
    );
  });

  it('spans exactly the given time, oldest first', () => {
    const times = records.map((record) => Date.parse(record.timestamp));
    expect(times[0]).toBe(Date.parse('2026-11-22T06:00:00.000Z'));
    expect(times.at(-1)).toBe(options.endAt.getTime());
    expect(times).toEqual([...times].sort((a, b) => a - b));
  });

  it('keeps the rhythm of the trace: each sixtieth of the time has the same share of calls', () => {
    const lastMs = data.arrivalOffsetsMs.at(-1) ?? 0;
    const startMs = options.endAt.getTime() - options.spanMs;
    const ofTrace = sixtieths(data.arrivalOffsetsMs.map((ms) => ms / lastMs));
    const ofRecords = sixtieths(
      records.map(({ timestamp }) => (Date.parse(timestamp) - startMs) / options.spanMs),
    );
    expect(new Set(ofTrace).size).toBeGreaterThan(30);
    for (const [index, share] of ofRecords.entries()) expect(share).toBeCloseTo(ofTrace[index] ?? 0, 3);
  });

  it('has every old version before every new one, and both models throughout', () => {
    const isNew = records.map((record) => (record.version ?? '').endsWith('0613'));
    expect(isNew.lastIndexOf(false)).toBe(isNew.indexOf(true) - 1);
    for (let start = 0; start < 4000; start += 100) {
      expect(new Set(records.slice(start, start + 100).map((record) => record.model)).size).toBe(2);
    }
  });

  it('spreads primes over the whole of a version: the source lists them first', () => {
    const gpt4 = records.filter((record) => record.version === 'gpt-4-0314');
    const primes = gpt4.slice(0, 500).filter((record) => record.attributes?.['number'] === 'prime').length;
    expect(primes).toBeGreaterThan(200);
    expect(primes).toBeLessThan(300);
  });

  it('carries over latency, cost, tokens and correctness', () => {
    const [row] = data.rows;
    const found = records.filter((record) => record.response === row?.response);
    expect(found.length).toBeGreaterThan(0);
    expect(found[0]).toMatchObject({
      model: 'gpt-3.5',
      version: 'gpt-3.5-turbo-0301',
      prompt: row?.prompt,
      latency_ms: 4291.575,
      cost_usd: 0.000374,
      output_tokens: 156,
      scores: { correct: 0 },
    });
    const right = records.filter((record) => record.version === 'gpt-4-0314' && record.scores?.['correct']);
    expect(right).toHaveLength(840);
  });

  it('gives the same records for the same seed and another order for another', () => {
    expect(demoRecords(data, options)).toEqual(records);
    const other = demoRecords(data, { ...options, seed: 2 });
    expect(other.map((record) => record.response)).not.toEqual(records.map((record) => record.response));
  });

  it('refuses a trace without time in it', () => {
    expect(() => demoRecords({ rows: data.rows, arrivalOffsetsMs: [5, 5] }, options)).toThrow(
      'two different instants',
    );
  });
});

/** Share of the positions, each in [0, 1], that falls into each sixtieth. */
function sixtieths(positions: readonly number[]): number[] {
  const counts = new Array<number>(60).fill(0);
  for (const position of positions) {
    const slice = Math.min(59, Math.floor(position * 60));
    counts[slice] = (counts[slice] ?? 0) + 1;
  }
  return counts.map((count) => count / positions.length);
}
