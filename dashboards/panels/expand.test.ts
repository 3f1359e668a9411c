import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expandSql, type PanelContext } from './expand.ts';

const CONTEXT: PanelContext = {
  since: new Date('2026-11-23T10:00:00.500Z'),
  until: new Date('2026-11-24T10:00:00.750Z'),
  intervalMs: 90_500,
  variables: { model: ['gpt', "o'neil"], version: null, signal: 'latency_ms', none: [], all: ['$__all'] },
};
const expand = (sql: string): string => expandSql(sql, CONTEXT);
const [FROM, TO] = ['1795428000', '1795514400'];

// By the plugin's documentation and its pkg/macros; not by what this code gives.
it.each([
  ['$__fromTime', `toDateTime(${FROM})`],
  ['$__toTime', `toDateTime(${TO})`],
  ['$__fromTime_ms', `fromUnixTimestamp64Milli(${FROM}500)`],
  ['$__toTime_ms', `fromUnixTimestamp64Milli(${TO}750)`],
  ['$__timeFilter(at)', `at >= toDateTime(${FROM}) AND at <= toDateTime(${TO})`],
  [
    '$__timeFilter_ms(at)',
    `at >= fromUnixTimestamp64Milli(${FROM}500) AND at <= fromUnixTimestamp64Milli(${TO}750)`,
  ],
  ['$__dateFilter(day)', `day >= toDate('2026-11-23') AND day <= toDate('2026-11-24')`],
  [
    '$__dateTimeFilter(day, at)',
    `(day >= toDate('2026-11-23') AND day <= toDate('2026-11-24')) AND ( at >= toDateTime(${FROM}) AND  at <= toDateTime(${TO}))`,
  ],
  ['$__timeInterval(at)', 'toStartOfInterval(toDateTime(at), INTERVAL 90 second)'],
  ['$__timeInterval_ms(at)', 'toStartOfInterval(toDateTime64(at, 3), INTERVAL 90500 millisecond)'],
  ['$__interval_s', '90'],
  ['$__timeInterval(greatest(a, b))', 'toStartOfInterval(toDateTime(greatest(a, b)), INTERVAL 90 second)'],
])('%s', (macro, sql) => {
  expect(expand(`SELECT ${macro} AS x`)).toBe(`SELECT ${sql} AS x`);
});

describe('$__conditionalAll', () => {
  it.each([
    ['model', `m IN ('gpt','o\\'neil')`],
    ['version', '1=1'],
    ['none', '1=1'],
    ['all', '1=1'],
  ])('keeps the condition where something is chosen: %s', (name, sql) => {
    expect(expand(`x AND $__conditionalAll(m IN (\${${name}:singlequote}), $${name}) AND y`)).toBe(
      `x AND ${sql} AND y`,
    );
  });

  it('takes a condition with commas and brackets, and one within another', () => {
    expect(expand(`$__conditionalAll(f(a, 'b') IN (\${model:singlequote}), $model)`)).toBe(
      `f(a, 'b') IN ('gpt','o\\'neil')`,
    );
    expect(expand('$__conditionalAll(a OR $__conditionalAll(b, $version), $model)')).toBe('a OR 1=1');
  });
});

it.each([
  ['a macro that is none', '$__between(x)', /no macro \$__between/],
  ['too few arguments', '$__dateTimeFilter(x)', /takes 2 arguments, not 1/],
  ['a bracket left open', '$__timeFilter(x', /bracket/],
  ['a variable that is none', `\${stage:singlequote}`, /no variable \$stage/],
  ['a name of every object', `\${constructor:singlequote}`, /no variable \$constructor/],
  ['a format that does not escape', `\${model:raw}`, /must be written/],
  ['a variable as it is', '$model', /must be written/],
  ['all where one is needed', `\${version:singlequote}`, /needs a value/],
  ['a condition without a variable', '$__conditionalAll(x)', /needs a condition and a \$variable/],
])('refuses %s', (_what, sql, message) => {
  expect(() => expand(sql)).toThrow(message);
});

it('lets no value out of its quotes', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom("'", '\\', '"', ')', ' ', 'x', '-', '\n') }), (value) => {
      fc.pre(value !== '');
      const sql = expandSql(`\${signal:singlequote}`, { ...CONTEXT, variables: { signal: value } });
      // By ClickHouse's rule for string literals: a backslash escapes what follows it.
      expect(sql).toMatch(/^'(?:[^'\\]|\\[\s\S])*'$/);
      expect(sql.slice(1, -1).replace(/\\([\s\S])/g, '$1')).toBe(value);
    }),
  );
});
