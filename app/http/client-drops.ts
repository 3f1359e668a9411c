/** Reasons that the SDK gives (sdk/src/tally.ts). Others are none of ours: a label is not for callers to invent. */
const REASONS: ReadonlySet<string> = new Set(['queue_full', 'refused', 'too_large', 'unfit']);
/** No SDK drops as many between two batches; what is above is a mistake or worse. */
const COUNT_MAX = 1e9;

/** Records that a client dropped since its last batch, as its header `Plumbline-Dropped: queue_full=12, unfit=1` says. */
export function clientDrops(header: string | undefined): { reason: string; count: number }[] {
  return (header ?? '')
    .split(',', REASONS.size)
    .map((part) => /^\s*([a-z_]+)=(\d{1,10})\s*$/.exec(part))
    .flatMap((found) => {
      const [, reason = '', digits = ''] = found ?? [];
      const count = Number(digits);
      return REASONS.has(reason) && count > 0 && count <= COUNT_MAX ? [{ reason, count }] : [];
    });
}
