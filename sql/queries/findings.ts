import type { Finding } from '../../core/finding.ts';
import type { Store } from '../client.ts';
import { toSqlInstant } from '../instant.ts';
import { revisionNow } from './states.ts';

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
      body: JSON.stringify(finding),
      revision: revisionNow(),
    });
  });
  await store.insertLines('findings', Buffer.from(lines.map((line) => `${line}\n`).join('')));
}
