import { z } from 'zod';
import type { Finding } from '../../core/finding.ts';
import type { Store } from '../client.ts';
import { toSqlInstant } from '../instant.ts';
import { revisionNow } from './states.ts';

/** A histogram of every signal of every window would be most of the table, and is asked for only where one changed. */
const NO_HISTOGRAMS: Finding['histograms'] = { before: [], after: [] };

/** Stores findings; one of the same stream, signal and window end is replaced. */
export async function writeFindings(store: Store, findings: readonly Finding[]): Promise<void> {
  const lines = findings.map((finding) => {
    const { project, model, version, segment, signal, family, detector, outcome } = finding;
    return JSON.stringify({
      project,
      model,
      version,
      segment,
      signal,
      family,
      detector,
      outcome,
      since: toSqlInstant(finding.since),
      until: toSqlInstant(finding.until),
      direction: finding.direction ?? '',
      verdict: finding.verdict ?? '',
      // JSON has no infinity; the column's largest number says the same.
      evidence: Math.min(finding.evidence, Number.MAX_VALUE),
      body: JSON.stringify(outcome === 'alarm' ? finding : { ...finding, histograms: NO_HISTOGRAMS }),
      revision: revisionNow(),
    });
  });
  await store.insertLines('findings', Buffer.from(lines.map((line) => `${line}\n`).join('')));
}

const Row = z.object({ body: z.string(), revision: z.string() });

/**
 * Findings written after a revision, in the order of writing, at most `limit`; each with its own revision. One that was
 * written again may come twice: FINAL would read all there ever were.
 */
export async function findingsAfter(
  store: Store,
  { revision, limit }: { revision: string; limit: number },
): Promise<{ finding: Finding; revision: string }[]> {
  const rows = await store.rows(
    `SELECT body, toString(f.revision) AS revision FROM findings AS f
      WHERE f.revision > {revision: DateTime64(6, 'UTC')}
      ORDER BY f.revision LIMIT {limit: UInt32}`,
    { revision, limit },
  );
  return z
    .array(Row)
    .parse(rows)
    .map(({ body, revision: at }) => ({ finding: parseFinding(body), revision: at }));
}

/** A finding from the JSON this module wrote. */
export function parseFinding(body: string): Finding {
  const finding = JSON.parse(body) as Finding & Record<'since' | 'until' | 'changedSince', string>;
  return {
    ...finding,
    since: new Date(finding.since),
    until: new Date(finding.until),
    changedSince: new Date(finding.changedSince),
  };
}
