import { describe, expect, it } from 'vitest';
import { clientDrops } from './client-drops.ts';

describe('what clients say they dropped', () => {
  it('is read by reason', () => {
    expect(clientDrops('queue_full=12, unfit=1')).toEqual([
      { reason: 'queue_full', count: 12 },
      { reason: 'unfit', count: 1 },
    ]);
    expect(clientDrops(undefined)).toEqual([]);
  });

  it('makes no label and no number of what a caller invents', () => {
    for (const header of [
      'mine=3',
      'queue_full=-1',
      'queue_full=1e9',
      'queue_full=99999999999',
      'queue_full',
      '',
    ])
      expect(clientDrops(header), header).toEqual([]);
  });
});
