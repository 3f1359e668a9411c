import type { Finding } from '../../core/finding.ts';
import { groupBy } from '../../core/group-by.ts';
import type { Logger } from '../../core/log.ts';
import type { Store } from '../../sql/client.ts';
import { findingsAfter } from '../../sql/queries/findings.ts';
import { writeIncidents } from '../../sql/queries/incidents.ts';
import { readStates, writeStates } from '../../sql/queries/states.ts';
import { type AlertBook, openAlertBook } from './alert-book.ts';
import { type AlertCircumstances, AlertTurn, type ClockObservation, type IncidentChange } from './turn.ts';

export interface AlertingOptions {
  readonly now: () => Date;
  readonly circumstances: () => AlertCircumstances;
  readonly log: Logger;
  /** Called for every incident that a turn touched, after it is stored: as it was then, with what speaks for it and what it speaks for after the turn. */
  readonly onChange: (change: IncidentChange) => void;
}

export interface Alerting {
  readonly book: AlertBook;
  /**
   * Turns the findings written since the last turn into incidents, and what follows from time passing into
   * notifications; true if there are more.
   */
  turn(seen?: readonly ClockObservation[]): Promise<boolean>;
}

/** Findings read at once; a window has one per signal. */
const FINDINGS_PER_TURN = 20_000;
/** What changes nothing that a person would want to hear of at once. */
const UNSEEN: ReadonlySet<IncidentChange['reason']> = new Set([
  'tick',
  'hold',
  'not_enough_data',
  'pending',
  'dropped',
]);
const KIND = 'alerting';
const CURSOR = 'cursor';
const START = '1970-01-01 00:00:00.000000';

/**
 * Findings in, incidents and what is to be said of them out, by way of their tables. One insert holds both, and the cursor
 * is written after it: killed between the two, the same findings are read again and find their work done.
 */
export async function openAlerting(store: Store, options: AlertingOptions): Promise<Alerting> {
  let cursor = ((await readStates(store, KIND)).get(CURSOR) as string | undefined) ?? START;
  const book = await openAlertBook(store);

  async function save(turn: AlertTurn, revision: string | undefined): Promise<void> {
    const touched = turn.touched();
    if (touched.length > 0) await writeIncidents(store, touched);
    if (revision !== undefined) await writeStates(store, KIND, new Map([[CURSOR, revision]]));
    cursor = revision ?? cursor;
    turn.keep();
    // What joined it in the same turn is told with it.
    const latest = new Map(turn.changes.map(({ incident }) => [incident.id, incident]));
    for (const { incident, reason } of turn.changes)
      if (!UNSEEN.has(reason)) {
        const { mutedBy, speaksFor } = latest.get(incident.id) ?? incident;
        options.onChange({ incident: { ...incident, mutedBy, speaksFor }, reason });
      }
  }

  return {
    book,
    async turn(seen = []) {
      const rows = await findingsAfter(store, { revision: cursor, limit: FINDINGS_PER_TURN });
      const [whole, hasMore] = wholeWindows(rows);
      const { now, circumstances, log } = options;
      const turn = new AlertTurn(book, { now: now(), circumstances: circumstances(), log });
      // The whole of a stream first: it may speak for its segments.
      const findings = whole.map((row) => row.finding).toSorted((a, b) => rankOf(a) - rankOf(b));
      for (const window of groupBy(findings, windowOf).values()) turn.window(window);
      for (const one of seen) turn.observed(one);
      turn.timePasses();
      await save(turn, whole.at(-1)?.revision);
      return hasMore;
    },
  };
}

/** By time, and the whole before segments; the order of windows of one stream stays. */
const rankOf = ({ until, segment }: Finding): number => until.getTime() + (segment === '' ? 0 : 0.5);

const windowOf = ({ project, model, version, segment, until }: Finding): string =>
  JSON.stringify([project, model, version, segment, until.getTime()]);

/** Leaves the last window for the next turn if the bound may have cut it. */
function wholeWindows<T extends { finding: Finding }>(
  rows: readonly T[],
): [rows: readonly T[], hasMore: boolean] {
  const last = rows.at(-1);
  if (!last || rows.length < FINDINGS_PER_TURN) return [rows, false];
  const whole = rows.filter((row) => windowOf(row.finding) !== windowOf(last.finding));
  return [whole.length > 0 ? whole : rows, true];
}
