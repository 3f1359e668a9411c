import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkInference, TIMESTAMP_MIN_MS } from '../../core/inference-check.ts';
import { packageRoot } from '../../core/package-root.ts';
import { fitRecord } from './fit-record.ts';
import { type PlainObject, plainCopy } from './plain-copy.ts';
import { WIRE_FIELDS } from './wire-fields.ts';

const BOUNDS = { minMs: TIMESTAMP_MIN_MS, maxMs: Date.parse('2026-11-23T00:00:00Z') };
const copyOf = (value: unknown) => plainCopy(value, { nodes: 5_000, bytes: 0 });
const fit = (value: unknown) => fitRecord(copyOf(value) as PlainObject, { textCharactersMax: 1_000 });

describe('a record', () => {
  it('has the fields of the wire contract, and no others', () => {
    const schema = JSON.parse(readFileSync(join(packageRoot, 'docs/inference.schema.json'), 'utf8'));
    expect(Object.keys(WIRE_FIELDS).sort()).toEqual(Object.keys(schema.properties).sort());
  });

  it('is one that the service takes, whatever it is made of', () => {
    const anything = fc.anything({ withBigInt: true, withDate: true, withMap: true, withSet: true });
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ minLength: 250 }), anything);
    const fields = fc.record(
      Object.fromEntries(
        Object.keys(WIRE_FIELDS).map((name) => [name, fc.oneof(text, fc.array(text), anything)]),
      ),
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fields, fc.dictionary(fc.string(), anything), (known, others) => {
        const record = { ...others, ...known, timestamp: '2026-11-22T10:00:00Z', model: 'm' };
        const sent = JSON.parse(JSON.stringify(fit(record)));
        const checked = checkInference(sent, BOUNDS);
        expect(checked.ok ? null : checked.fault).toBeNull();
      }),
      { numRuns: 300 },
    );
  });

  it('tells what it had no field for among its attributes', () => {
    expect(fit({ model: 'm', temperature: 0.2, attributes: { a: 'b' }, nested: { no: 1 } })).toEqual({
      model: 'm',
      attributes: { a: 'b', temperature: '0.2' },
    });
  });
});

describe('a copy', () => {
  it('is of what JSON can say, and names what it cannot', () => {
    const circle: Record<string, unknown> = { name: 'circle' };
    circle['self'] = circle;
    const hostile = {
      get broken() {
        throw new Error('no');
      },
      big: 1n,
      circle,
      bytes: new Uint8Array(3),
      when: new Date(0),
      nothing: null,
      left: undefined,
      odd: Number.NaN,
      list: [undefined, () => {}],
    };
    expect(copyOf(hostile)).toEqual({
      broken: '[unreadable]',
      big: '1',
      circle: { name: 'circle', self: '[circular]' },
      bytes: '[3 bytes]',
      when: '1970-01-01T00:00:00.000Z',
      nothing: null,
      odd: null,
      list: [null, null],
    });
    const proxy = new Proxy(
      {},
      {
        ownKeys: () => {
          throw new Error('no');
        },
      },
    );
    expect(copyOf({ proxy })).toEqual({ proxy: '[unreadable]' });
  });

  it('ends', () => {
    const wide = Array.from({ length: 100_000 }, (_, index) => index);
    expect((copyOf({ wide }) as { wide: unknown[] }).wide.length).toBeLessThan(5_010);
    let deep: unknown = 'end';
    for (let index = 0; index < 10_000; index++) deep = { deep };
    expect(JSON.stringify(copyOf(deep))).toContain('[cut]');
  });
});
