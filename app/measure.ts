import type { Config } from '../core/config.ts';
import { createCheck, type Rejection } from '../ingest/check-block.ts';
import { checkOptions, signalsOptions } from './ingest-options.ts';

/** A checked inference with its computed columns, as the store would get it. */
export type MeasuredRow = Readonly<Record<string, unknown>>;

/** Checks and measures bodies of records in this thread, without a store. */
export async function createMeasure(
  config: Config,
): Promise<(body: Uint8Array) => { rows: MeasuredRow[]; rejected: readonly Rejection[] }> {
  // Loaded when asked for: the tables of language detection would slow every other command's start.
  const { createSignals } = await import('../ingest/signals/compute.ts');
  const computeSignals = createSignals(signalsOptions(config));
  const check = createCheck(checkOptions(config, { destination: 'store', keep: 'passing' }), (inference) => ({
    ...computeSignals(inference),
  }));
  return (body) => {
    const { parts, rejections } = check(body, { kind: 'inference', now: new Date() });
    const { lines } = parts;
    const text = Buffer.from(lines.buffer, lines.byteOffset, lines.byteLength).toString('utf8');
    const rows = text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as MeasuredRow]));
    return { rows, rejected: rejections };
  };
}
