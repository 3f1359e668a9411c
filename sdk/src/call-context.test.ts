import { describe, expect, it } from 'vitest';
import { currentContext, withContext } from './call-context.ts';

describe('withContext', () => {
  it('returns what the function returns, and throws what it throws', () => {
    const value = {};
    const mine = new Error('mine');
    expect(withContext({}, () => value)).toBe(value);
    expect(() =>
      withContext({}, () => {
        throw mine;
      }),
    ).toThrow(mine);
  });

  it('is there through what is awaited, and gone afterwards', async () => {
    const seen = await withContext({ session: 's1' }, async () => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      return currentContext();
    });
    expect(seen).toEqual({ session: 's1' });
    expect(currentContext()).toBeUndefined();
  });

  it('is laid over the one around it, attributes and groups joined', () => {
    const outer = { session: 's1', user: 'ann', attributes: { region: 'eu', tier: 'free' } };
    const inner = { user: 'bob', attributes: { tier: 'paid' }, groups: { gender: 'f' } };
    withContext(outer, () => {
      expect(withContext(inner, currentContext)).toEqual({
        session: 's1',
        user: 'bob',
        attributes: { region: 'eu', tier: 'paid' },
        groups: { gender: 'f' },
      });
      expect(currentContext()).toEqual(outer);
    });
  });

  it('keeps two pieces of work at once apart', async () => {
    const sessionOf = (session: string) =>
      withContext({ session }, async () => {
        await new Promise((resolve) => setImmediate(resolve));
        return currentContext()?.session;
      });
    expect(await Promise.all(['a', 'b', 'c'].map(sessionOf))).toEqual(['a', 'b', 'c']);
  });

  it('runs the function once, with a context that cannot be read as well', () => {
    let runs = 0;
    const hostile = new Proxy(
      {},
      {
        ownKeys() {
          throw new Error('hostile');
        },
      },
    );
    expect(withContext(hostile, () => ++runs)).toBe(1);
    expect(runs).toBe(1);
  });
});
