import { expect, it } from 'vitest';
import { parseConfig } from './config.ts';

it('reads units', () => {
  const config = parseConfig({
    WINDOW: '25rows',
    BODY_BYTES_MAX: '2MiB',
    COMMIT_WAIT_MS: '2s',
    LATENESS: '1m',
  });
  expect(config).toMatchObject({
    WINDOW: { kind: 'rows', rows: 25 },
    BODY_BYTES_MAX: 2 * 2 ** 20,
    COMMIT_WAIT_MS: 2_000,
    LATENESS: 60_000,
  });
  expect(parseConfig({ WINDOW: '1h' }).WINDOW).toEqual({ kind: 'time', ms: 3_600_000 });
});

it('names every setting at fault at once', () => {
  expect(() => parseConfig({ PORT: '99999', WINDOW: 'soon', EMBEDDINGS_DEVICE: 'tpu' })).toThrow(
    /PORT: [\s\S]*EMBEDDINGS_DEVICE: [\s\S]*WINDOW: expected a window/,
  );
});

it('takes an empty variable as absent', () => {
  expect(parseConfig({ PORT: '' }).PORT).toBe(7007);
});

it('listens to this machine alone unless told otherwise', () => {
  expect(parseConfig({})).toMatchObject({ HOST: '127.0.0.1', ALLOW_REMOTE: 'no' });
  expect(parseConfig({ HOST: '0.0.0.0' })).toMatchObject({ HOST: '0.0.0.0', ALLOW_REMOTE: 'no' });
});

it('reads how groups are matched, and what their decisions are held against', () => {
  const read = (label: string) =>
    parseConfig({ FAIRNESS_LABEL: label, FAIRNESS_PREDICTION: 'refusal' }).FAIRNESS_LABEL;
  expect(parseConfig({ FAIRNESS_MATCH_BY: 'tier, attribute.region,tier' }).FAIRNESS_MATCH_BY).toEqual([
    'tier',
    'region',
  ]);
  expect(read('attribute.hired')).toEqual({ of: 'attribute', name: 'hired', yes: '', from: 0.5 });
  expect(read('attribute.end=paid back')).toMatchObject({ name: 'end', yes: 'paid back' });
  expect(read('score:rating>=4')).toEqual({ of: 'score', name: 'rating', yes: '', from: 4 });
  for (const label of ['hired', 'score:', 'score:rating>4', 'attribute.='])
    expect(() => read(label), label).toThrow('FAIRNESS_LABEL: expected attribute.NAME');
  expect(() => parseConfig({ FAIRNESS_LABEL: 'score:correct' })).toThrow('FAIRNESS_PREDICTION: expected');
  expect(() => parseConfig({ FAIRNESS_PREDICTION: 'refusal' })).toThrow('FAIRNESS_LABEL: expected');
});
