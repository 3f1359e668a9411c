import { z } from 'zod';
import type { Store } from '../client.ts';
import { IN_STREAM, type StreamSpan, streamParams } from '../in-stream.ts';
import { Instant } from '../instant.ts';
import { signalParams, valueKind, valuesQuery } from '../signal-values.ts';

/** One inference, its texts cut to a bound. */
export interface ExampleRow {
  readonly id: string;
  readonly timestamp: Date;
  readonly version: string;
  readonly prompt: string;
  /** JSON of the messages, cut like the rest; empty if the inference has a prompt. */
  readonly messages: string;
  readonly response: string;
  readonly toolCalls: string;
  readonly isCut: boolean;
  /** Of the signal; null of a category, and of what single inferences do not have. */
  readonly value: number | null;
}

export interface ExampleQuery extends StreamSpan {
  readonly signal: string;
  /** Inferences whose value is nearest to this come first; of a category, 1 is those of `category` and 0 those of another. */
  readonly target: number;
  readonly category?: string;
  readonly limit: number;
  /** Only these; absent: all. */
  readonly ids?: readonly string[];
  /** The segment is a group (`gender=f`), and everybody else with a value of it is asked for. */
  readonly isRest?: boolean;
}

/** Of each text; the page shows a few hundred and unfolds the rest. */
const TEXT_CHARACTERS_MAX = 20_000;

const Row = z.object({
  id: z.string(),
  timestamp: Instant,
  version: z.string(),
  prompt: z.string(),
  messages: z.string(),
  response: z.string(),
  tool_calls: z.string(),
  is_cut: z.coerce.number(),
  value: z.coerce.number().nullable(),
});

/** How far off a value is, and the number that is shown of it. A category has no middle: it is the one asked for or another. */
const MEASURES = {
  number: { where: 'isNotNull(v)', far: 'abs(any(v) - {target: Float64})', shown: 'any(v)' },
  category: {
    where: 'isNotNull(v)',
    far: 'abs(toFloat64(any(v) = {category: String}) - {target: Float64})',
    shown: "CAST(NULL, 'Nullable(Float64)')",
  },
  none: { where: '1', far: 'toFloat64(0)', shown: "CAST(NULL, 'Nullable(Float64)')" },
} as const;

/** Texts are read of the chosen few only: the choice is made on the signal's own column. */
function examplesQuery(signal: string): string {
  const { where, far, shown } = MEASURES[valueKind(signal) ?? 'none'];
  return `
  WITH chosen AS (
    SELECT id, ${far} AS far, ${shown} AS shown
      FROM (${valuesQuery(signal)})
     WHERE ${where} AND (empty({ids: Array(String)}) OR id IN {ids: Array(String)})
     GROUP BY id
     ORDER BY far, cityHash64(id)
     LIMIT {limit: UInt32})
  SELECT id, timestamp, version, chosen.shown AS value,
         leftUTF8(i.prompt, ${TEXT_CHARACTERS_MAX}) AS prompt, leftUTF8(i.messages, ${TEXT_CHARACTERS_MAX}) AS messages,
         leftUTF8(i.response, ${TEXT_CHARACTERS_MAX}) AS response, leftUTF8(i.tool_calls, ${TEXT_CHARACTERS_MAX}) AS tool_calls,
         greatest(lengthUTF8(i.prompt), lengthUTF8(i.messages), lengthUTF8(i.response), lengthUTF8(i.tool_calls))
           > ${TEXT_CHARACTERS_MAX} AS is_cut
    FROM inferences AS i INNER JOIN chosen ON chosen.id = i.id
   WHERE i.id IN (SELECT id FROM chosen) AND ${IN_STREAM}
   ORDER BY chosen.far, cityHash64(id), received_at DESC
   LIMIT 1 BY id`;
}

/** Inferences of a stream nearest to a value of a signal, the nearest first; ties in an order by hash of the id. */
export async function exampleInferences(store: Store, query: ExampleQuery): Promise<ExampleRow[]> {
  const { signal, target, category = '', limit, ids = [], isRest = false, ...span } = query;
  const rows = await store.rows(examplesQuery(signal), {
    ...streamParams(span),
    ...signalParams(signal),
    ...{ target, category, limit, ids },
    isRest: isRest ? 1 : 0,
  });
  return z
    .array(Row)
    .parse(rows)
    .map(({ tool_calls, is_cut, ...row }) => ({ ...row, toolCalls: tool_calls, isCut: is_cut === 1 }));
}
